"""``mesogun course``: where a subject's course stands, and when the next visit is due.

Not responsible for the course itself (``mesogun.limits.course``).
"""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from mesogun.cli.aftermath import follow_up, reaction
from mesogun.cli.journal import JOURNAL, open_for_reading
from mesogun.cli.kinds import PLACE
from mesogun.cli.unmetered import record_visit
from mesogun.cli.visit import find_protocol, subject_history
from mesogun.clock import RealClock
from mesogun.errors import InputError
from mesogun.identity import check_subject
from mesogun.limits.course import CourseState, course_warnings
from mesogun.limits.course import course as course_state
from mesogun.plan import Plan
from mesogun.record import TreatmentState
from mesogun.units import ml_text

SUBJECT = click.argument("subject")
PROTOCOL = click.option("--protocol", "name", required=True, help="Bundled protocol or .toml file.")
ON = click.option("--on", "day", help="The day asked about, YYYY-MM-DD; default: today.")


@click.group()
def course() -> None:
    """Where a subject's course stands, and when the next visit is due."""


@course.command()
@SUBJECT
@PROTOCOL
@ON
@JOURNAL
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def show(subject: str, name: str, day: str | None, url: str | None, as_json: bool) -> None:
    """Show the treatments of SUBJECT with one protocol, and their sum at the upper end."""
    state, warnings = _state(subject, name, day, url)
    if as_json:
        click.echo(json.dumps(_plain(state, warnings), indent=2))
        return
    for past in state.done:
        click.echo(
            f"{past.started_at:%Y-%m-%d}  {past.treatment}  {past.points} points  at most {ml_text(past.high_nl)}"
        )
    click.echo(f"in all at most {ml_text(state.total_nl)}; {state.told()}")
    if state.maintenance:
        click.echo(f"maintenance: {state.maintenance}")
    for warning in warnings:
        click.echo(f"note: {warning}")


@course.command("next")
@SUBJECT
@PROTOCOL
@ON
@JOURNAL
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def next_visit(subject: str, name: str, day: str | None, url: str | None, as_json: bool) -> None:
    """Say when the next visit of SUBJECT is due."""
    state, warnings = _state(subject, name, day, url)
    click.echo(json.dumps(_plain(state, warnings), indent=2) if as_json else state.told())


@course.command()
@SUBJECT
@PROTOCOL
@click.option("--out", type=PLACE, required=True, help="Where to write the plan file.")
@JOURNAL
def again(subject: str, name: str, out: Path, url: str | None) -> None:
    """Write the plan of SUBJECT's last treatment with one protocol to a file, to be given the same way again.

    The limits, the course and the screening are asked anew when it is treated; see treat --plan.
    """
    protocol = find_protocol(name)
    with open_for_reading(url) as record:
        done = course_state(protocol, subject_history(record, check_subject(subject)), RealClock().utc()).done
        if not done:
            raise InputError(f"subject {subject} was not treated with {protocol.id} in this journal; plan one")
        last = done[-1].treatment
        state = record.state(last)
    if state.planned is None:
        raise InputError(f"treatment {last} was never planned")
    if state.planned.protocol_sha256 != protocol.sha256:
        raise InputError(
            f"{protocol.id} has changed since treatment {last}, so its plan holds no longer: plan anew (mesogun plan)"
        )
    plan = Plan.from_bytes(state.planned.plan.encode("utf-8"))
    try:
        out.write_bytes(plan.to_bytes())
    except OSError as error:
        raise InputError(f"{out}: cannot be written ({error.strerror})") from error
    click.echo(f"{len(plan.shots)} shots, {ml_text(plan.total_nl)}, as in treatment {last}: {out}")
    for line in _departed(state):
        click.echo(f"note: {line}")


course.add_command(reaction)
course.add_command(follow_up)
course.add_command(record_visit)


def _departed(state: TreatmentState) -> list[str]:
    """Where the last treatment was not given as planned, so that nobody repeats what was not done."""
    lines = []
    if state.skipped:
        lines.append(f"{len(state.skipped)} shots were skipped then; the plan holds them")
    if state.redos:
        lines.append(f"{sum(state.redos.values())} shots were ordered again then; the plan holds each once")
    if state.reassigned:
        lines.append(f"{len(state.reassigned)} shots went elsewhere then; the plan holds the planned places")
    if state.ended != "complete":
        lines.append("that treatment was not complete")
    given_nl, planned_nl = state.dispensed_nl, state.planned.total_nl if state.planned is not None else 0
    if given_nl != planned_nl:
        lines.append(f"{ml_text(given_nl)} was given of {ml_text(planned_nl)} planned")
    return lines


def _state(subject: str, name: str, day: str | None, url: str | None) -> tuple[CourseState, tuple[str, ...]]:
    now = RealClock().utc()
    if day is not None:
        try:
            now = datetime.fromisoformat(day).replace(hour=12, tzinfo=now.tzinfo)
        except ValueError as error:
            raise InputError(f"--on {day}: a day looks like 2026-01-31") from error
    protocol = find_protocol(name)
    with open_for_reading(url) as record:
        history = subject_history(record, check_subject(subject))
    return course_state(protocol, history, now), course_warnings(protocol, history, now)


def _plain(state: CourseState, warnings: tuple[str, ...]) -> dict[str, Any]:
    return {
        "done": [past.treatment for past in state.done],
        "stage": state.stage.value,
        "total_nl": state.total_nl,
        "earliest": state.earliest.isoformat() if state.earliest else None,
        "latest": state.latest.isoformat() if state.latest else None,
        "warnings": list(warnings),
    }
