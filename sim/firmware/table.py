"""The state table: in which phase which event, under which guard, does what and leads where.

It is data. The firmware runs it, the documentation is printed from it, and coverage is counted per row. Guards and
actions are names of methods of ``sim.firmware.machine.Machine``. Whatever is not listed is listed in ``IGNORED``:
every pair of phase and event is one or the other.

Not responsible for carrying anything out.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from mesogun.wire.codes import State


class Phase(Enum):
    """Phases of the gun; several of them are one state on the wire."""

    OFF = "off"
    DISARMED = "disarmed"
    ARMED = "armed"
    INSERT = "insert"
    STROKE = "stroke"
    SETTLE = "settle"
    RELIEF = "relief"
    FAULT = "fault"
    LOCKED = "locked"

    __hash__ = object.__hash__  # members are singletons; Enum hashes their names, in Python, at every look-up


WIRE_STATE = {
    Phase.DISARMED: State.DISARMED,
    Phase.ARMED: State.ARMED,
    Phase.INSERT: State.FIRING,
    Phase.STROKE: State.FIRING,
    Phase.SETTLE: State.FIRING,
    Phase.RELIEF: State.FIRING,
    Phase.FAULT: State.FAULT,
    Phase.LOCKED: State.LOCKED,
}
BUSY = frozenset({Phase.INSERT, Phase.STROKE, Phase.SETTLE, Phase.RELIEF})


class Happening(Enum):
    """Events of the state machine."""

    POWER = "power comes"
    CUT = "power goes"
    ARM = "ARM accepted"
    DISARM = "DISARM"
    EMPTY = "HELLO, STOP, UNLOAD, bench switch or syringe change"
    LEASE_END = "lease runs out"
    TRIGGER = "trigger pressed"
    REPEAT = "time of the next shot of a burst or run"
    RELEASE = "trigger released"
    TOUCH = "skin contact made"
    LIFT = "skin contact lost"
    INSERTED = "needles at depth"
    STROKE_END = "all steps made"
    PRESSURE = "pressure above the limit"
    SETTLED = "flow has died away"
    RELIEVED = "pressure let off"
    TROUBLE = "fault found"
    CLEAR = "CLEAR_FAULT accepted"

    __hash__ = object.__hash__


@dataclass(frozen=True, slots=True)
class Row:
    """One transition; ``after`` ``None`` stays where it is."""

    phase: Phase
    event: Happening
    guard: str | None
    action: str | None
    after: Phase | None

    __hash__ = object.__hash__  # a row is the row of the table, and is counted at every event


P, H = Phase, Happening
_STOPPERS = (H.RELEASE, H.LEASE_END, H.DISARM, H.EMPTY, H.TROUBLE)

ROWS: tuple[Row, ...] = (
    Row(P.OFF, H.POWER, "memory_good", "wake", P.DISARMED),  # wake may find a fault
    Row(P.OFF, H.POWER, None, "wake_locked", P.LOCKED),
    *(Row(phase, H.CUT, None, "lose_everything", P.OFF) for phase in P if phase is not P.OFF),
    # at rest
    Row(P.DISARMED, H.ARM, None, "take_lease", P.ARMED),
    Row(P.DISARMED, H.EMPTY, None, "empty", None),
    Row(P.DISARMED, H.TROUBLE, None, "latch", P.FAULT),
    Row(P.FAULT, H.CLEAR, None, "unlatch", P.DISARMED),
    Row(P.FAULT, H.EMPTY, None, "empty", None),
    Row(P.LOCKED, H.EMPTY, None, "empty", None),
    # armed
    Row(P.ARMED, H.TRIGGER, "lies_at_rest", "blame_sensor", P.FAULT),
    Row(P.ARMED, H.REPEAT, "lies_at_rest", "blame_sensor", P.FAULT),
    Row(P.ARMED, H.TRIGGER, "may_fire", "begin", P.INSERT),
    Row(P.ARMED, H.REPEAT, "may_repeat", "begin", P.INSERT),
    Row(P.ARMED, H.RELEASE, None, "see_release", None),
    Row(P.ARMED, H.LEASE_END, None, "lease_over", P.DISARMED),
    Row(P.ARMED, H.DISARM, None, "end_lease", P.DISARMED),
    Row(P.ARMED, H.EMPTY, None, "empty", P.DISARMED),
    Row(P.ARMED, H.TROUBLE, None, "latch", P.FAULT),
    # firing: whatever stops a stroke stops the screw at once; the record waits for the flow to die away
    Row(P.INSERT, H.INSERTED, None, "run_screw", P.STROKE),
    Row(P.STROKE, H.STROKE_END, None, "stroke_done", P.SETTLE),
    Row(P.STROKE, H.PRESSURE, None, "occluded", P.SETTLE),
    *(Row(phase, event, None, "cut_short", P.SETTLE) for phase in (P.INSERT, P.STROKE) for event in _STOPPERS),
    Row(P.INSERT, H.LIFT, "needs_contact", "cut_short", P.SETTLE),
    Row(P.STROKE, H.LIFT, "needs_contact", "cut_short", P.SETTLE),
    Row(P.INSERT, H.TOUCH, "forbids_contact", "cut_short", P.SETTLE),
    Row(P.STROKE, H.TOUCH, "forbids_contact", "cut_short", P.SETTLE),
    *(
        Row(phase, event, None, "remember", None)
        for phase in (P.SETTLE, P.RELIEF)
        for event in (*_STOPPERS, H.LIFT, H.TOUCH)
    ),
    Row(P.SETTLE, H.SETTLED, "still_flowing", "wait_on", None),
    Row(P.SETTLE, H.SETTLED, "under_pressure", "relieve", P.RELIEF),
    Row(P.SETTLE, H.SETTLED, "then_fault", "close", P.FAULT),
    Row(P.SETTLE, H.SETTLED, "then_disarm", "close", P.DISARMED),
    Row(P.SETTLE, H.SETTLED, None, "close", P.ARMED),
    Row(P.RELIEF, H.RELIEVED, "then_fault", "close", P.FAULT),  # what was let off was an occlusion: always a fault
)

LISTED: dict[tuple[Phase, Happening], tuple[Row, ...]] = {}
for _row in ROWS:
    LISTED[_row.phase, _row.event] = (*LISTED.get((_row.phase, _row.event), ()), _row)
IGNORED: frozenset[tuple[Phase, Happening]] = frozenset((p, h) for p in Phase for h in Happening) - LISTED.keys()


def as_markdown() -> str:
    """The table as it stands in the documentation."""
    lines = ["| phase | event | guard | action | next |", "|---|---|---|---|---|"]
    lines += [
        f"| {row.phase.value} | {row.event.value} | {row.guard or ''} | {row.action or ''} | "
        f"{row.after.value if row.after else 'stays'} |"
        for row in ROWS
    ]
    return "\n".join(lines) + "\n"
