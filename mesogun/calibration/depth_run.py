"""Depth calibration: a script, gauge readings out and back, the fit, its budget, and the block for the gun.

The readings come typed, one by one, or from a CSV file; each is an event at once, so a run that stopped goes on where
it stopped. Another needle voids the zero: the block carries the needle's reference, and a host that knows that another
one is mounted does not treat with it. Not responsible for the fit (``depth``) or for the page.
"""

from __future__ import annotations

import csv
import hashlib
import math
import tomllib
from collections.abc import Callable
from dataclasses import MISSING, dataclass, fields, replace
from pathlib import Path
from typing import Any, get_type_hints

from mesogun import __version__
from mesogun.calibration.books import Books
from mesogun.calibration.depth import DepthFit, GaugeReading, fit_depth
from mesogun.calibration.script import section_value
from mesogun.calibration.state import CalibrationState
from mesogun.calibration.uncertainty import Budget, Input, budget, from_bounds
from mesogun.calibration.writing import DEPTH, calibration_id, check_own, old_block, put, settle
from mesogun.errors import CalibrationFailed, InputError, Refused
from mesogun.gun import Gun
from mesogun.gun.calibration import PPM, Block
from mesogun.gun.found import reference, text
from mesogun.identity import Action, Operator
from mesogun.journal import Journal
from mesogun.record import calibration_events as ce
from mesogun.wire.codes import GunKind

DAY_S = 86_400
LEAST_REPEATS = 2
READING_S = 20
"""How long one reading takes, by estimate."""


