"""``mesogun operator``: people, roles, and who is at the keyboard.

Not responsible for keeping people (``mesogun.identity``).
"""

from __future__ import annotations

import json

import click

from mesogun.cli import people
from mesogun.clock import RealClock
from mesogun.identity import Home, Operator, Operators, Role, fingerprint


@click.group()
def operator() -> None:
    """People, roles, and who is at the keyboard."""


@operator.command()
@click.argument("name")
@click.option("--role", type=click.Choice([role.value for role in Role]), required=True, help="What they may do.")
@click.option("--passphrase-stdin", is_flag=True, help="Read the passphrase of a signing key from standard input.")
def add(name: str, role: str, passphrase_stdin: bool) -> None:
    """Add NAME; the name stays on this computer, the record carries a reference."""
    passphrase = people.passphrase("Passphrase", piped=True) if passphrase_stdin else None
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
            "key": fingerprint(person.public_key) if person.public_key is not None else None,
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
        key = row["key"] or "no signing key"
        click.echo(f"{mark} {row['reference']}  {row['role']:<13} {key:<16} {row['name']}{gone}")
    if not rows:
        click.echo("nobody yet: mesogun operator add NAME --role practitioner", err=True)


@operator.command()
@click.argument("who")
def use(who: str) -> None:
    """Say who is at the keyboard: a name or a reference."""
    person = Home.open().operators.use(who)
    click.echo(f"{person.reference} ({person.role.value}) is at the keyboard")


BY = click.option("--by", "admin", help="The admin who acts; default: who is at the keyboard.")


@operator.command()
@click.argument("who")
@BY
def retire(who: str, admin: str | None) -> None:
    """Bar WHO from acting; the entry and the public keys stay, so that old signatures can be checked."""
    operators = Home.open().operators
    person = operators.retire(who, by=_acting(operators, admin))
    click.echo(f"{person.reference} is retired")


@operator.command()
@click.argument("who")
@click.argument("role", type=click.Choice([role.value for role in Role]))
@BY
def role(who: str, role: str, admin: str | None) -> None:
    """Give WHO another role; the last admin stays one."""
    operators = Home.open().operators
    person = operators.set_role(who, Role(role), by=_acting(operators, admin))
    click.echo(f"{person.reference} is {person.role.value} now")


@operator.command()
@click.argument("who")
@click.option(
    "--forgotten", is_flag=True, help="Without the old passphrase: an admin does it, nothing endorses the new key."
)
@click.option(
    "--passphrase-stdin", is_flag=True, help="Read the old and the new passphrase from standard input, a line each."
)
@BY
def rotate(who: str, forgotten: bool, passphrase_stdin: bool, admin: str | None) -> None:
    """Replace the signing key of WHO; the old key signs the new one unless its passphrase is --forgotten."""
    operators = Home.open().operators
    acting = _acting(operators, admin)
    person = operators.get(who)
    endorsed = not forgotten and person.public_key is not None
    old = people.passphrase("Old passphrase", piped=passphrase_stdin) if endorsed else None
    new = people.passphrase("New passphrase", piped=passphrase_stdin, twice=True)
    changed = operators.rotate_key(who, new, at=RealClock().utc(), passphrase=old, by=acting)
    how = "not endorsed by an old one" if old is None else "endorsed by the old one"
    key = changed.public_key.hex() if changed.public_key is not None else "none"
    click.echo(f"{changed.reference} has a new signing key, {how}: {key}")


def _acting(operators: Operators, admin: str | None) -> Operator | None:
    return None if admin is None else operators.get(admin)
