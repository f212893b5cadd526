from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mesogun.errors import MustSettle, Refused
from mesogun.gun.found import reference
from mesogun.record import GunMemory, History, Ledger, Mark, TreatmentState, fold_all
from mesogun.record import events as ev
from mesogun.treatment import reconcile as rec
from mesogun.wire.codes import Outcome, ShotKind
from mesogun.wire.messages import ShotRecord
from tests.record.strategies import loaded, planned
from tests.trace import req

OURS = 0xA1
TREATMENT = reference(OURS)
NOTHING = reference(0)


def found(**changes: object) -> ev.GunFound:
    base = ev.GunFound(
        gun="g", memory="m", gun_kind="simulated", boot_id=1, session=1, entry_hwm=0, last_shot_no=0,
        oldest_shot_no=1, total_before_oldest_nl=0, acked_shot_no=0, running_total_nl=0, dropped=0,
        open_treatment=NOTHING, calibration="c", overrun_nl=0, overrun_ppm=25_000, model="x", serial="1",
        firmware=1, step_nl=100, syringe_nl=5_000_000, dead_volume_nl=50_000, baseline=False, baseline_total_nl=0,
    )  # fmt: skip
    return dataclasses.replace(base, **changes)  # type: ignore[arg-type]


def record(shot_no: int, total_nl: int, **changes: object) -> ShotRecord:
    base = ShotRecord(
        shot_no=shot_no, entry_no=shot_no, treatment_ref=OURS, point_index=0, kind=ShotKind.TREAT,
        outcome=Outcome.DONE, flags=0, commanded_nl=20_000, delivered_nl=20_000, depth_um=1_500,
        running_total_nl=total_nl, boot_id=1, start_us=0, duration_ms=100, peak_pressure_pa=0, contact_mn=0,
        calibration_id=1,
    )  # fmt: skip
    return dataclasses.replace(base, **changes)  # type: ignore[arg-type]


def booked(*records: ShotRecord, start: GunMemory | None = None, treatments: tuple[str, ...] = ()) -> list[ev.Event]:
    dated = rec.recorded(found(), start or GunMemory(), records, TREATMENT, dict.fromkeys(treatments, TreatmentState()))
    return [item.event for item in dated]


@req("H1")
@pytest.mark.parametrize(("shots", "total"), [(4, 100_000), (5, 99_999)])
def test_a_counter_below_the_journal_means_memory_lost(shots: int, total: int) -> None:
    with pytest.raises(Refused, match="lost its memory"):
        rec.cursor(found(last_shot_no=shots, running_total_nl=total), GunMemory(5, 100_000, 5))


@req("H1")
def test_an_equal_counter_is_where_the_journal_stands() -> None:
    known = GunMemory(5, 100_000, 5)
    assert rec.cursor(found(last_shot_no=5, running_total_nl=100_000), known) == known


@req("H9", "H10")
def test_a_gun_met_for_the_first_time_starts_at_what_another_host_acknowledged() -> None:
    met = found(baseline=True, baseline_total_nl=60_000, acked_shot_no=3, entry_hwm=9)
    assert rec.cursor(met, None) == GunMemory(3, 60_000, 9)


@req("H8", "G5")
def test_records_that_add_up_are_booked_with_their_interval() -> None:
    events = booked(record(1, 20_000), record(2, 40_000))
    assert all(isinstance(event, ev.ShotRecorded) for event in events)
    assert [(e.low_nl, e.high_nl) for e in events if isinstance(e, ev.ShotRecorded)] == [(19_500, 20_500)] * 2


