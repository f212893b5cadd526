"""From a journal to a report on disk.

Not responsible for what stands in the report (``page``) nor for whether the journal is whole (``journal.verify``).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mesogun import __version__
from mesogun.errors import InputError, RecordError
from mesogun.plan import Plan
from mesogun.record import TreatmentState, fold_all
from mesogun.record.events import AreaTreated
from mesogun.report.page import report_html
from mesogun.report.place import put
from mesogun.report.previous import Previous, compared

if TYPE_CHECKING:
    from mesogun.journal import Journal


def write_report(journal: Journal, treatment: str, out_dir: Path) -> Path:
    """Write ``report-<treatment>.html`` into ``out_dir`` (made if missing), whole or not at all.

    Raises
    ------
    InputError
        If the journal holds no such treatment, nothing was planned, or the file cannot be written.
    RecordError
        If the recorded plan does not have its recorded hash.
    """
    rows = tuple(journal.rows(treatment))
    if not rows:
        raise InputError(f"this journal holds no treatment {treatment}; mesogun journal list names them")
    state = fold_all(row.event for row in rows)
    if any(isinstance(row.event, AreaTreated) for row in rows):
        raise InputError(
            f"treatment {treatment} metered no dose, so there is no dose to report: mesogun journal show {treatment}"
            " has its area and time, mesogun report --aftercare its sheet"
        )
    if state.planned is None:
        raise InputError(f"treatment {treatment} was never planned, so there is nothing to report")
    plan = Plan.from_bytes(state.planned.plan.encode("utf-8"))
    if plan.plan_hash != state.planned.plan_hash:
        raise RecordError(f"treatment {treatment}: the recorded plan does not have its recorded hash")
    # Only what came before, so that a report does not change because of a later treatment.
    earlier = [
        total
        for total in journal.totals(state.planned.subject)
        if total.treatment != treatment and total.first_at < rows[0].at
    ]
    page = report_html(
        treatment,
        state,
        rows,
        plan,
        head=journal.head(),
        software=__version__,
        earlier=earlier,
        previous=_previous(journal, [total.treatment for total in earlier], state, plan),
    )
    return put(page, out_dir, f"report-{treatment}.html")


def _previous(journal: Journal, earlier: list[str], state: TreatmentState, plan: Plan) -> Previous | None:
    """The last of the earlier treatments by the same protocol in which something was or may have been given."""
    for treatment in reversed(earlier):
        rows = tuple(journal.rows(treatment))
        then = fold_all(row.event for row in rows)
        if then.planned is None or then.planned.protocol_id != plan.protocol_id or not then.ledger.high_nl:
            continue
        before = Plan.from_bytes(then.planned.plan.encode("utf-8"))
        return compared(treatment, rows[0].at, before, then, plan, state)
    return None
