"""The dashboard without a screen: every fact of a view as plain lines or as JSON, for screen readers and scripts.

Not responsible for following a journal (``follow``) or for where the lines go (``watch``).
"""

from __future__ import annotations

import json
from dataclasses import asdict

from mesogun.record import Mark
from mesogun.record.alarms import Alarms
from tui import figures
from tui.limitpage import agent_text
from tui.panels import limit_title
from tui.view import Freshness, View
from tui.viewed import moved_text


def as_json(view: View, alarms: Alarms) -> str:
    """One JSON object in one line; volumes in nL as in the record."""
    data = asdict(view)
    data["alarms"] = [
        {
            "alarm": alarm.condition.name,
            "priority": alarm.priority.name.lower(),
            "stage": alarm.stage.value,
            "text": alarm.text,
            "cause": alarm.condition.cause,
            "action": alarm.condition.action,
        }
        for alarm in alarms.ordered()
    ]
    return json.dumps(data, sort_keys=True, ensure_ascii=False)


def report(view: View, alarms: Alarms) -> list[str]:
    """Everything the screen shows, one fact a line."""
    lines = [
        f"{view.source}: {view.title or view.treatment}, {view.treatment}",
        f"phase: {view.phase}; data: {view.freshness.value}"
        + (f", age {figures.seconds(view.age_us)}" if view.age_us is not None else ""),
        f"subject {view.subject or '-'}, operator {view.operator or '-'}, agent {view.agent or '-'}",
        f"gun: {view.gun_serial or '-'}, {view.gun_kind.lower() or 'kind unknown'}",
    ]
    if view.demonstration:
        lines.append("planned with demonstration values")
    if view.over:
        lines.append(f"state of this run: {view.over}")
    if view.freshness is Freshness.SILENT:
        lines.append("no news: the record says that the gun is armed, and nothing new is on it; it may not be true now")
    if view.stop_failure is not None:
        lines.append(f"STOP could not be sent: {view.stop_failure}")
    if view.failure is not None:
        lines.append(f"failure: {view.failure}")
    if view.ended is not None:
        lines.append(f"ended: {view.ended}")
    lines += alarm_lines(alarms) or ["no alarm"]
    lines += [total_line(view), f"planned {figures.given(view.planned_nl)}; left {figures.given(view.remaining_nl)}"]
    lines.append(
        f"shots {view.shots_done} of {view.shots_total}; primed away at most {figures.at_most(view.prime_high_nl)}"
    )
    for limit in view.limits:
        told = f" ({limit.told})" if limit.told else ""
        lines.append(f"{limit_title(limit)}, {figures.percent(view.high_nl, limit.cap_nl)} used{told}")
    if view.most_points is not None:
        lines.append(f"limit of points {figures.count(view.most_points)}")
    lines.append(agent_text(view))
    for zone in view.zones:
        lines.append(
            f"zone {zone.name}: {figures.given(zone.given_nl)}, at most {figures.at_most(zone.high_nl)}"
            f" of {figures.given(zone.planned_nl)}, {zone.done} of {zone.shots} shots"
        )
    counts = {mark: view.marks.count(mark) for mark in Mark if mark in view.marks}
    lines.append("points: " + ", ".join(f"{count} {mark.value}" for mark, count in counts.items()))
    following = "not known" if view.next_shot is None else str(view.next_shot + 1)
    held = ", ".join(str(index + 1) for index in view.loaded) or "none"
    depth = f" at {figures.millimetres(view.next_depth_um)}" if view.next_depth_um is not None else ""
    lines.append(f"next point {following}{depth}; loaded {held}")
    lines.append(f"lot {view.lot or 'not named'}")
    lines += _gun(view)
    lines += _link(view)
    lines += [f"corrected place: {moved_text(move)}" for move in view.moves]
    lines += view.remarks
    lines += [shot_line(view, index) for index in range(max(0, len(view.last) - 5), len(view.last))]
    return lines


