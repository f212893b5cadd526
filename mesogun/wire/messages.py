"""The one message table of MG1: every request and reply as a frozen value, and which belongs to which operation.

Codec, documentation tables and fingerprint come from here. Not responsible for frames, tags or for what a gun
must do with a message (``docs/wire.md``).

Units: ``_nl`` nanolitres, ``_um`` micrometres, ``_us`` / ``_ms`` micro- and milliseconds, ``_pa`` pascal, ``_mn``
millinewton, ``_mv`` millivolt, ``_ppm`` parts per million, ``_day`` days since 1970-01-01.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

from mesogun.wire.codes import Op, State
from mesogun.wire.schema import U8, U16, U32, U64, Bytes32, Text16, leaves
from mesogun.wire.values import quick


@dataclass(frozen=True, slots=True)
class Status:
    """The block in every reply: always fresh, even when the verdict is a cached one (G8)."""

    gun_clock_us: U64
    state: U8
    flags: U16
    fault: U16
    last_shot_no: U32
    closed_shot_no: U32
    fired_entry_no: U32
    entry_hwm: U32
    next_entry_no: U32
    magazine: U16
    running_total_nl: U64
    lease_left_ms: U16
    syringe_left_nl: U32
    pressure_pa: U32
    contact_mn: U16
    battery_mv: U16


@dataclass(frozen=True, slots=True)
class Hello:
    """Open a session: the gun disarms, halts, writes OUTCOME, empties the magazine, then answers (G6)."""

    host_nonce: U64
    fingerprint: U32


@dataclass(frozen=True, slots=True)
class Welcome:
    """All that a host needs to know about the gun's past (G15)."""

    verdict: U8
    reason: U8
    status: Status
    device_id: U64
    kind: U8
    nvm_id: U64
    boot_id: U32
    session: U32
    host_nonce: U64
    gun_nonce: U64
    oldest_shot_no: U32
    total_before_oldest_nl: U64
    acked_shot_no: U32
    dropped: U16
    open_treatment: U64
    last_treatment: U64
    calibration_id: U64
    fingerprint: U32


@dataclass(frozen=True, slots=True)
class GetCaps:
    """Ask what the gun can do."""


@dataclass(frozen=True, slots=True)
class Caps:
    """What the gun is and can do, and the calibration in force with its stated overrun bound (H2)."""

    verdict: U8
    reason: U8
    status: Status
    model: Text16
    serial: Text16
    firmware: U32
    hardware: U16
    features: U32
    step_nl: U32
    min_volume_nl: U32
    max_volume_nl: U32
    min_depth_um: U16
    max_depth_um: U16
    magazine_size: U16
    log_slots: U16
    max_rate_per_min: U16
    needles: U8
    syringe_nl: U32
    dead_volume_nl: U32
    lease_min_ms: U16
    lease_max_ms: U16
    overrun_nl: U32
    overrun_ppm: U32
    calibration_id: U64
    calibrated_day: U32
    calibration_due_day: U32


@dataclass(frozen=True, slots=True)
class GetStatus:
    """Ask for a fresh status block."""


@dataclass(frozen=True, slots=True)
class Stop:
    """End the session, halt, empty the magazine: any state, any sequence, no authentication (G9)."""


@dataclass(frozen=True, slots=True)
class Disarm:
    """Disarm; entries stay in the magazine."""


@dataclass(frozen=True, slots=True)
class Done:
    """The reply of every operation that has nothing to add: verdict, reason, status."""

    verdict: U8
    reason: U8
    status: Status


@quick
@dataclass(frozen=True, slots=True)
class Load:
    """One magazine entry (G3, G4)."""

    entry_no: U32
    treatment_ref: U64
    point_index: U32
    kind: U8
    volume_nl: U32
    depth_um: U16


@dataclass(frozen=True, slots=True)
class Unload:
    """Disarm, finish or halt the stroke, write OUTCOME, empty the magazine (G10)."""


