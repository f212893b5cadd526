"""What happened, in order and in words: from journal rows to the lines of a report.

Loads, arms, single shots and settled entries are the machine's own steps; they are counted in the totals and stand in
the journal. Not responsible for totals (``totals``) or for layout (``page``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import Any

from mesogun.journal import Row
from mesogun.record import events as ev
from mesogun.record.alarms import CONDITIONS
from mesogun.report.telling import TELLERS, Told
from mesogun.report.words import counted, interval_ml, ml
from mesogun.units import mm_text

_TITLES = {condition.name: condition.title for condition in CONDITIONS}


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that happened; ``grave`` ones need a reader's eye."""

    at: str
    what: str
    detail: str
    who: str
    grave: bool = False


def story(rows: Sequence[Row]) -> tuple[Line, ...]:
    """The lines of a treatment, oldest first."""
    lines = []
    for row in rows:
        if not isinstance(row.event, _SILENT):
            what, detail, who, grave = told(row.event)
            lines.append(Line(row.at, what, detail, who, grave))
    return tuple(lines)


def told(event: ev.Event) -> Told:
    """What happened, its detail, who, and whether it needs a reader's eye."""
    return _TELLERS.get(type(event), _plainly)(event)


def of_kind(rows: Sequence[Row], kind: type[ev.Event]) -> list[Any]:
    """The events of one kind, in order."""
    return [row.event for row in rows if isinstance(row.event, kind)]


def _plainly(event: ev.Event) -> Told:
    """A kind of event that has no words of its own yet: its name and its fields, so that it is never left out."""
    name = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(event).__name__).lower()
    return name, ", ".join(f"{field.name} {getattr(event, field.name)}" for field in fields(event)), "", False


def _planned(event: ev.TreatmentPlanned) -> Told:
    return "planned", f"{counted(event.shots, 'shot')}, {ml(event.total_nl)} mL", event.operator, False


def _consent(event: ev.ConsentRecorded) -> Told:
    return "consent recorded", event.note, event.operator, False


def _confirmed(event: ev.PlanConfirmed) -> Told:
    return "subject, area and plan confirmed", "", event.operator, False


def _cleared(event: ev.PlanCleared) -> Told:
    return "plan cleared", "every rule passed", event.operator, False


def _override(event: ev.OverrideGiven) -> Told:
    return "override", f"{event.rule}: asked {event.asked}, limit {event.limit}: {event.why}", event.operator, True


def _not_done(event: ev.NotDone) -> Told:
    return "not done", event.why, event.operator, True


def _runner(event: ev.RunnerStarted) -> Told:
    again = " again" if event.epoch > 1 else ""
    return f"started{again}", f"station {event.station}, mesogun {event.software}", event.operator, False


def _gun(event: ev.GunFound) -> Told:
    dropped = f", {counted(event.dropped, 'loaded entry', 'loaded entries')} dropped" if event.dropped else ""
    detail = f"{event.model} {event.serial}, {event.gun_kind}, calibration {event.calibration}{dropped}"
    return "gun met", detail, "", False


def _foreign(event: ev.ForeignRecorded) -> Told:
    detail = f"record {event.shot_no} of treatment {event.treatment}, at most {ml(event.high_nl, 'up')} mL"
    return "foreign record", detail, "", True


def _gap(event: ev.GapFound) -> Told:
    detail = (
        f"{interval_ml(event.low_nl, event.high_nl)} between records {event.after_shot_no} and {event.before_shot_no}"
    )
    return "unattributed volume", detail, "", True


def _settled(event: ev.Settled) -> Told:
    detail = f"{event.what}, counted as {interval_ml(event.low_nl, event.high_nl)}: {event.why}"
    return "settled", detail, event.operator, True


def _fault(event: ev.FaultRaised) -> Told:
    return "fault", event.fault.replace("_", " ").lower(), "", True


def _fault_cleared(event: ev.FaultCleared) -> Told:
    return "fault cleared", event.fault.replace("_", " ").lower(), event.operator, False


def _broken(event: ev.LinkBroken) -> Told:
    return "link broken", event.why, "", True


def _skipped(event: ev.PointSkipped) -> Told:
    return "skipped", f"shot {event.shot_index + 1}: {event.why}", event.operator, True


