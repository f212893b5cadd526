"""The report of one treatment as one HTML file: same input, same bytes; no script, no address, nothing to fetch.

Puts totals, pictures and the story of the journal into a template. Not responsible for where the file goes (``write``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from mesogun.dose import DELIVERED_FRACTION
from mesogun.errors import InputError, RecordError
from mesogun.journal import Head, Row, TreatmentTotal
from mesogun.limits import Clearance
from mesogun.plan import Plan
from mesogun.record import Ledger, Mark, TreatmentState
from mesogun.record import events as ev
from mesogun.report import charts, maps, marks, words
from mesogun.report.doses import Doses, doses
from mesogun.report.previous import Previous
from mesogun.report.story import of_kind, story
from mesogun.report.totals import delivered_nl, mark_counts, treat_shots, zone_totals
from mesogun.units import NL_PER_ML, mm_text

# Longer stories are cut in the middle of nothing: the page says how many lines are left out and where they stand.
MOST_LINES = 250


@dataclass(frozen=True, slots=True)
class Pictures:
    """Everything drawn on the page; ``over_time`` is missing while no shot is recorded, a histogram
    where it would be one bar.
    """

    limit: Markup
    scale: Markup
    planned_map: Markup
    given_map: Markup
    dose: Markup
    over_time: Markup | None
    volumes: Markup | None
    depths: Markup | None


def report_html(
    treatment: str,
    state: TreatmentState,
    rows: Sequence[Row],
    plan: Plan,
    *,
    head: Head,
    software: str,
    earlier: Sequence[TreatmentTotal] = (),
    previous: Previous | None = None,
) -> bytes:
    """The report as UTF-8 bytes.

    Parameters
    ----------
    treatment : str
        Its reference.
    state : TreatmentState
        Folded from ``rows``.
    rows : sequence of Row
        All journal rows of this treatment, in order.
    plan : Plan
        The plan that was recorded.
    head : Head
        The journal's last row when the report is made.
    software : str
        Version of the software that writes the report.
    earlier : sequence of TreatmentTotal
        The subject's treatments before this one, oldest first.
    previous : Previous, optional
        This treatment beside the last of them by the same protocol.

    Raises
    ------
    InputError
        If nothing was planned.
    RecordError
        If the record names shots that the plan does not have, or its clearance cannot be read.
    """
    if state.planned is None or not rows:
        raise InputError(f"treatment {treatment} was never planned, so there is nothing to report")
    _check_places(treatment, state, plan)
    clearance = Clearance.from_text(state.clearance) if state.clearance is not None else None
    context = _context(treatment, state, rows, plan, clearance)
    template = environment().get_template("report.html")
    page = template.render(**context, head=head, software=software, earlier=earlier, previous=previous)
    return page.encode("utf-8")


@cache
def environment() -> Environment:
    """The templates of this package; everything is escaped unless it is markup of ours."""
    made = Environment(
        loader=PackageLoader("mesogun.report"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=words.printable,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals["words"] = words
    made.globals["mm_text"] = mm_text
    return made


def is_simulated(state: TreatmentState) -> bool:
    """Whether the plan was cleared for a simulated gun, or the last gun met was one."""
    return (state.planned is not None and state.planned.simulated) or (
        state.gun is not None and state.gun.gun_kind == "simulated"
    )


def _check_places(treatment: str, state: TreatmentState, plan: Plan) -> None:
    named = {shot.shot_index for shot in treat_shots(state)} | state.open_shots() | set(state.reassigned)
    unknown = sorted(index for index in named if not 0 <= index < len(plan.shots))
    if unknown:
        raise RecordError(
            f"treatment {treatment}: the record names shot {unknown[0]}, but its plan has {len(plan.shots)} shots;"
            " run mesogun journal verify"
        )


def _context(
    treatment: str, state: TreatmentState, rows: Sequence[Row], plan: Plan, clearance: Clearance | None
) -> dict[str, Any]:
    planned = state.planned
    guns = of_kind(rows, ev.GunFound)
    lines = story(rows)
    zones = zone_totals(state, plan)
    answers = of_kind(rows, ev.ScreeningAnswered)
    counts = mark_counts(state, plan)
    limit_nl = clearance.hard_total_nl if clearance is not None else None
    field = doses(state, plan)
    return {
        "treatment": treatment,
        "state": state,
        "planned": planned,
        "plan": plan,
        "clearance": clearance,
        "limit_nl": limit_nl,
        "share": state.ledger.high_nl / limit_nl if limit_nl else None,
        "simulated": is_simulated(state) or any(gun.gun_kind == "simulated" for gun in guns),
        "bench": any(gun.gun_kind == "bench" for gun in guns),
        "demonstration": (planned is not None and planned.demonstration)
        or (clearance is not None and clearance.demonstration),
        "begun": rows[0].at,
        "last": rows[-1],
        "status": _status(state),
        "lead": _lead(plan, counts),
        "delivered_nl": delivered_nl(state),
        "fraction": DELIVERED_FRACTION,
        "took": _took(rows),
        "zones": zones,
        "zone_numbers": {zone.name: number for number, zone in enumerate(zones, start=1)},
        "shots": treat_shots(state),
        "other_shots": [shot for shot in state.shots if shot.shot_kind != "TREAT"],
        "unattributed": sum((block.ledger for block in state.blocks), Ledger()),
        "legend": [(marks.key(mark), told, counts[mark]) for mark, told in marks.MEANING.items() if counts[mark]],
        "keys": {"again": marks.AGAIN_KEY, "moved": marks.MOVED_KEY, "excluded": marks.EXCLUDED_KEY},
        "redone": sum(1 for fired in state.fired.values() if fired > 1),
        "moved": len(state.reassigned),
        "wide": maps.is_wide(field),
        "dose_scale": maps.scale_of(field),
        "pictures": _pictures(state, rows, plan, field, limit_nl),
        "planned_metrics": field.metrics(field.planned),
        "given_metrics": field.metrics(field.given) if field.any_given else None,
        "area_cm2": float(field.weights_mm2.sum()) / 100.0,
        "lines": lines[:MOST_LINES],
        "more_lines": max(len(lines) - MOST_LINES, 0),
        "alarms": sum(1 for event in of_kind(rows, ev.AlarmRaised) if event.priority != "low"),
        "attention": [line for line in lines if line.grave],
        "guns": _last_of_each(guns),
        "runners": of_kind(rows, ev.RunnerStarted),
        "syringes": _syringes(rows),
        "answers": answers,
        "clear_answers": [answer for answer in answers if _plainly_clear(answer)],
        "other_answers": [answer for answer in answers if not _plainly_clear(answer)],
    }


def _syringes(rows: Sequence[Row]) -> list[ev.SyringeInserted]:
    """Every syringe, under the lot that was named for it at once or later."""
    found: list[ev.SyringeInserted] = []
    for row in rows:
        if isinstance(row.event, ev.SyringeInserted):
            found.append(row.event)
        elif isinstance(row.event, ev.SyringeNamed) and found:
            found[-1] = replace(found[-1], lot=row.event.lot, expiry=row.event.expiry)
    return found


def _status(state: TreatmentState) -> str:
    return state.ended if state.ended is not None else "not ended"


def _lead(plan: Plan, counts: dict[Mark, int]) -> str:
    given = counts[Mark.GIVEN]
    whole = f"{given:,} of {words.counted(len(plan.shots), 'planned shot')} given in full"
    others = [f"{counts[mark]:,} {name}" for mark, name in _OTHERS if counts[mark]]
    return ", ".join([whole, *others]) + "."


_OTHERS = (
    (Mark.PARTIAL, "in part"),
    (Mark.INDETERMINATE, "indeterminate"),
    (Mark.LOADED, "loaded with unknown outcome"),
    (Mark.SKIPPED, "skipped"),
    (Mark.PENDING, "not given"),
)


def _pictures(state: TreatmentState, rows: Sequence[Row], plan: Plan, field: Doses, limit_nl: int | None) -> Pictures:
    scale = maps.scale_of(field)
    recorded = [(row.at, row.event) for row in rows if isinstance(row.event, ev.ShotRecorded)]
    shots = [(at, event) for at, event in recorded if event.shot_kind == "TREAT"]
    planned_ml = [shot.volume_nl / NL_PER_ML for shot in plan.shots]
    given_ml = [event.delivered_nl / NL_PER_ML for _, event in shots]
    depths = {shot.depth_um for shot in plan.shots} | {event.depth_um for _, event in shots}
    start = shots[0][0] if shots else ""
    breaks = [words.seconds_between(start, row.at) for row in rows if shots and isinstance(row.event, ev.LinkBroken)]
    return Pictures(
        limit=charts.limit_bar(plan.total_nl, state.ledger, limit_nl),
        scale=maps.scale_picture(scale),
        planned_map=maps.planned_map(field, plan, scale),
        given_map=maps.given_map(field, plan, state, scale),
        dose=charts.dose_histogram(field),
        over_time=charts.over_time(
            [words.seconds_between(start, at) for at, _ in shots], [event for _, event in shots], plan.total_nl, breaks
        )
        if shots
        else None,
        volumes=charts.histogram("volume per shot, mL", planned_ml, given_ml)
        if shots and len({*planned_ml, *given_ml}) > 1
        else None,
        depths=charts.histogram(
            "set depth, mm",
            [shot.depth_um / 1000 for shot in plan.shots],
            [event.depth_um / 1000 for _, event in shots],
        )
        if len(depths) > 1
        else None,
    )


def _took(rows: Sequence[Row]) -> str:
    """Time from the first recorded shot to the last."""
    times = [row.at for row in rows if isinstance(row.event, ev.ShotRecorded) and row.event.shot_kind == "TREAT"]
    return words.duration(words.seconds_between(times[0], times[-1])) if times else ""


def _last_of_each(guns: Sequence[ev.GunFound]) -> list[ev.GunFound]:
    """The last word of each gun with each calibration that was in force."""
    return list({(gun.gun, gun.memory, gun.calibration): gun for gun in guns}.values())


def _plainly_clear(answer: ev.ScreeningAnswered) -> bool:
    return answer.result == "clear" and not answer.note
