"""Everything that happens in a treatment, as frozen values: the only state there is.

An event is a fact that was decided or observed; it is never changed. Not responsible for storage
(``mesogun.journal``) or for what the events add up to (``mesogun.record.state``).

Identifiers: ``gun`` and ``memory`` are the 16 hex digits of the gun's ``device_id`` and ``nvm_id`` (H1);
``treatment`` is 16 hex digits, the gun's ``treatment_ref``; ``subject`` and ``operator`` are references, never names.
A shot is a shot of the *plan* (``shot_index``); a record of the gun's log is (gun, memory, ``shot_no``).
"""

from __future__ import annotations

from dataclasses import dataclass

from mesogun.wire.values import quick


@dataclass(frozen=True, slots=True)
class Event:
    """Base of all events; the class name is the event's kind in the journal."""


@dataclass(frozen=True, slots=True)
class TreatmentPlanned(Event):
    """A plan exists for a subject; ``plan`` is the canonical plan file as text."""

    subject: str
    operator: str
    plan: str
    plan_hash: str
    protocol_id: str
    protocol_sha256: str
    agent: str
    total_nl: int
    shots: int
    simulated: bool
    demonstration: bool


@dataclass(frozen=True, slots=True)
class ScreeningAnswered(Event):
    """One screening question, its answer and what follows: clear, clearance or blocked."""

    question: str
    answer: str
    result: str
    operator: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class ConsentRecorded(Event):
    """The subject's consent to exactly this plan."""

    plan_hash: str
    operator: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class PlanConfirmed(Event):
    """The operator's confirmation of subject, area and plan, bound to the plan's hash."""

    plan_hash: str
    subject: str
    operator: str


@dataclass(frozen=True, slots=True)
class OverrideGiven(Event):
    """A soft limit passed with a reason."""

    rule: str
    asked: str
    limit: str
    operator: str
    why: str


@dataclass(frozen=True, slots=True)
class PlanCleared(Event):
    """Every rule passed; ``clearance`` is what the runner needs to check each load, as canonical text."""

    plan_hash: str
    operator: str
    clearance: str


@dataclass(frozen=True, slots=True)
class NotDone(Event):
    """A treatment that was refused before it began, and why."""

    why: str
    operator: str


@dataclass(frozen=True, slots=True)
class RunnerStarted(Event):
    """A runner took the treatment (H11)."""

    epoch: int
    station: str
    operator: str
    software: str


@dataclass(frozen=True, slots=True)
class GunFound(Event):
    """What HELLO and CAPS said (G15); the magazine is empty from here on.

    ``baseline``: this journal meets the gun's memory for the first time and starts at its acknowledged shot, where
    the running total was ``baseline_total_nl``.
    """

    gun: str
    memory: str
    gun_kind: str
    boot_id: int
    session: int
    entry_hwm: int
    last_shot_no: int
    oldest_shot_no: int
    total_before_oldest_nl: int
    acked_shot_no: int
    running_total_nl: int
    dropped: int
    open_treatment: str
    calibration: str
    overrun_nl: int
    overrun_ppm: int
    model: str
    serial: str
    firmware: int
    step_nl: int
    syringe_nl: int
    dead_volume_nl: int
    baseline: bool
    baseline_total_nl: int


@dataclass(frozen=True, slots=True)
class GunBarred(Event):
    """A check on connecting failed, so nothing is loaded into this gun until ``why`` is dealt with."""

    gun: str
    why: str


@quick
@dataclass(frozen=True, slots=True)
class MagazineLoaded(Event):
    """Committed before the LOAD bytes leave: from here on ``high`` counts ``high_nl`` (H2)."""

    gun: str
    memory: str
    entry_no: int
    shot_index: int
    shot_kind: str
    volume_nl: int
    high_nl: int
    depth_um: int


@dataclass(frozen=True, slots=True)
class EntrySettled(Event):
    """An entry that will never be fired; ``how`` is the evidence: refused, unloaded, hello or operator (H5)."""

    gun: str
    memory: str
    entry_no: int
    how: str


