from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mesogun.journal.index import VOLUME
from mesogun.record import Folding, Ledger, Mark, TreatmentState, decode, encode, fold, fold_all
from mesogun.record import events as ev
from mesogun.record.folding import REMARKS_KEPT
from tests.record.strategies import loaded, planned, shot, stories
from tests.trace import req


@req("H2")
def test_high_grows_when_loaded_and_falls_by_the_record() -> None:
    state = fold_all([planned(), loaded(1, 0)])
    assert state.ledger == Ledger(0, 20_500)
    assert state.mark(0) is Mark.LOADED
    state = fold(state, shot(1, 1, 0))
    assert state.ledger == Ledger(19_500, 20_500)
    assert state.mark(0) is Mark.GIVEN


@req("H5")
def test_high_falls_when_an_entry_is_settled() -> None:
    state = fold_all([planned(), loaded(1, 0), ev.EntrySettled("g", "m", 1, "unloaded")])
    assert state.ledger == Ledger(0, 0)
    assert state.mark(0) is Mark.PENDING
    assert state.loadable() == (0, 1, 2, 3, 4)


@req("H4")
def test_a_point_with_an_unsettled_entry_or_a_shot_is_not_loadable() -> None:
    state = fold_all([planned(), loaded(1, 0), loaded(2, 1, gun="another")])
    assert state.loadable() == (2, 3, 4)
    state = fold(state, shot(1, 1, 0))
    assert state.loadable() == (2, 3, 4)
    state = fold(state, ev.RedoOrdered(0, 1, "op-1", "leaked"))
    assert state.loadable() == (0, 2, 3, 4)
    state = fold_all([loaded(3, 0), shot(2, 3, 0)], state)
    assert state.loadable() == (2, 3, 4)
    assert state.ledger.low_nl == 2 * 19_500


@req("H8")
def test_indeterminate_keeps_its_interval_and_its_own_mark() -> None:
    state = fold_all([planned(), loaded(1, 0), shot(1, 1, 0, outcome="INDETERMINATE", delivered_nl=4_000)])
    assert state.ledger == Ledger(3_500, 20_500)
    assert state.mark(0) is Mark.INDETERMINATE
    assert 0 not in state.loadable()


@req("H10", "G11")
def test_prime_without_contact_is_in_no_dose_and_with_contact_may_be() -> None:
    state = fold_all([planned(), shot(1, 0, 0, kind="PRIME")])
    assert state.ledger == Ledger(0, 0)
    assert state.prime == Ledger(19_500, 20_500)
    state = fold(state, shot(2, 0, 0, kind="PRIME", flags=2))
    assert state.ledger == Ledger(0, 20_500)


@req("H10")
def test_foreign_volume_counts_and_blocks_until_settled() -> None:
    foreign = ev.ForeignRecorded("g", "m", 9, 4, "f" * 16, "TREAT", 20_000, 20_500, 20_000)
    state = fold_all([planned(), foreign])
    assert state.ledger == Ledger(0, 20_500)
    assert state.blocks
    state = fold(state, ev.Settled("foreign record", "g", "m", 9, 0, 20_500, "op-1", "same visit"))
    assert state.blocks == ()
    assert state.ledger == Ledger(0, 20_500)
    state_unmoved = fold(state, ev.Settled("foreign record", "g", "m", 9, 0, 20_500, "op-1", "again"))
    assert state_unmoved == state, "settling twice counts once"


def test_a_skipped_point_is_not_loaded_and_the_treatment_can_complete() -> None:
    state = fold_all([planned(2), loaded(1, 0), shot(1, 1, 0), ev.PointSkipped(1, "op-1", "freckle")])
    assert state.complete
    assert state.mark(1) is Mark.SKIPPED


@given(stories())
def test_live_state_equals_replayed_state(story: list[ev.Event]) -> None:
    live = TreatmentState()
    for event in story:
        live = fold(live, event)
    assert fold_all(decode(encode(event)) for event in story) == live


