"""``mesogun protocol``: the library of treatment protocols.

Not responsible for what a protocol may say (``mesogun.protocol``).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from mesogun.cli.kinds import PLACE
from mesogun.cli.visit import find_protocol
from mesogun.errors import InputError
from mesogun.protocol import Protocol, Quantity, bundled, bundled_names, load, schools


@click.group()
def protocol() -> None:
    """The library of treatment protocols: templates with sources, not recommendations."""


@protocol.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON array.")
def list_protocols(as_json: bool) -> None:
    """Name the bundled protocols, and what each still demands from the practitioner."""
    found = [bundled(name) for name in bundled_names()]
    if as_json:
        click.echo(json.dumps([_row(item) for item in found], indent=2))
        return
    wide = max(len(item.id) for item in found)
    for item in found:
        demanded = ", ".join(demands(item))
        click.echo(f"{item.id:<{wide}}  {item.title}")
        click.echo(f"{'':<{wide}}  for {', '.join(item.indications)}; on {', '.join(item.areas)}")
        click.echo(f"{'':<{wide}}  {item.technique}, {item.target_layer}, {_grade_told(item)}")
        if demanded:
            click.echo(f"{'':<{wide}}  you supply: {demanded}")


@protocol.command()
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def show(name: str, as_json: bool) -> None:
    """Show one protocol with the source of every number."""
    item = find_protocol(name)
    if as_json:
        click.echo(json.dumps({**item.model_dump(mode="json"), "sha256": item.sha256}, indent=2))
        return
    click.echo(f"{item.title}  ({item.id}, version {item.version})")
    click.echo(f"{item.summary}\n")
    for key, quantity in item.quantities():
        click.echo(f"  {key:<27} {quantity_text(quantity):<22} {quantity.source or ''} {_grade(quantity)}".rstrip())
    concentration = (
        "mixture" if item.agent.unit is None else f"{item.agent.concentration or 'you supply'} {item.agent.unit}"
    )
    click.echo(f"  {'agent':<27} {item.agent.name}, {concentration}")
    for line in _schools(item):
        click.echo(line)
    for title, rules in (("Before", item.preparation), ("After", item.aftercare)):
        click.echo(f"\n{title}")
        for rule in rules:
            click.echo(f"  - {rule.text} [{', '.join(rule.sources)}]")
    click.echo("\nAsked before treatment")
    for question in item.screening:
        answers = (("yes", question.yes), ("no", question.no))
        told = [f"{said}: {_RESULTS[result]}" for said, result in answers if result != "clear"]
        click.echo(f"  - {question.ask} {'; '.join(told)} [{', '.join(question.sources)}]")
    click.echo("\nSources")
    for source in item.sources:
        facts = [source.publisher, "no year" if source.year is None else str(source.year)]
        facts += [f"doi {source.doi}"] if source.doi else [source.url] if source.url else []
        click.echo(f"  {source.key}: {source.title}. {', '.join(facts)} (grade {source.grade})")


@protocol.command()
@click.argument("file", type=PLACE)
def check(file: Path) -> None:
    """Read a protocol file and name every fault in it."""
    item = load(file)
    click.echo(f"{file}: protocol {item.id} version {item.version} is valid, sha256 {item.sha256}")
    for key in demands(item):
        click.echo(f"  the practitioner must supply {key}")


@protocol.command()
@click.argument("name")
@click.option("--why", required=True, help="The reason, in words; no names.")
@click.option("--withdraw", is_flag=True, help="Withdraw an earlier approval.")
@click.option("--operator", "who", help="Who approves; default: mesogun operator use.")
@click.option(
    "--passphrase-stdin", is_flag=True, help="Sign with the operator's key; its passphrase on standard input."
)
@click.option("--journal", "url", help="File or URL of the journal.")
def approve(name: str, why: str, withdraw: bool, who: str | None, passphrase_stdin: bool, url: str | None) -> None:
    """Approve protocol NAME, as its file is now, for guns that are not simulated."""
    from mesogun.cli import people, places
    from mesogun.clock import RealClock
    from mesogun.identity import Action, Home
    from mesogun.journal import journal_at
    from mesogun.visit.approving import approval

    item = find_protocol(name)
    operator = people.operator_for(who, simulated_only=False)
    operator.require(Action.APPROVE_PROTOCOL)
    if passphrase_stdin:
        passphrase = sys.stdin.readline().rstrip("\n")
    elif sys.stdin.isatty():
        passphrase = click.prompt("Passphrase of your signing key", hide_input=True, err=True)
    else:
        raise InputError("an approval is signed: give the passphrase of your key with --passphrase-stdin")
    clock = RealClock()
    event = approval(item, operator, why, clock.utc().date(), withdrawn=withdraw, passphrase=passphrase)
    with journal_at(Home.open(), places.journal_url(url), clock) as record:
        record.append([event], treatment="", epoch=None)
    verb = "withdrawn" if withdraw else "approved"
    click.echo(f"{item.id} ({item.sha256[:12]}): {verb} and signed by {operator.reference}")


def demands(item: Protocol) -> list[str]:
    """Dotted keys of what the practitioner must supply before a plan can be made."""
    # A total that no source gives follows from spacing, volume and area.
    needed = ("shot.depth_mm", "shot.spacing_mm", "shot.volume_ul")
    found = [key for key, quantity in item.quantities() if key in needed and quantity.missing]
    if item.agent.unit is not None and item.agent.concentration is None:
        found.append("agent.concentration")
    return found


def worst_grade(item: Protocol) -> str:
    """The weakest grade among the shot's numbers."""
    grades = [str(quantity.grade) for key, quantity in item.quantities() if key.startswith("shot.") and quantity.grade]
    return max(grades, default="-")


def quantity_text(quantity: Quantity) -> str:
    """A number or a range for people."""
    if quantity.missing:
        return "you supply"
    if quantity.low is not None or quantity.high is not None:
        low = "" if quantity.low is None else f"{quantity.low:g}"
        high = "" if quantity.high is None else f"{quantity.high:g}"
        chosen = "" if quantity.value is None else f"{quantity.value:g}  "
        return f"{chosen}({low} to {high})"
    return f"{quantity.value:g}"


def _schools(item: Protocol) -> Iterator[str]:
    """What each school of the technique gives, where schools disagree."""
    named = [entry for entry in schools(item.technique) if entry.school is not None]
    for entry in named:
        numbers = [
            f"{name} {quantity_text(quantity)} [{quantity.source}, grade {quantity.grade}]"
            for name, quantity in (
                ("depth_mm", entry.depth_mm),
                ("spacing_mm", entry.spacing_mm),
                ("volume_ul", entry.volume_ul),
            )
            if quantity is not None
        ]
        yield f"  {'--school ' + str(entry.school):<27} {entry.name}: {', '.join(numbers)}"


_RESULTS = {"blocked": "not treated", "clearance": "needs documented clearance", "note": "noted"}


def _grade_told(item: Protocol) -> str:
    grade = worst_grade(item)
    return f"grade {grade}" if grade != "-" else "no number of its own"


def _grade(quantity: Quantity) -> str:
    return f"(grade {quantity.grade})" if quantity.grade else ""


def _row(item: Protocol) -> dict[str, Any]:
    return {
        "id": item.id,
        "title": item.title,
        "technique": item.technique,
        "indications": list(item.indications),
        "grade": worst_grade(item),
        "demands": demands(item),
        "sha256": item.sha256,
    }
