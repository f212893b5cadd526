"""The small charts of a report: totals against the limit, dose histogram, shots over time, volumes, depths.

Hand-made SVG, one size, one frame. Not responsible for numbers: they come ready.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from markupsafe import Markup

from mesogun.record import Ledger
from mesogun.record.events import ShotRecorded
from mesogun.report.doses import Doses, Floats
from mesogun.report.svg import Frame, line, number, path, picture, text, ticks
from mesogun.report.words import ml
from mesogun.units import NL_PER_ML

WIDE, TALL = 340.0, 200.0
MOST_VERTICES = 240
_BOX = (38.0, 22.0, 284.0, 138.0)


def _frame(x_max: float, y_max: float, x_min: float = 0.0) -> Frame:
    left, top, width, height = _BOX
    return Frame(left, top, width, height, x_max, y_max, x_min)


def limit_bar(planned_nl: int, ledger: Ledger, limit_nl: int | None) -> Markup:
    """The ledger's interval between zero and the hard limit, with the plan as a tick."""
    top_nl = max(limit_nl or 0, ledger.high_nl, planned_nl, 1)
    scale = 640.0 / (1.0 if limit_nl is not None else 1.1) / top_nl
    x = 10.0
    low, high, plan = (x + scale * value for value in (ledger.low_nl, ledger.high_nl, planned_nl))
    parts = [
        Markup('<rect x="10" y="20" width="640" height="14" class="track"/>'),
        Markup('<rect x="10" y="20" width="{}" height="14" class="proved"/>').format(number(low - x)),
        Markup('<rect x="{}" y="20" width="{}" height="14" class="open"/>').format(
            number(low), number(max(high - low, 1.0))
        ),
        path(f"M{number(plan)} 16v22", "plan"),
        text(min(plan, 600.0), 12.0, f"planned {ml(planned_nl)} mL", "tick", "end" if plan > 120.0 else "start"),
        text(10.0, 47.0, "0", "tick"),
    ]
    if limit_nl is not None:
        at = x + scale * limit_nl
        parts.append(path(f"M{number(at)} 14v26", "limit"))
        parts.append(text(at, 47.0, f"hard limit {ml(limit_nl)} mL", "tick", "end"))
    what = f"Ledger {ml(ledger.low_nl, 'down')} to {ml(ledger.high_nl, 'up')} mL"
    return picture(660.0, 50.0, what, parts, "bar-chart")


def dose_histogram(doses: Doses) -> Markup:
    """Share of the area with at least a dose: planned, given, and the band of the ledger."""
    planned, given = doses.histogram(doses.planned), doses.histogram(doses.given)
    low, high = doses.histogram(doses.low), doses.histogram(doses.high)
    most = max(float(curve.dose[-1]) for curve in (planned, given, high)) / 1000.0
    frame = _frame(most * 1.02 or 1.0, 100.0)
    at = np.linspace(0.0, most * 1.02, MOST_VERTICES)

    def points(shares: Floats) -> list[tuple[float, float]]:
        return [(frame.x(float(x)), frame.y(100.0 * float(y))) for x, y in zip(at, shares, strict=True)]

    band = points(high.vx(at * 1000.0)) + points(low.vx(at * 1000.0))[::-1]
    parts = [frame.axes("dose, mL/cm²", "area with at least this dose, %", ticks(0.0, most), ticks(0.0, 100.0))]
    if doses.any_given or doses.high.any():
        parts += [path(line(band, closed=True), "band"), path(line(points(given.vx(at * 1000.0))), "given-line")]
    parts.append(path(line(points(planned.vx(at * 1000.0))), "planned-line"))
    return picture(WIDE, TALL, "Cumulative dose histogram of the area", parts, "chart")


def over_time(
    seconds: Sequence[float], shots: Sequence[ShotRecorded], planned_nl: int, breaks: Sequence[float]
) -> Markup:
    """What had left the needle when each shot was recorded, with the ledger's band, and breaks of the link."""
    minutes = np.asarray(seconds) / 60.0
    sums = {
        name: np.cumsum([getattr(shot, name) for shot in shots]) / NL_PER_ML
        for name in ("low_nl", "delivered_nl", "high_nl")
    }
    last = float(max([*minutes, *(second / 60.0 for second in breaks), 1e-3]))
    unit, factor = ("min", 1.0) if last >= 2.0 else ("s", 60.0)
    top = max(float(sums["high_nl"][-1]), planned_nl / NL_PER_ML) * 1.05
    frame = _frame(last * factor * 1.02, top)
    keep = np.unique(np.linspace(0, len(shots) - 1, min(len(shots), MOST_VERTICES)).astype(int))

    def points(name: str) -> list[tuple[float, float]]:
        return [(frame.x(float(minutes[i]) * factor), frame.y(float(sums[name][i]))) for i in keep]

    band = _stepped(points("high_nl")) + _stepped(points("low_nl"))[::-1]
    planned = frame.y(planned_nl / NL_PER_ML)
    parts = [
        frame.axes(f"time since the first shot, {unit}", "total, mL", ticks(0.0, last * factor), ticks(0.0, top)),
        path(f"M{number(frame.left)} {number(planned)}h{number(frame.width)}", "planned-line"),
        path(line(band, closed=True), "band"),
        path(line(_stepped(points("delivered_nl"))), "given-line"),
    ]
    cuts = [frame.x(second / 60.0 * factor) for second in breaks if second >= 0.0]
    parts += [path(f"M{number(x)} {number(frame.top)}v{number(frame.height)}", "break") for x in cuts]
    return picture(WIDE, TALL, "Total over time", parts, "chart")


def histogram(name: str, planned: Sequence[float], given: Sequence[float]) -> Markup:
    """How many shots have which value: planned as outlines, given as bars."""
    every = np.asarray([*planned, *given], dtype=float)
    low, high = float(every.min()), float(every.max())
    pad = max((high - low) * 0.08, high * 0.02, 1e-9)
    edges = np.linspace(low - pad, high + pad, 25)
    counts = [np.histogram(np.asarray(values, dtype=float), edges)[0] for values in (planned, given)]
    top = float(max(counts[0].max(), counts[1].max(), 1)) * 1.08
    frame = _frame(float(edges[-1]), top, float(edges[0]))
    shots = [value for value in ticks(0.0, top) if value == int(value)]
    parts = [frame.axes(name, "shots", ticks(float(edges[0]), float(edges[-1])), shots)]
    for kind, count in (("bars", counts[1]), ("outline-bars", counts[0])):
        data = "".join(
            f"M{number(frame.x(float(edges[i])))} {number(frame.y(0.0))}V{number(frame.y(float(n)))}"
            f"H{number(frame.x(float(edges[i + 1])))}V{number(frame.y(0.0))}"
            for i, n in enumerate(count)
            if n
        )
        if data:
            parts.append(path(data, kind))
    return picture(WIDE, TALL, f"Histogram of {name}", parts, "chart")


def _stepped(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """A total stays what it was until the next shot."""
    corners = [(new[0], old[1]) for old, new in pairwise(points)]
    return [points[0], *(place for pair in zip(corners, points[1:], strict=True) for place in pair)]
