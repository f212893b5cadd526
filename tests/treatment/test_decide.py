from __future__ import annotations

import dataclasses
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mesogun.record import TreatmentState, fold_all
from mesogun.record import events as ev
from mesogun.treatment import Token, Wish
from mesogun.treatment import decide as d
from mesogun.wire.codes import Fault, Flag, State
from mesogun.wire.messages import Status
from tests.record.strategies import loaded, planned, shot
from tests.trace import req

TOKEN = Token(1_000, 0)
PLAN = cast(Any, SimpleNamespace(shots=[SimpleNamespace(volume_nl=20_000, depth_um=1_500)] * 5))


def status(**changes: object) -> Status:
    base = Status(
        gun_clock_us=1_000, state=State.DISARMED, flags=int(Flag.PRIMED), fault=Fault.NONE, last_shot_no=0,
        closed_shot_no=0, fired_entry_no=0, entry_hwm=0, next_entry_no=0, magazine=0, running_total_nl=0,
        lease_left_ms=0, syringe_left_nl=5_000_000, pressure_pa=0, contact_mn=0, battery_mv=3_900,
    )  # fmt: skip
    return dataclasses.replace(base, **changes)  # type: ignore[arg-type]


def now(state: TreatmentState, gun: Status, **changes: object) -> d.Situation:
    base = d.Situation(
        state=state, status=gun, plan=PLAN, shot_no=0, first=0, token=TOKEN, wish=Wish.RUN, magazine_depth=2,
        dead_volume_nl=50_000, max_volume_nl=40_000, step_nl=100, reserve_nl=0, granted=True, may_load=True,
    )  # fmt: skip
    return dataclasses.replace(base, **changes)  # type: ignore[arg-type]


FRESH = fold_all([planned(5)])
HELD = fold_all([planned(5), loaded(1, 0), loaded(2, 1)])
ARMED = fold_all([planned(5), loaded(1, 0), loaded(2, 1), ev.Armed(1, 2, 2, 40_000, 2_000, 1, "op-1")])
DONE = fold_all([planned(1), loaded(1, 0), shot(1, 1, 0)])
HOT = status(state=State.ARMED, magazine=2, lease_left_ms=1_500)

TABLE = [
    ("closed shots are read first", HELD, status(closed_shot_no=1), {"wish": Wish.END}, d.ReadLog()),
    ("a fault comes before everything else", HELD, status(state=State.FAULT, fault=1), {}, d.FaultSeen(1)),
    ("unprimed: prime", FRESH, status(flags=0), {}, d.LoadPrime((40_000, 10_000))),
    ("primed: load", FRESH, status(), {}, d.LoadShots((0, 1))),
    ("go to a later point", FRESH, status(), {"first": 3}, d.LoadShots((3, 4))),
    ("and come back", FRESH, status(), {"first": 4}, d.LoadShots((4, 0))),
    ("full: arm", HELD, status(magazine=2), {}, d.ArmNow(TOKEN)),
    ("full, nobody has said so: ask", HELD, status(magazine=2), {"granted": False}, d.AskToArm()),
    ("nothing was painted: wait", HELD, status(magazine=2), {"token": None}, d.Watch()),
    ("armed and full: renew", ARMED, HOT, {}, d.RenewLease(TOKEN)),
    ("armed, nothing painted: no renewal", ARMED, HOT, {"token": None}, d.Watch()),
    ("armed with room: load more", ARMED, HOT, {"magazine_depth": 3}, d.LoadShots((2,))),
    ("a limit refused: no more loads", ARMED, HOT, {"magazine_depth": 3, "may_load": False}, d.RenewLease(TOKEN)),
    ("pause disarms", ARMED, HOT, {"wish": Wish.PAUSE}, d.DisarmNow()),
    ("paused and disarmed: watch", HELD, status(magazine=2), {"wish": Wish.PAUSE}, d.Watch()),
    ("end: empty the magazine first", HELD, status(magazine=2), {"wish": Wish.END}, d.EmptyMagazine()),
    ("end: then close", FRESH, status(), {"wish": Wish.END}, d.Finish("ended early")),
    ("the lease ran out", ARMED, status(magazine=2), {}, d.NoteDisarmed("the lease ran out")),
    ("the gun dropped entries by itself", HELD, status(magazine=0), {}, d.SayHello()),
    ("syringe too short", FRESH, status(syringe_left_nl=19_999), {}, d.ChangeSyringe()),
    ("syringe covers one", FRESH, status(syringe_left_nl=39_999), {}, d.LoadShots((0,))),
    ("syringe covers none for sure", FRESH, status(syringe_left_nl=39_999), {"reserve_nl": 20_000}, d.ChangeSyringe()),
    ("all given: ask before closing", DONE, status(), {}, d.AskToFinish()),
    ("all given, somebody said so", DONE, status(), {"may_finish": True}, d.Finish("complete")),
    ("all given, end asked", DONE, status(), {"wish": Wish.END}, d.Finish("complete")),
    ("another syringe is in, nobody has spoken for it", FRESH, status(), {"another_syringe": True}, d.ChangeSyringe()),
    ("all given, still armed", DONE, status(state=State.ARMED, lease_left_ms=9), {}, d.DisarmNow()),
]  # fmt: skip


@req("H6", "H7", "H12", "MG-27")
@pytest.mark.parametrize(
    ("state", "gun", "changes", "expected"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE]
)
def test_the_table(state: TreatmentState, gun: Status, changes: dict[str, object], expected: d.Action) -> None:
    assert d.decide(now(state, gun, **changes)) == expected


@given(st.integers(1, 400_000), st.integers(1, 900), st.integers(1, 1_000))
def test_priming_fills_the_dead_volume_and_not_a_step_more(dead_nl: int, most_steps: int, step_nl: int) -> None:
    volumes = d.prime_volumes(dead_nl, most_steps * step_nl, step_nl)
    assert 0 <= sum(volumes) - dead_nl < step_nl or sum(volumes) == step_nl
    assert all(0 < volume <= most_steps * step_nl and volume % step_nl == 0 for volume in volumes)


@req("H12", "MG-27")
@given(st.sampled_from(list(State)), st.booleans(), st.sampled_from(list(Wish)), st.integers(0, 2))
def test_without_a_painted_token_nothing_is_armed_or_renewed(
    state: State, granted: bool, wish: Wish, magazine: int
) -> None:
    for recorded in (FRESH, HELD, ARMED, DONE):
        gun = status(state=state, magazine=magazine)
        action = d.decide(now(recorded, gun, token=None, granted=granted, wish=wish))
        assert not isinstance(action, d.ArmNow | d.RenewLease)


@req("MG-27")
@given(st.sampled_from(list(Wish)), st.integers(0, 2))
def test_nothing_arms_by_itself(wish: Wish, magazine: int) -> None:
    for recorded in (FRESH, HELD, ARMED, DONE):
        action = d.decide(now(recorded, status(magazine=magazine), granted=False, wish=wish))
        assert not isinstance(action, d.ArmNow)
