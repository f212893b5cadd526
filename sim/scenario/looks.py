"""Colours and axes that all pictures of scenarios share. Not responsible for any of them (``picture``, ``timed``)."""

from __future__ import annotations

from typing import Any

INK = "#1b4965"
SECOND = "#bc4b32"
GREY = "#8a8f94"


def quiet(*axes: Any) -> None:
    """No box, small figures, a faint grid."""
    for axis in axes:
        axis.spines[["top", "right"]].set_visible(False)
        axis.tick_params(labelsize=8)
        axis.grid(alpha=0.25, lw=0.5)
