"""``mesogun course reaction`` and ``follow-up``: what was seen on the skin, in the words of the treatment's protocol.

Not responsible for judging a reaction, nor for the aftercare sheet (``mesogun.report``).
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from contextlib import AbstractContextManager
from datetime import date

import click

from mesogun.cli import people, places
from mesogun.cli.journal import JOURNAL
from mesogun.cli.visit import find_protocol
from mesogun.clock import RealClock
from mesogun.errors import InputError
from mesogun.identity import Action, Home, Operator
from mesogun.journal import Journal, journal_at
from mesogun.protocol import Protocol, bundled_names
from mesogun.record import events as ev

SEVERITIES = ("none", "mild", "moderate", "severe")
TREATMENT = click.argument("treatment")
WHO = click.option("--operator", "who", help="Who has seen it; default: mesogun operator use.")
FILE = click.option("--protocol", "name", help="The protocol's file, where it is not a bundled one.")


@click.command()
@TREATMENT
@click.option("--seen", multiple=True, metavar="REACTION=SEVERITY", help="For example redness=mild; repeat for more.")
@click.option("--zone", default="", help="Where, if not everywhere.")
@click.option("--note", default="", help="In words; no names.")
@FILE
@WHO
@JOURNAL
def reaction(
    treatment: str, seen: tuple[str, ...], zone: str, note: str, name: str | None, who: str | None, url: str | None
) -> None:
    """Record reactions to TREATMENT; without --seen, ask for each one that its protocol names."""
    with _opened(url) as record:
        operator, protocol = _whose(record, treatment, who, name)
        found = _parsed(seen, protocol) if seen else _asked(protocol)
        seen_now = [(what, severity) for what, severity in found if severity != "none"]
        events: list[ev.Event] = [
            ev.ReactionRecorded(what, severity, zone, operator.reference, note) for what, severity in seen_now
        ]
        nothing = ev.FollowedUp(_today(), "no reaction seen", operator.reference, note)
        record.append(events or [nothing], treatment=treatment, epoch=None)
    for what, severity in seen_now:
        click.echo(f"recorded: {what}, {severity}")
    if not seen_now:
        click.echo("recorded: no reaction seen")


@click.command("follow-up")
@TREATMENT
@click.option("--finding", required=True, help="What was found, in words; no names.")
@click.option("--on", "day", help="The day, YYYY-MM-DD; default: today.")
@click.option("--note", default="", help="Anything else; no names.")
@FILE
@WHO
@JOURNAL
def follow_up(
    treatment: str, finding: str, day: str | None, note: str, name: str | None, who: str | None, url: str | None
) -> None:
    """Record that the subject of TREATMENT was seen or asked after the visit."""
    if not finding.strip():
        raise InputError("--finding is empty: say what was found, for example 'nothing to note'")
    on = _today() if day is None else _day(day)
    with _opened(url) as record:
        operator, protocol = _whose(record, treatment, who, name)
        record.append([ev.FollowedUp(on, finding, operator.reference, note)], treatment=treatment, epoch=None)
    click.echo(f"recorded: follow-up on {on}")
    late = [rule.text for rule in protocol.aftercare if rule.id in ("follow-up", "late-infection")]
    for text in late:
        click.echo(f"remind: {text}")


def _opened(url: str | None) -> AbstractContextManager[Journal]:
    return journal_at(Home.open(), places.journal_url(url), RealClock(), create=False)


def _whose(record: Journal, treatment: str, who: str | None, name: str | None) -> tuple[Operator, Protocol]:
    operator = people.operator_for(who, simulated_only=False)
    operator.require(Action.TREAT)
    planned = record.state(treatment).planned
    if planned is None:
        raise InputError(f"this journal holds no treatment {treatment}; mesogun journal list names them")
    if name is None and planned.protocol_id not in bundled_names():
        raise InputError(
            f"treatment {treatment} followed {planned.protocol_id}, not a bundled protocol: --protocol FILE"
        )
    return operator, find_protocol(name or planned.protocol_id)


def _parsed(seen: Iterable[str], protocol: Protocol) -> list[tuple[str, str]]:
    known = {rule.id for rule in protocol.reactions}
    found = []
    for text in seen:
        what, _, severity = text.partition("=")
        if what not in known:
            raise InputError(f"--seen {text}: {protocol.id} knows {', '.join(sorted(known))}")
        if severity not in SEVERITIES:
            raise InputError(f"--seen {text}: the severity is one of {', '.join(SEVERITIES)}")
        found.append((what, severity))
    return found


def _asked(protocol: Protocol) -> list[tuple[str, str]]:
    if not sys.stdin.isatty():
        raise InputError("nobody to ask here: say what was seen with --seen REACTION=SEVERITY")
    choice = click.Choice(SEVERITIES)
    return [
        (rule.id, click.prompt(rule.text.rstrip("."), type=choice, default="none", err=True))
        for rule in protocol.reactions
    ]


def _today() -> str:
    return RealClock().utc().date().isoformat()


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise InputError(f"--on {text}: a day looks like 2026-01-31") from error
