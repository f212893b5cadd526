"""What a treatment came to, in nanolitres: whole, per zone and per mark.

Sums over a folded state; the ledger itself is the record's. Not responsible for wording (``words``, ``page``).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from mesogun.dose import DELIVERED_FRACTION
from mesogun.plan import Plan
from mesogun.record import Ledger, Mark, TreatmentState
from mesogun.record.events import ShotRecorded


@dataclass(frozen=True, slots=True)
class ZoneTotal:
    """One zone: what was planned in it and what its records say.

    ``ledger`` is the sum over the zone's shot records and its loaded, unsettled entries; volume that no record
    explains belongs to no zone.
    """

    name: str
    shots: int
    fired: int
    planned_nl: int
    dispensed_nl: int
    ledger: Ledger


def treat_shots(state: TreatmentState) -> tuple[ShotRecorded, ...]:
    """The records of treatment shots, in the order of the log."""
    return tuple(shot for shot in state.shots if shot.shot_kind == "TREAT")


def delivered_nl(state: TreatmentState) -> int:
    """An *estimate* of what stayed in tissue: dispensed times the published fraction (``DELIVERED_FRACTION``)."""
    return round(state.dispensed_nl * DELIVERED_FRACTION.mean)


def summary(treatment: str, state: TreatmentState) -> dict[str, Any]:
    """The totals that other programs rely on, in nL; ``shots`` counts the recorded treatment shots."""
    ledger = state.ledger
    return {
        "treatment": treatment,
        "planned_nl": state.planned.total_nl if state.planned is not None else 0,
        "dispensed_nl": state.dispensed_nl,
        "delivered_nl": delivered_nl(state),
        "ledger": {"low_nl": ledger.low_nl, "high_nl": ledger.high_nl},
        "shots": len(treat_shots(state)),
    }


def zone_totals(state: TreatmentState, plan: Plan) -> tuple[ZoneTotal, ...]:
    """Totals per zone, in the order in which the path enters them."""
    zone_of = {shot.index: shot.zone for shot in plan.shots}
    names = list(dict.fromkeys(zone_of.values()))
    planned: Counter[str] = Counter()
    for shot in plan.shots:
        planned[shot.zone] += shot.volume_nl
    fired: Counter[str] = Counter()
    dispensed: Counter[str] = Counter()
    ledgers = dict.fromkeys(names, Ledger())
    for record in treat_shots(state):
        zone = zone_of[record.shot_index]
        fired[zone] += 1
        dispensed[zone] += record.delivered_nl
        ledgers[zone] += Ledger(record.low_nl, record.high_nl)
    for entry in state.open_entries.values():
        if entry.shot_kind == "TREAT":
            ledgers[zone_of[entry.shot_index]] += Ledger(0, entry.high_nl)
    counts = Counter(zone_of.values())
    return tuple(ZoneTotal(n, counts[n], fired[n], planned[n], dispensed[n], ledgers[n]) for n in names)


def mark_counts(state: TreatmentState, plan: Plan) -> dict[Mark, int]:
    """How many planned shots have each mark."""
    marks = Counter(state.mark(shot.index) for shot in plan.shots)
    return {mark: marks[mark] for mark in Mark}
