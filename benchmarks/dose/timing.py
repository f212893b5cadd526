"""Best-of timing, and lines that put each figure beside its target or its rival."""

from __future__ import annotations

import time
from collections.abc import Callable


def best_ms(work: Callable[[], object], repeats: int = 9) -> float:
    """Best wall time of ``repeats`` calls, after one that warms up."""
    work()
    found = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        found.append(time.perf_counter() - start)
    return 1e3 * min(found)


def line(name: str, value: float, unit: str, target: float | None = None, note: str = "") -> None:
    verdict = "" if target is None else f"target {target:g} {unit}: {'ok' if value <= target else 'MISSED'}"
    print(f"{name:<66} {value:>10.3f} {unit:<4} {verdict:<28} {note}", flush=True)


def ratio(name: str, ours_ms: float, rival: str, rival_ms: float, target: float | None, note: str = "") -> None:
    times = rival_ms / ours_ms
    verdict = "" if target is None else f"target {target:g}x: {'ok' if times >= target else 'MISSED'}"
    print(
        f"{name:<44} {ours_ms:>9.2f} ms  {rival:<34} {rival_ms:>10.2f} ms  {times:>8.1f}x {verdict} {note}", flush=True
    )
