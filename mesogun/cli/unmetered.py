"""``mesogun course visit``: put on record a visit by a way that cannot meter a dose: area and time, and no volume.

Not responsible for the verdict (``mesogun.limits.unmetered``); no gun takes part.
"""

from __future__ import annotations

from pathlib import Path

import click

from mesogun.cli import people, places, planning, visit
from mesogun.cli.kinds import FINITE, PLACE
from mesogun.cli.limits import SITE, clinic_limits
from mesogun.cli.lookup import JOURNAL
from mesogun.cli.saying import saying_options, take_said
from mesogun.clock import RealClock
from mesogun.errors import InputError
from mesogun.identity import Home, check_subject
from mesogun.journal import journal_at
from mesogun.limits import ClearanceRefused, Subject, clear_unmetered, limits_for, parse_answers
from mesogun.record import events as ev
from mesogun.visit.approving import approvals
from mesogun.visit.bounds import subject_bounds

MOST_MINUTES = 24 * 60


@click.command("visit")
@click.argument("subject")
@click.option("--protocol", "name", required=True, help="A protocol that cannot meter, such as face-needle-free.")
@click.option("--area", help="Outline file, or a bundled example such as cheek; or say --area-cm2.")
@click.option("--area-cm2", type=FINITE, help="Size of the area, where there is no outline.")
@click.option("--minutes", type=FINITE, required=True, help="How long it was treated.")
@click.option("--answers", "answers_file", type=PLACE, required=True, help="TOML file with screening and consent.")
@click.option("--note", default="", help="In words; no names.")
@saying_options
@SITE
@click.option("--operator", "who", help="Who treated; default: mesogun operator use.")
@JOURNAL
def record_visit(
    subject: str,
    name: str,
    area: str | None,
    area_cm2: float | None,
    minutes: float,
    answers_file: Path,
    note: str,
    site_limits: Path | None,
    who: str | None,
    url: str | None,
    **options: tuple[str, ...],
) -> None:
    """Record a visit of SUBJECT by a way that meters nothing: area and time. A refused one is recorded as not done."""
    protocol = visit.find_protocol(name)
    zone, area_mm2 = _area(area, area_cm2)
    if not 0 < minutes <= MOST_MINUTES:
        raise InputError(f"--minutes {minutes:g}: a visit takes more than 0 and at most {MOST_MINUTES} minutes")
    said = take_said(options)
    if said.reasons:
        raise InputError("--reason is for soft limits of a dose, and none is metered here")
    answers = said.added_to(parse_answers(_text(answers_file), str(answers_file)))
    operator = people.operator_for(who, simulated_only=False)
    check_subject(subject)
    clock = RealClock()
    with journal_at(Home.open(), places.journal_url(url), clock) as record:
        person = Subject(subject, bounds=subject_bounds(record, subject, protocol.agent.id))
        site = clinic_limits(site_limits)
        limits = limits_for(protocol, site=site, subject=person)
        treatment = visit.new_treatment()
        try:
            notes = clear_unmetered(
                protocol,
                limits,
                subject=person,
                history=visit.subject_history(record, subject),
                operator=operator,
                answers=answers,
                now=clock.utc(),
                approvals=approvals(record),
            )
        except ClearanceRefused as refusal:
            not_done = ev.NotDone(str(refusal), operator.reference)
            said_before = visit.screening_events(protocol, limits, answers, operator)
            record.append([*said_before, not_done], treatment=treatment, epoch=None)
            raise
        done = ev.AreaTreated(
            subject, protocol.id, protocol.sha256, protocol.agent.id, zone, area_mm2, round(minutes * 60),
            operator.reference, note,
        )  # fmt: skip
        consented = ev.ConsentRecorded("", operator.reference, ", ".join(sorted(answers.consent)))
        steps = [ev.StepDone(step, operator.reference, text) for step, text in answers.steps.items()]
        ended = ev.TreatmentEnded("complete", operator.reference)
        before = visit.screening_events(protocol, limits, answers, operator)
        record.append([*before, consented, *steps, done, ended], treatment=treatment, epoch=None)
    for line in notes:
        click.echo(f"note: {line}", err=True)
    click.echo(f"treatment {treatment}: {area_mm2 / 100:g} cm², {minutes:g} min; no dose was metered, none is counted")


def _area(area: str | None, area_cm2: float | None) -> tuple[str, int]:
    if area is not None and area_cm2 is None:
        outline = planning.read_area(area)
        return outline.name, round(outline.area_mm2)
    if area_cm2 is None or area is not None:
        raise InputError("say the area: --area FILE or --area-cm2 NUMBER, one of them")
    if not 0 < area_cm2 <= 20_000:
        raise InputError(f"--area-cm2 {area_cm2:g}: more than 0 and at most 20000, the whole skin")
    return "", round(area_cm2 * 100)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read") from error