@req("H8")
@given(st.integers(1, 200_000), st.integers(2, 9))
def test_a_gap_in_the_totals_is_booked_with_its_exact_difference(missing_nl: int, shot_no: int) -> None:
    events = booked(record(shot_no, 20_000 + missing_nl))
    gap = events[0]
    assert isinstance(gap, ev.GapFound)
    assert missing_nl in Ledger(gap.low_nl, gap.high_nl)
    assert gap.high_nl - missing_nl == -(-missing_nl * 25_000 // 1_000_000)
    assert (gap.after_shot_no, gap.before_shot_no) == (0, shot_no)


@req("H8")
def test_a_gap_at_the_end_is_found_too() -> None:
    gap = rec.missing_at_the_end(found(), GunMemory(2, 40_000, 2), 3, 60_000)
    assert isinstance(gap, ev.GapFound)
    assert (gap.low_nl, gap.high_nl) == (19_500, 20_500)
    assert rec.missing_at_the_end(found(), GunMemory(3, 60_000, 3), 3, 60_000) is None


@req("H1", "H8")
def test_totals_that_go_backwards_are_refused_not_booked() -> None:
    with pytest.raises(Refused, match="backwards"):
        booked(record(1, 20_000), record(2, 30_000))


@req("H10")
def test_a_record_of_an_unknown_treatment_is_foreign_and_counts_from_zero_to_all() -> None:
    (event,) = booked(record(1, 20_000, treatment_ref=0xFF))
    assert isinstance(event, ev.ForeignRecorded)
    state = fold_all([planned(), event])
    assert state.ledger == Ledger(0, 20_500)


def test_a_record_of_another_treatment_of_this_journal_goes_there() -> None:
    other = reference(0xB2)
    dated = rec.recorded(
        found(), GunMemory(), [record(1, 20_000, treatment_ref=0xB2)], TREATMENT, {other: TreatmentState()}
    )
    assert [(item.treatment, type(item.event)) for item in dated] == [(other, ev.ShotRecorded)]


@req("H10", "G11")
@pytest.mark.parametrize(
    ("kind", "bound_to", "own"),
    [
        (ShotKind.PRIME, NOTHING, True),
        (ShotKind.TEST, TREATMENT, True),
        (ShotKind.BENCH, NOTHING, True),
        (ShotKind.BENCH, TREATMENT, False),
        (ShotKind.TREAT, NOTHING, False),
    ],
)
def test_unbound_shots(kind: ShotKind, bound_to: str, own: bool) -> None:
    unbound = record(1, 20_000, treatment_ref=0, kind=kind)
    (item,) = rec.recorded(found(open_treatment=bound_to), GunMemory(), [unbound], TREATMENT, {})
    assert isinstance(item.event, ev.ShotRecorded if own else ev.ForeignRecorded)


@req("H5")
def test_hello_settles_only_entries_of_this_gun_and_memory() -> None:
    state = fold_all([planned(), loaded(1, 0), loaded(2, 1, gun="another")])
    assert [event.entry_no for event in rec.settled_by_hello(state, found())] == [1]
    assert rec.settled_by_hello(state, found(memory="formatted")) == []


@req("H4")
def test_entries_on_another_gun_stop_the_treatment() -> None:
    state = fold_all([planned(), loaded(2, 1, gun="another")])
    with pytest.raises(MustSettle, match="another"):
        rec.must_not_treat(state, found(), TREATMENT, History())


@req("H10")
@pytest.mark.parametrize("held", [True, False])
def test_an_open_treatment_on_the_gun_stops_another_one(held: bool) -> None:
    other = reference(0xB2)
    history = History(treatments={other: TreatmentState()} if held else {})
    with pytest.raises(MustSettle, match=other):
        rec.must_not_treat(fold_all([planned()]), found(open_treatment=other), TREATMENT, history)


@req("H9")
def test_a_rolled_back_journal_is_rebuilt_from_the_records() -> None:
    """The backup knew nothing of entries 1 and 2; the gun's records repeat what they were (G4)."""
    events = booked(record(1, 20_000, point_index=0), record(2, 40_000, point_index=1))
    state = fold_all([planned(), *events])
    assert state.loadable() == (2, 3, 4)
    assert state.ledger.low_nl == 39_000


@req("H5", "H14")
def test_a_lost_gun_that_is_found_again_tells_of_entries_that_were_given_up() -> None:
    state = fold_all([planned(), loaded(1, 0), ev.EntrySettled("g", "m", 1, "operator")])
    assert state.ledger.high_nl == 20_500
    state = fold_all(rec.settled_by_hello(state, found()), state)
    assert state.ledger.high_nl == 0
    assert state.mark(0) is Mark.PENDING
    assert rec.settled_by_hello(state, found()) == [], "settled once"