@given(stories(), st.integers(0, 60))
def test_a_state_that_was_handed_out_never_changes(story: list[ev.Event], look: int) -> None:
    folding = Folding()
    for event in story[:look]:
        folding.take(event)
    seen = folding.state
    for event in story[look:]:
        folding.take(event)
    assert seen == fold_all(story[:look])
    assert folding.state == fold_all(story)


@given(stories())
def test_the_ledger_is_the_sum_of_its_parts_and_an_interval_at_every_step(story: list[ev.Event]) -> None:
    state = TreatmentState()
    for event in story:
        state = fold(state, event)
        given_low = sum(s.low_nl for s in state.shots if s.shot_kind == "TREAT")
        given_high = sum(s.high_nl for s in state.shots if s.shot_kind == "TREAT")
        held = sum(entry.high_nl for entry in (*state.open_entries.values(), *state.given_up.values()))
        assert state.ledger == Ledger(given_low, given_high + held)
        assert not set(state.loadable()) & state.open_shots()


@given(stories())
def test_high_never_shrinks_without_evidence(story: list[ev.Event]) -> None:
    state = TreatmentState()
    for event in story:
        after = fold(state, event)
        if not isinstance(event, ev.ShotRecorded | ev.EntrySettled | ev.Settled):
            assert after.ledger.high_nl >= state.ledger.high_nl
        assert after.ledger.low_nl >= state.ledger.low_nl
        state = after


@req("H14")
def test_an_entry_given_up_by_an_operator_stays_counted_at_its_upper_end() -> None:
    state = fold_all([planned(), loaded(1, 0), ev.EntrySettled("g", "m", 1, "operator")])
    assert state.ledger == Ledger(0, 20_500)
    assert state.mark(0) is Mark.INDETERMINATE
    assert 0 not in state.loadable(), "only an ordered redo gives this point another shot"


@req("H5", "H8")
def test_entries_that_may_lie_in_a_gap_are_settled_by_no_hello_and_given_no_second_time() -> None:
    gap = ev.GapFound("g", "m", 0, 2, 19_500, 20_500, 20_000)
    state = fold_all([planned(3), loaded(1, 0), loaded(2, 1), gap])
    assert state.doubtful() == {("g", "m", 1)}, "one shot is missing: it can only be the first that was loaded"
    assert state.ledger.high_nl == 3 * 20_500, "counted twice until somebody settles it: never too little"
    state = fold_all([ev.EntrySettled("g", "m", 2, "hello")], state)
    state = fold(state, ev.Settled("unattributed volume", "g", "m", 2, 20_000, 20_000, "op-1", "it was ours"))
    assert state.mark(0) is Mark.INDETERMINATE
    assert state.ledger == Ledger(20_000, 20_500), "what was reserved is released at its upper end (H14)"
    assert state.loadable() == (1, 2)


@req("H4", "H5", "H8")
def test_two_gaps_of_one_log_hold_an_entry_each() -> None:
    """Shots 1 and 3 of four are missing: the second gap cannot hold the entry that the first one holds."""
    gaps = [ev.GapFound("g", "m", 0, 2, 19_500, 20_500, 20_000), ev.GapFound("g", "m", 2, 4, 19_500, 20_500, 60_000)]
    state = fold_all(
        [planned(), *(loaded(number, number - 1) for number in (1, 2, 3, 4)), gaps[0], shot(2, 2, 1), gaps[1]]
    )
    assert state.doubtful() == {("g", "m", 1), ("g", "m", 3)}
    state = fold(state, shot(4, 4, 3))
    settled = [ev.Settled(block.what, "g", "m", block.shot_no, 20_000, 20_000, "op-1", "x") for block in state.blocks]
    assert fold_all(settled, state).loadable() == (4,), "nothing that may have been fired is given again"


