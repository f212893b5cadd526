"""Where processor time goes, by layer: a sample of the running stack at every tick of the profiling timer.

Sampling charges a function with what it costs; a tracing profiler would charge small functions with its own price.
Not responsible for what is run.
"""

from __future__ import annotations

import signal
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import FrameType

TICK_S = 0.001
ROOT = Path(__file__).parent.parent.parent.as_posix() + "/"
LAYERS: dict[str, tuple[str, ...]] = {
    "wire: frames, tags, messages": ("mesogun/wire/",),
    "link and driver": ("mesogun/link/", "mesogun/gun/"),
    "runner: decisions, limits": ("mesogun/treatment/", "mesogun/limits/", "mesogun/plan/"),
    "record: fold, ledger, alarms, codec": ("mesogun/record/",),
    "journal in memory, front end": ("sim/campaign/",),
    "firmware": ("sim/firmware/",),
    "physics and truth": ("sim/physics/", "sim/truth.py"),
    "kernel, cable, door": ("sim/kernel/", "sim/line.py", "sim/doors/"),
    "invariants": ("sim/invariants/",),
    "hand": ("sim/hand.py",),
}
OTHER = "anything else"


def layer_of(frame: FrameType | None) -> str:
    """The layer of the innermost frame that is ours: what the standard library costs is charged to its caller."""
    while frame is not None:
        path = frame.f_code.co_filename
        if path.startswith(ROOT):
            inside = path.removeprefix(ROOT)
            for layer, places in LAYERS.items():
                if inside.startswith(places):
                    return layer
        frame = frame.f_back
    return OTHER


def shares(work: Callable[[], object], seconds: float) -> dict[str, float]:
    """The share of each layer in ``work``, repeated for so many seconds of processor time, greatest first."""
    seen: Counter[str] = Counter()

    def tick(_: int, frame: FrameType | None) -> None:
        seen[layer_of(frame)] += 1

    before = signal.signal(signal.SIGPROF, tick)
    signal.setitimer(signal.ITIMER_PROF, TICK_S, TICK_S)
    try:
        end = time.process_time() + seconds
        while time.process_time() < end:
            work()
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
    return {layer: count / seen.total() for layer, count in seen.most_common()}
