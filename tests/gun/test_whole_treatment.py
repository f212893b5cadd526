"""A whole treatment by the production runner against the gun that was written from the document alone."""

from __future__ import annotations

import pytest

from mesogun.clock import ManualClock
from mesogun.errors import LinkLost, OutcomeUnknown
from mesogun.gun import Gun, connect
from mesogun.identity import SIMULATED_KEY
from mesogun.record import Mark
from mesogun.treatment import Runner, Settings
from mesogun.wire.messages import FINGERPRINT, Disarm
from sim.campaign.front import CampaignFront
from sim.campaign.memory_journal import MemoryJournal
from sim.campaign.workload import OPERATOR, TREATMENT, cleared_plan, first_events
from tests.gun.cable import Cable
from tests.gun.minimal_gun import MinimalGun
from tests.trace import req

SHOTS = 12


class Desk:
    def __init__(self) -> None:
        self.device = MinimalGun(SIMULATED_KEY, FINGERPRINT)
        self.clock = ManualClock()
        self.cable = Cable(self.device, self.clock)
        self.cable.on_idle = self._hand
        self.plan = cleared_plan(SHOTS, 20_000, 3_000_000, needles=1, overrun_nl=700)
        self.journal = MemoryJournal(TREATMENT, self.plan.clearance.hard_total_nl)
        self.journal.append(first_events(self.plan), treatment=TREATMENT, epoch=None)

    def _hand(self) -> None:
        self.device.now_us = self.clock.monotonic_us()
        self.device.pull()

    def connect(self) -> Gun:
        return connect((self.cable, self.clock), keys=lambda _: SIMULATED_KEY)

    def runner(self) -> Runner:
        return Runner(
            gun=self.connect(),
            journal=self.journal,  # type: ignore[arg-type] # the same promises, without a disk
            cleared=self.plan,
            treatment=TREATMENT,
            front=CampaignFront(),
            operator=OPERATOR,
            station="desk",
            settings=Settings(lease_ms=1_000, lead=4),
        )


def test_a_treatment_from_hello_to_the_closed_record() -> None:
    desk = Desk()
    state = desk.runner().run()
    assert state.ended == "complete"
    assert [state.mark(index) for index in range(SHOTS)] == [Mark.GIVEN] * SHOTS
    given_nl = 20_000 * SHOTS
    assert given_nl in state.ledger
    assert state.dispensed_nl == given_nl
    assert desk.device.nvm["acked"] == desk.device.nvm["shot"]
    assert desk.device.nvm["open"] == 0


def test_on_a_line_that_loses_every_seventh_frame() -> None:
    desk = Desk()
    count = iter(range(10**6))
    desk.cable.to_gun = lambda data: [] if next(count) % 7 == 3 else [data]
    desk.cable.from_gun = lambda data: [] if next(count) % 7 == 5 else [data, data]
    state = desk.runner().run()
    assert state.ended == "complete"
    assert state.dispensed_nl == 20_000 * SHOTS
    primed_nl = desk.device.nvm["total"] - state.dispensed_nl
    assert primed_nl in state.prime


@req("G6", "H11")
def test_a_host_whose_session_was_taken_hears_so_and_settles_nothing() -> None:
    desk = Desk()
    first = desk.connect()
    second = desk.connect()
    with pytest.raises(OutcomeUnknown, match="bad tag"):
        first.link.request(Disarm())
    with pytest.raises(LinkLost, match="HELLO"):
        first.status()
    assert second.disarm().state == 1
