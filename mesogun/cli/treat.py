"""``mesogun treat``: carry out a treatment on a gun, or resume one.

Not responsible for what is allowed (``mesogun.limits``) or for running it (``mesogun.treatment``).
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mesogun.cli import people, places, planning, visit
from mesogun.cli.console import Console
from mesogun.cli.decisions import nothing_to_sign, sign_decisions, signing, unlocked
from mesogun.cli.fronts import JsonLines, Plain
from mesogun.cli.held import CAPTURE, held
from mesogun.cli.kinds import NO_FLASH, PLACE
from mesogun.cli.limits import clinic_limits
from mesogun.cli.outcome import Outcome, outcome, outcome_table
from mesogun.cli.saying import NOTHING_SAID, Said, saying_options, take_said
from mesogun.cli.supplies import supplies_options, syringe_order
from mesogun.errors import InputError, LinkLost, MesogunError, OutcomeUnknown, Refused, WireError
from mesogun.gun import Gun
from mesogun.identity import Home, Operator, check_subject
from mesogun.limits import Answers, SiteLimits, parse_answers, simulated_answers
from mesogun.plan import Plan
from mesogun.protocol import Protocol
from mesogun.treatment import Order, Wish
from mesogun.treatment.orders import no_orders
from mesogun.treatment.underway import disarmed
from mesogun.visit import Supplies, check_fits, most_given_nl, plan_for, take_supplies, taken

if TYPE_CHECKING:
    from mesogun.journal import Journal
    from tui import ScreenFront

LOCKSTEP_S = 0.25
"""How long a gun of virtual time waits for the screen at each snapshot: several periods of the painting loop."""


class StoppedByOperator(LinkLost):
    """STOP was pressed on the dashboard: the session is over and the gun's log is read at the next connection."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A new treatment as the command line asks for it: on an outline, or by a plan that was made before."""

    protocol: Protocol
    subject: str
    outline: Any
    plan: Plan | None


