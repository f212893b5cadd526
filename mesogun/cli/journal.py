"""``mesogun journal``: look at the record, verify it, copy it; what people add is in ``mesogun.cli.entries``.

Not responsible for storing or judging rows (``mesogun.journal``).
"""

from __future__ import annotations

import dataclasses
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mesogun.cli import entries
from mesogun.cli.kinds import PLACE
from mesogun.cli.lookup import JOURNAL, choosing, is_chosen, must_hold, open_for_reading, rows_chosen
from mesogun.clock import RealClock
from mesogun.errors import InputError, RecordError
from mesogun.identity import Home
from mesogun.journal import Filter, Head, Row, TreatmentSummary, Verdict

if TYPE_CHECKING:
    from mesogun.journal import Journal

__all__ = ["JOURNAL", "journal", "open_for_reading", "print_events"]


@click.group()
def journal() -> None:
    """Look at the record, verify it, settle what it leaves open."""


for _command in (entries.settle, entries.note, entries.sign):
    journal.add_command(_command)

KIND = click.option("--kind", "kinds", multiple=True, help="Only events of this kind; repeat for more.")


@journal.command("list")
@JOURNAL
@choosing
@click.option("--json", "as_json", is_flag=True, help="One JSON array.")
def list_treatments(
    url: str | None, subject: str | None, gun: str | None, since: str | None, until: str | None, as_json: bool
) -> None:
    """Name the treatments in the journal; --since and --until mean the day on which they began."""
    chosen = rows_chosen(subject=subject, gun=gun, since=since, until=until)
    with open_for_reading(url) as record:
        found = [item for item in record.treatments() if item.treatment and is_chosen(item, chosen)]
    if as_json:
        click.echo(json.dumps([dataclasses.asdict(item) for item in found], indent=2))
        return
    for item in found:
        click.echo(_summary(item))
    if not found:
        click.echo("no treatment of that kind in this journal", err=True)


@journal.command()
@click.argument("treatment", required=False)
@JOURNAL
@choosing
@KIND
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line, with every field.")
def show(
    treatment: str | None,
    url: str | None,
    subject: str | None,
    gun: str | None,
    since: str | None,
    until: str | None,
    kinds: tuple[str, ...],
    as_json: bool,
) -> None:
    """Show the events of TREATMENT, or of the whole journal, in words."""
    chosen = rows_chosen(treatment=treatment, subject=subject, gun=gun, since=since, until=until, kinds=kinds)
    print_events(url, chosen, as_json=as_json)


def print_events(url: str | None, chosen: Filter, *, as_json: bool) -> None:
    """Write events to standard output, in words with the signatures below them or as JSON lines."""
    with open_for_reading(url) as record:
        must_hold(record, chosen.treatment)
        signed = _signatures(record)
        for row in record.rows(chosen=chosen):
            if as_json:
                click.echo(json.dumps(_row(row)))
                continue
            click.echo(_line(row, with_treatment=chosen.treatment is None))
            for text in signed.get(row.seq, ()):
                click.echo(f"{'':>8}{text}")


@journal.command()
@JOURNAL
@click.option("--head", "printed", multiple=True, help="A head as printed on a report, SEQ:HASH; repeat for more.")
@click.option("--deep", is_flag=True, help="Compare the list of treatments and the stored totals with the events, too.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def verify(url: str | None, printed: tuple[str, ...], deep: bool, as_json: bool) -> int:
    """Recompute the hash chain over every stored byte; exit code 7 names the first bad row.

    Signatures must be by keys that this station trusts, and what it remembers of the journal must still be there.
    """
    from mesogun.journal import verify_at

    heads = [_head(text) for text in printed]
    with open_for_reading(url) as record:
        verdict = verify_at(Home.open(), record, heads, deep=deep)
    if as_json:
        click.echo(json.dumps(dataclasses.asdict(verdict)))
    elif verdict.ok:
        click.echo(f"verified: {verdict.events} events, head {verdict.head}; {_signed(verdict)}")
    else:
        click.echo(f"NOT VERIFIED: row {verdict.first_bad}: {verdict.reason}", err=True)
    return 0 if verdict.ok else RecordError.exit_code


@journal.command()
@JOURNAL
@click.argument("treatment", required=False)
@choosing
@KIND
@click.option("--csv", "as_csv", is_flag=True, help="CSV instead of JSON lines; with one --kind, a column per field.")
def export(
    url: str | None,
    treatment: str | None,
    subject: str | None,
    gun: str | None,
    since: str | None,
    until: str | None,
    kinds: tuple[str, ...],
    as_csv: bool,
) -> None:
    """Write events to standard output as JSON lines, hashes included, or as CSV."""
    from mesogun.journal import write_csv, write_json_lines

    chosen = rows_chosen(treatment=treatment, subject=subject, gun=gun, since=since, until=until, kinds=kinds)
    with open_for_reading(url) as record:
        must_hold(record, treatment)
        rows = record.rows(chosen=chosen)
        if as_csv:
            write_csv(rows, sys.stdout, kinds[0] if len(kinds) == 1 else None)
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
    with open_for_reading(str(target)) as record:
        unread = record.unread()
    click.echo("what was done after the backup is not in it; each gun keeps its own log until it was read")
    for name, gun in unread:
        click.echo(
            f"gun {gun} had treatment {name} open: nothing is loaded into any gun before mesogun treat --resume {name}"
            f" --journal {target} has read it, or mesogun journal settle {name} --lost-gun {gun} gives it up"
        )


def _head(text: str) -> Head:
    number, colon, digest = text.partition(":")
    if not (colon and number.isdigit() and len(digest) == 64):
        raise InputError(f"--head {text}: a head looks like 305:6303d7..., a row number and 64 hex digits")
    return Head(int(number), digest)


def _signed(verdict: Verdict) -> str:
    if verdict.signed_to == 0:
        return "no signature of a station covers it"
    if verdict.signed_to == verdict.events:
        return "signed to the end"
    return f"signed up to row {verdict.signed_to}"


def _summary(item: TreatmentSummary) -> str:
    if not item.subject:
        # Rows that belong to no visit: approvals, restores, a calibration.
        return f"{item.treatment or '-':<16}  {item.first_at}  rows of no visit"
    guns = ", ".join(item.guns) or "none yet"
    return f"{item.treatment}  {item.first_at}  subject {item.subject}  gun {guns}  {item.ended or 'not ended'}"


def _row(row: Row) -> dict[str, Any]:
    return {
        "seq": row.seq,
        "at": row.at,
        "treatment": row.treatment,
        "kind": type(row.event).__name__,
        **dataclasses.asdict(row.event),
        "hash": row.hash,
    }


def _line(row: Row, *, with_treatment: bool) -> str:
    from mesogun.report.story import told
    from mesogun.report.words import printable

    what, detail, who, grave = told(row.event)
    whose = f"{row.treatment or '-':<16}  " if with_treatment else ""
    by = f"  ({who})" if who else ""
    return f"{row.seq:>6}  {row.at}  {whose}{'!' if grave else ' '} {what:<20} {printable(detail)}{by}".rstrip()


def _signatures(record: Journal) -> dict[int, list[str]]:
    """What people signed, by row; an older journal has no such table."""
    found: dict[int, list[str]] = {}
    if record.version >= 3:
        for signed in record.signatures():
            found.setdefault(signed.seq, []).append(f"signed by {signed.operator} on {signed.at}: {signed.meaning}")
    return found
