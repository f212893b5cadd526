"""A calibration arms on a technician's word, anew after each break, and on a lease that lives on what was shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from mesogun.errors import Refused
from mesogun.record import calibration_events as ce
from mesogun.record import events as ev
from mesogun.wire.codes import Fault, ShotFlag
from mesogun.wire.messages import Arm
from sim.firmware.shotlog import Closing, Intent
from sim.firmware.table import Phase
from tests.calibration.rigs import Rig, rig, script
from tests.trace import req

SHORT = script(replicates=4, as_left_replicates=0, blanks=2, start_up=0)


def events(bench: Rig, kind: type[ev.Event]) -> list[Any]:
    return [row.event for row in bench.journal.rows() if isinstance(row.event, kind)]


@req("MG-26")
def test_a_latched_fault_is_cleared_with_the_technicians_word_only() -> None:
    with rig("standard", 1) as bench:
        bench.world.gun.trouble(Fault.TEMPERATURE)
        bench.bench.no = {"fault"}
        for given in (SHORT, None):
            with pytest.raises(Refused, match=f"reports TEMPERATURE.*--resume {bench.run} --guided"):
                bench.calibrate("check", given)
            assert bench.world.gun.machine.phase is Phase.FAULT
        assert bench.bench.asked == ["fault", "fault"]
        assert [item.fault for item in events(bench, ev.FaultRaised)] == ["TEMPERATURE"]
        assert not events(bench, ev.FaultCleared)
        assert bench.world.truth.per_shot == ()
        bench.bench.no = set()
        assert bench.calibrate("check", None).means
        assert [item.operator for item in events(bench, ev.FaultCleared)] == ["op-tech"]
        assert bench.bench.asked[2:] == ["fault", "arm"]


@req("H9")
def test_without_a_word_nothing_is_loaded_and_with_it_nobody_is_asked_again() -> None:
    with rig("standard", 1) as bench:
        bench.bench.no = {"arm"}
        with pytest.raises(Refused, match="arm = true"):
            bench.calibrate("check", SHORT)
        assert not events(bench, ev.MagazineLoaded)
        assert bench.world.gun.machine.phase is Phase.DISARMED
        bench.bench.no = set()
        bench.calibrate("check", None)
        assert bench.bench.asked == ["arm", "arm"], "once for a run, once for going on with it"
        assert len(events(bench, ev.ShotRecorded)) > 10


def test_a_new_syringe_needs_a_new_word() -> None:
    with rig("worn-screw", 5) as bench:
        bench.calibrate()
        changes = len(events(bench, ev.FaultCleared))
        assert changes > 0
        assert bench.bench.asked == ["arm"] + ["syringe"] * changes


def lapses(bench: Rig, *, after: int) -> None:
    """From the shot number ``after`` on nobody pulls the trigger, and nothing is shown once the gun is armed."""
    arm = bench.gun.arm

    def then_dark(what: Arm, **more: int) -> Any:
        done = arm(what, **more)
        if len(events(bench, ev.ShotRecorded)) == after and "rearm" not in bench.bench.asked:
            bench.world.hand.leave()
            bench.bench.shows = False
        return done

    bench.gun.arm = then_dark  # type: ignore[method-assign,assignment]


@req("H9", "H12")
def test_a_bench_that_stops_showing_disarms_the_gun_and_nothing_rearms_it() -> None:
    with rig("standard", 1) as bench:
        lapses(bench, after=3)
        bench.bench.no = {"rearm"}
        arms: list[Phase] = []
        confirm = bench.bench.confirm

        def asked(what: str, text: str) -> bool:
            arms.append(bench.world.gun.machine.phase)
            return confirm(what, text)

        bench.bench.confirm = asked  # type: ignore[method-assign]
        begun_us = bench.gun.clock.monotonic_us()
        with pytest.raises(Refused, match=r"disarmed before its shot.*--resume"):
            bench.calibrate("check", SHORT)
        assert bench.bench.asked == ["arm", "rearm"]
        assert arms == [Phase.DISARMED, Phase.DISARMED]
        assert bench.gun.clock.monotonic_us() - begun_us < 120_000_000
        bench.gun.clock.sleep_us(200_000)
        assert not bench.world.gun.machine.magazine, "STOP was sent"
        bench.bench.no, bench.bench.shows = set(), True
        bench.world.hand.come_back()
        assert bench.calibrate("check", None).means


def test_after_a_lapse_a_new_word_goes_on_with_the_same_shot() -> None:
    with rig("standard", 1) as bench:
        lapses(bench, after=3)
        confirm = bench.bench.confirm

        def asked(what: str, text: str) -> bool:
            bench.bench.shows = True
            if what == "rearm":
                bench.world.hand.come_back()
            return confirm(what, text)

        bench.bench.confirm = asked  # type: ignore[method-assign]
        assert bench.calibrate("check", SHORT).means
        assert bench.bench.asked == ["arm", "rearm"]
        assert not events(bench, ev.EntrySettled)


@req("H12", "G13")
def test_every_lease_begins_and_goes_on_with_a_clock_that_was_shown_once() -> None:
    with rig("standard", 1) as bench:
        arm, renew = bench.gun.arm, bench.gun.renew
        used: list[tuple[int, int]] = []

        def armed(what: Arm, **more: int) -> Any:
            used.append((what.painted_clock_us, what.painted_shot_no))
            return arm(what, **more)

        def renewed(clock_us: int, shot_no: int, lease_ms: int, **more: int) -> Any:
            used.append((clock_us, shot_no))
            return renew(clock_us, shot_no, lease_ms, **more)

        bench.gun.arm, bench.gun.renew = armed, renewed  # type: ignore[method-assign,assignment]
        bench.calibrate("check", SHORT)
        shown = {(status.gun_clock_us, status.last_shot_no) for status in bench.bench.statuses}
        assert len(used) == len(set(used)) > 20
        assert set(used) <= shown


@dataclass
class Skin:
    """Touches the needle in the middle of the shot ``at`` of the truth; a witness of the gun."""

    bench: Rig
    at: int

    def phase_changed(self, _before: Phase, _after: Phase, /) -> None:
        pass

    def intended(self, intent: Intent, /) -> None:
        if intent.shot_no == self.at:
            gun = self.bench.world.gun
            self.bench.world.kernel.after(60_000, "skin", lambda: gun.touch(2_000))

    def closed(self, intent: Intent, _closing: Closing, /) -> None:
        if intent.shot_no == self.at:
            self.bench.world.gun.touch(0)


@req("G11", "MG-26")
@pytest.mark.parametrize(("at", "kind"), [(1, "PRIME"), (5, "TEST")])
def test_a_shot_that_saw_skin_stops_the_run_until_somebody_has_looked_into_it(at: int, kind: str) -> None:
    with rig("standard", 1) as bench:
        bench.world.gun.machine.witnesses.append(Skin(bench, at))
        before = bench.gun.stops
        with pytest.raises(Refused, match=f"shot {at} saw skin contact.*--resume {bench.run} --guided"):
            bench.calibrate("check", SHORT)
        assert bench.gun.stops == before + 1
        recorded = events(bench, ev.ShotRecorded)
        assert (recorded[-1].shot_no, recorded[-1].shot_kind) == (at, kind)
        assert recorded[-1].flags & ShotFlag.CONTACT_SEEN
        bench.bench.no = {"contact"}
        with pytest.raises(Refused, match="nobody has said that it was looked into"):
            bench.calibrate("check", None)
        assert len(events(bench, ev.ShotRecorded)) == at
        bench.bench.no = set()
        bench.bench.asked.clear()
        assert bench.calibrate("check", None).means
        assert bench.bench.asked == ["contact", "arm"]
        assert events(bench, ce.ContactSettled) == [ce.ContactSettled(at, "op-tech")]
        weighed = {shot.shot_no for item in bench.state.measured for shot in item.shots}
        assert at not in weighed