@req("H5", "H8", "H14")
def test_an_entry_that_was_given_up_and_may_lie_in_a_gap_is_released_by_no_hello() -> None:
    gap = ev.GapFound("g", "m", 0, 2, 19_500, 20_500, 20_000)
    given_up = [ev.EntrySettled("g", "m", number, "operator") for number in (1, 2)]
    state = fold_all([planned(), loaded(1, 0), loaded(2, 1), *given_up, gap])
    assert state.doubtful() == {("g", "m", 1)}
    state = fold_all(
        [
            ev.EntrySettled("g", "m", 2, "hello"),
            ev.Settled("unattributed volume", "g", "m", 2, 20_000, 20_000, "op-1", "it was ours"),
        ],
        state,
    )
    assert not state.given_up, "what the gap held was settled with it, for good"
    assert state.ledger == Ledger(20_000, 20_500)
    assert state.loadable() == (1, 2, 3, 4)


@req("H9", "H14")
def test_what_a_lost_gun_primed_says_nothing_about_what_it_gave() -> None:
    state = fold_all([planned(), ev.GunGivenUp("g", 100_000, "op-1", "stolen"), shot(1, 7, 0, kind="PRIME")])
    assert state.ledger == Ledger(0, 100_000)
    state = fold(state, shot(2, 8, 0))
    assert state.ledger == Ledger(19_500, 101_000), "a shot that it recorded is a part of it"


@req("H10")
def test_two_blocks_at_one_shot_are_settled_apart() -> None:
    gap = ev.GapFound("g", "m", 0, 9, 0, 500, 20_000)
    foreign = ev.ForeignRecorded("g", "m", 9, 4, "f" * 16, "TREAT", 20_000, 20_500, 40_000)
    state = fold_all([planned(), gap, foreign])
    state = fold(state, ev.Settled("foreign record", "g", "m", 9, 0, 0, "op-1", "another visit"))
    assert [block.what for block in state.blocks] == ["unattributed volume"]


@req("H8", "H14")
def test_a_gap_that_holds_a_shot_cut_short_is_not_settled_below_what_was_reserved() -> None:
    gap = ev.GapFound("g", "m", 0, 2, 0, 500, 0)
    state = fold_all([planned(), loaded(1, 0), gap])
    state = fold(state, ev.Settled("unattributed volume", "g", "m", 2, 0, 0, "op-1", "the totals agree"))
    assert state.ledger == Ledger(0, 20_500), "the gun's total holds only what a checkpoint had"


@req("H4", "H6")
def test_skipping_takes_back_a_redo_that_was_not_carried_out() -> None:
    state = fold_all([planned(2), loaded(1, 0), shot(1, 1, 0), ev.RedoOrdered(0, 1, "op-1", "leaked")])
    assert 0 in state.loadable()
    state = fold(state, ev.PointSkipped(0, "op-1", "it did not leak"))
    assert 0 not in state.loadable()
    assert state.mark(0) is Mark.GIVEN


@req("H14")
def test_a_gun_found_again_replaces_what_was_given_up_by_what_it_recorded() -> None:
    lost = fold_all([planned(), loaded(1, 0), ev.EntrySettled("g", "m", 1, "operator")])
    assert lost.looked_into == {0}
    recorded = fold(lost, shot(1, 1, 0))
    assert recorded.ledger == Ledger(19_500, 20_500), "counted once"
    assert recorded.mark(0) is Mark.GIVEN
    assert recorded.fired == {0: 1}
    unfired = fold(lost, ev.EntrySettled("g", "m", 1, "hello"))
    assert unfired.ledger == Ledger(0, 0)
    assert unfired.mark(0) is Mark.PENDING


@req("H4", "H14")
def test_a_redo_that_was_given_up_and_proved_unfired_leaves_the_first_shot_as_it_was() -> None:
    state = fold_all([planned(), loaded(1, 0), shot(1, 1, 0), ev.RedoOrdered(0, 1, "op-1", "leaked"), loaded(2, 0)])
    state = fold(state, ev.EntrySettled("g", "m", 2, "operator"))
    assert state.mark(0) is Mark.INDETERMINATE
    state = fold(state, ev.EntrySettled("g", "m", 2, "hello"))
    assert state.mark(0) is Mark.GIVEN
    assert state.ledger == Ledger(19_500, 20_500)