@dataclass(frozen=True, slots=True)
class Unloaded:
    """How far the magazine got: the removed entries are consecutive in load order (first, last, count)."""

    verdict: U8
    reason: U8
    status: Status
    removed_first: U32
    removed_last: U32
    removed_count: U16


@quick
@dataclass(frozen=True, slots=True)
class Arm:
    """Start the lease for exactly this magazine (G13, G14)."""

    treatment_ref: U64
    first_entry_no: U32
    last_entry_no: U32
    count: U16
    total_nl: U32
    painted_clock_us: U64
    painted_shot_no: U32
    lease_ms: U16
    lead: U8


@quick
@dataclass(frozen=True, slots=True)
class Renew:
    """Keep the lease: it ends at the echoed clock + ``lease_ms``, never at receipt + ``lease_ms`` (G13)."""

    painted_clock_us: U64
    painted_shot_no: U32
    lease_ms: U16


@quick
@dataclass(frozen=True, slots=True)
class GetLog:
    """Read the closed shot record with the lowest number >= ``shot_no``."""

    shot_no: U32


@dataclass(frozen=True, slots=True)
class ShotRecord:
    """One closed shot: immutable once served (G5)."""

    shot_no: U32
    entry_no: U32
    treatment_ref: U64
    point_index: U32
    kind: U8
    outcome: U8
    flags: U16
    commanded_nl: U32
    delivered_nl: U32
    depth_um: U16
    running_total_nl: U64
    boot_id: U32
    start_us: U64
    duration_ms: U16
    peak_pressure_pa: U32
    contact_mn: U16
    calibration_id: U64


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One record of the shot log, or REFUSED(no such record) when nothing is closed at or above that number."""

    verdict: U8
    reason: U8
    status: Status
    record: ShotRecord


@quick
@dataclass(frozen=True, slots=True)
class Ack:
    """The journal has everything up to this shot: the gun may overwrite it (G12)."""

    shot_no: U32


@dataclass(frozen=True, slots=True)
class ClearFault:
    """Clear the latched fault that the operator has seen."""

    fault: U16


@dataclass(frozen=True, slots=True)
class OpenTreatment:
    """Bind the gun to one treatment: durable, idempotent, refused while another is open."""

    treatment_ref: U64


@dataclass(frozen=True, slots=True)
class CloseTreatment:
    """End the binding: durable, idempotent for the last treatment closed."""

    treatment_ref: U64


@dataclass(frozen=True, slots=True)
class CalBegin:
    """Announce a calibration of ``size`` bytes; nothing in force changes."""

    calibration_id: U64
    size: U16
    crc: U32


@dataclass(frozen=True, slots=True)
class CalChunk:
    """32 bytes of the announced calibration at ``offset``."""

    offset: U16
    data: Bytes32


@dataclass(frozen=True, slots=True)
class CalCommit:
    """Put the announced calibration in force, at once and whole, or refuse."""

    calibration_id: U64


@dataclass(frozen=True, slots=True)
class CalRead:
    """Read 32 bytes of the calibration in force at ``offset``."""

    offset: U16


@dataclass(frozen=True, slots=True)
class CalData:
    """Part of the calibration in force."""

    verdict: U8
    reason: U8
    status: Status
    calibration_id: U64
    size: U16
    crc: U32
    data: Bytes32


@dataclass(frozen=True, slots=True)
class PairBegin:
    """Within 60 s of the gun's pairing button: the host's X25519 public key."""

    public_key: Bytes32


@dataclass(frozen=True, slots=True)
class PairOffer:
    """The gun's X25519 public key; its display now shows the code of this exchange."""

    verdict: U8
    reason: U8
    status: Status
    public_key: Bytes32


@dataclass(frozen=True, slots=True)
class PairConfirm:
    """Proof of the shared key and of the code that the operator typed."""

    proof: Bytes32


@dataclass(frozen=True, slots=True)
class Error:
    """Something is wrong with the line or the session; says nothing about any request (H5)."""

    verdict: U8
    reason: U8
    status: Status
    code: U8
    op: U8


