"""The dashboard: live dose totals for someone whose hands are busy.

Textual and Rich live here only. Not responsible for treating, recording or deciding: it shows snapshots, mints painted
tokens and passes on what the operator wants. The names below are loaded when they are first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tui.front import ScreenFront
    from tui.gauge import GaugeFront
    from tui.live import run_live
    from tui.picture import picture_live, picture_of
    from tui.settings import Look, look, remember
    from tui.start import run_start
    from tui.watch import print_watch, run_replay, run_watch
    from tui.workbench import TechnicianFront, run_workbench

__all__ = [
    "GaugeFront",
    "Look",
    "ScreenFront",
    "TechnicianFront",
    "look",
    "picture_live",
    "picture_of",
    "print_watch",
    "remember",
    "run_live",
    "run_replay",
    "run_start",
    "run_watch",
    "run_workbench",
]

_WHERE = {
    "GaugeFront": "tui.gauge",
    "ScreenFront": "tui.front",
    "run_live": "tui.live",
    "run_start": "tui.start",
    "run_watch": "tui.watch",
    "run_workbench": "tui.workbench",
    "TechnicianFront": "tui.workbench",
    "run_replay": "tui.watch",
    "print_watch": "tui.watch",
    "picture_of": "tui.picture",
    "picture_live": "tui.picture",
    "Look": "tui.settings",
    "look": "tui.settings",
    "remember": "tui.settings",
}


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module 'tui' has no attribute {name!r}")
    return getattr(importlib.import_module(_WHERE[name]), name)
