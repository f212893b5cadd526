"""``mesogun gun``: find guns, look at them, pair them, check their health.

Not responsible for finding, judging or pairing (``mesogun.gun``).
"""

from __future__ import annotations

import dataclasses
import json
import sys
from pathlib import Path
from typing import Any

import click

from mesogun.cli import people, places
from mesogun.cli.held import CAPTURE, held, opener
from mesogun.clock import RealClock
from mesogun.errors import InputError
from mesogun.identity import Action, Home

PORT = click.option("--port", envvar="MESOGUN_PORT", help="Where the gun is: /dev/ttyACM0, COM5, sim://standard, ...")


@click.group()
def gun() -> None:
    """Find guns, look at them, pair them, check their health."""


@gun.command("list")
@click.option("--port", "named", multiple=True, help="Ask this port too, although nothing says that it is a gun.")
@click.option("--json", "as_json", is_flag=True, help="One JSON array.")
@CAPTURE
def list_guns(named: tuple[str, ...], as_json: bool, capture: Path | None) -> None:
    """Name the ports of this computer and the guns that answer; unknown devices are never written to."""
    from mesogun.gun.discover import find_guns
    from mesogun.gun.render import list_text

    found = find_guns(people.gun_keys(), named=named, opener=opener(capture))
    if as_json:
        click.echo(json.dumps([_plain(dataclasses.asdict(item)) for item in found], default=str))
    else:
        click.echo(list_text(found))


@gun.command()
@PORT
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@CAPTURE
def info(port: str | None, as_json: bool, capture: Path | None) -> None:
    """Say who the gun at --port is, what it can do, and how it is."""
    from mesogun.gun.render import info_text

    with held(_named(port), people.gun_keys(), capture) as found:
        if as_json:
            parts = {"welcome": dataclasses.asdict(found.welcome), "caps": dataclasses.asdict(found.caps)}
            click.echo(json.dumps({"port": port, "kind": people.gun_kind(found), **_plain(parts)}))
        else:
            click.echo(info_text(found))


@gun.command()
@PORT
@click.option("--json", "as_json", is_flag=True, help="One JSON array.")
@CAPTURE
def doctor(port: str | None, as_json: bool, capture: Path | None) -> int:
    """Check installation, permissions, latency, and the gun at --port; say how to fix what is wrong."""
    from mesogun.gun.doctor import Result, examine
    from mesogun.gun.render import checks_text

    checks = examine(port, people.gun_keys(), opener=opener(capture))
    if as_json:
        click.echo(json.dumps([_plain(dataclasses.asdict(check)) for check in checks], default=str))
    else:
        click.echo(checks_text(checks))
    return 1 if any(check.result is Result.FAILED for check in checks) else 0


@gun.command()
@PORT
@click.option("--operator", "who", help="Who pairs; default: mesogun operator use.")
@click.option("--again", is_flag=True, help="Replace the key that this station has for the gun.")
@CAPTURE
def pair(port: str | None, who: str | None, again: bool, capture: Path | None) -> None:
    """Pair the gun at --port: press its pairing button, then type the code on its display."""
    from mesogun.gun.pairing import Pairing

    place = _named(port)
    operator = people.operator_for(who, simulated_only=False)
    operator.require(Action.PAIR)
    home = Home.open()
    with held(place, lambda _: None, capture) as found:  # whatever key it holds now, a gun can be paired
        device = found.welcome.device_id
        home.guns.may_pair(device, replace=again)
        pairing = Pairing.begin(found)
        if not sys.stdin.isatty():
            click.echo("the code on the gun's display, then Enter:", err=True)
        typed = click.prompt("Code on the gun's display", err=True) if sys.stdin.isatty() else sys.stdin.readline()
        at = RealClock().utc()
        key = pairing.confirm(
            typed.strip(), lambda new: home.propose_gun_key(device, new, by=operator.reference, at=at)
        )
        home.store_gun_key(device, key, by=operator.reference, at=at, replace=again)
    click.echo(f"paired with gun {device:016x}")


@gun.command()
@PORT
@click.option("--why", required=True, help="The reason, in words; no names.")
@click.option("--operator", "who", help="Who releases it; default: mesogun operator use.")
@click.option("--journal", "url", help="File or URL of the journal.")
def release(port: str | None, why: str, who: str | None, url: str | None) -> None:
    """Free the gun at --port from a treatment whose journal is gone; its unread shots stay in its log."""
    from mesogun.journal import journal_at
    from mesogun.treatment.settling import release as release_it

    place = _named(port)
    operator = people.operator_for(who, simulated_only=False)
    operator.require(Action.SETTLE)
    with (
        held(place, people.gun_keys()) as found,
        journal_at(Home.open(), places.journal_url(url), found.clock) as record,
    ):
        click.echo(release_it(found, record, operator, why))


def _named(port: str | None) -> str:
    if port is None:
        raise InputError("name the gun's port with --port (or MESOGUN_PORT), for example --port sim://standard")
    return port


def _plain(value: Any) -> Any:
    """Bytes become hex, enumerations their values."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value.hex() if isinstance(value, bytes) else value