@req("H9", "H14")
def test_what_a_lost_gun_may_have_given_counts_until_it_is_read() -> None:
    state = fold_all([planned(), ev.GunGivenUp("g", 60_000, "op-1", "stolen")])
    assert state.ledger == Ledger(0, 60_000)
    state = fold(state, shot(1, 1, 0))
    # 60_000 was the most in all; at least 19_500 of it is in this record.
    assert state.ledger == Ledger(19_500, 20_500 + 40_500)
    assert fold(state, shot(2, 2, 1, gun="another")).ledger.high_nl == state.ledger.high_nl + 20_500


@req("H8", "H14")
def test_an_unknown_outcome_that_was_looked_into_stays_counted_and_asks_no_more() -> None:
    state = fold_all([planned(), loaded(1, 0), shot(1, 1, 0, outcome="INDETERMINATE", delivered_nl=4_000)])
    assert [record.shot_no for record in state.unsettled()] == [1]
    settled = fold(state, ev.ShotSettled("g", "m", 1, "op-1", "a bleb as the others"))
    assert settled.unsettled() == ()
    assert settled.ledger == state.ledger
    assert settled.mark(0) is Mark.INDETERMINATE
    assert fold(state, ev.ShotSettled("g", "m", 2, "op-1", "another shot")).unsettled() == state.unsettled()


def test_an_alarm_stands_until_it_is_over_and_somebody_has_seen_it() -> None:
    began = [ev.AlarmRaised("occlusion", "high", "")]
    over, seen = ev.AlarmCleared("occlusion"), ev.AlarmAcknowledged("occlusion", "op-1")
    assert fold_all([*began, over]).alarms["occlusion"].over
    assert fold_all([*began, seen]).alarms["occlusion"].seen_by == "op-1"
    assert fold_all([*began, over, seen]).alarms == fold_all([*began, seen, over]).alarms == {}
    again = fold_all([*began, seen, *began]).alarms["occlusion"]
    assert again.seen_by == "", "it came back: nobody has seen that yet"
    assert fold_all([ev.AlarmRaised("breaks", "low", ""), ev.AlarmCleared("breaks")]).alarms == {}
    assert fold_all([over, seen]).alarms == {}


def test_the_newest_remarks_are_kept() -> None:
    notes = [ev.NoteAdded(str(number), "op-1") for number in range(2 * REMARKS_KEPT)]
    refused = ev.OrderRefused("Skip", "it had been fired", "op-1")
    remarks = fold_all([*notes, refused]).remarks
    assert remarks == (*notes[1 - REMARKS_KEPT :], refused)


def test_orders_and_handovers_are_remarks_and_a_corrected_place_stays_with_who_and_why() -> None:
    told = [
        ev.PointSkipped(3, "op-1", "a mole"),
        ev.PointReassigned(2, 1_000, 2_000, "op-1", "it slipped"),
        ev.RedoOrdered(1, 2, "op-1", "it ran out"),
        ev.HandedOver("op-1", "op-2"),
    ]
    state = fold_all(told)
    assert state.remarks == tuple(told)
    many = fold_all([ev.NoteAdded("x", "op-1")] * REMARKS_KEPT, state)
    assert many.moved == {2: told[1]}
    assert many.reassigned == {2: (1_000, 2_000)}


def test_a_syringe_named_later_is_named() -> None:
    state = fold_all([ev.SyringeInserted("", "", 1_000_000, "op-1"), ev.SyringeNamed("L7", "2030-01", "op-1")])
    assert state.syringe == ev.SyringeInserted("L7", "2030-01", 1_000_000, "op-1")
    state = fold(state, ev.SyringeInserted("", "", 2_000_000, "op-1"))
    assert state.lot == ("L7", "2030-01")
    assert state.syringe is not None
    assert state.syringe.lot == ""


@given(stories())
def test_only_the_kinds_that_an_index_watches_move_the_ledger(story: list[ev.Event]) -> None:
    state = TreatmentState()
    for event in story:
        after = fold(state, event)
        assert after.ledger == state.ledger or type(event).__name__ in VOLUME
        state = after
