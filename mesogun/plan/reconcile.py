"""Spacing, volume per point, total and area are one number too many: solves them in the open.

What is fixed stays. What has a range moves, spacing first, then volume per point, then the total; every move is
said with its reason. Outside the ranges it refuses and lists the ways out with numbers. Not responsible for where
points lie (``fitting``) nor for steps of single shots (``rounding``).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from mesogun.errors import Refused
from mesogun.plan.fitting import Fit, Fitter
from mesogun.plan.request import PlanRequest, Span
from mesogun.plan.rounding import whole_steps
from mesogun.units import ml_text, mm_text, ul_text

_Text = Callable[[int], str]


@dataclass(frozen=True, slots=True)
class Numbers:
    """The solved numbers: the layouts, the total in whole steps, and what was said on the way."""

    fit: Fit
    total_nl: int
    said: tuple[str, ...]

    @property
    def volume_nl(self) -> float:
        """Mean volume per point, nl."""
        return self.total_nl / self.fit.points


def reconcile(fitter: Fitter, request: PlanRequest, spacings_um: tuple[int, ...] = ()) -> Numbers:
    """Solve the numbers on the fitter's regions.

    Parameters
    ----------
    fitter : Fitter
        The regions and the lattice.
    request : PlanRequest
        Ranges and fixed values.
    spacings_um : tuple of int
        The only spacings that a head allows; empty when any in the range will do.

    Raises
    ------
    Refused
        If no choice within the ranges fits; with the ways out.
    """
    return _Solver(fitter, request, spacings_um).solve()


class _Solver:
    def __init__(self, fitter: Fitter, request: PlanRequest, spacings_um: tuple[int, ...]) -> None:
        self._fitter = fitter
        self._request = request
        self._spacings_um = spacings_um
        self._volume = _in_steps(request.volume, request.step_nl)

    def solve(self) -> Numbers:
        fit, reason = self._fit()
        if fit.points == 0:
            raise Refused(
                f"a spacing of {mm_text(fit.spacing_um)} puts no point on {self._fitter.area_mm2:.1f} mm²; "
                "choose a smaller spacing or a larger area"
            )
        said = [self._depth(), self._moved("Spacing", self._request.spacing, fit.spacing_um, mm_text, reason)]
        total_nl = self._total(fit, said)
        return Numbers(fit, total_nl, tuple(text for text in said if text))

    def _depth(self) -> str:
        """Depth follows from no other number: of a range the middle is taken, and that is said."""
        depth = self._request.depth
        if depth.fixed or depth.preferred is not None:
            return ""
        return (
            f"Depth: {mm_text(depth.start)}, the middle of {_range(depth, mm_text)} ({depth.source}): it follows from "
            "no other number; set it if the skin there is thinner or thicker."
        )

    def _fit(self) -> tuple[Fit, str]:
        request, fitter = self._request, self._fitter
        if request.points is not None:
            return self._exactly(request.points), f"so that there are {request.points} points"
        start = self._allowed(request.spacing.start)
        total = request.total
        if total is None:
            return fitter.best(start), "in the middle of its range"
        if request.spacing.preferred is not None or self._spacings_um:
            fit = fitter.best(start)
            low, high = fit.points * self._volume.low, fit.points * self._volume.high
            if low <= total.high and total.low <= high and (not total.fixed or low <= total.start <= high):
                return fit, "the nearest that the head allows"
        wanted = total.start / self._volume.start
        spacing_um = self._allowed(self._held(request.spacing, fitter.spacing_um(wanted)))
        low, high = math.ceil(total.start / self._volume.high), math.floor(total.start / self._volume.low)
        reason = (
            f"so that about {wanted:.0f} points of {ul_text(self._volume.start)} make {ml_text(total.start)} on "
            f"{fitter.area_mm2 / 100:.1f} cm²"
        )
        if not request.spacing.holds(fitter.spacing_um(wanted)):
            reason = f"the nearest allowed to {mm_text(round(fitter.spacing_um(wanted), -1))}, {reason}"
        for trial_um in (spacing_um, *(() if self._spacings_um else self._around(spacing_um))):
            fit_or_none = fitter.within(trial_um, low, high) if low <= high else None
            if fit_or_none is not None:
                return fit_or_none, reason
        return fitter.best(spacing_um), reason

    def _exactly(self, points: int) -> Fit:
        request, fitter = self._request, self._fitter
        aim_um = fitter.spacing_um(points)
        inside = self._allowed(self._held(request.spacing, aim_um))
        reachable: set[int] = set()
        for trial_um in (inside, *(() if self._spacings_um else self._around(inside))):
            fit = fitter.within(trial_um, points, points)
            if fit is not None:
                return fit
            reachable.update(fitter.every_count(trial_um))
        below = max((n for n in reachable if 0 < n < points), default=None)
        above = min((n for n in reachable if n > points), default=None)
        nearest = " or ".join(str(n) for n in (below, above) if n is not None)
        raise Refused(
            f"{points} points cannot be reached with a spacing of {_range(request.spacing, mm_text)}; the nearest "
            f"reachable are {nearest}: ask for one of them, or allow a spacing of {mm_text(aim_um)}"
        )

    def _around(self, spacing_um: int) -> list[int]:
        """Nearby spacings within the range, nearest first, up to 3 % away."""
        step = max(1, spacing_um // 400)
        near = [spacing_um + sign * k * step for k in range(1, 13) for sign in (1, -1)]
        return [s for s in near if self._request.spacing.holds(s)]

    def _allowed(self, spacing_um: int) -> int:
        return min(self._spacings_um, key=lambda s: (abs(s - spacing_um), s), default=spacing_um)

    @staticmethod
    def _held(span: Span, value: int) -> int:
        return max(span.low, min(span.high, value))

    def _total(self, fit: Fit, said: list[str]) -> int:
        request, n = self._request, fit.points
        volume, total = self._volume, request.total
        wanted_nl = n * volume.start if total is None else total.start
        if total is not None and not total.fixed and total.preferred is None:
            # nothing prefers the middle of a ranged total: keep the volume per point if that total is allowed
            wanted_nl = self._held(total, n * volume.start)
        each_nl = wanted_nl / n
        if not volume.holds(each_nl) and not self._near_fixed(each_nl):
            each_nl = float(self._held(volume, round(each_nl)))
            wanted_nl = round(n * each_nl)
            if total is None or not total.holds(wanted_nl):
                self._refuse(fit)
        units = whole_steps(wanted_nl, request.step_nl)
        if total is not None and not total.fixed:
            units = max(-(-total.low // request.step_nl), min(total.high // request.step_nl, units))
        total_nl = units * request.step_nl
        if units < 1:
            raise Refused(
                f"a total of {ml_text(wanted_nl)} is less than one step of the gun ({ul_text(request.step_nl)}); "
                "plan more volume, or use a gun with a finer step"
            )
        each = ul_text(round(total_nl / n))
        said.append(
            self._moved(
                "Volume per point",
                request.volume,
                round(total_nl / n),
                ul_text,
                f"{ml_text(total_nl)} over {n} points",
            )
        )
        if total is not None:
            said.append(self._moved("Total", total, wanted_nl, ml_text, f"{n} points of {each} on average"))
        if total_nl != wanted_nl:
            said.append(
                f"Rounded: {ml_text(total_nl)} instead of {ml_text(wanted_nl)}, the nearest whole number of the gun's "
                f"steps of {ul_text(request.step_nl)}."
            )
        return total_nl

    def _near_fixed(self, each_nl: float) -> bool:
        """A fixed volume is met when every shot is within one step of it."""
        volume = self._request.volume
        return volume.fixed and abs(each_nl - volume.start) < self._request.step_nl

    def _refuse(self, fit: Fit) -> None:
        request, fitter, n = self._request, self._fitter, fit.points
        total = request.total
        if total is None:
            raise Refused("internal: a plan without a total always has its volume")
        ways: list[str] = []
        for each_nl in sorted({self._volume.low, self._volume.high}):
            spacing_um = round(fitter.spacing_um(total.start / each_nl), -2)
            ways.append(f"a spacing of {mm_text(spacing_um)} with {ul_text(each_nl)} per point")
        ways.append(f"{ul_text(round(total.start / n))} per point with the spacing of {mm_text(fit.spacing_um)}")
        low_nl, high_nl = n * self._volume.low, n * self._volume.high
        totals = ml_text(low_nl) if low_nl == high_nl else f"{ml_text(low_nl)} to {ml_text(high_nl)}"
        ways.append(f"a total of {totals} with both as they are")
        cm2 = fitter.area_mm2 / 100
        ways.append(f"an area of {cm2 * total.start / (n * self._volume.start):.1f} cm² instead of {cm2:.1f} cm²")
        raise Refused(
            f"the numbers contradict each other: {n} points at {mm_text(fit.spacing_um)} "
            f"(allowed {_range(request.spacing, mm_text)}) of {_range(request.volume, ul_text)} give {totals}, and the "
            f"total is {_range(total, ml_text)}; ways out: {'; or '.join(ways)}"
        )

    @staticmethod
    def _moved(what: str, span: Span, value: int, text: _Text, reason: str) -> str:
        if span.fixed or value == span.preferred:
            return ""
        origin = _range(span, text)
        if span.preferred is not None:
            return f"{what}: {text(span.preferred)} → {text(value)} (allowed {origin}; {span.source}): {reason}."
        return f"{what}: {text(value)}, chosen from {origin} ({span.source}): {reason}."


def _in_steps(volume: Span, step_nl: int) -> Span:
    """The whole steps within a range of volumes; the range itself when it holds none (a fixed odd value)."""
    low, high = -(-volume.low // step_nl) * step_nl, volume.high // step_nl * step_nl
    if low > high:
        return volume
    preferred = volume.preferred
    return Span(low, high, None if preferred is None else max(low, min(high, preferred)), volume.source)


def _range(span: Span, text: _Text) -> str:
    return text(span.low) if span.fixed else f"{text(span.low)} to {text(span.high)}"
