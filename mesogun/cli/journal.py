"""``mesogun journal``: look at the record and verify it.

Not responsible for storing or judging rows (``mesogun.journal``).
"""

from __future__ import annotations

import dataclasses
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mesogun.cli import places
from mesogun.cli.kinds import FINITE, PLACE
from mesogun.clock import RealClock
from mesogun.errors import InputError, RecordError
from mesogun.identity import Home
from mesogun.journal import Head, Row

if TYPE_CHECKING:
    from mesogun.journal import Journal

JOURNAL = click.option("--journal", "url", help="File or URL of the journal; default: the one in your state folder.")


def open_for_reading(url: str | None) -> Journal:
    """The journal, read only."""
    from mesogun.journal import open_journal

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
@click.option("--head", "printed", multiple=True, help="A head as printed on a report, SEQ:HASH; repeat for more.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def verify(url: str | None, printed: tuple[str, ...], as_json: bool) -> int:
    """Recompute the hash chain over every stored byte; exit code 7 names the first bad row.

    Signatures must be by keys that this station trusts, and what it remembers of the journal must still be there.
    """
    from mesogun.journal import verify_at

    heads = [_head(text) for text in printed]
    with open_for_reading(url) as record:
        verdict = verify_at(Home.open(), record, heads)
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


@journal.command()
@JOURNAL
@click.argument("treatment", required=False)
@click.option("--subject", help="Only this subject's treatments.")
@click.option("--gun", help="Only treatments with this gun (its 16 hex digits).")
@click.option("--kind", multiple=True, help="Only events of this kind; repeat for more.")
@click.option("--csv", "as_csv", is_flag=True, help="CSV instead of JSON lines.")
def export(
    url: str | None, treatment: str | None, subject: str | None, gun: str | None, kind: tuple[str, ...], as_csv: bool
) -> None:
    """Write events to standard output as JSON lines or CSV."""
    from mesogun.journal import Filter, write_csv, write_json_lines

    with open_for_reading(url) as record:
        rows = record.rows(chosen=Filter(treatment=treatment, subject=subject, gun=gun, kinds=kind))
        if as_csv:
            write_csv(rows, sys.stdout, kind[0] if len(kind) == 1 else None)
        else:
            write_json_lines(rows, sys.stdout)


@journal.command()
@JOURNAL
@click.argument("file", type=PLACE)
def backup(url: str | None, file: Path) -> None:
    """Copy the journal to the new FILE while others write to it, and verify the copy."""
    from mesogun.journal import backup as copy_to

    with open_for_reading(url) as record:
        verdict = copy_to(record, file, RealClock())
    click.echo(f"{file}: {verdict.events} events, verified, head {verdict.head}")


@journal.command()
@click.argument("file", type=PLACE)
@click.argument("target", type=PLACE)
@click.option("--operator", "who", help="Who restores; default: mesogun operator use.")
def restore(file: Path, target: Path, who: str | None) -> None:
    """Make the new journal TARGET from the backup FILE; guns with an open treatment must be read before treating."""
    from mesogun.cli.people import operator_for
    from mesogun.journal import restore as bring_back

    operator = operator_for(who, simulated_only=False)
    verdict = bring_back(file, target, RealClock(), operator=operator.reference)
    click.echo(f"{target}: {verdict.events} events restored and verified, head {verdict.head}")


@journal.command()
@click.argument("treatment")
@JOURNAL
@click.option("--shot", "shot_no", type=int, help="The gun's shot number that blocks.")
@click.option("--given-ul", type=FINITE, help="How much of it this subject got, as far as anybody knows; 0 for none.")
@click.option("--what", help="Which block, where a shot has more than one.")
@click.option("--lost-gun", metavar="GUN", help="Give up on a gun that will never be read: its entries count in full.")
@click.option("--why", help="The reason, in words; no names.")
@click.option("--operator", "who", help="Who settles; default: mesogun operator use.")
def settle(
    treatment: str,
    url: str | None,
    shot_no: int | None,
    given_ul: float | None,
    what: str | None,
    lost_gun: str | None,
    why: str | None,
    who: str | None,
) -> None:
    """Say what only a person can say about TREATMENT; without options, show what is open."""
    from mesogun.cli.settling import open_questions, settle_block, settle_lost_gun
    from mesogun.journal import journal_at
    from mesogun.units import nl_from_ul

    with journal_at(Home.open(), places.journal_url(url), RealClock(), create=False) as record:
        if shot_no is None and lost_gun is None:
            click.echo(open_questions(record, treatment))
            return
        if why is None or not why.strip():
            raise InputError("say why with --why")
        if lost_gun is not None:
            click.echo(settle_lost_gun(record, treatment, who, lost_gun, why))
        elif given_ul is None or shot_no is None:
            raise InputError("say how much of it this subject got with --given-ul")
        else:
            click.echo(
                settle_block(record, treatment, who, shot_no=shot_no, what=what, given_nl=nl_from_ul(given_ul), why=why)
            )


def _head(text: str) -> Head:
    number, colon, digest = text.partition(":")
    if not (colon and number.isdigit() and len(digest) == 64):
        raise InputError(f"--head {text}: a head looks like 305:6303d7..., a row number and 64 hex digits")
    return Head(int(number), digest)


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
