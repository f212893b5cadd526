"""The steps of a volume calibration, as data: what is done in which order, made from the script and the gun alone.

The same script and the same gun give the same steps, so that a run that stopped goes on at the step it stopped at.

Settings are weighed in turn (10, 25, 50, 10, ...): what one stroke leaves to the next, and a balance reading that two
neighbouring weighings share, then never meet at one setting, so that the scatter there is that of independent shots;
and a slow drift touches all settings alike (Montgomery, *Design and Analysis of Experiments*, on blocking).

Not responsible for carrying anything out (``runner``) or for what a step has found (``results``).
"""

from __future__ import annotations

import enum
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass

from mesogun.calibration.script import Series
from mesogun.errors import InputError, RecordError

# What a step costs a person, seconds: assumptions, shown as an estimate and measured by every run.
ASK_S = 45.0
WEIGH_S = 6.0
SHOT_S = 2.5
PRIME_S = 15.0
SYRINGE_S = 60.0
LOOK_S = 15.0
WRITE_S = 10.0
DRIFT_S = 1.0  # between two readings of a drift: a choice, long against the balance's own filter


class Phase(enum.Enum):
    """To which part of the result a step belongs."""

    PREPARE = "prepare"
    AS_FOUND = "as found"
    BEHAVIOUR = "behaviour"
    ADJUST = "adjust"
    AS_LEFT = "as left"
    CLOSE = "close"


class Do(enum.Enum):
    """What is done in a step; the value is what a person is told."""

    ENVIRONMENT = "read water, air, pressure and humidity"
    CONDITION = "wet the vessel, cover it, wait until the reading only falls slowly; tare"
    PRIME = "prime the needle into waste"
    BLANK = "weigh a cycle without a shot"
    SHOOT = "weigh, shoot, weigh"
    REST = "let the gun rest"
    REVERSE = "run the screw back and forth once by the gun's own controls, into waste"
    NEEDLE = "collect from one needle only"
    RUN_DOWN = "give into waste until only the last shots are left"
    SYRINGE = "mount a full syringe"
    DECIDE = "fit the correction and write it into the gun"
    CONFIRM = "judge what was weighed with the correction in force"


@dataclass(frozen=True, slots=True)
class Step:
    """One step. ``set_nl`` is for each of ``shots``; ``series`` tells apart what is not to be averaged together."""

    number: int
    phase: Phase
    do: Do
    series: str = ""
    set_nl: int = 0
    shots: int = 0
    rate_per_min: float = 0.0
    needle: int = 0

    @property
    def name(self) -> str:
        """One line for screen and record."""
        if self.do is not Do.SHOOT:
            return f"{self.phase.value}: {self.do.value}" + (f" (needle {self.needle})" if self.needle else "")
        group = f"{self.shots} shots of " if self.shots != 1 else ""
        rate = f" at {self.rate_per_min:g}/min" if self.rate_per_min else ""
        return f"{self.phase.value}: {group}{self.set_nl / 1000:g} µL{rate}, {self.series}"


@dataclass(frozen=True, slots=True)
class GunFacts:
    """What the steps need to know of a gun; ``reserve_nl`` is by how much it may be wrong about a whole syringe."""

    step_nl: int
    min_volume_nl: int
    max_volume_nl: int
    syringe_nl: int
    dead_volume_nl: int
    needles: int
    max_rate_per_min: int
    reserve_nl: int


