"""Words for single events: the machine's own steps, and what people settle.

With the words in ``story`` every kind of event can be told; which of them a report shows is ``story``'s choice. Not
responsible for order or layout.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mesogun.record import events as ev
from mesogun.report.words import counted, ml
from mesogun.units import mm_text, ul_text

Told = tuple[str, str, str, bool]
"""What, its detail, who, and whether it needs a reader's eye."""

_EVIDENCE = {
    "refused": "the gun refused it",
    "unloaded": "the gun gave it back unfired",
    "hello": "the gun's complete log shows that it was not fired",
    "operator": "given up by an operator, counted in full",
}


def _answered(event: ev.ScreeningAnswered) -> Told:
    note = f" ({event.note})" if event.note else ""
    return "screening answer", f"{event.question}: {event.answer}, {event.result}{note}", event.operator, False


def _loaded(event: ev.MagazineLoaded) -> Told:
    what = f"shot {event.shot_index + 1}" if event.shot_kind == "TREAT" else event.shot_kind.lower()
    depth = mm_text(event.depth_um)
    return "loaded", f"entry {event.entry_no}: {what}, {ul_text(event.volume_nl)} at {depth}", "", False


def _entry(event: ev.EntrySettled) -> Told:
    return "entry settled", f"entry {event.entry_no}: {_EVIDENCE.get(event.how, event.how)}", "", False


def _shot(event: ev.ShotRecorded) -> Told:
    what = f"shot {event.shot_index + 1}" if event.shot_kind == "TREAT" else event.shot_kind.lower()
    given = f"{ul_text(event.delivered_nl)} of {ul_text(event.commanded_nl)}"
    bounds = f"between {ul_text(event.low_nl)} and {ul_text(event.high_nl)}"
    detail = f"record {event.shot_no}, {what}: {event.outcome.lower()}, {given}, {bounds}"
    return "fired", detail, "", event.outcome != "DONE"


def _armed(event: ev.Armed) -> Told:
    entries = f"entries {event.first_entry_no} to {event.last_entry_no}, {ml(event.total_nl)} mL"
    return "armed", f"{counted(event.count, 'shot')}, {entries}, lease {event.lease_ms} ms", event.operator, False


def _disarmed(event: ev.Disarmed) -> Told:
    return "disarmed", event.why, "", False


def _looked_into(event: ev.ShotSettled) -> Told:
    return "unknown outcome settled", f"record {event.shot_no}, at its upper end: {event.why}", event.operator, True


def _given_up(event: ev.GunGivenUp) -> Told:
    beside = f", up to {ml(event.high_nl, 'up')} mL beside its known entries" if event.high_nl else ""
    return "gun given up", f"gun {event.gun}{beside}: {event.why}", event.operator, True


def _restored(event: ev.Restored) -> Told:
    return "restored", f"from a backup that ended at {event.head}", event.operator, True


def _alarm_over(event: ev.AlarmCleared) -> Told:
    return "alarm over", event.alarm, "", False


def _refused(event: ev.OrderRefused) -> Told:
    return "order refused", f"{event.order.lower()}: {event.why}", event.operator, False


def _followed_up(event: ev.FollowedUp) -> Told:
    note = f" ({event.note})" if event.note else ""
    return "follow-up", f"{event.day}: {event.finding}{note}", event.operator, False


def _approved(event: ev.ProtocolApproved) -> Told:
    verb = "protocol approval withdrawn" if event.withdrawn else "protocol approved"
    return verb, f"{event.protocol_id} ({event.protocol_sha256[:12]}): {event.why}", event.operator, event.withdrawn


def _limited(event: ev.SubjectLimited) -> Told:
    edges = (
        ("at least", event.hard_low),
        ("at least, softly", event.soft_low),
        ("at most, softly", event.soft_high),
        ("at most", event.hard_high),
    )
    told = ", ".join(f"{word} {value}" for word, value in edges if value) or "taken back"
    return (
        "subject's limit",
        f"{event.subject}, {event.agent}, {event.limit}: {told}: {event.why}",
        event.operator,
        False,
    )


def _step(event: ev.StepDone) -> Told:
    return "step done", f"{event.step}: {event.note}" if event.note else event.step, event.operator, False


def _unmetered(event: ev.AreaTreated) -> Told:
    where = f"{event.zone}, " if event.zone else ""
    note = f" ({event.note})" if event.note else ""
    took = f"{event.seconds / 60:g} min"
    detail = f"{where}{event.area_mm2 / 100:g} cm² for {took} by {event.protocol_id}; no dose was metered{note}"
    return "area treated", detail, event.operator, False


TELLERS: dict[type[ev.Event], Callable[[Any], Told]] = {
    ev.ScreeningAnswered: _answered,
    ev.MagazineLoaded: _loaded,
    ev.EntrySettled: _entry,
    ev.ShotRecorded: _shot,
    ev.Armed: _armed,
    ev.Disarmed: _disarmed,
    ev.ShotSettled: _looked_into,
    ev.GunGivenUp: _given_up,
    ev.Restored: _restored,
    ev.AlarmCleared: _alarm_over,
    ev.OrderRefused: _refused,
    ev.FollowedUp: _followed_up,
    ev.ProtocolApproved: _approved,
    ev.SubjectLimited: _limited,
    ev.StepDone: _step,
    ev.AreaTreated: _unmetered,
}
