"""A practitioner's whole visit by keyboard alone: wizard with a reason for a soft limit, prime, treat, an occlusion,
another syringe, end, report.

The gun is simulated, runner and journal are the real ones. There is no terminal here (``test_terminal``), so what is
shown counts as painted at once. Nothing here knows which question comes next: whatever is asked is read and answered.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot

from mesogun.cli import people, planning, treat, visit
from mesogun.cli.root import run
from mesogun.clock import ManualClock
from mesogun.gun import Gun, connect
from mesogun.journal import Journal, open_journal
from mesogun.limits import load_site, parse_answers
from mesogun.plan import Plan
from mesogun.protocol import bundled
from mesogun.record import Mark, TreatmentState
from mesogun.record import events as ev
from mesogun.report import write_report
from mesogun.treatment import Settings, Snapshot
from mesogun.wire.codes import Fault
from sim.world import World, find
from tests.tui.fakes import FakePainter, text
from tests.tui.test_start import play as play_start
from tests.tui.test_start import settled, shown
from tui.app import Dashboard
from tui.deliberate import BEAT_US, GAP_US
from tui.front import ScreenFront
from tui.source import LiveSource
from tui.start import Start
from tui.view import ViewMaker

PROTOCOL, AREA, SUBJECT = "body-cellulite", "cheek", "S-0042"
CLINIC = """
format = 1
set_by = "The clinic"
set_on = "2026-01-05"

[[limit]]
agent = "*"
kind = "treatment_ml"
soft_high = 0.5
source = "house rule"
"""
RULE, WHY = "treatment_ml.soft_high", "firm skin"
OCCLUDED_AFTER = 5
MOST_LOOKS = 20_000


async def answered(app: Dashboard, front: PaintedAtOnce, pilot: Pilot[str]) -> str:
    """Read what is asked, if anything is, and say yes once that counts; the title of the card, if it was answered."""
    # the card's own edges: the path on the map is drawn with the same lines
    card = next((line for line in text(app).splitlines() if line[1:4] == "┃  " and line[78:79] == "┃"), "")
    if not app.query_one("#over").has_class("open") or not app.query_one("#answers").display or not card:
        return ""
    if "y  " not in text(app):
        for _ in range(1 + GAP_US // BEAT_US):
            front.clock.advance_us(BEAT_US)
            app.tick()
        return ""
    await pilot.press("y")
    return card.split("┃  ")[1].split("  ")[0]


class PaintedAtOnce(ScreenFront):
    """A seam whose every snapshot counts as painted; the gun's time stands still while a question waits for a look.

    The screen's time is ``clock``, and moves only when somebody reads what is asked.
    """

    def __init__(self, stop: Callable[[], None]) -> None:
        self.clock = ManualClock()
        super().__init__(stop, ticks=self.clock)
        self._glance = threading.Event()

    def show(self, snapshot: Snapshot) -> None:
        super().show(snapshot)
        self.painted(snapshot)

    def confirm(self, what: str, text: str) -> bool | None:
        answer = super().confirm(what, text)
        if answer is None:
            self._glance.clear()
            self._glance.wait(1.0)
        return answer

    def looked(self) -> None:
        super().looked()
        self._glance.set()


@pytest.fixture(autouse=True)
def own_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MESOGUN_HOME", str(tmp_path / "home"))


@pytest.fixture
def clinic(tmp_path: Path) -> Path:
    path = tmp_path / "limits.toml"
    path.write_text(CLINIC)
    return path


def wizard(folder: Path, clinic: Path) -> tuple[str, ...]:
    """From the menu to the command, by keyboard; the questions as a healthy subject answers them."""

    async def scene(app: Start, pilot: object) -> None:
        press = getattr(pilot, "press")  # noqa: B009 -- Pilot of any app

        async def take(words: str) -> None:
            assert any(words in choice.words for choice in app.choices), shown(app)
            while app.highlighted is None or words not in app.choices[app.highlighted].words:
                await press("down")
            await press("enter")
            await settled(app, pilot)  # type: ignore[arg-type]

        await take("Plan and treat")
        await take(bundled(PROTOCOL).title)
        await take(AREA)
        await press(*SUBJECT, "enter")
        await take("the simulated gun")
        assert "The plan." in shown(app)
        assert f"soft {RULE}" in shown(app), "what stands in the way is said before the questions"
        await take("Go on")
        while "Step 6" in shown(app):
            page = shown(app)
            if "What was done before?" in page:
                await take("Clean")
                await press(*"soap", "enter", "home", "enter")
            elif "What is used?" in page:
                await press("enter")
                await settled(app, pilot)  # type: ignore[arg-type]
            else:
                assert "Question" in page or "Consent" in page, page
                bad_no = "no to blocked" in page or "no to clearance" in page
                await press("y" if bad_no or "Consent" in page else "n")
        await settled(app, pilot)  # type: ignore[arg-type]
        assert "at most 0.5 allowed (site: house rule" in " ".join(shown(app).split())
        await take(f"Give a reason: {RULE}")
        await press(*WHY, "enter")
        await settled(app, pilot)  # type: ignore[arg-type]
        assert "Nothing is in the way" in shown(app)
        assert f"subject {SUBJECT}" in shown(app)
        await press("y")

    found = play_start(scene, folder, limits=clinic).return_value
    assert found is not None
    return found


def option(command: tuple[str, ...], name: str) -> str:
    return command[command.index(name) + 1]


async def treated(
    app: Dashboard, front: PaintedAtOnce, source: LiveSource, worker: threading.Thread, world: World
) -> list[str]:
    """Look, read what is asked, answer with y; block the needle once on the way. The titles of the cards, in order."""
    titles: list[str] = []
    blocked = False
    async with app.run_test(size=(80, 24)) as pilot:
        worker.start()
        for _ in range(MOST_LOOKS):
            app.tick()
            await pilot.pause(0.01)
            view = app.view
            if not blocked and view is not None and view.shots_done >= OCCLUDED_AFTER:
                blocked = True
                world.gun.trouble(Fault.OCCLUSION)
            titles += filter(None, [await answered(app, front, pilot)])
            if source.done:
                break
        if source.failure is not None:
            raise source.failure
        app.tick()
        await pilot.pause()
        assert "ENDED" in text(app).splitlines()[1]
        assert "q leaves" in text(app).splitlines()[1]
        await pilot.press("q")
    return titles


def carry_out(
    command: tuple[str, ...], gun: Gun, journal: Journal, world: World, clinic: Path
) -> tuple[TreatmentState, list[str]]:
    """What ``mesogun treat`` does with the wizard's command, with the dashboard under a pilot."""
    plan = Plan.from_bytes(Path(option(command, "--plan")).read_bytes())
    answers = parse_answers(Path(option(command, "--answers")).read_text(), "answers")
    who = people.DEMO_OPERATOR.reference
    item, site = planning.filled(visit.find_protocol(PROTOCOL), {}, load_site(clinic), who=who, demonstration=True)
    begun = treat.start(
        gun=gun, record=journal, protocol=item, outline=None, given=plan, chosen=planning.PlanOptions(),
        subject=SUBJECT, operator=people.DEMO_OPERATOR, answers=answers, yes=False, site=site, demonstration=True,
    )  # fmt: skip
    front = PaintedAtOnce(gun.stop)
    source = LiveSource(front)
    states: list[TreatmentState] = []
    paced = Settings(poll_ms=100)

    def work() -> None:
        operator, orders = people.DEMO_OPERATOR, front.order
        try:
            states.append(
                visit.run(
                    gun=gun, journal=journal, begun=begun, front=front, operator=operator, orders=orders, settings=paced
                )
            )
        except BaseException as error:  # noqa: BLE001 -- shown on the screen, and raised below
            source.failure = error
        source.done = True

    app = Dashboard(
        ViewMaker(plan, title=plan.protocol_title, source="LIVE"), source, now_us=front.now_us, front=front,
        painter=FakePainter(), bell=False, characters=True, period_s=None,
    )  # fmt: skip
    worker = threading.Thread(target=work, daemon=True)
    titles = asyncio.run(treated(app, front, source, worker, world))
    worker.join(10)
    return states[0], titles


