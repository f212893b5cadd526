"""What the weighings of a run add up to: means with budgets, the correction, verdicts, behaviour. Pure.

From the folded state alone, so that a certificate can be made again from the journal at any time. Each weighing is
corrected for what evaporated between its own two readings. The mean of a setting is type A; what no repetition can
show is type B and comes from the script. Not responsible for pages, and not for what to do about a result (``runner``).
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from mesogun.calibration import conformity
from mesogun.calibration.conformity import Rule, Verdict
from mesogun.calibration.correction import Correction, Shot, fit
from mesogun.calibration.evaporation import loss_from_blanks, step_by_regression
from mesogun.calibration.gravimetric import Weighing, volume_at_reference_ul, volume_budget
from mesogun.calibration.outliers import grubbs
from mesogun.calibration.state import CalibrationState, Measured
from mesogun.calibration.steps import Do, Phase, Step
from mesogun.calibration.trumpet import Mouth, StartUp, start_up, trumpet
from mesogun.calibration.uncertainty import Budget, Input, from_repeats
from mesogun.calibration.zfactor import WEIGHT_DENSITY_G_PER_ML
from mesogun.errors import CalibrationFailed, InputError

LARGEST_CORRECTION = 0.2
"""A gun further off than this share is broken, not badly calibrated: an assumption of this project."""

BEND_SHARE = 0.5
"""A bend of less than this share of the acceptance limit does not stop a calibration: a choice (decision 1105)."""


@dataclass(frozen=True, slots=True)
class Loss:
    """Evaporation: rate with its standard uncertainty, micrograms per second, and what it was found from."""

    rate_ug_per_s: float
    standard_uncertainty_ug_per_s: float
    degrees_of_freedom: float
    how: str


@dataclass(frozen=True, slots=True)
class Weight:
    """One weighing that counts, per shot: mass corrected for evaporation, and the volume at 20 °C."""

    step: Step
    measured: Measured
    mass_mg: float
    volume_ul: float
    excluded: str = ""


@dataclass(frozen=True, slots=True)
class Mean:
    """One setting in one phase. ``spread_ul`` is of single shots, or of groups where groups were weighed."""

    phase: Phase
    set_ul: float
    count: int
    budget: Budget
    spread_ul: float
    systematic: Verdict
    random: Verdict
    limit_systematic_ul: float
    limit_random_ul: float

    @property
    def error_ul(self) -> float:
        """Mean less setting."""
        return self.budget.value - self.set_ul

    @property
    def error_pct(self) -> float:
        """The same in per cent of the setting."""
        return 100.0 * self.error_ul / self.set_ul


@dataclass(frozen=True, slots=True)
class Behaviour:
    """A series beside the main one, against the as-found mean of the same setting."""

    series: str
    set_ul: float
    volumes_ul: tuple[float, ...]
    mean_ul: float
    difference_ul: float
    expanded_uncertainty_ul: float

    @property
    def significant(self) -> bool:
        """Whether the series differs by more than the uncertainty of the difference."""
        return abs(self.difference_ul) > self.expanded_uncertainty_ul


@dataclass(frozen=True, slots=True)
class Results:
    """Everything a run has found; ``correction`` is ``None`` where none was sought, ``why_not`` says why."""

    loss: Loss
    weights: tuple[Weight, ...]
    means: tuple[Mean, ...]
    behaviour: tuple[Behaviour, ...]
    correction: Correction | None
    why_not: str
    trumpet: tuple[Mouth, ...]
    start_up: StartUp | None

    def of(self, phase: Phase) -> tuple[Mean, ...]:
        """The means of one phase, by setting."""
        return tuple(sorted((mean for mean in self.means if mean.phase is phase), key=lambda mean: mean.set_ul))

    def conforms(self, phase: Phase) -> bool:
        """Whether every setting of a phase passes both verdicts of the stated rule."""
        means = self.of(phase)
        return bool(means) and all(mean.systematic is Verdict.PASS and mean.random is Verdict.PASS for mean in means)


def results(state: CalibrationState) -> Results:
    """Evaluate a run, as far as it has come.

    Raises
    ------
    InputError
        If too little was weighed for any result.
    """
    if state.script is None or not state.environments:
        raise InputError("nothing was measured in this calibration yet")
    steps = {step.number: step for step in state.steps}
    loss = _loss(state, steps)
    weights = _without_outliers(state, [_weight(state, steps[item.step], item, loss) for item in _shots(state, steps)])
    means = tuple(
        _mean(state, phase, set_nl, chosen, loss)
        for phase in (Phase.AS_FOUND, Phase.AS_LEFT)
        for set_nl in sorted({item.step.set_nl for item in weights if item.step.phase is phase})
        if len(chosen := _chosen(weights, phase, "main", set_nl)) >= 2
    )
    correction, why_not = _correction(weights, means)
    ratios = [
        100.0 * item.volume_ul / (item.step.set_nl / 1000.0) for item in weights if _is_main(item, Phase.AS_FOUND)
    ]
    rested = [item for item in weights if item.step.series == "after rest"]
    return Results(
        loss=loss,
        weights=tuple(weights),
        means=means,
        behaviour=tuple(_behaviours(weights, means)),
        correction=correction,
        why_not=why_not,
        trumpet=trumpet(ratios, 100.0) if len(ratios) >= 4 else (),
        start_up=start_up([item.volume_ul for item in rested], rested[0].step.set_nl / 1000.0, band_pct=1.0)
        if len(rested) >= 2
        else None,
    )


def _shots(state: CalibrationState, steps: dict[int, Step]) -> list[Measured]:
    return [item for item in state.measured if steps[item.step].do is Do.SHOOT]


def _loss(state: CalibrationState, steps: dict[int, Step]) -> Loss:
    if state.script is not None and state.script.series.evaporation == "regression":
        return Loss(0.0, 0.0, math.inf, "one drift fitted to the readings on both sides of each shot")
    blanks = [item for item in state.measured if steps[item.step].do is Do.BLANK]
    if len(blanks) < 2:
        raise InputError(f"{len(blanks)} blank(s) weighed so far; evaporation needs two at least")
    rates = loss_from_blanks([1000.0 * item.change_mg / item.duration_s for item in blanks])
    return Loss(
        rates.loss_mg, rates.standard_uncertainty_mg, rates.degrees_of_freedom, f"mean of {rates.count} blank cycles"
    )


def _weight(state: CalibrationState, step: Step, item: Measured, loss: Loss) -> Weight:
    if item.ahead and item.behind:
        mass_mg = _regressed(item)
    else:
        mass_mg = item.change_mg + loss.rate_ug_per_s * item.duration_s / 1000.0
    mass_mg /= step.shots
    return Weight(step, item, mass_mg, _volume_ul(state, mass_mg))


def _regressed(item: Measured) -> float:
    ahead = [(one.at_ms / 1000.0, float(one.mass_mg)) for one in item.ahead]
    behind = [(one.at_ms / 1000.0, float(one.mass_mg)) for one in item.behind]
    at_s = 0.5 * (ahead[-1][0] + behind[0][0])  # one drift for both sides: its moment does not enter the step
    zero_s, zero_mg = ahead[0]
    found = step_by_regression(
        [(time_s - zero_s, mass_mg - zero_mg) for time_s, mass_mg in ahead],
        [(time_s - zero_s, mass_mg - zero_mg) for time_s, mass_mg in behind],
        at_s - zero_s,
    )
    return found.step_mg


def environment_inputs(state: CalibrationState) -> tuple[Input, Input, Input, Input]:
    """Temperature of water and air, pressure and humidity: mean of what was read, with drift as bounds."""
    if state.script is None:
        raise InputError("a run without a script has no conditions")
    given = state.script.conditions
    known = {
        "water_c": (given.u_temperature_c, "°C"),
        "air_c": (given.u_temperature_c, "°C"),
        "pressure_kpa": (given.u_pressure_kpa, "kPa"),
        "humidity_pct": (given.u_humidity_pct, "%"),
    }
    inputs = []
    for name, (u, unit) in known.items():
        seen = [float(getattr(item, name)) for item in state.environments]
        drift = (max(seen) - min(seen)) / 2.0 / math.sqrt(3.0)
        inputs.append(Input(name, statistics.fmean(seen), math.hypot(u, drift), unit, given.source))
    water, air, pressure, humidity = inputs
    return water, air, pressure, humidity


def type_b_inputs(state: CalibrationState) -> tuple[Input, Input, Input]:
    """Density of the weights, real over tabulated density of the water, cubic expansion: from the script."""
    if state.script is None:
        raise InputError("a run without a script has no uncertainties")
    given = state.script.uncertainties
    return (
        Input("weight_g_per_ml", WEIGHT_DENSITY_G_PER_ML, given.weight_g_per_ml, "g/mL", given.source),
        Input("water_factor", 1.0, given.water_factor, "1", given.source),
        Input("expansion_per_c", given.expansion_per_c, given.u_expansion_per_c, "1/°C", given.source),
    )


def _volume_ul(state: CalibrationState, mass_mg: float) -> float:
    values = {item.name: item.value for item in (*environment_inputs(state), *type_b_inputs(state))}
    return volume_at_reference_ul(mass_mg=mass_mg, resolution_mg=0.0, balance_mg=0.0, loss_mg=0.0, **values)


def _without_outliers(state: CalibrationState, weights: list[Weight]) -> list[Weight]:
    """At most one exclusion for each setting of the main series, where the script says so in advance."""
    if state.script is None or state.script.series.outliers == "none":
        return weights
    kept = list(weights)
    for phase in (Phase.AS_FOUND, Phase.AS_LEFT):
        for set_nl in {item.step.set_nl for item in weights}:
            places = [at for at, item in enumerate(kept) if _is_main(item, phase) and item.step.set_nl == set_nl]
            found = grubbs([kept[at].volume_ul for at in places])
            if found is not None:
                at = places[found.index]
                item = kept[at]
                kept[at] = Weight(item.step, item.measured, item.mass_mg, item.volume_ul, found.told)
    return kept


def _is_main(item: Weight, phase: Phase) -> bool:
    return item.step.phase is phase and item.step.series == "main" and not item.excluded


def _chosen(weights: Sequence[Weight], phase: Phase, series: str, set_nl: int) -> list[Weight]:
    return [
        item
        for item in weights
        if item.step.phase is phase and item.step.series == series and item.step.set_nl == set_nl and not item.excluded
    ]


def weighing_inputs(state: CalibrationState, chosen: Sequence[Weight], loss: Loss) -> Weighing:
    """The inputs of one mean volume, per shot."""
    if state.script is None:
        raise InputError("a run without a script has no uncertainties")
    shots = chosen[0].step.shots
    mean_s = statistics.fmean(item.measured.duration_s for item in chosen)
    loss_mg = loss.rate_ug_per_s * mean_s / 1000.0 / shots
    u_loss_mg = loss.standard_uncertainty_ug_per_s * mean_s / 1000.0 / shots
    given = state.script.uncertainties
    # The scatter of the readings shows the rounding already where it exceeds one digit; it stays a line of its own
    # for the mean, because neighbouring weighings may round alike.
    digit_mg = max(float(item.measured.after.resolution_mg) for item in chosen) / shots
    mass = from_repeats("mass_mg", [item.mass_mg - loss_mg for item in chosen], "mg", f"{len(chosen)} weighings")
    water, air, pressure, humidity = environment_inputs(state)
    weight, factor, expansion = type_b_inputs(state)
    return Weighing(
        mass_mg=mass,
        resolution_mg=Input(
            "resolution_mg",
            0.0,
            digit_mg / math.sqrt(6.0 * len(chosen)),
            "mg",
            "last digit of the balance (GUM F.2.2.1)",
        ),
        balance_mg=Input("balance_mg", 0.0, given.balance_mg / shots, "mg", given.source),
        loss_mg=Input("loss_mg", loss_mg, u_loss_mg, "mg", loss.how, max(1.0, loss.degrees_of_freedom)),
        water_c=water,
        air_c=air,
        pressure_kpa=pressure,
        humidity_pct=humidity,
        weight_g_per_ml=weight,
        water_factor=factor,
        expansion_per_c=expansion,
    )


def _mean(state: CalibrationState, phase: Phase, set_nl: int, chosen: Sequence[Weight], loss: Loss) -> Mean:
    if state.script is None:
        raise InputError("a run without a script has no limits")
    set_ul = set_nl / 1000.0
    found = volume_budget(weighing_inputs(state, chosen, loss))
    spread_ul = statistics.stdev(item.volume_ul for item in chosen)
    acceptance = state.script.acceptance
    volumes = state.script.series.volumes_ul
    nearest = min(range(len(volumes)), key=lambda at: abs(volumes[at] - set_ul))
    limits = conformity.Limits(
        set_ul,
        acceptance.systematic_pct[nearest] * set_ul / 100.0,
        acceptance.random_pct[nearest] * set_ul / 100.0,
        acceptance.source,
    )
    rule = Rule.GUARDED if acceptance.rule == "guarded" else Rule.SIMPLE
    return Mean(
        phase=phase,
        set_ul=set_ul,
        count=len(chosen),
        budget=found,
        spread_ul=spread_ul,
        systematic=conformity.systematic(found.value - set_ul, found.expanded_uncertainty(), limits, rule),
        random=conformity.random(spread_ul, len(chosen), limits, rule),
        limit_systematic_ul=limits.systematic_ul,
        limit_random_ul=limits.random_ul,
    )


def _correction(weights: Sequence[Weight], means: Sequence[Mean]) -> tuple[Correction | None, str]:
    shots = [Shot(item.step.set_nl / 1000.0, item.volume_ul) for item in weights if _is_main(item, Phase.AS_FOUND)]
    try:
        found = fit(
            shots,
            {mean.set_ul: BEND_SHARE * mean.limit_systematic_ul for mean in means},
            binding=binding_of(shots),
        )
    except (CalibrationFailed, InputError) as error:
        return None, str(error)
    if abs(found.gain - 1.0) > LARGEST_CORRECTION:
        return None, (
            f"the gun gives {100 * found.gain:.1f} % of what it is set to: a gun further off than "
            f"{100 * LARGEST_CORRECTION:g} % is to be repaired, not corrected"
        )
    return found, ""


def binding_of(shots: Sequence[Shot]) -> float:
    """How much more differences between settings scatter than independent shots would make them (decision 1106).

    With neighbours bound by a correlation r, and the m settings in turn, the variance of every contrast between
    settings is ``1 - 2 r / (m - 1)`` of the independent one. r is found from the residuals within the settings; a
    positive one is taken as none.
    """
    groups: dict[float, list[float]] = {}
    for shot in shots:
        groups.setdefault(shot.set_ul, []).append(shot.given_ul)
    means = {set_ul: statistics.fmean(group) for set_ul, group in groups.items()}
    residuals = [shot.given_ul - means[shot.set_ul] for shot in shots]
    square = math.fsum(value * value for value in residuals)
    if len(groups) < 2 or not square:
        return 1.0
    r = math.fsum(one * next_one for one, next_one in pairwise(residuals)) / square
    return 1.0 - 2.0 * min(r, 0.0) / (len(groups) - 1)


def _behaviours(weights: Sequence[Weight], means: Sequence[Mean]) -> list[Behaviour]:
    found = []
    names = dict.fromkeys(item.step.series for item in weights if item.step.phase is Phase.BEHAVIOUR)
    for name in names:
        series = [item for item in weights if item.step.series == name]
        set_ul = series[0].step.set_nl / 1000.0
        main = next((mean for mean in means if mean.phase is Phase.AS_FOUND and mean.set_ul == set_ul), None)
        if main is None:
            continue
        volumes = [item.volume_ul for item in series]
        mean_ul = statistics.fmean(volumes)
        # Few shots know their own spread badly: that of the main series stands for all (groups scatter less).
        spread_ul = main.spread_ul / math.sqrt(series[0].step.shots)
        u = math.hypot(spread_ul / math.sqrt(len(volumes)), main.spread_ul / math.sqrt(main.count))
        found.append(
            Behaviour(
                name, set_ul, tuple(volumes), mean_ul, mean_ul - main.budget.value, u * main.budget.coverage_factor()
            )
        )
    return found
