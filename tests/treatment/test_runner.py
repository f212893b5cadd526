from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn

import pytest

from mesogun.errors import LimitRefused, LinkLost, MustSettle, RecordError, Refused
from mesogun.gun import Gun
from mesogun.identity import Handover
from mesogun.journal import Journal, backup, open_journal
from mesogun.journal import restore as restore_journal
from mesogun.limits import restore
from mesogun.record import Mark, fold_all, read_history
from mesogun.record import events as ev
from mesogun.treatment import (
    Acknowledge,
    GoTo,
    HandOver,
    NameSyringe,
    Note,
    Order,
    Phase,
    Reassign,
    Redo,
    Skip,
    Snapshot,
    Wish,
)
from mesogun.treatment.magazine import MOST_UNACKNOWLEDGED
from mesogun.wire.codes import Fault, ShotKind, State
from mesogun.wire.messages import Arm, Load, Renew, ShotRecord, Welcome
from sim.faults import HostKilled
from sim.world import find
from tests.trace import req
from tests.treatment import visits
from tests.treatment.visits import Operator

Opened = tuple[Gun, Journal]


@pytest.fixture
def opened(tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Opened]:
    monkeypatch.setenv("MESOGUN_HOME", str(tmp_path / "home"))
    with visits.open_gun(visits.port(world=request.node.name)) as gun, visits.open_record(tmp_path, gun) as record:
        yield gun, record


def kinds(record: Journal) -> list[str]:
    return [type(row.event).__name__ for row in record.rows()]


@req("H2", "H9", "MG-03")
def test_a_whole_treatment_contains_the_simulators_truth(opened: Opened, request: pytest.FixtureRequest) -> None:
    gun, record = opened
    begun = visits.begin(gun, record)
    front = Operator()
    state = visits.run(gun, record, begun, front)
    assert state.ended == "complete"
    assert {state.mark(index) for index in range(len(begun.cleared.plan.shots))} == {Mark.GIVEN}
    assert round(find(request.node.name).truth.dispensed_nl) in state.ledger
    assert record.verify().ok
    replayed = fold_all(row.event for row in record.rows())
    assert replayed == state, "live state equals replayed state"