@click.command()
@click.argument("protocol", required=False)
@click.option("--area", help="Outline file, or a bundled example such as cheek.")
@click.option("--plan", "plan_file", type=PLACE, help="A plan file from mesogun plan --out, instead of --area.")
@click.option("--port", envvar="MESOGUN_PORT", help="Where the gun is: /dev/ttyACM0, COM5, sim://standard, ...")
@click.option("--subject", help="Pseudonymous reference of the subject; never a name.")
@planning.plan_options
@click.option("--operator", "who", help="Who is at the keyboard; default: mesogun operator use.")
@click.option("--answers", "answers_file", type=PLACE, help="TOML file with screening answers and confirmations.")
@click.option("--yes", is_flag=True, help="Stands in for answers and confirmations, on a simulated gun only.")
@click.option("--demo-values", is_flag=True, help="Use the bundled demonstration values, on a simulated gun only.")
@click.option("--weight-kg", help="The subject's weight, measured today; limits per kg need it once.")
@supplies_options
@saying_options
@click.option("--site-limits", type=PLACE, help="The clinic's limits.toml.")
@click.option("--resume", is_flag=True, help="Go on with a treatment that was interrupted (PROTOCOL is its reference).")
@click.option("--end", is_flag=True, help="With --resume: end it here; take back what is loaded, free the gun.")
@click.option("--journal", "url", help="File or URL of the journal.")
@click.option("--out", type=PLACE, help="Folder for the report.")
@click.option("--plain", is_flag=True, help="One line per event.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per event; the last one is the summary.")
@signing
@NO_FLASH
@CAPTURE
def treat(
    protocol: str | None,
    area: str | None,
    plan_file: Path | None,
    port: str | None,
    subject: str | None,
    who: str | None,
    answers_file: Path | None,
    yes: bool,
    demo_values: bool,
    weight_kg: str | None,
    site_limits: Path | None,
    resume: bool,
    end: bool,
    url: str | None,
    out: Path | None,
    plain: bool,
    as_json: bool,
    capture: Path | None,
    **options: Any,
) -> None:
    """Carry out PROTOCOL on an area with the gun at --port, or --resume an interrupted treatment."""
    if port is None:
        raise InputError("name the gun's port with --port (or MESOGUN_PORT), for example --port sim://standard")
    answers = parse_answers(_text(answers_file), str(answers_file)) if answers_file is not None else None
    site = clinic_limits(site_limits)
    supplies = take_supplies(options)
    if resume:
        nothing_to_sign(options)
    chosen = planning.take_plan_options(options)
    # Everything that can be read is read before a port is touched.
    asked = None if resume else _asked(protocol, subject, area, plan_file, chosen)
    said = take_said(options)
    if resume and said != NOTHING_SAID:
        raise InputError("--reason and --step are for a new treatment; what was said for this one is on record")

    with ExitStack() as stack:
        gun = stack.enter_context(held(port, people.gun_keys(), capture))
        kind = people.gun_kind(gun)
        if yes and kind != "simulated":
            raise Refused(f"--yes stands in for a person on a simulated gun only; this one is {kind}: use --answers")
        operator = people.operator_for(who, simulated_only=yes and kind == "simulated")
        from mesogun.journal import journal_at

        record = stack.enter_context(journal_at(Home.open(), places.journal_url(url), gun.clock))
        console = Console(
            yes=yes, armed_by_file=answers is not None, syringe=syringe_order(supplies) if resume else None
        )
        if asked is None:
            begun = visit.recall(record, protocol)
        else:
            signer = unlocked(operator, options)
            if demo_values and kind != "simulated":
                raise Refused(f"demonstration values are for simulated guns only; this one is {kind}")
            item, site = planning.filled(
                asked.protocol, planning.asked_for(chosen), site, who=operator.reference, demonstration=demo_values
            )
            begun = start(
                gun=gun,
                record=record,
                protocol=item,
                outline=asked.outline,
                given=asked.plan,
                chosen=chosen,
                subject=asked.subject,
                operator=operator,
                answers=answers,
                yes=yes,
                site=site,
                demonstration=demo_values,
                weight_kg=weight_kg,
                supplies=supplies,
                said=said,
            )
            for note in begun.cleared.clearance.warnings:
                click.echo(f"note: {note}", err=True)
            if signer is not None:
                sign_decisions(record, begun.treatment, signer, operator)
        click.echo(f"treatment {begun.treatment}", err=True)
        on_screen = not (plain or as_json or end) and sys.stdin.isatty() and sys.stderr.isatty()
        go_on = f"go on with: mesogun treat --resume {begun.treatment} --port {port}"
        try:
            if on_screen:
                in_dashboard(
                    gun,
                    record,
                    begun,
                    operator,
                    title=begun.cleared.plan.protocol_title,
                    port=port,
                    go_on=go_on,
                    first=console.order,
                )
            else:
                front = JsonLines(sys.stdout, console.answer) if as_json else Plain(sys.stdout, console.answer)
                front.wanted = Wish.END if end else Wish.RUN
                visit.run(gun=gun, journal=record, begun=begun, front=front, operator=operator, orders=console.order)
        except StoppedByOperator:
            raise
        except (MesogunError, OSError):
            click.echo(f"stopped; the record is safe, {go_on}", err=True)
            raise
        result: Outcome = outcome(record, begun.treatment, places.reports_folder(out))
    click.echo(result.json_line() if as_json else outcome_table(result))


