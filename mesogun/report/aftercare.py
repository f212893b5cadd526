"""The aftercare sheet: what the subject takes home, in plain words, with the sources of every sentence.

The sentences are the protocol's own; nothing is added to them but headings and lines to fill in by hand. Names never
enter the software, so the sheet leaves room to write them. Not responsible for whether the advice is right: that is
the protocol's, and the practitioner's who hands the sheet out.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from mesogun import __version__
from mesogun.errors import InputError
from mesogun.protocol import Protocol, Quantity, Rule, Source
from mesogun.record import TreatmentState, fold_all
from mesogun.record.events import AreaTreated
from mesogun.report import words
from mesogun.report.page import environment, is_simulated
from mesogun.report.place import put

if TYPE_CHECKING:
    from mesogun.journal import Journal


def aftercare_html(
    protocol: Protocol,
    *,
    treatment: str = "",
    state: TreatmentState | None = None,
    on: str = "",
    software: str = __version__,
) -> bytes:
    """The sheet as UTF-8 bytes; same input, same bytes, no script, nothing to fetch.

    Parameters
    ----------
    protocol : Protocol
        Whose aftercare, reactions and course are printed.
    treatment : str
        Reference of the treatment; empty for a sheet that belongs to none.
    state : TreatmentState or None
        What was given, where it is to stand on the sheet.
    on : str
        ISO time stamp of the treatment; its date is printed.
    software : str
        Version of the software that writes the sheet.

    Raises
    ------
    InputError
        If the protocol has no aftercare at all.
    """
    if not protocol.aftercare:
        raise InputError(f"protocol {protocol.id} has no aftercare section, so there is no sheet to print; add one")
    cited = _cited(protocol)
    numbers = {source.key: index for index, source in enumerate(cited, start=1)}
    page = (
        environment()
        .get_template("aftercare.html")
        .render(
            protocol=protocol,
            treatment=treatment,
            state=state,
            on=on,
            software=software,
            simulated=state is not None and is_simulated(state),
            demonstration=state is not None and state.planned is not None and state.planned.demonstration,
            sources=cited,
            refs=lambda keys: ", ".join(str(number) for number in sorted({numbers[key] for key in keys})),
            lasts=_lasts,
            told=_told,
            keys_of=_keys_of,
        )
    )
    return page.encode("utf-8")


def write_aftercare(journal: Journal, treatment: str, protocol: Protocol, out_dir: Path) -> Path:
    """Write ``aftercare-<treatment>.html`` into ``out_dir``, whole or not at all.

    Raises
    ------
    InputError
        If the journal holds no such treatment, or it was done with another protocol file.
    """
    rows = tuple(journal.rows(treatment))
    state = fold_all(row.event for row in rows)
    unmetered = [row.event for row in rows if isinstance(row.event, AreaTreated)]
    done = state.planned or (unmetered[0] if unmetered else None)
    if done is None:
        raise InputError(f"this journal holds no planned treatment {treatment}; mesogun journal list names them")
    if done.protocol_sha256 != protocol.sha256:
        raise InputError(
            f"treatment {treatment} was done with another version of protocol {done.protocol_id}:"
            " give the file whose SHA-256 its report shows"
        )
    given = state if state.planned is not None else None
    page = aftercare_html(protocol, treatment=treatment, state=given, on=rows[-1].at)
    return put(page, out_dir, f"aftercare-{treatment}.html")


def _cited(protocol: Protocol) -> tuple[Source, ...]:
    """The sources that the sheet cites, in the order of first use."""
    known = {source.key: source for source in protocol.sources}
    keys: dict[str, None] = {}
    for rule in (*protocol.aftercare, *protocol.reactions):
        keys |= dict.fromkeys(rule.sources)
    for quantity in (protocol.course.treatments, protocol.course.interval_days):
        keys |= dict.fromkeys(_keys_of(quantity))
    return tuple(known[key] for key in keys)


def _keys_of(quantity: Quantity) -> Iterable[str]:
    """Keys of the bibliography behind a number; what a practitioner or a demonstration supplied has none."""
    return () if quantity.grade in {"", "site", "demo"} else (quantity.source, *quantity.also)


def _lasts(rule: Rule) -> str:
    """How long a rule holds, where its source says so."""
    if rule.hours is None:
        return ""
    if rule.hours % 24 == 0 and rule.hours > 72:
        return words.counted(round(rule.hours / 24), "day")
    return f"{words.figures(rule.hours)} hours"


def _told(quantity: Quantity) -> str:
    """A number or a range as text: ``3``, ``28 to 31``; empty when it is missing."""
    bounds = quantity.bounds()
    if bounds is None:
        return ""
    if quantity.value is not None and quantity.fixed:
        return words.figures(quantity.value)
    low, high = bounds
    return words.figures(low) if low == high else f"{words.figures(low)} to {words.figures(high)}"