def _gun(view: View) -> list[str]:
    gun = view.gun
    if gun is None:
        why = "no word from it now" if view.source == "LIVE" else "this screen does not hear it"
        return [f"gun: {why}; syringe size {figures.given(view.syringe_nl)}"]
    yes = [
        name
        for name, on in (
            ("armed", gun.armed), ("contact", gun.contact), ("trigger", gun.trigger), ("primed", gun.primed),
            ("bench mode", gun.bench), ("waits for the screen", gun.lead_hold), ("battery low", gun.low_battery),
            ("syringe low", gun.low_syringe),
        )
        if on
    ]  # fmt: skip
    return [
        (
            f"gun {gun.state}: {', '.join(yes) or 'nothing set'}; {gun.magazine} loaded;"
            f" lease {figures.seconds(gun.lease_left_ms * 1000)}"
        ),
        (
            f"pressure {figures.kilopascal(gun.pressure_pa)}, contact force {figures.newtons(gun.contact_mn)},"
            f" syringe {figures.at_least(gun.syringe_left_nl)} of {figures.given(view.syringe_nl)},"
            f" battery {figures.volts(gun.battery_mv)}, fault {gun.fault or 'none'}"
        ),
    ]


def _link(view: View) -> list[str]:
    link = view.link
    if link is None:
        return []
    times = [
        f"{name} {figures.milliseconds(value)}"
        for name, value in (("round trip", link.round_trip_us), ("slowest", link.worst_us))
        if value is not None
    ]
    margin = [] if link.lease_margin_ms is None else [f"lease at last renewal {link.lease_margin_ms} ms"]
    counts = f"{link.requests} requests, {link.resends} sent again, {link.damaged} damaged frames"
    return [", ".join([f"link: {counts}", *times, *margin])]


def total_line(view: View) -> str:
    """The total and its interval."""
    return (
        f"given {figures.given(view.given_nl)} on record; proved {figures.at_least(view.low_nl)},"
        f" at most {figures.at_most(view.high_nl)}"
    )


def shot_line(view: View, index: int) -> str:
    """One recorded shot."""
    shot = view.last[index]
    place = f"point {shot.point + 1} {shot.zone}" if shot.point is not None else shot.kind
    return (
        f"shot {shot.shot_no}: {place}, {figures.given(shot.delivered_nl, decimals=4)}"
        f" of {figures.given(shot.commanded_nl, decimals=4)}, {shot.outcome},"
        f" depth {figures.millimetres(shot.depth_um)}, {figures.kilopascal(shot.peak_pressure_pa)}, {shot.kind}"
    )


def alarm_lines(alarms: Alarms) -> list[str]:
    """Each alarm with its cause and what to do."""
    return [
        f"{alarm.priority.mark} {alarm.priority.name} {alarm.text} ({alarm.stage.value})."
        f" {alarm.condition.cause} {alarm.condition.action}"
        for alarm in alarms.ordered()
    ]


def news(before: View | None, view: View, was: Alarms, alarms: Alarms) -> list[str]:
    """What to say now: the whole report first, afterwards only what changed."""
    if before is None:
        return report(view, alarms)
    lines: list[str] = []
    if alarms is not was:
        lines += [line for line in alarm_lines(alarms) if line not in alarm_lines(was)]
        gone = was.alarms.keys() - alarms.alarms.keys()
        lines += [f"over: {was.alarms[name].condition.title}" for name in sorted(gone)]
    for name in ("phase", "freshness", "failure", "ended", "over"):
        value = getattr(view, name)
        if value != getattr(before, name) and value is not None and value != "":
            lines.append(f"{name}: {value}")
    lines += [remark for remark in view.remarks if remark not in before.remarks]
    known = before.last[-1].shot_no if before.last else 0
    fresh = [index for index, shot in enumerate(view.last) if shot.shot_no > known]
    lines += [shot_line(view, index) for index in fresh]
    if fresh or view.high_nl != before.high_nl:
        lines.append(total_line(view))
    return lines
