"""What a whole journal knows of each gun and each subject, folded over all treatments.

Not responsible for one treatment's details (``mesogun.record.state``) or for reading rows (``mesogun.journal``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from mesogun.record import events as ev
from mesogun.record.folding import Folding
from mesogun.record.state import GunKey, TreatmentState


@dataclass(frozen=True, slots=True)
class GunMemory:
    """How far this journal has read one gun's memory: cursor, running total there, entries used (H1, H3)."""

    shot_no: int = 0
    running_total_nl: int = 0
    entry_no: int = 0


@dataclass(frozen=True, slots=True)
class History:
    """Guns by (gun, memory); treatments by reference."""

    guns: Mapping[GunKey, GunMemory] = field(default_factory=dict)
    treatments: Mapping[str, TreatmentState] = field(default_factory=dict)

    def of_subject(self, subject: str) -> dict[str, TreatmentState]:
        """Treatments of one subject, by reference."""
        return {
            name: state
            for name, state in self.treatments.items()
            if state.planned is not None and state.planned.subject == subject
        }


def read_history(rows: Iterable[tuple[str, ev.Event]]) -> History:
    """The history in ``rows`` of (treatment, event), in journal order."""
    guns: dict[GunKey, GunMemory] = {}
    treatments: dict[str, Folding] = {}
    for treatment, event in rows:
        if treatment not in treatments:
            treatments[treatment] = Folding()
        treatments[treatment].take(event)
        remember(guns, event)
    return History(guns, {name: folding.state for name, folding in treatments.items()})


def remember(guns: dict[GunKey, GunMemory], event: ev.Event) -> None:
    """Take one event into ``guns``."""
    if isinstance(event, ev.MagazineLoaded):
        key = (event.gun, event.memory)
        known = guns.get(key, GunMemory())
        guns[key] = replace(known, entry_no=max(known.entry_no, event.entry_no))
    elif isinstance(event, ev.ShotRecorded | ev.ForeignRecorded):
        key = (event.gun, event.memory)
        known = guns.get(key, GunMemory())
        if event.shot_no > known.shot_no:  # what was read stays read: the cursor never goes back
            guns[key] = GunMemory(event.shot_no, event.running_total_nl, max(known.entry_no, event.entry_no))
    elif isinstance(event, ev.GapFound):
        key = (event.gun, event.memory)
        known = guns.get(key, GunMemory())
        if event.before_shot_no - 1 >= known.shot_no:
            guns[key] = replace(known, shot_no=event.before_shot_no - 1, running_total_nl=event.running_total_nl)
    elif isinstance(event, ev.GunFound) and event.baseline:
        guns[event.gun, event.memory] = GunMemory(event.acked_shot_no, event.baseline_total_nl, event.entry_hwm)
