"""One line per figure, beside the target it is held to."""

from __future__ import annotations

from collections.abc import Sequence


def line(name: str, value: float, unit: str, target: str = "", *, good: bool = True) -> None:
    print(f"{name:<64} {value:>12,.2f} {unit:<6} {target:<20} {'ok' if good else 'MISSED'}", flush=True)


def quantile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