def settings_nl(series: Series, gun: GunFacts) -> tuple[int, ...]:
    """The volumes of the script as this gun can be set: the nearest multiple of its step.

    Raises
    ------
    InputError
        For a volume that this gun does not give, or two that become one.
    """
    found = []
    for volume_ul in series.volumes_ul:
        set_nl = round(volume_ul * 1000.0 / gun.step_nl) * gun.step_nl
        if not gun.min_volume_nl <= set_nl <= gun.max_volume_nl:
            raise InputError(
                f"{volume_ul:g} µL is not what this gun gives: {gun.min_volume_nl / 1000:g} to "
                f"{gun.max_volume_nl / 1000:g} µL in steps of {gun.step_nl} nL"
            )
        found.append(set_nl)
    if len(set(found)) != len(found):
        raise InputError(f"two volumes of the script become one in steps of {gun.step_nl} nL; choose others")
    fastest = min(gun.max_rate_per_min, 60.0 / SHOT_S)
    if too_fast := [rate for rate in series.rates_per_min if rate > fastest]:
        raise InputError(
            f"a rate of {too_fast[0]:g}/min is faster than one shot at a time goes: {fastest:g}/min at most"
        )
    return tuple(found)


def quick(series: Series) -> Series:
    """The quick check: two volumes, six each, as found only; it adjusts nothing and issues no certificate."""
    return Series(
        series.volumes_ul[:2], 6, 0, min(series.blanks, 3), 1, evaporation=series.evaporation, stream=series.stream,
        outliers=series.outliers,
    )  # fmt: skip


def steps_for(series: Series, gun: GunFacts, *, adjust: bool) -> tuple[Step, ...]:
    """All steps of a run, numbered from 1; a syringe is changed before one would run short."""
    if series.per_needle and gun.needles == 1:
        raise InputError("per_needle is for a head of several needles; this gun has one")
    wanted = _wanted(series, settings_nl(series, gun), gun, adjust)
    room_nl = gun.syringe_nl - gun.dead_volume_nl - gun.reserve_nl
    left_nl = room_nl
    made: list[Step] = []
    last_shots = _last(series, gun)
    last_nl = sum(step.set_nl for step in last_shots if step.do is Do.SHOOT)

    def add(step: Step) -> None:
        made.append(Step(len(made) + 1, *(getattr(step, name) for name in _COPIED)))

    for step in wanted:
        due_nl = step.set_nl * step.shots
        if due_nl > room_nl:
            raise InputError(
                f"{step.shots} shots of {step.set_nl / 1000:g} µL are more than a primed syringe holds, "
                f"{room_nl / 1000:g} µL: weigh smaller groups"
            )
        if due_nl > left_nl:
            for last in last_shots:
                if left_nl >= last_nl:
                    add(last)
            last_shots = ()
            add(Step(0, Phase.PREPARE, Do.SYRINGE))
            add(Step(0, Phase.PREPARE, Do.PRIME))
            left_nl = room_nl
        left_nl -= due_nl
        add(step)
    if last_shots and left_nl >= last_nl:
        closing = made[-1]
        made.pop()
        for last in last_shots:
            add(last)
        add(closing)
    return tuple(made)


_COPIED = ("phase", "do", "series", "set_nl", "shots", "rate_per_min", "needle")


