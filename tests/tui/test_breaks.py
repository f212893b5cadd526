"""The cable pulled, and the gun's power lost, in mid-treatment: real runner, simulated gun, the screen above.

Not responsible for going on afterwards (``tests/treatment``).
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from mesogun.area import example
from mesogun.cli import people, planning, treat, visit
from mesogun.errors import LinkLost, MesogunError, OutcomeUnknown
from mesogun.gun import connect
from mesogun.journal import open_journal
from mesogun.record import fold_all
from mesogun.treatment import Settings, Snapshot
from mesogun.wire.codes import State
from sim.firmware.table import Phase
from sim.world import World, find
from tests.trace import req
from tests.tui.fakes import FakePainter, text
from tests.tui.test_visit import AREA, MOST_LOOKS, PROTOCOL, SUBJECT, PaintedAtOnce, answered
from tui.app import Dashboard
from tui.source import LiveSource
from tui.view import ViewMaker

BROKEN_AFTER = 4


def pull_the_cable(world: World) -> None:
    world.line.plugged = False


def lose_power(world: World) -> None:
    world.power_cycle()


class Breaking(PaintedAtOnce):
    """A seam at which something breaks, once, as soon as so many shots are on record and the gun is armed."""

    def __init__(self, stop: Callable[[], None], breaks: Callable[[], None]) -> None:
        super().__init__(stop)
        self._breaks: Callable[[], None] | None = breaks

    def show(self, snapshot: Snapshot) -> None:
        super().show(snapshot)
        status = snapshot.status
        due = len(snapshot.state.outcomes) >= BROKEN_AFTER and status is not None and status.state == State.ARMED
        if due and self._breaks is not None:
            breaks, self._breaks = self._breaks, None
            breaks()


async def broken(app: Dashboard, front: PaintedAtOnce, source: LiveSource, worker: threading.Thread) -> str:
    """Say yes to whatever is asked until the link breaks; the last frame."""
    async with app.run_test(size=(80, 24)) as pilot:
        worker.start()
        for _ in range(MOST_LOOKS):
            app.tick()
            await pilot.pause(0.01)
            await answered(app, front, pilot)
            if source.done:
                break
        app.tick()
        await pilot.pause()
        await pilot.pause()
        last = text(app)
        await pilot.press("q")
    return last


@req("G13")
@pytest.mark.parametrize("breaks", [pull_the_cable, lose_power])
def test_a_break_in_mid_treatment_leads_the_screen_and_disarms_the_gun(
    breaks: Callable[[World], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MESOGUN_HOME", str(tmp_path / "home"))
    name = breaks.__name__
    port = f"sim://standard?seed=4&pace=max&world={name}&start=2026-01-05T09:00:00Z"
    protocol, site, _ = planning.demonstrated(visit.find_protocol(PROTOCOL))
    with connect(port, keys=people.gun_keys()) as gun, open_journal(tmp_path / "journal.db", gun.clock) as journal:
        begun = treat.start(
            gun=gun, record=journal, protocol=protocol, outline=example(AREA), given=None,
            chosen=planning.PlanOptions(), subject=SUBJECT, operator=people.DEMO_OPERATOR, answers=None, yes=True,
            site=site, demonstration=True,
        )  # fmt: skip
        plan, world = begun.cleared.plan, find(name)

        def now() -> None:
            with world.lock:
                breaks(world)

        front = Breaking(gun.stop, now)
        source = LiveSource(front)

        def work() -> None:
            try:
                visit.run(
                    gun=gun, journal=journal, begun=begun, front=front, operator=people.DEMO_OPERATOR,
                    orders=front.order, settings=Settings(poll_ms=100),
                )  # fmt: skip
            except MesogunError as error:
                source.failure = error
            source.done = True

        app = Dashboard(
            ViewMaker(plan, title=plan.protocol_title, source="LIVE"), source, now_us=front.now_us, front=front,
            painter=FakePainter(), bell=False, characters=True, period_s=None,
        )  # fmt: skip
        worker = threading.Thread(target=work, daemon=True)
        last = asyncio.run(broken(app, front, source, worker))
        worker.join(10)
        world.run_for(5.0)
        state = fold_all([row.event for row in journal.rows(begun.treatment)])
    assert isinstance(source.failure, LinkLost | OutcomeUnknown)
    assert last.startswith(" !!! HIGH Link lost while armed")
    assert "ON RECORD" in last
    assert "◆" not in last
    assert app.return_value == "quit"
    assert BROKEN_AFTER <= len(state.outcomes) < len(plan.points)
    assert round(world.truth.dispensed_nl) in state.ledger
    assert world.gun.machine.phase not in (Phase.ARMED, Phase.STROKE)