@quick
@dataclass(frozen=True, slots=True)
class ShotRecorded(Event):
    """One closed record of the gun's log; ``low_nl``..``high_nl`` is what it proves."""

    gun: str
    memory: str
    shot_no: int
    entry_no: int
    shot_index: int
    shot_kind: str
    outcome: str
    flags: int
    commanded_nl: int
    delivered_nl: int
    low_nl: int
    high_nl: int
    depth_um: int
    running_total_nl: int
    boot_id: int
    start_us: int
    duration_ms: int
    peak_pressure_pa: int
    contact_mn: int
    calibration: str


@dataclass(frozen=True, slots=True)
class ForeignRecorded(Event):
    """A record of a treatment that this journal does not hold: counted [0, ``high_nl``] and blocking (H10)."""

    gun: str
    memory: str
    shot_no: int
    entry_no: int
    treatment: str
    shot_kind: str
    delivered_nl: int
    high_nl: int
    running_total_nl: int


@dataclass(frozen=True, slots=True)
class GapFound(Event):
    """The log's totals do not add up: volume that no record explains, blocking (H8)."""

    gun: str
    memory: str
    after_shot_no: int
    before_shot_no: int
    low_nl: int
    high_nl: int
    running_total_nl: int


@dataclass(frozen=True, slots=True)
class Settled(Event):
    """An operator settled what blocked: how much of it counts for this subject."""

    what: str
    gun: str
    memory: str
    shot_no: int
    low_nl: int
    high_nl: int
    operator: str
    why: str


@dataclass(frozen=True, slots=True)
class ShotSettled(Event):
    """An operator has looked into an INDETERMINATE shot; it stays counted up to its upper end (H8, H14)."""

    gun: str
    memory: str
    shot_no: int
    operator: str
    why: str


@dataclass(frozen=True, slots=True)
class GunGivenUp(Event):
    """A gun that will never be read again, the operator says; its known entries are settled one by one beside this.

    ``high_nl``: the most that it may have given after the backup from which the journal was restored, else 0.
    """

    gun: str
    high_nl: int
    operator: str
    why: str


@dataclass(frozen=True, slots=True)
class Restored(Event):
    """The journal was brought back from a backup that ended with ``head``: a new ``generation`` begins (H9)."""

    generation: str
    head: str
    operator: str


@dataclass(frozen=True, slots=True)
class Armed(Event):
    """The operator armed the gun for these entries."""

    first_entry_no: int
    last_entry_no: int
    count: int
    total_nl: int
    lease_ms: int
    lead: int
    operator: str


@dataclass(frozen=True, slots=True)
class Disarmed(Event):
    """The gun is no longer armed, and why as far as known."""

    why: str


@dataclass(frozen=True, slots=True)
class FaultRaised(Event):
    """The gun latched a fault."""

    fault: str


@dataclass(frozen=True, slots=True)
class FaultCleared(Event):
    """The operator has seen the fault and cleared it."""

    fault: str
    operator: str


@dataclass(frozen=True, slots=True)
class LinkBroken(Event):
    """The conversation ended unasked; what was loaded stays counted until the log tells."""

    why: str


@dataclass(frozen=True, slots=True)
class PointSkipped(Event):
    """The shot will not be given; committed only after UNLOAD and the log show that it was not (H6)."""

    shot_index: int
    operator: str
    why: str


@dataclass(frozen=True, slots=True)
class PointReassigned(Event):
    """The operator says that this shot went elsewhere; volume is evidence, position is testimony."""

    shot_index: int
    x_um: int
    y_um: int
    operator: str
    why: str


@dataclass(frozen=True, slots=True)
class RedoOrdered(Event):
    """A second shot for a point, ordered with a reason and cleared anew (H4)."""

    shot_index: int
    of_shot_no: int
    operator: str
    why: str


