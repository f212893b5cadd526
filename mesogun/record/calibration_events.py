"""What happens in a calibration, as frozen values; they share the journal, the codec and the rules of ``events``.

A calibration run has a key of its own in the journal (``cal-`` and 12 hex digits). Its shots are the ordinary
``MagazineLoaded`` and ``ShotRecorded``, so that no program can lose count of a gun that was calibrated in between.
Decimal numbers are text as they were read or typed, so that nothing is rounded on the way to a certificate.

Not responsible for what the events add up to (``mesogun.calibration.state``).
"""

from __future__ import annotations

from dataclasses import dataclass

from mesogun.record.events import KINDS, Event


@dataclass(frozen=True, slots=True)
class CalibrationStarted(Event):
    """A run began; ``script`` is the whole script as text, and the policy in it was stated before the first shot.

    ``what``: volume, check or depth. ``steps`` are all steps of the run as canonical text, so that a
    later version, which may make other steps of the same script, reads this run as it was.
    """

    operator: str
    what: str
    script: str
    script_sha256: str
    gun: str
    memory: str
    gun_kind: str
    model: str
    serial: str
    firmware: int
    syringe: str
    syringe_nl: int
    needle: str
    needles: int
    calibration: str
    steps: str
    estimated_s: int
    software: str
    station: str


@dataclass(frozen=True, slots=True)
class BalanceFound(Event):
    """The balance that weighs from here on: who it says it is; ``how`` is the way it is read (URL, manual, file)."""

    how: str
    model: str
    serial: str
    software: str


@dataclass(frozen=True, slots=True)
class EnvironmentMeasured(Event):
    """Conditions as read by the technician: degrees Celsius, kilopascal, per cent; ``when``: start or end."""

    step: int
    when: str
    water_c: str
    air_c: str
    pressure_kpa: str
    humidity_pct: str
    operator: str


@dataclass(frozen=True, slots=True)
class Weighed(Event):
    """One reading of the balance, of whatever use it turns out to be; ``at_ms`` is the gun's calendar, Unix time."""

    step: int
    place: str
    at_ms: int
    mass_mg: str
    resolution_mg: str
    stable: bool


@dataclass(frozen=True, slots=True)
class WeighingVoided(Event):
    """The weighing of a step counts no more, and why; what was shot stays on record and is not weighed again."""

    step: int
    why: str


@dataclass(frozen=True, slots=True)
class CalibrationStepDone(Event):
    """A step of the run is complete; what it measured stands in the events before."""

    step: int
    name: str
    operator: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class GaugeRead(Event):
    """One reading of the depth gauge, micrometres; ``outwards``: the needle was going out."""

    step: int
    setting_um: int
    measured_mm: str
    outwards: bool


@dataclass(frozen=True, slots=True)
class CalibrationResumed(Event):
    """Somebody went on with a run that had stopped; every weighing that was open is taken afresh."""

    operator: str
    software: str


@dataclass(frozen=True, slots=True)
class ContactSettled(Event):
    """A technician has looked into a prime or test shot that saw skin contact; the run may go on."""

    shot_no: int
    operator: str


@dataclass(frozen=True, slots=True)
class CalibrationWriting(Event):
    """Committed before the first byte goes to the gun; ``old`` and ``new`` are the blocks as hex digits."""

    calibration: str
    old_calibration: str
    old: str
    new: str
    operator: str


@dataclass(frozen=True, slots=True)
class CalibrationWritten(Event):
    """What read-back found in force after a write: ``new``, or ``old`` when the write did not come through."""

    calibration: str
    found: str
    block: str


@dataclass(frozen=True, slots=True)
class CalibrationEnded(Event):
    """The run is over: ``complete``, ``refused`` or ``abandoned``; ``minutes`` is what it took a person, as text."""

    how: str
    why: str
    minutes: str
    operator: str


@dataclass(frozen=True, slots=True)
class CertificateIssued(Event):
    """A certificate over the rows up to here: number, hash of its content, and a signature over that hash."""

    number: str
    content_sha256: str
    day: str
    operator: str
    signed_by: str
    public_key: str
    signature: str


@dataclass(frozen=True, slots=True)
class ServiceLogged(Event):
    """Something was done to a gun: a part changed, firmware replaced, a repair."""

    gun: str
    what: str
    part: str
    note: str
    day: str
    operator: str


KIND_NAMES = tuple(sorted({kind.__name__ for kind in Event.__subclasses__() if kind.__module__ == __name__}))
KINDS.update({kind.__name__: kind for kind in Event.__subclasses__() if kind.__module__ == __name__})