@req("H2", "MG-12")
def test_every_load_is_on_disk_before_its_bytes_leave(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    gun, record = opened
    begun = visits.begin(gun, record)
    send, seen = gun.load, []

    def load(entry: object, **more: int) -> object:
        on_disk = {row.event.entry_no for row in record.rows() if isinstance(row.event, ev.MagazineLoaded)}
        seen.append(getattr(entry, "entry_no", None) in on_disk)
        return send(entry, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(gun, "load", load)
    visits.run(gun, record, begun, Operator())
    assert seen
    assert all(seen)


@req("G12")
def test_the_gun_hears_an_acknowledgement_only_after_the_commit(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    gun, record = opened
    begun = visits.begin(gun, record)
    acknowledge = gun.ack

    def ack(shot_no: int, **more: int) -> object:
        on_disk = [row.event.shot_no for row in record.rows() if isinstance(row.event, ev.ShotRecorded)]
        assert shot_no <= max(on_disk, default=0)
        return acknowledge(shot_no, **more)

    monkeypatch.setattr(gun, "ack", ack)
    assert visits.run(gun, record, begun, Operator()).ended == "complete"


@req("G12", "H9")
def test_records_read_while_the_gun_is_armed_are_acknowledged_a_few_together_and_all_at_the_end(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    gun, record = opened
    begun = visits.begin(gun, record)
    acknowledge, behind = gun.ack, [0]

    def ack(shot_no: int, **more: int) -> object:
        behind.append(shot_no)
        return acknowledge(shot_no, **more)

    monkeypatch.setattr(gun, "ack", ack)
    state = visits.run(gun, record, begun, Operator())
    assert len(behind) - 1 < len(state.shots)
    assert max(later - earlier for earlier, later in itertools.pairwise(behind)) <= MOST_UNACKNOWLEDGED
    assert gun.hello().acked_shot_no == state.shots[-1].shot_no


@req("G13", "H12", "H16")
def test_every_poll_hears_from_the_gun_and_every_second_one_renews_the_lease(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    gun, record = opened
    begun = visits.begin(gun, record)
    poll_us, burst_us = 50_000, 150_000  # a magazine that is filled up takes a few exchanges
    silent_us: list[int] = []
    unrenewed_us: list[int] = []
    heard_us: int | None = None
    renewed_us: int | None = None
    request = gun.link.request

    def asks(message: object, **more: int) -> object:
        nonlocal heard_us, renewed_us
        reply = request(message, **more)
        hot, now_us = reply.status.state in (State.ARMED, State.FIRING), gun.clock.monotonic_us()
        if hot and heard_us is not None:
            silent_us.append(now_us - heard_us)
        heard_us = now_us if hot else None
        if not hot:
            renewed_us = None
        elif isinstance(message, Arm | Renew):
            if renewed_us is not None:
                unrenewed_us.append(now_us - renewed_us)
            renewed_us = now_us
        return reply

    monkeypatch.setattr(gun.link, "request", asks)
    assert visits.run(gun, record, begun, Operator(), poll_ms=poll_us // 1_000).ended == "complete"
    assert poll_us < max(silent_us) <= poll_us + burst_us
    assert poll_us < max(unrenewed_us) <= 2 * poll_us + burst_us


@req("G13", "H12", "MG-30")
def test_a_screen_that_stops_painting_disarms_the_gun(opened: Opened) -> None:
    gun, record = opened
    begun = visits.begin(gun, record)

    def paints(snapshot: Snapshot) -> bool:
        return len(snapshot.state.shots) < 5 or snapshot.state.breaks > 0

    def answers(what: str) -> bool:
        return what == "arm"

    front = Operator(answers=answers, paints=paints)
    state = visits.run(gun, record, begun, front)
    assert state.ended == "ended early"
    assert "rearm" in front.asked, "it never re-arms by itself"
    why = [row.event.why for row in record.rows() if isinstance(row.event, ev.Disarmed)]
    assert "the lease ran out" in why
    assert len(state.shots) <= 6, "one shot may be on its way when the picture freezes, with lead 1"


@req("H6", "MG-19")
def test_ending_early_empties_the_magazine_and_counts_nothing_that_was_not_given(opened: Opened) -> None:
    gun, record = opened
    begun = visits.begin(gun, record)

    def wishes(snapshot: Snapshot) -> Wish:
        return Wish.END if len(snapshot.state.shots) >= 4 else Wish.RUN

    state = visits.run(gun, record, begun, Operator(wishes=wishes))
    assert state.ended == "ended early"
    assert state.open_entries == {}
    assert state.ledger == state.dose
    assert gun.status().magazine == 0
    settled = [row.event.how for row in record.rows() if isinstance(row.event, ev.EntrySettled)]
    assert settled
    assert set(settled) == {"unloaded"}


@req("MG-27")
def test_pausing_disarms_and_going_on_needs_a_confirmation(opened: Opened) -> None:
    gun, record = opened
    begun = visits.begin(gun, record)
    paused: list[int] = []

    def wishes(snapshot: Snapshot) -> Wish:
        if len(snapshot.state.shots) >= 4 and len(paused) < 30:
            paused.append(len(snapshot.state.shots))
            return Wish.PAUSE
        return Wish.RUN

    front = Operator(wishes=wishes)
    state = visits.run(gun, record, begun, front)
    assert state.ended == "complete"
    assert paused[-1] <= paused[0] + 1, "nothing is fired while paused, but for a stroke under way"
    assert front.asked == ["arm", "arm", "rearm", "finish"], "priming, treating, once more after the pause"
    assert kinds(record).count("Paused") == 1


@req("H2", "MG-05", "MG-06", "MG-07")
def test_a_limit_is_checked_against_the_upper_end_and_refuses_the_entry(opened: Opened) -> None:
    gun, record = opened
    begun = visits.begin(gun, record)
    clearance = begun.cleared.clearance
    cap_nl = 5 * 20_000 + 3_600  # five shots and their bounds fit, the sixth does not
    tight = tuple(replace(cap, cap_nl=cap_nl) if cap.hard else cap for cap in clearance.caps)
    text = replace(clearance, caps=tight).to_text()
    narrow = replace(begun, cleared=restore(begun.cleared.plan, text))
    with pytest.raises(LimitRefused, match="not loaded"):
        visits.run(gun, record, narrow, Operator())
    state = read_history((row.treatment, row.event) for row in record.rows()).treatments[visits.TREATMENT]
    assert len([shot for shot in state.shots if shot.shot_kind == "TREAT"]) == 5
    assert state.ledger.high_nl <= cap_nl
    assert state.open_entries == {}


@req("H11")
def test_a_runner_that_was_taken_over_stops_and_stops_the_gun(
    opened: Opened, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gun, record = opened
    begun = visits.begin(gun, record)
    stops: list[int] = []
    stop = gun.stop

    def counted() -> None:
        stops.append(1)
        stop()

    monkeypatch.setattr(gun, "stop", counted)

    def paints(snapshot: Snapshot) -> bool:
        if len(snapshot.state.shots) == 3 and not stops:
            record.release()
            with visits.open_record(tmp_path, gun) as second:
                second.take(visits.TREATMENT, "another station")
        return True

    with pytest.raises(RecordError, match="taken over"):
        visits.run(gun, record, begun, Operator(paints=paints))
    assert stops


@req("H10")
def test_a_gun_bound_to_another_treatment_is_not_loaded(opened: Opened) -> None:
    gun, record = opened
    first = visits.begin(gun, record)

    def wishes(snapshot: Snapshot) -> Wish:
        if len(snapshot.state.shots) >= 3:
            raise KeyboardInterrupt
        return Wish.RUN

    with pytest.raises(KeyboardInterrupt):
        visits.run(gun, record, first, Operator(wishes=wishes))
    second = visits.begin(gun, record, treatment="00000000000000b2", subject="s-0002")
    with pytest.raises(MustSettle, match=visits.TREATMENT):
        visits.run(gun, record, second, Operator())
    assert visits.run(gun, record, first, Operator()).ended == "complete"
    assert visits.run(gun, record, second, Operator()).ended == "complete"


@req("H10")
def test_a_gun_with_somebody_elses_open_treatment_blocks_and_counts_it(opened: Opened, tmp_path: Path) -> None:
    gun, record = opened
    first = visits.begin(gun, record)

    def wishes(snapshot: Snapshot) -> Wish:
        if len(snapshot.state.shots) >= 3:
            raise KeyboardInterrupt
        return Wish.RUN

    with pytest.raises(KeyboardInterrupt):
        visits.run(gun, record, first, Operator(wishes=wishes))
    folder = tmp_path / "another computer"
    folder.mkdir()
    with visits.open_record(folder, gun) as other:
        second = visits.begin(gun, other, treatment="00000000000000b2")
        with pytest.raises(MustSettle, match="does not hold"):
            visits.run(gun, other, second, Operator())
        assert "MagazineLoaded" not in kinds(other)


@req("H1")
def test_a_gun_that_lost_its_memory_is_refused(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    gun, record = opened
    visits.run(gun, record, visits.begin(gun, record), Operator())
    fresh = visits.open_gun(visits.port(world="formatted"))
    with fresh:
        assert (fresh.welcome.device_id, fresh.welcome.nvm_id) == (gun.welcome.device_id, gun.welcome.nvm_id)
        begun = visits.begin(fresh, record, treatment="00000000000000b2", subject="s-0002")
        with pytest.raises(Refused, match="lost its memory"):
            visits.run(fresh, record, begun, Operator())


def test_a_treatment_over_two_syringes_asks_for_the_second_one(opened: Opened) -> None:
    gun, record = opened
    begun = visits.begin(gun, record, width_mm=260)
    assert begun.cleared.plan.syringes == 2
    front = Operator()
    state = visits.run(gun, record, begun, front)
    assert state.ended == "complete"
    assert "syringe" in front.asked
    assert kinds(record).count("SyringeInserted") == 1
    assert len([shot for shot in state.shots if shot.shot_kind == "PRIME"]) == 2


class Lots:
    """Names lots when asked: the first syringe's at once, the second's as the test wants."""

    def __init__(self, *, same: bool, orders: list[Order]) -> None:
        self.orders = orders
        self._same = same
        self._asked = False

    def answers(self, what: str) -> bool | None:
        if what == "lot":
            self._asked = True
            return self._same
        return True

    def __call__(self) -> Order | None:
        if self.orders and (self._asked or (isinstance(self.orders[0], NameSyringe) and self.orders[0].lot == "A1")):
            return self.orders.pop(0)
        return None


FIRST = NameSyringe("A1", "2027-03")


def syringes(record: Journal) -> list[tuple[str, str]]:
    return [(row.event.lot, row.event.expiry) for row in record.rows() if isinstance(row.event, ev.SyringeNamed)]


@req("MG-13")
def test_a_second_syringe_of_the_same_lot_needs_the_operators_word(opened: Opened) -> None:
    gun, record = opened
    lots = Lots(same=True, orders=[FIRST])
    front = Operator(answers=lots.answers)
    state = visits.run(gun, record, visits.begin(gun, record, width_mm=260), front, lots)
    assert state.ended == "complete"
    assert front.asked.count("lot") == 1
    assert syringes(record) == [("A1", "2027-03-31")] * 2


@req("MG-13")
def test_an_expired_lot_is_refused_and_the_next_one_named_is_taken(opened: Opened) -> None:
    gun, record = opened
    lots = Lots(same=False, orders=[FIRST, NameSyringe("B2", "2025-12-31"), NameSyringe("C3", "280131")])
    state = visits.run(gun, record, visits.begin(gun, record, width_mm=260), Operator(answers=lots.answers), lots)
    assert state.ended == "complete"
    refused = [row.event.why for row in record.rows() if isinstance(row.event, ev.OrderRefused)]
    assert refused == ["lot B2 expired on 2025-12-31; take another"]
    assert state.lot == ("C3", "2028-01-31")


@req("MG-13")
def test_a_syringe_that_nobody_names_is_not_used(opened: Opened) -> None:
    gun, record = opened
    lots = Lots(same=False, orders=[FIRST])
    begun = visits.begin(gun, record, width_mm=260)
    with pytest.raises(Refused, match="nobody has named the lot"):
        visits.run(gun, record, begun, Operator(answers=lots.answers), lots, syringe_wait_ms=5_000)
    again = Lots(same=True, orders=[])
    state = visits.run(gun, record, begun, Operator(answers=again.answers), again)
    assert state.ended == "complete"
    assert syringes(record) == [("A1", "2027-03-31")] * 2, "asked again after the break"


def test_the_last_shot_can_be_ordered_again_before_the_treatment_is_closed(opened: Opened) -> None:
    gun, record = opened
    begun = visits.begin(gun, record)
    last = len(begun.cleared.plan.shots) - 1
    wanted: list[Order] = [Redo(last, "it ran down")]

    def orders() -> Order | None:
        return wanted.pop() if wanted and "finish" in front.asked else None

    front = Operator(answers=lambda what: None if what == "finish" and wanted else True)
    state = visits.run(gun, record, begun, front, orders)
    assert state.ended == "complete"
    assert state.fired[last] == 2
    assert front.asked.index("rearm") > front.asked.index("finish"), "the redo needs a new word for arming"


@req("MG-24")
def test_alarms_and_their_acknowledgement_are_on_record(opened: Opened, request: pytest.FixtureRequest) -> None:
    gun, record = opened
    begun = visits.begin(gun, record)
    find(request.node.name).gun.trouble(Fault.OCCLUSION)
    wanted: list[Order] = [Acknowledge()]
    front = Operator(answers=lambda what: None if what == "fault" and wanted else True)
    visits.run(gun, record, begun, front, lambda: wanted.pop() if wanted and "fault" in front.asked else None)
    told = [row.event for row in record.rows() if type(row.event).__name__.startswith("Alarm")]
    name = "fault-occlusion"
    assert told[:2] == [ev.AlarmRaised(name, "medium", ""), ev.AlarmAcknowledged(name, "op-demo")]
    assert told.index(ev.AlarmCleared(name)) == 2, "acknowledging does not clear it; clearing the fault does"


@req("MG-01")
@pytest.mark.parametrize(
    ("start", "told"),
    [("2027-06-01T09:00:00Z", "was due on"), ("2020-01-01T09:00:00Z", "still to come")],
)
def test_a_gun_that_fails_a_check_is_barred_and_that_is_recorded(
    start: str, told: str, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    gun, record = opened
    begun = visits.begin(gun, record)
    at = datetime.fromisoformat(start)
    monkeypatch.setattr(type(gun.clock), "utc", lambda _clock: at)
    with pytest.raises(Refused, match=told):
        visits.run(gun, record, begun, Operator())
    assert any(isinstance(row.event, ev.GunBarred) and told in row.event.why for row in record.rows())
    assert "MagazineLoaded" not in kinds(record)


@req("MG-01")
def test_a_plan_cleared_for_a_simulated_gun_is_not_given_with_another(opened: Opened) -> None:
    gun, record = opened
    begun = visits.begin(gun, record)
    clinical = replace(begun.cleared.clearance, gun_kind="clinical").to_text()
    with pytest.raises(Refused, match="cleared for a clinical gun"):
        visits.run(gun, record, replace(begun, cleared=restore(begun.cleared.plan, clinical)), Operator())
    assert "MagazineLoaded" not in kinds(record)


class AfterShots:
    """Gives each order once, when so many treatment shots are on record."""

    def __init__(self, front: Operator, *orders: tuple[int, Order]) -> None:
        self._front = front
        self._left = list(orders)

    def __call__(self) -> Order | None:
        state = self._front.shown[-1].state
        if self._left and len(state.outcomes) >= self._left[0][0]:
            return self._left.pop(0)[1]
        return None


@req("H6")
def test_a_skipped_point_is_taken_out_of_the_magazine_and_never_given(opened: Opened) -> None:
    gun, record = opened
    front = Operator()
    orders = AfterShots(front, (2, Skip(4, "a mole")))
    state = visits.run(gun, record, visits.begin(gun, record), front, orders)
    assert state.ended == "complete"
    assert state.mark(4) is Mark.SKIPPED
    assert 4 not in state.fired
    told = [type(row.event).__name__ for row in record.rows()]
    assert told.index("PointSkipped") > told.index("EntrySettled"), "unloaded and read before it is called skipped"
    assert "rearm" in front.asked


@req("H6")
def test_a_point_that_was_fired_meanwhile_is_not_called_skipped(opened: Opened) -> None:
    gun, record = opened
    front = Operator()
    state = visits.run(gun, record, visits.begin(gun, record), front, AfterShots(front, (3, Skip(0, "too late"))))
    assert state.mark(0) is Mark.GIVEN
    assert "PointSkipped" not in kinds(record)


@req("H4")
def test_a_redo_is_an_ordered_new_entry_and_counts_again(opened: Opened) -> None:
    gun, record = opened
    front = Operator()
    begun = visits.begin(gun, record)
    state = visits.run(gun, record, begun, front, AfterShots(front, (3, Redo(1, "it leaked"))))
    assert state.fired[1] == 2
    assert state.dispensed_nl == begun.cleared.plan.total_nl + begun.cleared.plan.shots[1].volume_nl
    assert kinds(record).count("RedoOrdered") == 1


def test_going_to_a_point_changes_the_order_and_nothing_else(opened: Opened) -> None:
    gun, record = opened
    front = Operator()
    begun = visits.begin(gun, record)
    state = visits.run(gun, record, begun, front, AfterShots(front, (2, GoTo(6))))
    order = [shot.shot_index for shot in state.shots if shot.shot_kind == "TREAT"]
    assert sorted(order) == list(range(len(begun.cleared.plan.shots)))
    assert order.index(6) < order.index(5)


def test_testimony_notes_and_handing_over_are_recorded(opened: Opened) -> None:
    gun, record = opened
    front = Operator()
    orders = AfterShots(
        front, (2, Reassign(0, 1_000, 2_000, "slipped")), (2, Note("calm")), (3, HandOver("op-2")), (3, Redo(11, "?"))
    )
    state = visits.run(gun, record, visits.begin(gun, record), front, orders)
    assert state.reassigned == {0: (1_000, 2_000)}
    assert state.operator == "op-2"
    assert [row.event.text for row in record.rows() if isinstance(row.event, ev.NoteAdded)] == ["calm"]
    refused = [row.event.why for row in record.rows() if isinstance(row.event, ev.OrderRefused)]
    assert "no record yet" in refused[0], "an order that cannot be carried out is refused and changes nothing"


@req("MG-08")
def test_a_signed_handover_is_recorded_with_its_signature(opened: Opened) -> None:
    gun, record = opened
    begun = visits.begin(gun, record)
    ours = Handover(begun.treatment, "op-demo", "op-2", "2026-01-05T09:00:00.000Z", b"k" * 32, b"s" * 64)
    wrong = [replace(ours, treatment="f" * 16), replace(ours, giver="op-9"), replace(ours, taker="op-3")]
    front = Operator()
    orders = AfterShots(front, *((2, HandOver("op-2", signed)) for signed in (*wrong, ours)))
    state = visits.run(gun, record, begun, front, orders)
    assert state.operator == "op-2"
    assert kinds(record).count("OrderRefused") == 3
    (event,) = [row.event for row in record.rows() if isinstance(row.event, ev.HandedOver)]
    assert bytes.fromhex(event.signature) == ours.signature
    assert bytes.fromhex(event.public_key) == ours.public_key


@req("MG-04")
def test_two_shots_are_never_closer_in_time_than_the_limit(opened: Opened) -> None:
    gun, record = opened
    begun = visits.begin(gun, record)
    slow = replace(begun.cleared.clearance, min_shot_interval_ms=1_500).to_text()
    state = visits.run(gun, record, replace(begun, cleared=restore(begun.cleared.plan, slow)), Operator())
    assert state.ended == "complete"
    starts = [shot.start_us for shot in state.shots if shot.shot_kind == "TREAT"]
    gaps_ms = [(b - a) / 1_000 for a, b in itertools.pairwise(starts)]
    assert min(gaps_ms) >= 1_500


@req("G9", "MG-30")
def test_a_stop_that_was_pressed_is_not_forgotten_by_a_hello(opened: Opened) -> None:
    gun, record = opened
    begun = visits.begin(gun, record)
    front = Operator()
    hello = gun.hello
    pressed: list[int] = []

    def press_while_greeting(**more: Any) -> object:
        if not pressed:
            pressed.append(1)
            gun.stop()
        return hello(**more)

    gun.hello = press_while_greeting  # type: ignore[assignment,method-assign]
    with pytest.raises(LinkLost, match="STOP"):
        visits.run(gun, record, begun, front)
    assert front.asked == []
    assert "MagazineLoaded" not in kinds(record)


@req("H3", "H9")
def test_the_log_is_committed_in_its_own_order_across_treatments(opened: Opened) -> None:
    """Treatment A dies with a shot unread; a technician primes; treatment B reads both: A's shot comes first."""
    gun, record = opened
    first = visits.begin(gun, record)
    read = gun.log

    def dying(from_shot_no: int, **more: int) -> Iterator[ShotRecord]:
        if from_shot_no == 7 <= gun.status().closed_shot_no:
            raise HostKilled
        return read(from_shot_no, **more)

    gun.log = dying  # type: ignore[method-assign]
    with pytest.raises(HostKilled):
        visits.run(gun, record, first, Operator())
    gun.log = read  # type: ignore[method-assign]
    gun.hello()
    primed = gun.status().entry_hwm + 1
    status = gun.load(Load(primed, 0, 0, ShotKind.PRIME, 20_000, gun.caps.min_depth_um))
    gun.arm(Arm(0, primed, primed, 1, 20_000, status.gun_clock_us, status.last_shot_no, 2_000, 1))
    while gun.status().closed_shot_no < 8:
        gun.clock.sleep_us(100_000)
    second = visits.begin(gun, record, treatment="00000000000000b2", subject="s-0002")
    with pytest.raises(MustSettle, match="resume"):
        visits.run(gun, record, second, Operator())
    assert visits.run(gun, record, first, Operator()).ended == "complete"
    numbers = [row.event.shot_no for row in record.rows() if isinstance(row.event, ev.ShotRecorded)]
    assert numbers == sorted(set(numbers)), "in order, and none twice"
    given = [shot.point_index for shot in read(1) if shot.kind == ShotKind.TREAT]
    assert len(given) == len(set(given)), "no point was fired twice"


@req("H4", "H5", "H8")
def test_a_record_that_vanished_blocks_and_its_point_is_never_fired_again(opened: Opened) -> None:
    gun, record = opened
    begun = visits.begin(gun, record)
    read = gun.log

    def dying(from_shot_no: int, **more: int) -> Iterator[ShotRecord]:
        if from_shot_no == 5 <= gun.status().closed_shot_no:
            raise HostKilled
        return read(from_shot_no, **more)

    def holed(from_shot_no: int, **more: int) -> Iterator[ShotRecord]:
        return (shot for shot in read(from_shot_no, **more) if shot.shot_no != 5)

    gun.log = dying  # type: ignore[method-assign]
    with pytest.raises(HostKilled):
        visits.run(gun, record, begun, Operator())
    gun.log = holed  # type: ignore[method-assign]
    with pytest.raises(MustSettle, match="unattributed"):
        visits.run(gun, record, begun, Operator())
    (block,) = record.state(visits.TREATMENT).blocks
    settled = ev.Settled(block.what, block.gun, block.memory, block.shot_no, 20_000, 20_000, "op-1", "ours")
    record.append([settled], treatment=visits.TREATMENT, epoch=None)
    state = visits.run(gun, record, begun, Operator())
    assert state.ended == "complete"
    assert [state.mark(index) for index in range(12)].count(Mark.INDETERMINATE) == 1
    given = [shot.point_index for shot in read(1) if shot.kind == ShotKind.TREAT]
    assert len(given) == len(set(given)) == 12


@req("H4", "H5", "H8", "H9")
def test_a_gap_that_another_treatment_finds_holds_the_entries_that_may_lie_in_it(opened: Opened) -> None:
    """A dies with a shot unread whose record is lost; B is tried twice on that gun; A must not give the point again."""
    gun, record = opened
    first = visits.begin(gun, record)
    read = gun.log

    def dying(from_shot_no: int, **more: int) -> Iterator[ShotRecord]:
        if from_shot_no == 5 <= gun.status().closed_shot_no:
            raise HostKilled
        return read(from_shot_no, **more)

    def holed(from_shot_no: int, **more: int) -> Iterator[ShotRecord]:
        return (shot for shot in read(from_shot_no, **more) if shot.shot_no != 5)

    gun.log = dying  # type: ignore[method-assign]
    with pytest.raises(HostKilled):
        visits.run(gun, record, first, Operator())
    gun.log = holed  # type: ignore[method-assign]
    second = visits.begin(gun, record, treatment="00000000000000b2", subject="s-0002")
    for _ in range(2):
        with pytest.raises(MustSettle):
            visits.run(gun, record, second, Operator())
        state = record.state(visits.TREATMENT)
        assert len(state.doubtful()) == 1
        assert state.doubtful() <= set(state.open_entries), "no HELLO says that it was not fired"
    with pytest.raises(MustSettle, match="unattributed"):
        visits.run(gun, record, first, Operator())


def test_a_gun_that_waits_in_a_fault_is_cleared_before_it_is_bound(
    opened: Opened, request: pytest.FixtureRequest
) -> None:
    gun, record = opened
    begun = visits.begin(gun, record)
    find(request.node.name).gun.trouble(Fault.OCCLUSION)
    front = Operator()
    assert visits.run(gun, record, begun, front).ended == "complete"
    assert front.asked[0] == "fault"


@req("MG-26")
def test_the_same_stop_and_restart_is_not_cleared_for_ever(opened: Opened, request: pytest.FixtureRequest) -> None:
    gun, record = opened
    begun = visits.begin(gun, record)
    world = find(request.node.name)

    def paints(snapshot: Snapshot) -> bool:
        if snapshot.phase is not Phase.FAULT and snapshot.state.fault is None:
            world.gun.trouble(Fault.OCCLUSION)
        return True

    with pytest.raises(Refused, match="fourth time"):
        visits.run(gun, record, begun, Operator(paints=paints))
    assert kinds(record).count("FaultCleared") == 3


@pytest.mark.parametrize(
    "order", [Skip(999, "x"), Skip(-1, "x"), GoTo(999), GoTo(-5), Redo(0, ""), Skip(0, " "), Note(" "), HandOver("")]
)
def test_silly_orders_change_nothing_and_are_refused_on_record(order: Order, opened: Opened) -> None:
    gun, record = opened
    front = Operator()
    state = visits.run(gun, record, visits.begin(gun, record), front, AfterShots(front, (2, order)))
    assert state.ended == "complete"
    assert state.skipped == frozenset()
    assert kinds(record).count("OrderRefused") == 1
    last = state.remarks[-1]
    assert isinstance(last, ev.OrderRefused)
    assert last.order == type(order).__name__


def alarms(record: Journal) -> list[str]:
    """What became of alarms, as ``+name`` (raised), ``seen name`` and ``-name`` (over)."""
    told = []
    for row in record.rows(visits.TREATMENT):
        match row.event:
            case ev.AlarmRaised(name, _, _):
                told.append(f"+{name}")
            case ev.AlarmAcknowledged(name, _):
                told.append(f"seen {name}")
            case ev.AlarmCleared(name):
                told.append(f"-{name}")
    return told


def break_the_line(gun: Gun, shots: int) -> Callable[[Snapshot], bool]:
    """A front end's ``paints`` that lets the line break, once so many shots are on record and the gun is armed."""
    renew = gun.renew

    def broken(*_: object, **__: object) -> NoReturn:
        gun.renew = renew  # type: ignore[method-assign]
        raise LinkLost("the cable was pulled")

    def paints(snapshot: Snapshot) -> bool:
        if len(snapshot.state.shots) == shots and snapshot.state.armed:
            gun.renew = broken  # type: ignore[method-assign]
        return True

    return paints


@req("MG-24")
def test_an_alarm_of_a_broken_run_names_the_break_and_ends_when_the_next_run_goes_on(opened: Opened) -> None:
    gun, record = opened
    begun = visits.begin(gun, record)
    with pytest.raises(LinkLost, match="cable"):
        visits.run(gun, record, begun, Operator(paints=break_the_line(gun, 5)))
    assert "+link-lost-armed" in alarms(record), "the STOP that the run itself sends is nobody's STOP"
    assert "+stopped" not in alarms(record)
    wanted: list[Order] = [Acknowledge()]
    state = visits.run(gun, record, begun, Operator(), lambda: wanted.pop() if wanted else None)
    assert alarms(record).count("-link-lost-armed") == alarms(record).count("seen link-lost-armed") == 1
    assert "link-lost-armed" not in state.alarms, "over and seen"
    assert state == fold_all(row.event for row in record.rows(visits.TREATMENT))


@req("MG-12")
def test_a_pause_before_the_gun_is_armed_ends_the_word_for_arming_too(opened: Opened) -> None:
    gun, record = opened
    begun = visits.begin(gun, record)
    front = Operator()
    looks = itertools.count()

    def wishes(_: Snapshot) -> Wish:
        return Wish.PAUSE if front.asked == ["arm"] and next(looks) < 20 else Wish.RUN

    front.wishes = wishes
    assert visits.run(gun, record, begun, front).ended == "complete"
    assert front.asked == ["arm", "rearm", "arm", "finish"], "yes, pause, go on: asked once more before it primes"
    assert kinds(record).count("Paused") == 1


def test_an_order_after_the_word_to_finish_takes_that_word_back(opened: Opened) -> None:
    gun, record = opened
    begun = visits.begin(gun, record)
    last = len(begun.cleared.plan.shots) - 1
    wanted: list[Order] = [Redo(last, "it ran down")]

    def orders() -> Order | None:
        return wanted.pop() if wanted and "finish" in front.asked else None

    front = Operator()
    state = visits.run(gun, record, begun, front, orders)
    assert state.fired[last] == 2
    assert front.asked.count("finish") == 2


@req("MG-13")
def test_a_lot_that_may_not_be_given_stops_the_gun_until_another_is_named(opened: Opened) -> None:
    """Somebody reads the label of the syringe in the gun too late: it has expired."""
    gun, record = opened
    begun = visits.begin(gun, record)
    wanted: list[Order] = [FIRST, NameSyringe("B2", "2025-12-31")]
    front = Operator()

    def orders() -> Order | None:
        shots = len(front.shown[-1].state.shots) if front.shown else 0
        return wanted.pop(0) if wanted and shots >= (0 if wanted[0] is FIRST else 5) else None

    with pytest.raises(Refused, match="lot"):
        visits.run(gun, record, begun, front, orders, syringe_wait_ms=5_000)
    fired = len(record.state(visits.TREATMENT).shots)
    assert fired < 8
    with pytest.raises(Refused, match="lot"):
        visits.run(gun, record, begun, Operator(answers=lambda what: what != "lot"), syringe_wait_ms=5_000)
    assert len(record.state(visits.TREATMENT).shots) == fired, "nor after a resume"


@req("MG-13")
@pytest.mark.parametrize("less", [True, False])
def test_a_syringe_changed_while_nobody_looked_is_asked_about(
    less: bool, opened: Opened, request: pytest.FixtureRequest
) -> None:
    """Between two runs, or for one that holds less than the one before: the gun has forgotten its priming."""
    gun, record = opened
    begun = visits.begin(gun, record)
    world = find(request.node.name)
    lots = Lots(same=True, orders=[FIRST])
    changed: list[int] = []

    def paints(snapshot: Snapshot) -> bool:
        if less and not changed and len(snapshot.state.shots) >= 5:
            changed.append(1)
            world.gun.change_syringe(400_000)
        return True

    if not less:
        with pytest.raises(LinkLost):
            visits.run(gun, record, begun, Operator(paints=break_the_line(gun, 5)), lots)
        world.gun.change_syringe(1_000_000)
    front = Operator(answers=lots.answers, paints=paints)
    state = visits.run(gun, record, begun, front, lots)
    assert state.ended == "complete"
    assert front.asked.count("lot") == 1
    assert syringes(record) == [("A1", "2027-03-31")] * 2


def test_a_record_that_fails_while_a_break_is_noted_does_not_hide_the_break(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    gun, record = opened
    begun = visits.begin(gun, record)
    append = record.append

    def full(events: Sequence[ev.Event], **more: Any) -> int:
        if any(isinstance(event, ev.LinkBroken) for event in events):
            raise RecordError("the disk is full")
        return append(events, **more)

    monkeypatch.setattr(record, "append", full)
    with pytest.raises(LinkLost, match="cable") as raised:
        visits.run(gun, record, begun, Operator(paints=break_the_line(gun, 5)))
    assert any("the disk is full" in note for note in raised.value.__notes__)


def brought_back(record: Journal, gun: Gun, folder: Path) -> Path:
    """A backup of ``record`` as it is now, restored beside it."""
    backup(record, folder / "backup.db", gun.clock)
    restore_journal(folder / "backup.db", folder / "restored.db", gun.clock, operator="op-demo")
    return folder / "restored.db"


@req("H9")
@pytest.mark.parametrize("first", ["itself", "another"])
def test_a_backup_from_before_the_gun_was_met_finds_its_shots_behind_those_of_others(
    first: str, opened: Opened, tmp_path: Path
) -> None:
    """Planned, backed up, given whole; then somebody else on the same gun; then the disk breaks."""
    gun, record = opened
    begun = visits.begin(gun, record)
    found = brought_back(record, gun, tmp_path)
    assert visits.run(gun, record, begun, Operator()).ended == "complete"
    later = visits.begin(gun, record, treatment="00000000000000b2", subject="s-0002")
    assert visits.run(gun, record, later, Operator()).ended == "complete"
    before = gun.status().last_shot_no
    with open_journal(found, gun.clock) as back:
        run = begun
        if first == "another":
            run = visits.begin(gun, back, treatment="00000000000000c3", subject="s-0003")
        with pytest.raises(MustSettle, match="foreign record"):
            visits.run(gun, back, run, Operator())
        state = back.state(visits.TREATMENT)
    assert set(state.outcomes) == set(range(len(begun.cleared.plan.shots))), "read from the gun's log"
    assert gun.hello().status.last_shot_no == before, "nothing was given again"


@req("H9")
def test_what_a_run_has_read_for_another_treatment_is_read_once(opened: Opened, tmp_path: Path) -> None:
    gun, record = opened
    begun = visits.begin(gun, record)
    found = brought_back(record, gun, tmp_path)
    whole = visits.run(gun, record, begun, Operator())
    with open_journal(found, gun.clock) as back:
        other = visits.begin(gun, back, treatment="00000000000000c3", subject="s-0003")
        for _ in range(2):
            with pytest.raises(LinkLost):
                visits.run(gun, back, other, Operator(paints=break_the_line(gun, 0)))
            state = back.state(visits.TREATMENT)
            assert state.ledger == whole.ledger
            assert len(state.shots) == len(whole.shots)


@req("H8", "H9")
def test_shots_that_the_gun_forgot_before_a_restored_journal_met_it_are_counted_and_block(
    opened: Opened, tmp_path: Path
) -> None:
    gun, record = opened
    begun = visits.begin(gun, record, width_mm=32)
    found = brought_back(record, gun, tmp_path)
    assert visits.run(gun, record, begun, Operator()).ended == "complete"
    given = list(gun.log(1))
    forgotten = given[3]
    hello, read = gun.hello, gun.log

    def forgetful(**more: Any) -> Welcome:
        oldest, total_nl = forgotten.shot_no + 1, forgotten.running_total_nl
        return replace(hello(**more), oldest_shot_no=oldest, total_before_oldest_nl=total_nl)

    gun.hello = forgetful  # type: ignore[method-assign]
    gun.log = lambda shot, **more: (each for each in read(shot, **more) if each.shot_no > 4)  # type: ignore[method-assign]
    with open_journal(found, gun.clock) as back, pytest.raises(MustSettle, match="unattributed"):
        visits.run(gun, back, begun, Operator())
    with open_journal(found, gun.clock, read_only=True, create=False) as back:
        ledger = back.state(visits.TREATMENT).ledger
    truth = sum(shot.delivered_nl for shot in given if shot.kind == ShotKind.TREAT)
    assert truth in ledger


def press_stop(gun: Gun, shots: int, before: Callable[[], object] = lambda: None) -> Callable[[Snapshot], bool]:
    """A front end's ``paints`` at which STOP is pressed, once so many shots are on record and the gun is armed."""

    def paints(snapshot: Snapshot) -> bool:
        if len(snapshot.state.shots) == shots and snapshot.state.armed and not gun.stops:
            before()
            gun.stop()
        return True

    return paints


@req("MG-24", "MG-30")
def test_a_stop_is_on_record_as_stopped_when_the_gun_has_answered_it(opened: Opened) -> None:
    gun, record = opened
    begun = visits.begin(gun, record)
    with pytest.raises(LinkLost, match="STOP"):
        visits.run(gun, record, begun, Operator(paints=press_stop(gun, 5)))
    assert alarms(record) == ["+stopped"], "and not as a lost link: the gun's own word proves what became of it"
    status = gun.link.stop_status
    assert status is not None
    assert (status.state, status.magazine) == (State.DISARMED, 0)


@req("MG-24", "MG-30")
def test_a_stop_that_the_gun_does_not_answer_is_on_record_as_not_confirmed(
    opened: Opened, request: pytest.FixtureRequest
) -> None:
    gun, record = opened
    begun = visits.begin(gun, record)
    world = find(request.node.name)

    def unplug() -> None:
        world.line.plugged = False

    with pytest.raises(LinkLost):
        visits.run(gun, record, begun, Operator(paints=press_stop(gun, 5, unplug)))
    assert set(alarms(record)) == {"+stop-unconfirmed", "+link-lost-armed"}