def _wanted(series: Series, volumes: tuple[int, ...], gun: GunFacts, adjust: bool) -> Iterator[Step]:
    yield Step(0, Phase.PREPARE, Do.ENVIRONMENT)
    yield Step(0, Phase.PREPARE, Do.CONDITION)
    yield Step(0, Phase.PREPARE, Do.SYRINGE)  # nothing to do where the one that is mounted holds enough
    yield Step(0, Phase.PREPARE, Do.PRIME)
    middle_nl = volumes[len(volumes) // 2]
    if series.start_up:
        yield Step(0, Phase.BEHAVIOUR, Do.REST)
        for _ in range(series.start_up):
            yield Step(0, Phase.BEHAVIOUR, Do.SHOOT, "after rest", middle_nl, 1)
    yield from _main(series, volumes, Phase.AS_FOUND, series.replicates)
    for rate in series.rates_per_min:
        for _ in range(series.rate_replicates):
            shots = max(2, series.group)
            yield Step(0, Phase.BEHAVIOUR, Do.SHOOT, f"rate {rate:g}/min", middle_nl, shots, rate)
    if series.after_reversal:
        yield Step(0, Phase.BEHAVIOUR, Do.REVERSE)
        for _ in range(series.after_reversal):
            yield Step(0, Phase.BEHAVIOUR, Do.SHOOT, "after reversal", middle_nl, 1)
    if series.per_needle:
        for needle in range(1, gun.needles + 1):
            yield Step(0, Phase.BEHAVIOUR, Do.NEEDLE, needle=needle)
            for _ in range(series.per_needle):
                yield Step(
                    0, Phase.BEHAVIOUR, Do.SHOOT, f"needle {needle}", middle_nl, max(1, series.group), 0.0, needle
                )
    if adjust:
        yield Step(0, Phase.ADJUST, Do.DECIDE)
        yield from _main(series, volumes, Phase.AS_LEFT, series.as_left_replicates)
    yield Step(0, Phase.CLOSE, Do.ENVIRONMENT)
    if adjust:
        yield Step(0, Phase.CLOSE, Do.CONFIRM)


def _last(series: Series, gun: GunFacts) -> tuple[Step, ...]:
    if not series.last_before_empty:
        return ()
    volumes = settings_nl(series, gun)
    middle_nl = volumes[len(volumes) // 2]
    down = Step(0, Phase.BEHAVIOUR, Do.RUN_DOWN, "last before empty")
    shot = Step(0, Phase.BEHAVIOUR, Do.SHOOT, "last before empty", middle_nl, 1)
    return (down, *(shot for _ in range(series.last_before_empty)))


def _main(series: Series, volumes: tuple[int, ...], phase: Phase, replicates: int) -> Iterator[Step]:
    """Volumes in turn, blanks spread between the rounds."""
    blanks = series.blanks if series.evaporation == "blanks" and replicates else 0
    done = 0
    for turn in range(replicates):
        due = math.ceil(blanks * (turn + 1) / replicates)
        for _ in range(due - done):
            yield Step(0, phase, Do.BLANK, "blank")
        done = due
        for set_nl in volumes:
            yield Step(0, phase, Do.SHOOT, "main", set_nl, series.group)


def steps_text(steps: tuple[Step, ...]) -> str:
    """Steps as canonical text, for the journal."""
    rows = [
        [step.phase.name, step.do.name, step.series, step.set_nl, step.shots, step.rate_per_min, step.needle]
        for step in steps
    ]
    return json.dumps(rows, separators=(",", ":"))


def steps_from(text: str) -> tuple[Step, ...]:
    """The steps in a text that ``steps_text`` made.

    Raises
    ------
    RecordError
        If it is none, or names what this version does not know.
    """
    try:
        return tuple(
            Step(number, Phase[phase], Do[what], str(series), int(set_nl), int(shots), float(rate), int(needle))
            for number, (phase, what, series, set_nl, shots, rate, needle) in enumerate(json.loads(text), start=1)
        )
    except (ValueError, KeyError, TypeError) as error:
        raise RecordError(f"the steps of a calibration in the journal cannot be read ({error})") from None


def estimated_s(steps: tuple[Step, ...], series: Series) -> int:
    """What a run costs a person, by the assumptions of this module."""
    total = 0.0
    stream_s = series.stream * DRIFT_S if series.evaporation == "regression" else 0.0
    for step in steps:
        match step.do:
            case Do.ENVIRONMENT | Do.CONDITION | Do.REVERSE | Do.NEEDLE:
                total += ASK_S
            case Do.PRIME | Do.RUN_DOWN:
                total += PRIME_S
            case Do.BLANK:
                total += WEIGH_S + SHOT_S
            case Do.REST:
                total += series.rest_s
            case Do.SYRINGE:
                total += SYRINGE_S if step.number > 3 else LOOK_S  # the first is usually there already
            case Do.DECIDE | Do.CONFIRM:
                total += WRITE_S
            case Do.SHOOT:
                between_s = max(SHOT_S, 60.0 / step.rate_per_min) if step.rate_per_min else SHOT_S
                total += WEIGH_S + 2 * stream_s + between_s * step.shots
    return round(total)
