"""What a finished treatment came to: numbers, report, verification, as a table or as one JSON line.

Not responsible for computing any of it beyond adding up.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mesogun.limits import Clearance
from mesogun.record import Folding, TreatmentState
from mesogun.units import ml_text, ul_text

if TYPE_CHECKING:
    from mesogun.journal import Journal


@dataclass(frozen=True, slots=True)
class Outcome:
    """Totals of one treatment in nL, and where its record lies."""

    numbers: dict[str, Any]
    state: TreatmentState
    seconds: float
    hard_total_nl: int
    journal: str
    report: Path
    report_sha256: str
    verified: bool
    events: int

    def json_line(self, **more: object) -> str:
        """The summary that other programs rely on."""
        return json.dumps(
            {
                **self.numbers,
                "ended": self.state.ended,
                "prime_nl": self.state.prime.high_nl,
                "seconds": self.seconds,
                "hard_limit_nl": self.hard_total_nl,
                "share_of_limit": self.state.ledger.high_nl / self.hard_total_nl if self.hard_total_nl else None,
                "journal": self.journal,
                "report": str(self.report),
                "report_sha256": self.report_sha256,
                "verified": self.verified,
                "events": self.events,
                **more,
            }
        )


def outcome(record: Journal, treatment: str, reports: Path) -> Outcome:
    """Write the report, verify the journal, add up."""
    folding = Folding()
    first = last = ""
    for row in record.rows(treatment):
        folding.take(row.event)
        first, last = first or row.at, row.at
    state = folding.state
    from mesogun.report import summary, write_report

    report = write_report(record, treatment, reports)
    verdict = record.verify()
    hard = Clearance.from_text(state.clearance).hard_total_nl if state.clearance is not None else 0
    seconds = (datetime.fromisoformat(last) - datetime.fromisoformat(first)).total_seconds() if first else 0.0
    return Outcome(
        numbers=summary(treatment, state),
        state=state,
        seconds=seconds,
        hard_total_nl=hard,
        journal=record.where,
        report=report,
        report_sha256=hashlib.sha256(report.read_bytes()).hexdigest(),
        verified=verdict.ok,
        events=verdict.events,
    )


def outcome_table(result: Outcome, notes: tuple[str, ...] = ()) -> str:
    """The table at the end of a treatment."""
    numbers, state = result.numbers, result.state
    ledger = numbers["ledger"]
    minutes, seconds = divmod(round(result.seconds), 60)
    rows = [
        ("planned", ml_text(numbers["planned_nl"])),
        ("dispensed", f"{ml_text(numbers['dispensed_nl'])}  left the needle, by the gun's own log"),
        ("delivered", f"about {ml_text(round(numbers['delivered_nl'], -4))}  stayed in tissue (estimate)"),
        ("ledger", f"{ml_text(ledger['low_nl'], unit=False)} to {ml_text(ledger['high_nl'])}  what the record proves"),
        ("shots", f"{numbers['shots']} of {state.planned.shots if state.planned else 0}"),
        ("priming", f"{ul_text(state.prime.low_nl, unit=False)} to {ul_text(state.prime.high_nl)}, in no dose"),
        ("time", f"{minutes} min {seconds:02d} s"),
        ("share of limit", _share(state.ledger.high_nl, result.hard_total_nl)),
        ("journal", f"{result.journal}  ({'verified' if result.verified else 'NOT VERIFIED'}, {result.events} events)"),
        ("report", str(result.report)),
    ]
    wide = max(len(name) for name, _ in rows)
    lines = [f"  {name:<{wide}}  {value}" for name, value in rows]
    return "\n".join([*lines, *(f"  {note}" for note in notes)])


def _share(high_nl: int, limit_nl: int) -> str:
    if limit_nl <= 0:
        return "no limit is set"
    return f"{100 * high_nl / limit_nl:.1f} % of {ml_text(limit_nl)}, upper end"
