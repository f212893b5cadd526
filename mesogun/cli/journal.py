"""``mesogun journal``: look at the record and verify it.

Not responsible for storing or judging rows (``mesogun.journal``).
"""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import click

from mesogun.cli import places
from mesogun.clock import RealClock
from mesogun.errors import RecordError
from mesogun.journal import Journal, Row, open_journal

JOURNAL = click.option("--journal", "url", help="File or URL of the journal; default: the one in your state folder.")


def open_for_reading(url: str | None) -> Journal:
    """The journal, read only."""
    return open_journal(places.journal_url(url), RealClock(), create=False, read_only=True)


@click.group()
def journal() -> None:
    """Look at the record and verify it."""


@journal.command("list")
@JOURNAL
@click.option("--json", "as_json", is_flag=True, help="One JSON array.")
def list_treatments(url: str | None, as_json: bool) -> None:
    """Name the treatments in the journal."""
    with open_for_reading(url) as record:
        found = record.treatments()
    if as_json:
        click.echo(json.dumps([dataclasses.asdict(item) for item in found], indent=2))
        return
    for item in found:
        guns = ", ".join(item.guns) or "-"
        ended = item.ended or "not ended"
        click.echo(f"{item.treatment}  {item.first_at}  subject {item.subject or '-'}  guns {guns}  {ended}")


@journal.command()
@click.argument("treatment", required=False)
@JOURNAL
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def show(treatment: str | None, url: str | None, as_json: bool) -> None:
    """Show the events of a treatment, or of the whole journal."""
    with open_for_reading(url) as record:
        for row in record.rows(treatment):
            click.echo(json.dumps(_row(row)) if as_json else _line(row))


@journal.command()
@JOURNAL
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def verify(url: str | None, as_json: bool) -> int:
    """Recompute the hash chain over every stored byte; exit code 7 names the first bad row."""
    with open_for_reading(url) as record:
        verdict = record.verify()
    if as_json:
        head = {"seq": verdict.head.seq, "hash": verdict.head.hash}
        click.echo(
            json.dumps(
                {
                    "ok": verdict.ok,
                    "events": verdict.events,
                    "head": head,
                    "first_bad": verdict.first_bad,
                    "reason": verdict.reason,
                }
            )
        )
    elif verdict.ok:
        click.echo(f"verified: {verdict.events} events, head {verdict.head}")
    else:
        click.echo(f"NOT VERIFIED: row {verdict.first_bad}: {verdict.reason}", err=True)
    return 0 if verdict.ok else RecordError.exit_code


def _row(row: Row) -> dict[str, Any]:
    return {
        "seq": row.seq,
        "at": row.at,
        "treatment": row.treatment,
        "kind": type(row.event).__name__,
        **dataclasses.asdict(row.event),
        "hash": row.hash,
    }


def _line(row: Row) -> str:
    shown = {name: _short(value) for name, value in dataclasses.asdict(row.event).items() if value != ""}
    facts = "  ".join(f"{name}={value}" for name, value in shown.items())
    return f"{row.seq:>6}  {row.at}  {type(row.event).__name__:<18} {facts}"


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 32 else f"{text[:24]}..."