def test_a_whole_visit_by_keyboard_alone(
    tmp_path: Path, clinic: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    command = wizard(tmp_path / "visit", clinic)
    assert command[:2] == ("treat", PROTOCOL)
    assert command[-2:] == ("--demo-values", "--yes"), "nobody is at the keyboard, and the gun is simulated"
    world = "whole-visit"
    port = f"sim://standard?seed=4&pace=max&world={world}&start=2026-01-05T09:00:00Z"
    with connect(port, keys=people.gun_keys()) as gun, open_journal(tmp_path / "journal.db", gun.clock) as journal:
        state, titles = carry_out(command, gun, journal, find(world), clinic)
        report = write_report(journal, next(one.treatment for one in journal.treatments()), tmp_path)
        assert journal.verify().ok
        rows = list(journal.rows())
    assert state.ended == "complete"
    assert set(state.outcomes.values()) <= {Mark.GIVEN, Mark.PARTIAL, Mark.INDETERMINATE}
    assert len(state.outcomes) == 17
    assert titles[:2] == ["PRIME", "ARM"]
    assert "FAULT" in titles
    assert "SYRINGE" in titles
    assert titles[-1] == "ALL GIVEN"
    assert report.stat().st_size > 10_000
    with_reason = [row.event for row in rows if isinstance(row.event, ev.OverrideGiven)]
    assert [(one.rule, one.why) for one in with_reason] == [(RULE, WHY)]
    assert [(row.event.step, row.event.note) for row in rows if isinstance(row.event, ev.StepDone)] == [
        ("clean", "soap")
    ]
    # The very command, in a shell without a terminal:
    monkeypatch.setenv("MESOGUN_STATE", str(tmp_path))
    assert run((*command, "--journal", str(tmp_path / "second.db"), "--plain")) == 0, capsys.readouterr().err
    assert "17 of 17" in capsys.readouterr().out