@dataclass(frozen=True, slots=True)
class DepthScript:
    """What is decided before the first reading; ``limit_mm`` is the largest permissible error of the stick-out."""

    laboratory: str
    address: str
    location: str
    customer: str
    customer_address: str
    item_condition: str
    method: str
    syringe: str
    needle: str
    needles: int
    valid_d: int
    gauge: str
    u_gauge_mm: float
    gauge_resolution_mm: float
    u_zero_mm: float
    source: str
    settings_mm: tuple[float, ...]
    repeats: int
    limit_mm: float
    limit_source: str
    interval_agreed_with: str = ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One reading that is still to be taken; ``steps`` are all of them."""

    step: int
    setting_um: int
    outwards: bool
    steps: int = 0

    @property
    def where(self) -> str:
        """What a person is to set."""
        way = "coming from a smaller setting" if self.outwards else "coming from a larger setting"
        return f"set {self.setting_um / 1000:g} mm, {way}"

    @property
    def name(self) -> str:
        """What a person is told."""
        return f"{self.where}; gauge reading in mm"


def parse_depth(document_text: str, name: str = "script") -> DepthScript:
    """Read a depth script; every fault at once in one ``InputError``."""
    try:
        document = tomllib.loads(document_text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{name}: not TOML: {error}") from None
    faults = [] if document.pop("format", None) == 1 else ["format must be 1"]
    table = document.pop("depth", None)
    faults += [f"[{key}] is not a section of a depth script" for key in document]
    values: dict[str, Any] = {}
    if not isinstance(table, dict):
        raise InputError(f"{name}: [depth] is missing")
    hints = get_type_hints(DepthScript)
    for place in fields(DepthScript):
        if place.name not in table:
            faults += [f"depth.{place.name} is missing"] if place.default is MISSING else []
            continue
        values[place.name] = section_value(table.pop(place.name), hints[place.name])
        if values[place.name] is None:
            faults.append(f"depth.{place.name} is of the wrong type")
    faults += [f"depth.{key} is not known" for key in table]
    if not faults:
        made = DepthScript(**values)
        faults = [
            f"depth.{key} must be {needs}"
            for key, good, needs in (
                ("settings_mm", len(set(made.settings_mm)) >= 5, "five different settings or more"),
                ("settings_mm", all(value >= 0 for value in made.settings_mm), "0 or more"),
                ("repeats", made.repeats >= LEAST_REPEATS, f"{LEAST_REPEATS} or more in each direction"),
                ("limit_mm", made.limit_mm > 0, "above 0"),
                ("valid_d", made.valid_d >= 1, "1 or more"),
            )
            if not good
        ]
        if not faults:
            return made
    raise InputError(f"{name}: {'; '.join(faults)}")


def wanted(script: DepthScript) -> tuple[Wanted, ...]:
    """All readings in order: up through the settings, down again, so often as the script says."""
    upwards = sorted(round(1000 * value) for value in script.settings_mm)
    order = [
        (setting, outwards)
        for _ in range(script.repeats)
        for outwards, settings in ((True, upwards), (False, upwards[::-1]))
        for setting in settings
    ]
    return tuple(
        Wanted(number, setting, outwards, len(order)) for number, (setting, outwards) in enumerate(order, start=1)
    )


def fault_of(item: Wanted, typed: str) -> str:
    """Why a typed text cannot be that reading in mm; empty if it can."""
    try:
        measured = float(typed)
    except ValueError:
        measured = math.nan
    if not math.isfinite(measured):
        return f"{typed!r} is no reading in mm"
    if abs(measured) > 10.0 * max(1.0, item.setting_um / 1000):
        return (
            f"{measured:g} mm at a setting of {item.setting_um / 1000:g} mm: micrometres where millimetres are wanted, "
            "or the wrong zero"
        )
    return ""


def read_csv(path: Path) -> tuple[GaugeReading, ...]:
    """Readings from a file with the header ``setting_mm,measured_mm,direction`` (``out`` or ``in``).

    Raises
    ------
    InputError
        Naming every line that is none.
    """
    try:
        lines = list(csv.reader(path.read_text(encoding="utf-8").splitlines()))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: cannot be read as CSV ({error})") from error
    if not lines or [cell.strip() for cell in lines[0]] != ["setting_mm", "measured_mm", "direction"]:
        raise InputError(f"{path}: the first line must be setting_mm,measured_mm,direction")
    found, faults = [], []
    for number, cells in enumerate(lines[1:], start=2):
        if not cells:
            continue
        try:
            setting, measured, way = (cell.strip() for cell in cells)
            values = float(setting), float(measured)
            if way not in {"out", "in"} or not all(math.isfinite(value) for value in values):
                raise ValueError
        except ValueError:
            faults.append(f"line {number}")
        else:
            found.append(GaugeReading(*values, way == "out"))
    if faults:
        raise InputError(f"{path}: not a setting, a reading and out or in: {', '.join(faults)}")
    return tuple(found)


def readings_of(state: CalibrationState) -> tuple[GaugeReading, ...]:
    """What is on record."""
    return tuple(GaugeReading(item.setting_um / 1000, float(item.measured_mm), item.outwards) for item in state.gauge)


def depth_budget(script: DepthScript, fit: DepthFit, setting_mm: float) -> Budget:
    """The stick-out at a setting: scatter and backlash of the fit, the gauge, its last digit, its zero."""
    half = 0.5 * abs(fit.backlash_mm)
    scatter = math.sqrt(max(0.0, fit.standard_uncertainty_mm(setting_mm) ** 2 - half**2 / 3.0))
    inputs = [
        Input(
            "fit_mm", fit.stick_out_mm(setting_mm, fit.needle), scatter, "mm", "least squares", fit.degrees_of_freedom
        ),
        from_bounds("backlash_mm", 0.0, half, "mm", "half the backlash found"),
        Input("gauge_mm", 0.0, script.u_gauge_mm, "mm", script.source),
        from_bounds("digit_mm", 0.0, script.gauge_resolution_mm / 2.0, "mm", "last digit of the gauge"),
        Input("zero_mm", 0.0, script.u_zero_mm, "mm", script.source),
    ]
    return budget(lambda **values: math.fsum(values.values()), inputs, "mm")


class DepthCalibrator:
    """One depth run. ``ask`` gives one reading in mm for what is wanted, as text."""

    def __init__(
        self,
        *,
        gun: Gun,
        journal: Journal,
        run: str,
        ask: Callable[[Wanted], str],
        operator: Operator,
        station: str,
    ) -> None:
        operator.require(Action.CALIBRATE)
        self._gun = gun
        self._ask = ask
        self._operator = operator.reference
        self._station = station
        self._books = Books(journal, run)
        self._begun_us = gun.clock.monotonic_us()

    @property
    def state(self) -> CalibrationState:
        """What is on record."""
        return self._books.state

    def run(self, script_text: str | None) -> tuple[DepthScript, DepthFit]:
        """Take what is missing, fit, write into the gun.

        Raises
        ------
        CalibrationFailed
            For a scale that is bent or goes the wrong way; nothing is written.
        InputError
            For a reading that is no number; what was read stays on record.
        """
        self._books.take(self._station)
        try:
            script = self._begin(script_text)
            for item in wanted(script)[len(self.state.gauge) :]:
                self._read(item)
            return script, self._finish(script)
        finally:
            self._books.release()

    def _begin(self, script_text: str | None) -> DepthScript:
        started = self.state.started
        caps, welcome = self._gun.caps, self._gun.welcome
        if started is not None:
            if started.what != "depth" or self.state.ended is not None:
                raise Refused(f"run {self._books.run} is no depth calibration to go on with")
            if started.gun != reference(welcome.device_id):
                raise Refused(f"run {self._books.run} is about gun {started.gun}, not this one")
            self._books.commit(ce.CalibrationResumed(self._operator, __version__))
            self._books.meet(self._gun, self._gun.hello())
            return parse_depth(started.script, "the script in the journal")
        if script_text is None:
            raise InputError(f"there is no run {self._books.run} to go on with")
        script = parse_depth(script_text)
        if script.needles != caps.needles:
            raise Refused(
                f"the script is for {script.needles} needle(s), the gun has {caps.needles}: mount the right head"
            )
        self._check_block(script)
        low_mm, high_mm = caps.min_depth_um / 1000, caps.max_depth_um / 1000
        if outside := [value for value in script.settings_mm if not low_mm <= value <= high_mm]:
            raise InputError(f"{outside[0]:g} mm cannot be set on this gun: {low_mm:g} to {high_mm:g} mm")
        self._books.commit(
            ce.CalibrationStarted(
                operator=self._operator,
                what="depth",
                script=script_text,
                script_sha256=hashlib.sha256(script_text.encode()).hexdigest(),
                gun=reference(welcome.device_id),
                memory=reference(welcome.nvm_id),
                gun_kind=GunKind(welcome.kind).name.lower(),
                model=text(caps.model),
                serial=text(caps.serial),
                firmware=caps.firmware,
                syringe=script.syringe,
                syringe_nl=caps.syringe_nl,
                needle=script.needle,
                needles=caps.needles,
                calibration=reference(caps.calibration_id),
                steps="[]",
                estimated_s=READING_S * len(wanted(script)),
                software=__version__,
                station=self._station,
            )
        )
        self._books.meet(self._gun, self._gun.hello())
        return script

    def _check_block(self, script: DepthScript) -> None:
        """Before the first reading: there must be something in the gun to add the depth to."""
        _, _, old = old_block(self._gun)
        if old is None or old.device_id != self._gun.welcome.device_id:
            raise CalibrationFailed(
                "the gun has no volume calibration of its own to add the depth to: mesogun calibrate volume first"
            )
        if old.needle != script.needle:
            raise CalibrationFailed(
                f"the volume calibration in the gun is for needle {old.needle}, this is {script.needle}: calibrate "
                "volume with this needle first"
            )

    def _read(self, item: Wanted) -> None:
        typed = self._ask(item).strip()
        if fault := fault_of(item, typed):
            raise InputError(f"{fault}; go on with mesogun calibrate depth --resume {self._books.run}")
        self._books.commit(ce.GaugeRead(item.step, item.setting_um, typed, item.outwards))

    def _finish(self, script: DepthScript) -> DepthFit:
        try:
            fit = fit_depth(readings_of(self.state), script.needle)
        except CalibrationFailed as error:
            self._end("refused", str(error))
            raise
        settle(self._gun, self._books)
        check_own(self._gun, self._books)
        number = calibration_id(self._books.run, DEPTH)
        _, _, old = old_block(self._gun)
        if old is None or old.needle != script.needle:
            raise CalibrationFailed("the calibration in the gun was replaced meanwhile: begin this one again")
        put(self._gun, self._books, number, self._block(old, fit), self._operator)
        self._end("complete", "")
        return fit

    def _block(self, old: Block, fit: DepthFit) -> Block:
        # The readings were taken with the old line in force: the gun set (v - o1) / g1 for a depth v.
        g1 = 1.0 + old.depth_gain_ppm / PPM
        offset_um = 1000.0 * fit.offset_mm + fit.gain * old.depth_offset_um
        return replace(old, depth_offset_um=round(offset_um), depth_gain_ppm=round(PPM * (fit.gain * g1 - 1.0)))

    def _end(self, how: str, why: str) -> None:
        minutes = (self._gun.clock.monotonic_us() - self._begun_us) / 60e6
        self._books.commit(ce.CalibrationEnded(how, why, f"{minutes:.1f}", self._operator))