def _reassigned(event: ev.PointReassigned) -> Told:
    place = f"{mm_text(event.x_um, unit=False)}, {mm_text(event.y_um)}"
    return "place corrected", f"shot {event.shot_index + 1} went to {place}: {event.why}", event.operator, True


def _redo(event: ev.RedoOrdered) -> Told:
    detail = f"shot {event.shot_index + 1} once more, after record {event.of_shot_no}: {event.why}"
    return "second shot ordered", detail, event.operator, True


def _paused(event: ev.Paused) -> Told:
    return "paused", event.why, event.operator, False


def _syringe(event: ev.SyringeInserted) -> Told:
    lot = f"lot {event.lot}, expires {event.expiry}" if event.lot else "lot not recorded"
    return "syringe inserted", f"{ml(event.volume_nl)} mL, {lot}", event.operator, False


def _part(event: ev.PartFitted) -> Told:
    return "part fitted", f"{event.part} {event.serial}", event.operator, False


def _named(event: ev.SyringeNamed) -> Told:
    return "syringe named", f"lot {event.lot}, expires {event.expiry}", event.operator, False


def _barred(event: ev.GunBarred) -> Told:
    return "gun barred", f"gun {event.gun}: {event.why}", "", True


def _handed(event: ev.HandedOver) -> Told:
    return "handed over", f"from {event.from_operator} to {event.to_operator}", event.to_operator, False


def _alarm(event: ev.AlarmRaised) -> Told:
    title = _TITLES.get(event.alarm, event.alarm)
    return (
        f"alarm, {event.priority}",
        f"{title}: {event.detail}" if event.detail else title,
        "",
        event.priority != "low",
    )


def _alarm_seen(event: ev.AlarmAcknowledged) -> Told:
    return "alarm acknowledged", _TITLES.get(event.alarm, event.alarm), event.operator, False


def _alarm_over(event: ev.AlarmCleared) -> Told:
    return "alarm over", _TITLES.get(event.alarm, event.alarm), "", False


def _note(event: ev.NoteAdded) -> Told:
    return "note", event.text, event.operator, False


def _reaction(event: ev.ReactionRecorded) -> Told:
    where = f" in {event.zone}" if event.zone else ""
    return "reaction", f"{event.reaction}, {event.severity}{where} {event.note}".strip(), event.operator, True


def _measured(event: ev.SubjectMeasured) -> Told:
    return "measured", f"{event.quantity} {event.value}", event.operator, False


def _ended(event: ev.TreatmentEnded) -> Told:
    return "ended", event.how, event.operator, False


_TELLERS: dict[type[ev.Event], Callable[[Any], Told]] = {
    **TELLERS,
    ev.TreatmentPlanned: _planned,
    ev.ConsentRecorded: _consent,
    ev.PlanConfirmed: _confirmed,
    ev.PlanCleared: _cleared,
    ev.OverrideGiven: _override,
    ev.NotDone: _not_done,
    ev.RunnerStarted: _runner,
    ev.GunFound: _gun,
    ev.ForeignRecorded: _foreign,
    ev.GapFound: _gap,
    ev.Settled: _settled,
    ev.FaultRaised: _fault,
    ev.FaultCleared: _fault_cleared,
    ev.LinkBroken: _broken,
    ev.PointSkipped: _skipped,
    ev.PointReassigned: _reassigned,
    ev.RedoOrdered: _redo,
    ev.Paused: _paused,
    ev.SyringeInserted: _syringe,
    ev.PartFitted: _part,
    ev.SyringeNamed: _named,
    ev.GunBarred: _barred,
    ev.HandedOver: _handed,
    ev.AlarmRaised: _alarm,
    ev.AlarmAcknowledged: _alarm_seen,
    ev.AlarmCleared: _alarm_over,
    ev.NoteAdded: _note,
    ev.ReactionRecorded: _reaction,
    ev.SubjectMeasured: _measured,
    ev.TreatmentEnded: _ended,
}
_SILENT = (
    ev.ScreeningAnswered,
    ev.MagazineLoaded,
    ev.EntrySettled,
    ev.ShotRecorded,
    ev.Armed,
    ev.Disarmed,
)
"""Told elsewhere on the page, or counted in its totals; every other kind of event has a line of its own."""