@dataclass(frozen=True, slots=True)
class Event:
    """A hint, sent at most once; the truth is pulled."""

    code: U8
    status: Status


@dataclass(frozen=True, slots=True)
class Spec:
    """One row of the table: operation, its request and reply, and the rules that go with them.

    ``changes``: state-changing, hence tagged, sequenced and answered from the cache when repeated.
    ``states``: where the gun carries it out; elsewhere REFUSED(wrong state).
    """

    op: Op
    request: type | None
    reply: type
    changes: bool
    frozen: bool
    states: frozenset[State]


_ANY = frozenset(State)
_IDLE = frozenset({State.DISARMED})
_HOT = frozenset({State.ARMED, State.FIRING})
_WORKING = _IDLE | _HOT
_KNOWN_MEMORY = _ANY - {State.LOCKED}

TABLE: tuple[Spec, ...] = (
    Spec(Op.HELLO, Hello, Welcome, changes=False, frozen=True, states=_ANY),
    Spec(Op.CAPS, GetCaps, Caps, changes=False, frozen=True, states=_ANY),
    Spec(Op.STATUS, GetStatus, Done, changes=False, frozen=True, states=_ANY),
    Spec(Op.STOP, Stop, Done, changes=False, frozen=True, states=_ANY),
    Spec(Op.DISARM, Disarm, Done, changes=True, frozen=True, states=_ANY),
    Spec(Op.ERROR, None, Error, changes=False, frozen=True, states=_ANY),
    Spec(Op.LOAD, Load, Done, changes=True, frozen=False, states=_WORKING),
    Spec(Op.UNLOAD, Unload, Unloaded, changes=True, frozen=False, states=_KNOWN_MEMORY),
    Spec(Op.ARM, Arm, Done, changes=True, frozen=False, states=_IDLE),
    Spec(Op.RENEW, Renew, Done, changes=True, frozen=False, states=_HOT),
    Spec(Op.LOG, GetLog, LogEntry, changes=False, frozen=False, states=_ANY),
    Spec(Op.ACK, Ack, Done, changes=True, frozen=False, states=_KNOWN_MEMORY),
    Spec(Op.CLEAR_FAULT, ClearFault, Done, changes=True, frozen=False, states=frozenset({State.FAULT})),
    Spec(Op.OPEN, OpenTreatment, Done, changes=True, frozen=False, states=_IDLE),
    Spec(Op.CLOSE, CloseTreatment, Done, changes=True, frozen=False, states=_IDLE),
    Spec(Op.CAL_BEGIN, CalBegin, Done, changes=True, frozen=False, states=_IDLE),
    Spec(Op.CAL_CHUNK, CalChunk, Done, changes=True, frozen=False, states=_IDLE),
    Spec(Op.CAL_COMMIT, CalCommit, Done, changes=True, frozen=False, states=_IDLE),
    Spec(Op.CAL_READ, CalRead, CalData, changes=False, frozen=False, states=_ANY),
    Spec(Op.PAIR_BEGIN, PairBegin, PairOffer, changes=False, frozen=False, states=_IDLE),
    Spec(Op.PAIR_CONFIRM, PairConfirm, Done, changes=False, frozen=False, states=_IDLE),
    Spec(Op.EVENT, None, Event, changes=False, frozen=False, states=_ANY),
)
BY_OP: dict[int, Spec] = {spec.op: spec for spec in TABLE}
BY_REQUEST: dict[type, Spec] = {spec.request: spec for spec in TABLE if spec.request is not None}


def schema_text() -> str:
    """The canonical text of the table: one line per message, the input of the fingerprint."""
    lines: list[str] = []
    for spec in TABLE:
        for role, message in (("req", spec.request), ("rsp", spec.reply)):
            if message is not None:
                fields = ",".join(f"{leaf.name}:{leaf.wire.name}" for leaf in leaves(message))
                lines.append(f"{spec.op:02x} {spec.op.name} {role} {fields}")
    return "\n".join(lines) + "\n"


FINGERPRINT: int = zlib.crc32(schema_text().encode("ascii"))