def start(
    *,
    gun: Gun,
    record: Journal,
    protocol: Protocol,
    outline: Any,
    given: Plan | None,
    chosen: planning.PlanOptions,
    subject: str,
    operator: Operator,
    answers: Answers | None,
    yes: bool,
    site: SiteLimits | None,
    treatment: str | None = None,
    demonstration: bool = False,
    supplies: Supplies | None = None,
    weight_kg: str | None = None,
    said: Said = NOTHING_SAID,
) -> visit.Begun:
    """Plan with this gun's step and syringe, clear, and record that it was cleared."""
    caps = gun.caps
    plan = given if given is not None else plan_for(caps, protocol, outline, chosen)
    check_fits(plan, caps)
    used = taken(
        record,
        supplies if supplies is not None else Supplies(),
        agent_id=protocol.agent.id,
        site=site,
        now=gun.clock.utc(),
        left_nl=gun.welcome.status.syringe_left_nl,
        operator=operator.reference,
    )
    if answers is None:
        if not yes:
            raise Refused(
                "screening, consent and confirmation are missing: give --answers FILE"
                f" (it confirms plan {plan.plan_hash}), or --yes on a simulated gun"
            )
        answers = simulated_answers(protocol, plan.plan_hash, subject)
    answers = said.added_to(answers)
    return visit.begin(
        journal=record,
        treatment=treatment or visit.new_treatment(),
        plan=plan,
        protocol=protocol,
        site=site,
        subject=subject,
        operator=operator,
        answers=answers,
        gun_kind=people.gun_kind(gun),
        now=gun.clock.utc(),
        upper_nl=most_given_nl(plan, caps),
        demonstration=demonstration,
        weight_kg=weight_kg,
        used=used,
    )


def in_dashboard(
    gun: Gun,
    record: Journal,
    begun: visit.Begun,
    operator: Operator,
    *,
    title: str,
    port: str,
    go_on: str,
    station: str | None = None,
    first: Callable[[], Order | None] = no_orders,
) -> None:
    """Run the treatment with the dashboard in front of it; orders of ``first`` come before those of the screen.

    Raises
    ------
    StoppedByOperator
        When STOP ended it; ``go_on`` is what the line says about going on.
    """
    from tui import look, run_live

    stopped = threading.Event()

    def start_it(front: ScreenFront) -> None:
        visit.run(
            gun=gun,
            journal=record,
            begun=begun,
            front=front,
            operator=operator,
            station=station,
            orders=lambda: first() or front.order(),
        )

    def stop() -> None:
        gun.stop()
        stopped.set()  # only now: a STOP that could not be written must keep its own error

    def prove_stop() -> bool:
        if disarmed(gun.link.stop_status):
            return True
        if gun.link.stop_status is not None:
            gun.link.stop()  # it answered in mid-stroke: ask how that ended
        return disarmed(gun.confirm_stop())

    operators, signers = people.takers(begun.treatment, operator, gun.clock)
    try:
        run_live(
            start_it,
            stop,
            plan=begun.cleared.plan,
            title=title,
            prove_stop=prove_stop,
            link=lambda: gun.stats,
            lockstep_s=LOCKSTEP_S if virtual_time(port) else 0.0,
            settings=look(places.look_file()),
            today=gun.clock.utc().date(),
            calibration_due=date(1970, 1, 1) + timedelta(days=gun.caps.calibration_due_day),
            operators=operators,
            signers=signers,
        )
    except (LinkLost, OutcomeUnknown, WireError) as error:
        if stopped.is_set():
            raise StoppedByOperator(f"stopped by the operator; the record is safe, {go_on}") from error
        raise


def virtual_time(port: str) -> bool:
    """Whether the gun there lives in a time of its own, which must not run away from the screen."""
    if not port.startswith("sim://"):
        return False
    from sim.doors.address import parse

    return parse(port).pace != 1.0


def _asked(
    protocol: str | None, subject: str | None, area: str | None, plan_file: Path | None, chosen: planning.PlanOptions
) -> Asked:
    if protocol is None or subject is None or (area is None) == (plan_file is None):
        raise InputError("a treatment needs PROTOCOL, --subject, and either --area or --plan")
    return Asked(
        protocol=planning.of_school(visit.find_protocol(protocol), chosen),
        subject=check_subject(subject),
        outline=planning.read_area(area) if area is not None else None,
        plan=Plan.from_bytes(_bytes(plan_file)) if plan_file is not None else None,
    )


def _text(path: Path) -> str:
    try:
        return _bytes(path).decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 text") from error


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from error
