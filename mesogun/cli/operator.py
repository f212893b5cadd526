"""``mesogun operator``: people, roles, and who is at the keyboard.

Not responsible for keeping people (``mesogun.identity``).
"""

from __future__ import annotations

import json
import sys

import click

from mesogun.clock import RealClock
from mesogun.errors import InputError
from mesogun.identity import Home, Role


@click.group()
def operator() -> None:
    """People, roles, and who is at the keyboard."""


@operator.command()
@click.argument("name")
@click.option("--role", type=click.Choice([role.value for role in Role]), required=True, help="What they may do.")
@click.option("--passphrase-stdin", is_flag=True, help="Read the passphrase of a signing key from standard input.")
def add(name: str, role: str, passphrase_stdin: bool) -> None:
    """Add NAME; the name stays on this computer, the record carries a reference."""
    passphrase: str | None = None
    if passphrase_stdin:
        passphrase = sys.stdin.readline().rstrip("\n")
        if not passphrase:
            raise InputError("no passphrase on standard input")
    person = Home.open().operators.add(name, Role(role), passphrase=passphrase, at=RealClock().utc())
    click.echo(person.reference)


@operator.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON array.")
def list_people(as_json: bool) -> None:
    """Everybody known to this station."""
    operators = Home.open().operators
    current = operators.current()
    rows = [
        {
            "reference": person.reference,
            "name": person.name,
            "role": person.role.value,
            "retired": person.retired,
            "current": current is not None and person.reference == current.reference,
        }
        for person in operators.list()
    ]
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    for row in rows:
        mark = "*" if row["current"] else " "
        gone = "  retired" if row["retired"] else ""
        click.echo(f"{mark} {row['reference']}  {row['role']:<13} {row['name']}{gone}")


@operator.command()
@click.argument("who")
def use(who: str) -> None:
    """Say who is at the keyboard: a name or a reference."""
    person = Home.open().operators.use(who)
    click.echo(f"{person.reference} ({person.role.value}) is at the keyboard")