@dataclass(frozen=True, slots=True)
class Paused(Event):
    """The operator paused."""

    operator: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class SyringeInserted(Event):
    """A syringe with its lot and expiry; the gun must be primed before it treats."""

    lot: str
    expiry: str
    volume_nl: int
    operator: str


@dataclass(frozen=True, slots=True)
class PartFitted(Event):
    """A needle, nozzle or other part with a use counter was put on; one treatment is one use."""

    part: str
    serial: str
    operator: str


@dataclass(frozen=True, slots=True)
class SyringeNamed(Event):
    """Lot and expiry of the syringe that is in the gun, where the gun saw it change before anybody named it."""

    lot: str
    expiry: str
    operator: str


@dataclass(frozen=True, slots=True)
class HandedOver(Event):
    """Another operator goes on; ``signature`` (hex) is theirs, over what ``mesogun.identity.Handover`` says.

    Empty where whoever takes over has no signing key.
    """

    from_operator: str
    to_operator: str
    at: str = ""
    public_key: str = ""
    signature: str = ""


@dataclass(frozen=True, slots=True)
class AlarmRaised(Event):
    """An alarm condition began, or came back; ``alarm`` is its name, ``priority`` low, medium or high."""

    alarm: str
    priority: str
    detail: str


@dataclass(frozen=True, slots=True)
class AlarmAcknowledged(Event):
    """Somebody saw the alarm; acknowledging does not clear it."""

    alarm: str
    operator: str


@dataclass(frozen=True, slots=True)
class AlarmCleared(Event):
    """The alarm's condition holds no longer; whether somebody saw it is another question."""

    alarm: str


@dataclass(frozen=True, slots=True)
class NoteAdded(Event):
    """Free text about the treatment; no names."""

    text: str
    operator: str


@dataclass(frozen=True, slots=True)
class OrderRefused(Event):
    """Something was ordered that could not be carried out, and changed nothing; ``why`` says what stood in the way."""

    order: str
    why: str
    operator: str


@dataclass(frozen=True, slots=True)
class ReactionRecorded(Event):
    """Something seen on the skin, during the visit or at follow-up."""

    reaction: str
    severity: str
    zone: str
    operator: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class FollowedUp(Event):
    """The subject was seen or asked after the visit, on ``day`` (ISO 8601); ``finding`` in words, no names."""

    day: str
    finding: str
    operator: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class SubjectMeasured(Event):
    """A measurement of the subject that limits need, such as ``weight_kg`` (decimal text)."""

    quantity: str
    value: str
    operator: str


@dataclass(frozen=True, slots=True)
class SubjectLimited(Event):
    """A limit for one subject and an agent (``*``: all): edges as decimal text, none of them: taken back."""

    subject: str
    agent: str
    limit: str
    hard_low: str
    soft_low: str
    soft_high: str
    hard_high: str
    operator: str
    why: str


@dataclass(frozen=True, slots=True)
class StepDone(Event):
    """A step before the first shot, such as cleaning or a topical anaesthetic; ``note``: product, amount, time."""

    step: str
    operator: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class AreaTreated(Event):
    """A visit by a way that cannot meter a dose: area and time are known, and no volume."""

    subject: str
    protocol_id: str
    protocol_sha256: str
    agent: str
    zone: str
    area_mm2: int
    seconds: int
    operator: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class ProtocolApproved(Event):
    """A named practitioner takes responsibility for a protocol file, or withdraws; one changed byte voids it.

    ``public_key`` and ``signature`` (hex) are the practitioner's over what the command line signs.
    """

    protocol_id: str
    protocol_sha256: str
    operator: str
    role: str
    day: str
    why: str
    withdrawn: bool
    public_key: str
    signature: str


@dataclass(frozen=True, slots=True)
class TreatmentEnded(Event):
    """The treatment is over: ``complete`` or ``ended early``."""

    how: str
    operator: str


KINDS: dict[str, type[Event]] = {
    kind.__name__: kind for kind in Event.__subclasses__() if "__dataclass_fields__" in vars(kind)
}
