"""A gun over the years: every calibration of it, the errors found each time, a drift, and when it may leave its limits.

The forecast is information for whoever plans, never a recommendation and never on a certificate (ISO/IEC 17025,
7.8.4.3). What was changed in between (service log) is listed beside it, because it ends every trend. Not responsible
for reading a journal or for pictures.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from scipy.special import stdtrit

from mesogun.calibration.results import results
from mesogun.calibration.state import CalibrationState, fold_calibration
from mesogun.calibration.steps import Phase
from mesogun.errors import CalibrationFailed, InputError
from mesogun.journal import Row
from mesogun.record import calibration_events as ce

LEAST_RUNS = 3


@dataclass(frozen=True, slots=True)
class Found:
    """What one run found at one setting: as found, and as left where it was adjusted; per cent of the setting."""

    run: str
    day: date
    set_ul: float
    as_found_pct: float
    u_pct: float
    as_left_pct: float | None
    limit_pct: float


@dataclass(frozen=True, slots=True)
class Run:
    """One line of a gun's history."""

    run: str
    day: date
    what: str
    gun: str
    ended: str
    why: str
    certificates: tuple[str, ...]
    found: tuple[Found, ...]


@dataclass(frozen=True, slots=True)
class GunHistory:
    """Everything about one gun, in order of time."""

    gun: str
    runs: tuple[Run, ...]
    service: tuple[ce.ServiceLogged, ...]


@dataclass(frozen=True, slots=True)
class Drift:
    """The trend of the as-found error at one setting since the gun was last adjusted or serviced.

    ``per_year_pct`` ± ``u_per_year_pct``; ``leaves_on`` is when the line, with the uncertainty of its slope, reaches
    the limit at the earliest, or ``None`` where it does not within ten years.
    """

    set_ul: float
    runs: int
    per_year_pct: float
    u_per_year_pct: float
    leaves_on: date | None


def histories(rows: Iterable[Row]) -> dict[str, GunHistory]:
    """Fold the calibration rows of a whole journal, by gun."""
    states: dict[str, CalibrationState] = {}
    begun: dict[str, date] = {}
    service: dict[str, list[ce.ServiceLogged]] = {}
    for row in rows:
        if isinstance(row.event, ce.ServiceLogged):
            service.setdefault(row.event.gun, []).append(row.event)
            continue
        if isinstance(row.event, ce.CalibrationStarted):
            states[row.treatment] = CalibrationState()
            begun[row.treatment] = date.fromisoformat(row.at[:10])
        if row.treatment in states:
            states[row.treatment] = fold_calibration(states[row.treatment], row.event)
    runs: dict[str, list[Run]] = {gun: [] for gun in service}
    for name, state in states.items():
        if state.started is not None:
            runs.setdefault(state.started.gun, []).append(_run(name, begun[name], state))
    return {gun: GunHistory(gun, tuple(found), tuple(service.get(gun, ()))) for gun, found in runs.items()}


def drifts(history: GunHistory) -> tuple[Drift, ...]:
    """The trend at each setting, where at least three runs in a row found the gun unadjusted and untouched."""
    serviced = max((date.fromisoformat(item.day) for item in history.service), default=date.min)
    series: dict[float, list[Found]] = {}
    for run in history.runs:
        for found in run.found:
            kept = series.setdefault(found.set_ul, [])
            if found.day < serviced:
                continue
            kept.append(found)
            if found.as_left_pct is not None:  # adjusted: what follows is another gun
                kept.clear()
                kept.append(
                    Found(found.run, found.day, found.set_ul, found.as_left_pct, found.u_pct, None, found.limit_pct)
                )
    return tuple(_drift(kept) for _, kept in sorted(series.items()) if len({item.day for item in kept}) >= LEAST_RUNS)


def _run(name: str, day: date, state: CalibrationState) -> Run:
    started = state.started
    found: tuple[Found, ...] = ()
    if state.script is not None:
        try:
            found = tuple(_found(name, day, state))
        except (InputError, CalibrationFailed):
            found = ()  # stopped before anything was measured
    return Run(
        name,
        day,
        started.what if started is not None else "",
        started.gun if started is not None else "",
        state.ended.how if state.ended is not None else "not ended",
        state.ended.why if state.ended is not None else "",
        tuple(item.number for item in state.certificates),
        found,
    )


def _found(name: str, day: date, state: CalibrationState) -> Iterable[Found]:
    told = results(state)
    left: Mapping[float, float] = {mean.set_ul: mean.error_pct for mean in told.of(Phase.AS_LEFT)}
    for mean in told.of(Phase.AS_FOUND):
        u_pct = 100.0 * mean.budget.expanded_uncertainty() / mean.set_ul
        limit_pct = 100.0 * mean.limit_systematic_ul / mean.set_ul
        adjusted = left.get(mean.set_ul) if state.written_blocks else None
        yield Found(name, day, mean.set_ul, mean.error_pct, u_pct, adjusted, limit_pct)


def _drift(kept: list[Found]) -> Drift:
    first = kept[0].day
    years = [(item.day - first).days / 365.25 for item in kept]
    errors = [item.as_found_pct for item in kept]
    slope, level = statistics.linear_regression(years, errors)
    rest = sum((error - level - slope * year) ** 2 for year, error in zip(years, errors, strict=True))
    spread = sum((year - statistics.fmean(years)) ** 2 for year in years)
    # the scatter of the points, or what each point's own uncertainty makes of the slope, whichever is larger
    u_point = statistics.fmean(item.u_pct for item in kept) / 2.0
    s = max((rest / (len(kept) - 2)) ** 0.5, u_point)
    u = float(stdtrit(len(kept) - 2, 0.975)) * s / spread**0.5
    limit = kept[-1].limit_pct
    return Drift(kept[0].set_ul, len(kept), slope, u, _leaves(first, level, slope, u, limit, kept[-1].day))


def _leaves(first: date, level: float, slope: float, u: float, limit: float, last: date) -> date | None:
    reached = []
    for steepest, side in ((slope + u, limit), (slope - u, -limit)):
        if (side > 0) == (steepest > 0) and steepest:
            years = (side - level) / steepest
            if years <= 10.0:
                reached.append(first + timedelta(days=max(0.0, years) * 365.25))
    return max(min(reached), last) if reached else None
