"""Which journal, and which of its rows: the options that all commands about the record share.

Not responsible for reading (``mesogun.journal``) or for showing (``mesogun.cli.journal``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

import click

from mesogun.cli import places
from mesogun.clock import RealClock
from mesogun.errors import InputError
from mesogun.journal import Filter, TreatmentSummary

if TYPE_CHECKING:
    from mesogun.journal import Journal

JOURNAL = click.option("--journal", "url", help="File or URL of the journal; default: the one in your state folder.")

_Command = TypeVar("_Command", bound=Callable[..., object])


def open_for_reading(url: str | None) -> Journal:
    """The journal, read only."""
    from mesogun.journal import open_journal

    return open_journal(places.journal_url(url), RealClock(), create=False, read_only=True)


def must_hold(record: Journal, treatment: str | None) -> None:
    """``InputError`` when a treatment was named and the journal has no row of it."""
    if treatment is not None and next(record.rows(treatment), None) is None:
        raise InputError(f"this journal holds no treatment {treatment}; mesogun journal list names them")


def choosing(command: _Command) -> _Command:
    """The options that choose treatments: ``subject``, ``gun``, ``since``, ``until``."""
    for option in (
        click.option("--until", metavar="DAY", help="Until this day, included; or before a time."),
        click.option("--since", metavar="DAY", help="From this day or time on: 2026-01-31, 2026-01-31T14:00 (UTC)."),
        click.option("--gun", help="Only treatments with this gun (its 16 hex digits)."),
        click.option("--subject", help="Only this subject's treatments."),
    ):
        command = option(command)
    return command


def rows_chosen(
    *,
    treatment: str | None = None,
    subject: str | None = None,
    gun: str | None = None,
    since: str | None = None,
    until: str | None = None,
    kinds: Iterable[str] = (),
) -> Filter:
    """The filter that the options mean; ``InputError`` for a kind or a day that does not exist."""
    from mesogun.record.events import KINDS

    wanted = tuple(kinds)
    for kind in wanted:
        if kind not in KINDS:
            raise InputError(f"--kind {kind}: there is no such event; kinds are {', '.join(sorted(KINDS))}")
    return Filter(
        treatment=treatment,
        subject=subject,
        gun=gun,
        since=_moment("--since", since, end=False),
        until=_moment("--until", until, end=True),
        kinds=wanted,
    )


def is_chosen(item: TreatmentSummary, chosen: Filter) -> bool:
    """Whether a treatment is one of those that the filter means; its day is the one on which it began."""
    begun = datetime.fromisoformat(item.first_at)
    return (
        chosen.subject in (None, item.subject)
        and (chosen.gun is None or chosen.gun in item.guns)
        and (chosen.since is None or begun >= chosen.since)
        and (chosen.until is None or begun < chosen.until)
    )


def _moment(option: str, text: str | None, *, end: bool) -> datetime | None:
    """A day or a time, UTC unless it says otherwise; as an ``end`` a bare day includes itself."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise InputError(f"{option} {text}: a day looks like 2026-01-31, a time like 2026-01-31T14:00") from error
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return moment + timedelta(days=1) if end and len(text) <= len("2026-01-31") else moment
