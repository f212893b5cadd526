"""The wizard: what does not work is said on the page and what was typed stays; one step back; ways to a command."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, OptionList

from mesogun.visit import GunSeen
from tests.tui.test_start import play, settled, shown
from tests.visit import build
from tui.start import Start

At = Pilot[tuple[str, ...]]


@pytest.fixture(autouse=True)
def own_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nobody is at this keyboard."""
    monkeypatch.setenv("MESOGUN_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HOME", str(tmp_path))


def words(app: Start) -> str:
    return " ".join(shown(app).split())


async def take(app: Start, pilot: At, choice: str) -> None:
    """Take a choice, at once instead of key by key."""
    index = next(n for n, one in enumerate(app.choices) if choice in one.words)
    app.query_one("#choices", OptionList).highlighted = index
    await pilot.press("enter")
    await settled(app, pilot)


async def enter(app: Start, pilot: At, text: str) -> None:
    """Type a line, at once instead of key by key."""
    assert app.typing
    app.query_one("#entry", Input).value = text
    await pilot.press("enter")
    await settled(app, pilot)


async def to_the_gun(app: Start, pilot: At, protocol: Path, area: str) -> None:
    await take(app, pilot, "Plan and treat")
    await take(app, pilot, "From a file (.toml)")
    await enter(app, pilot, str(protocol))
    await take(app, pilot, "From a file (.svg")
    await enter(app, pilot, area)
    await enter(app, pilot, "s-0001")


async def to_the_plan(app: Start, pilot: At, protocol: Path, area: str) -> None:
    await to_the_gun(app, pilot, protocol, area)
    await take(app, pilot, "the simulated gun")
    assert "The plan." in shown(app)


def test_what_does_not_work_is_said_on_the_page_and_what_was_typed_stays(tmp_path: Path) -> None:
    protocol = build.short_protocol(tmp_path)
    box = '<rect x="5" y="5" width="58" height="58"/>'
    drawn = f'<svg xmlns="http://www.w3.org/2000/svg" width="600" height="600">{box}</svg>'
    (tmp_path / "patch.svg").write_text(drawn)

    async def scene(app: Start, pilot: At) -> None:
        await take(app, pilot, "Plan and treat")
        await take(app, pilot, "From a file (.toml)")
        await enter(app, pilot, "~/none.toml")
        assert "cannot be read" in words(app)
        assert app.query_one("#entry", Input).value == "~/none.toml"
        await pilot.press("escape")
        assert "Which protocol?" in shown(app), "the first step back closes the text field"
        assert not app.typing
        await take(app, pilot, "From a file (.toml)")
        await enter(app, pilot, str(protocol))
        await take(app, pilot, "From a file (.svg")
        await enter(app, pilot, "~/patch.svg")
        assert "In which unit was it drawn?" in words(app)
        await take(app, pilot, "millimetres")
        await enter(app, pilot, "Ada Lovelace")
        assert "not one" in words(app), "a name is not taken as a subject"
        assert "Lovelace" in app.query_one("#entry", Input).value
        await enter(app, pilot, "s-0001")
        await take(app, pilot, "Another port")
        await enter(app, pilot, "sim://moon")
        assert "moon" in words(app)
        assert "Which gun?" in shown(app)
        await pilot.press("escape", "escape")
        await settled(app, pilot)
        assert "Who?" in shown(app), "one step back"
        assert app.query_one("#entry", Input).value == "s-0001", "and the answer is still there"
        await pilot.press("enter")
        await settled(app, pilot)
        await take(app, pilot, "the simulated gun")
        assert "The plan." in shown(app)

    play(scene, tmp_path / "visit")


