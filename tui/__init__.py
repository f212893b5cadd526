"""The dashboard: live dose totals for someone whose hands are busy.

Textual and Rich live here only. Not responsible for treating, recording or deciding: it shows snapshots, mints painted
tokens and passes on what the operator wants. The names below are loaded when they are first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tui.live import run_live

__all__ = ["run_live"]

_WHERE = {"run_live": "tui.live"}


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module 'tui' has no attribute {name!r}")
    return getattr(importlib.import_module(_WHERE[name]), name)
