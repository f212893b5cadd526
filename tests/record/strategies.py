"""Shared strategies: events and whole stories of events that a journal could hold."""

from __future__ import annotations

import dataclasses
from typing import Any, get_type_hints

from hypothesis import strategies as st

from mesogun.record import events as ev

BY_TYPE: dict[type, st.SearchStrategy[Any]] = {
    int: st.integers(0, 2**63 - 1),
    str: st.text(max_size=40),
    bool: st.booleans(),
}


def any_event() -> st.SearchStrategy[ev.Event]:
    """Any event with any values of the right types."""

    def of(kind: type[ev.Event]) -> st.SearchStrategy[ev.Event]:
        hints = get_type_hints(kind)
        return st.builds(kind, **{field.name: BY_TYPE[hints[field.name]] for field in dataclasses.fields(kind)})

    return st.sampled_from(sorted(ev.KINDS)).flatmap(lambda name: of(ev.KINDS[name]))


def planned(shots: int = 5) -> ev.TreatmentPlanned:
    """A plan of ``shots`` equal shots."""
    return ev.TreatmentPlanned("s-1", "op-1", "{}", "h", "p", "x", "agent", shots * 20_000, shots, True, False)


def loaded(entry_no: int, shot_index: int, gun: str = "g", volume_nl: int = 20_000) -> ev.MagazineLoaded:
    """One entry with an overrun bound of 500 nL."""
    return ev.MagazineLoaded(gun, "m", entry_no, shot_index, "TREAT", volume_nl, volume_nl + 500, 1_500)


def shot(
    shot_no: int,
    entry_no: int,
    shot_index: int,
    *,
    outcome: str = "DONE",
    delivered_nl: int = 20_000,
    kind: str = "TREAT",
    flags: int = 0,
    gun: str = "g",
    total_nl: int = 0,
) -> ev.ShotRecorded:
    """One closed record, known to within 500 nL."""
    low = max(0, delivered_nl - 500)
    high = 20_500 if outcome == "INDETERMINATE" else delivered_nl + 500
    return ev.ShotRecorded(
        gun, "m", shot_no, entry_no, shot_index, kind, outcome, flags, 20_000, delivered_nl, low, high, 1_500,
        total_nl, 1, 0, 120, 90_000, 5_000, "c",
    )  # fmt: skip


def people() -> st.SearchStrategy[ev.Event]:
    """What people do beside treating: it moves no volume."""
    alarm = st.sampled_from(["stale", "occlusion"])
    priority = st.sampled_from(["low", "high"])
    return st.one_of(
        st.builds(ev.AlarmRaised, alarm, priority, st.just("")),
        st.builds(ev.AlarmAcknowledged, alarm, st.just("op-1")),
        st.builds(ev.AlarmCleared, alarm),
        st.builds(ev.NoteAdded, st.text(max_size=5), st.just("op-1")),
        st.builds(ev.OrderRefused, st.just("Skip"), st.just("it had been fired"), st.just("op-1")),
        st.builds(ev.SyringeInserted, st.sampled_from(["", "L1"]), st.just(""), st.just(1_000_000), st.just("op-1")),
        st.builds(ev.SyringeNamed, st.just("L2"), st.just("2030-01"), st.just("op-1")),
        st.builds(ev.ShotSettled, st.just("g"), st.just("m"), st.integers(1, 9), st.just("op-1"), st.just("looked")),
        st.builds(ev.HandedOver, st.just("op-1"), st.just("op-2")),
    )


@st.composite
def stories(draw: st.DrawFn) -> list[ev.Event]:
    """A treatment in which entries are loaded, fired, settled, skipped and redone in any legal order."""
    told: list[ev.Event] = [planned(4)]
    entry_no = shot_no = 0
    held: dict[int, int] = {}
    for _ in range(draw(st.integers(0, 25))):
        what = draw(st.sampled_from(["load", "fire", "settle", "skip", "redo", "prime", "people", "lose"]))
        index = draw(st.integers(0, 3))
        if what == "load" and index not in held.values():
            entry_no += 1
            held[entry_no] = index
            told.append(loaded(entry_no, index))
        elif what in {"fire", "settle"} and held:
            number = draw(st.sampled_from(sorted(held)))
            at = held.pop(number)
            if what == "settle":
                told.append(ev.EntrySettled("g", "m", number, "unloaded"))
                continue
            shot_no += 1
            outcome = draw(st.sampled_from(["DONE", "PARTIAL", "INDETERMINATE"]))
            given = 20_000 if outcome == "DONE" else draw(st.integers(0, 20_000))
            told.append(shot(shot_no, number, at, outcome=outcome, delivered_nl=given))
        elif what == "skip":
            told.append(ev.PointSkipped(index, "op-1", "freckle"))
        elif what == "redo":
            told.append(ev.RedoOrdered(index, 1, "op-1", "leaked"))
        elif what == "people":
            told.append(draw(people()))
        elif what == "lose" and held:
            number = draw(st.sampled_from(sorted(held)))
            at = held.pop(number)
            told.append(ev.EntrySettled("g", "m", number, "operator"))
            found_again = draw(st.sampled_from(["never", "hello", "fired"]))
            if found_again == "hello":
                told.append(ev.EntrySettled("g", "m", number, "hello"))
            elif found_again == "fired":
                shot_no += 1
                told.append(shot(shot_no, number, at))
        elif what == "prime":
            shot_no += 1
            told.append(shot(shot_no, 0, 0, kind="PRIME"))
    return told