def test_every_violation_at_once_and_a_way_back_to_each(tmp_path: Path) -> None:
    protocol = build.short_protocol(tmp_path, f"{build.PREGNANCY}, {build.PILLS}, {build.LASER}")
    limits = build.clinic_file(tmp_path, "treatment_ml soft_high=1.5", "points hard_high=140")

    async def scene(app: Start, pilot: At) -> None:
        await to_the_plan(app, pilot, protocol, str(build.small_area(tmp_path)))
        assert "1 hard, 1 soft" in words(app)
        await take(app, pilot, "Go on all the same")
        await pilot.press("y", "y")
        await enter(app, pilot, "")
        assert "needs words" in words(app)
        await enter(app, pilot, "letter of 4 January, Dr B")
        await pilot.press("y")
        await enter(app, pilot, "soon")
        assert "not a number of days" in words(app)
        await enter(app, pilot, "3")
        await pilot.press("n")  # no consent
        await take(app, pilot, "Go on")
        await take(app, pilot, "Go on")
        page = words(app)
        assert "5 in the way: 4 hard, 1 soft" in page
        assert page.index("HARD points.hard_high") < page.index("soft treatment_ml.soft_high")
        for told in ("HARD screening.pregnancy", "HARD screening.combined-laser", "HARD consent.agreement",
                     "at most 140 allowed (site: house rule", "plan a smaller area"):  # fmt: skip
            assert told in page, told
        for question in ("Pregnant?", "Laser too?", "The subject agrees"):
            await take(app, pilot, f"Answer again: {question}")
            await pilot.press("y" if "agrees" in question else "n")
            await settled(app, pilot)
        await take(app, pilot, "Change the area")
        await take(app, pilot, "From a file (.svg")
        await enter(app, pilot, str(build.small_area(tmp_path, 50)))
        assert "The plan." in shown(app)
        await take(app, pilot, "Go on to the questions")
        assert "Consent 1 of 1" in shown(app), "consent was given to another plan"
        await pilot.press("y")
        await settled(app, pilot)
        assert "1 in the way: 1 soft" in words(app)
        await take(app, pilot, "Give a reason")
        await enter(app, pilot, " ")
        assert "a reason needs words" in words(app)
        await enter(app, pilot, "seen by Dr B")
        assert "passed, with a reason: treatment_ml.soft_high: seen by Dr B" in words(app)
        assert "note: " in words(app), "what treat would say is said before"
        await take(app, pilot, "No, step back")
        assert "Consent 1 of 1" in words(app), "the page before this one"
        await pilot.press("y")
        await settled(app, pilot)
        await pilot.press("y")

    command = play(scene, tmp_path / "visit", limits=limits, size=(80, 60)).return_value
    assert command is not None
    assert command[:2] == ("treat", str(protocol))
    answers = (tmp_path / "visit" / "answers.toml").read_text()
    assert '"treatment_ml.soft_high" = "seen by Dr B"' in answers
    assert "letter of 4 January" in answers


def test_leaving_before_the_confirmation_writes_nothing(tmp_path: Path) -> None:
    async def scene(app: Start, pilot: At) -> None:
        await to_the_plan(app, pilot, build.short_protocol(tmp_path), str(build.small_area(tmp_path)))
        await take(app, pilot, "Change a number")
        await take(app, pilot, "volume per point")
        await enter(app, pilot, "9")
        assert "9 is outside 10 to 50" in words(app)
        await enter(app, pilot, "10,5")
        assert "volume per point, µL: 10.5" in shown(app)
        await take(app, pilot, "Plan with these numbers")
        assert "contradict each other" in words(app), "the planner's ways out stay beside the numbers"
        await pilot.press("escape")
        assert "18 µL each" in words(app), "the plan is still the one that there was"
        await take(app, pilot, "Go on")
        await pilot.press("n", "y")
        await take(app, pilot, "Go on")
        await take(app, pilot, "Name the lot")
        await enter(app, pilot, "L1")
        await enter(app, pilot, "2025-01")
        await take(app, pilot, "Go on")
        assert "L1 expired on 2025-01-31" in words(app)
        await take(app, pilot, "Take all of this back")
        await take(app, pilot, "Go on")
        assert "Nothing is in the way" in words(app)
        assert "10.5" not in shown(app)
        await pilot.press("q")

    assert play(scene, tmp_path / "visit").return_value is None
    assert not (tmp_path / "visit").exists()


def test_a_real_gun_is_asked_about_what_no_source_gives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def clinical(_port: str) -> GunSeen:
        return gun

    gun = build.clinical_gun()
    monkeypatch.setattr("tui.visit.look_at_gun", clinical)
    agent = {"id": 'id = "lidocaine"', "name": 'name = "Lidocaine"', "demand": 'demand = "Say it."\nunit = "mg/mL"'}
    protocol = build.short_protocol(tmp_path, spacing_mm='spacing_mm = { demand = "Nobody says." }')
    head, mark, tail = protocol.read_text().partition("[agent]")
    for name, line in agent.items():
        tail = "\n".join(line if one.startswith(f"{name} =") else one for one in tail.split("\n"))
    protocol.write_text(head + mark + tail)

    async def scene(app: Start, pilot: At) -> None:
        await to_the_gun(app, pilot, protocol, str(build.small_area(tmp_path)))
        await take(app, pilot, "the simulated gun")
        assert "nobody is at the keyboard" in words(app)
        ada = build.practitioner(here=False)
        await take(app, pilot, "the simulated gun")
        await take(app, pilot, ada.reference)
        assert "spacing, mm. Nobody says." in words(app)
        await enter(app, pilot, "wide")
        assert "not a number" in words(app)
        await enter(app, pilot, "5")
        assert "concentration" in words(app)
        await enter(app, pilot, "10")
        assert "The plan." in shown(app)
        assert "HARD protocol.approval" in words(app)
        assert "mesogun protocol approve" in words(app)
        await take(app, pilot, "Go on")
        assert "per kilogram" in words(app)
        await enter(app, pilot, "7000")
        assert "between 1 and 500 kg" in words(app)
        await enter(app, pilot, "70")
        assert "Pregnant?" in shown(app)
        await pilot.press("q")

    play(scene, tmp_path / "visit")
