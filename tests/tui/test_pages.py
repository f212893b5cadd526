"""The start screen's pages beside the wizard: the record, a gun, calibration, About; by keyboard, and by mouse."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from mesogun.clock import ManualClock
from mesogun.journal import open_journal
from mesogun.record import calibration_events as ce
from mesogun.record import events as ev
from mesogun.record.alarms import CONDITIONS
from tests.tui import scenes
from tests.tui.pilots import choose, settled, shown
from tui.device import line_text, look_at
from tui.records import event_line, past_of
from tui.start import Start

Scene = Callable[[Start, Pilot[tuple[str, ...]]], Awaitable[None]]


@pytest.fixture(autouse=True)
def own_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MESOGUN_HOME", str(tmp_path / "home"))


def play(scene: Scene, folder: Path) -> tuple[str, ...] | None:
    journal = folder / "journal.db"
    app = Start(
        folder=folder / "visit", journal=journal, reports=folder / "reports", past=past_of(journal),
        show=lambda address: address.startswith("file:///"),
    )  # fmt: skip

    async def run() -> None:
        async with app.run_test(size=(80, 24)) as pilot:
            await pilot.pause()
            await scene(app, pilot)

    asyncio.run(run())
    return app.return_value


def recorded(folder: Path) -> None:
    """A journal with one treatment that has ended."""
    with open_journal(folder / "journal.db", ManualClock()) as journal:
        events = [*scenes.history(9, magazine=0), ev.TreatmentEnded("ended early", "op-ada")]
        journal.append(events, treatment=scenes.TREATMENT, epoch=None)


def test_the_record_is_browsed_verified_and_reported(tmp_path: Path) -> None:
    recorded(tmp_path)

    async def scene(app: Start, pilot: Pilot[tuple[str, ...]]) -> None:
        await choose(app, pilot, "The record")
        await choose(app, pilot, "Free a gun")
        assert "only asked what it is bound to" in shown(app)
        await pilot.press("escape")
        await settled(app, pilot)
        assert "something is not known" not in shown(app)
        assert "1 treatment on record" in shown(app)
        await choose(app, pilot, "Verify")
        assert "Verified: 22 events" in shown(app)
        assert "Head " in shown(app)
        await pilot.press("escape")
        await settled(app, pilot)
        await choose(app, pilot, "S-0042  ended early")
        await choose(app, pilot, "Its events")
        assert "treatment planned" in shown(app)
        assert "gun found" in shown(app)
        await pilot.press("escape")
        await choose(app, pilot, "Write its report")
        assert "It is open in the browser." in shown(app)
        assert list((tmp_path / "reports").glob("*.html"))
        await choose(app, pilot, "Back to the treatment")
        await choose(app, pilot, "Replay it")

    assert play(scene, tmp_path) == ("replay", scenes.TREATMENT)


def test_a_damaged_journal_is_told_and_not_opened_for_more(tmp_path: Path) -> None:
    (tmp_path / "journal.db").write_bytes(b"not a journal at all" * 300)

    async def scene(app: Start, pilot: Pilot[tuple[str, ...]]) -> None:
        await choose(app, pilot, "The record")
        assert "This does not work" in shown(app)
        await choose(app, pilot, "Back to the beginning")
        assert "What would you like to do?" in shown(app)

    play(scene, tmp_path)


def test_an_event_in_one_line_says_what_is_short(tmp_path: Path) -> None:
    recorded(tmp_path)
    with open_journal(tmp_path / "journal.db", ManualClock(), create=False, read_only=True) as journal:
        lines = [event_line(row) for row in journal.rows(scenes.TREATMENT)]
    assert "subject S-0042" in lines[0]
    assert "outline" not in lines[0], "a whole plan is not short"
    assert "treatment ended" in lines[-1]
    assert lines[-1].split()[-3:] == ["operator", "op-ada"] or "ended early" in lines[-1]


def test_a_gun_is_examined_and_only_looked_at(tmp_path: Path) -> None:
    async def scene(app: Start, pilot: Pilot[tuple[str, ...]]) -> None:
        await choose(app, pilot, "A gun")
        await choose(app, pilot, "the simulated gun")
        assert "firmware" in shown(app)
        await pilot.press("pagedown", "pagedown")
        await pilot.pause()
        assert "calibration" in shown(app)
        assert "head " in shown(app)
        await choose(app, pilot, "Link statistics")
        assert "requests" in shown(app)
        await choose(app, pilot, "Back to the gun")
        await choose(app, pilot, "Wire trace")
        assert "HELLO" in shown(app)
        await choose(app, pilot, "Back to the gun")
        await choose(app, pilot, "Diagnostics")
        assert "round trip" in shown(app) or "software" in shown(app)
        await choose(app, pilot, "Back to the gun")
        await choose(app, pilot, "Faults")
        assert "Overpressure" in shown(app)

    assert play(scene, tmp_path) is None


def test_the_trace_holds_both_ways_and_no_key(tmp_path: Path) -> None:
    seen = look_at("sim://standard?seed=3")
    assert any("> REQ HELLO" in line.replace("  ", " ") or " > REQ" in line for line in seen.trace)
    assert any(" < RSP" in line for line in seen.trace)
    assert "damaged frames" in seen.line
    assert len(line_text.__doc__ or "") > 0


def test_every_fault_says_its_cause_and_what_to_do() -> None:
    from tui.device import fault_text
    from tui.palette import DARK

    text = fault_text(DARK).plain
    for condition in CONDITIONS:
        if condition.name.startswith("fault-"):
            assert condition.title in text
            assert condition.cause in text
            assert condition.action in text


@pytest.mark.parametrize("what", ["volume", "depth"])
def test_calibration_ends_in_its_command(tmp_path: Path, what: str) -> None:
    async def scene(app: Start, pilot: Pilot[tuple[str, ...]]) -> None:
        await choose(app, pilot, "Calibrate a gun")
        await choose(app, pilot, f"Calibrate the {what}")
        await choose(app, pilot, "the simulated gun")
        if what == "volume":
            await choose(app, pilot, "Typed by hand")
        asked = str(app.query_one("#entry", Input).border_title)
        await pilot.press(*"c.toml")
        assert asked in shown(app), "the question stays when typing begins"
        await pilot.press("enter")

    more = {"volume": ("--balance", "manual", "--script", "c.toml"), "depth": ("--script", "c.toml", "--guided")}
    assert play(scene, tmp_path) == ("calibrate", what, "--port", "sim://standard", *more[what])


def test_a_depth_run_that_stopped_goes_on_guided(tmp_path: Path) -> None:
    started = ce.CalibrationStarted(
        operator="op-tech", what="depth", script="", script_sha256="", gun=scenes.GUN, memory=scenes.MEMORY,
        gun_kind="simulated", model="sim", serial="1", firmware=1, syringe="1mL-A", syringe_nl=1_000_000,
        needle="30G-4mm", needles=1, calibration="c", steps="[]", estimated_s=400, software="0", station="b",
    )  # fmt: skip
    with open_journal(tmp_path / "journal.db", ManualClock()) as journal:
        journal.append([started], treatment="cal-00000000d001", epoch=None)

    async def scene(app: Start, pilot: Pilot[tuple[str, ...]]) -> None:
        await choose(app, pilot, "Calibrate a gun")
        await choose(app, pilot, "Go on with a run")
        await choose(app, pilot, "cal-00000000d001")
        await choose(app, pilot, "the simulated gun")

    wanted = ("calibrate", "depth", "--port", "sim://standard", "--resume", "cal-00000000d001", "--guided")
    assert play(scene, tmp_path) == wanted


def test_about_says_what_it_is_not_and_the_mouse_gets_there(tmp_path: Path) -> None:
    async def scene(app: Start, pilot: Pilot[tuple[str, ...]]) -> None:
        place = next(number for number, choice in enumerate(app.choices) if choice.words == "About")
        await pilot.click("#choices", offset=(4, place))
        await settled(app, pilot)
        assert "Information display, not an alarm system." in shown(app)
        await pilot.click("#foot")
        await settled(app, pilot)
        assert "What would you like to do?" in shown(app)

    play(scene, tmp_path)
