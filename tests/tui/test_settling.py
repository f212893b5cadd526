"""What is not known, on the screen: each question in words, and the command that settles it, which the CLI accepts."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot

from mesogun.cli.root import run
from mesogun.clock import ManualClock
from mesogun.errors import InputError, Refused
from mesogun.identity import Home, Role
from mesogun.journal import open_journal
from mesogun.plan.model import Plan
from mesogun.record import Ledger
from mesogun.record import events as ev
from mesogun.treatment.unsettled import About, Question, unsettled
from tests.trace import req
from tests.tui import scenes
from tests.tui.pilots import choose, flowing, settled, shown, typed
from tui.records import doubt_of, past_of
from tui.releasing import look_at_bond
from tui.settling import bounds, explained, places, title_of, typed_nl
from tui.start import Start

Scene = Callable[[Start, Pilot[tuple[str, ...]]], Awaitable[None]]
GAP = Question(About.VOLUME, "d1", Ledger(19_400, 20_600), "", 12, (10,), "unattributed volume")


@pytest.fixture
def station(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two practitioners and a technician; a treatment with every kind of question, one that ended without any."""
    monkeypatch.setenv("MESOGUN_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("MESOGUN_STATE", str(tmp_path))
    monkeypatch.delenv("MESOGUN_JOURNAL", raising=False)
    operators = Home.open().operators
    for name, role in (("Ada", Role.PRACTITIONER), ("Ben", Role.PRACTITIONER), ("Tom", Role.TECHNICIAN)):
        operators.add(name, role)
    operators.use("Ben")
    open_ones = [
        *scenes.history(9, magazine=4),
        scenes.shot(10, 9, outcome="INDETERMINATE", delivered_nl=4_000),
        ev.GapFound(scenes.GUN, scenes.MEMORY, 10, 12, 19_400, 20_600, 220_000),
        ev.ForeignRecorded(scenes.GUN, scenes.MEMORY, 12, 30, "f" * 16, "TREAT", 20_000, 20_600, 240_000),
    ]
    with open_journal(tmp_path / "journal.db", ManualClock()) as journal:
        ended = [*scenes.history(9, magazine=0), ev.TreatmentEnded("complete", "op-ada")]
        journal.append(ended, treatment="00000000000000a0", epoch=None)
        journal.append(open_ones, treatment=scenes.TREATMENT, epoch=None)
    return tmp_path


def play(scene: Scene, folder: Path, size: tuple[int, int] = (80, 24)) -> tuple[str, ...] | None:
    journal = folder / "journal.db"
    app = Start(folder=folder / "visit", journal=journal, past=past_of(journal))

    async def go() -> None:
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            await scene(app, pilot)

    asyncio.run(go())
    return app.return_value


def open_now(folder: Path) -> list[str]:
    with open_journal(folder / "journal.db", ManualClock(), create=False, read_only=True) as journal:
        return [title_of(item) for item in unsettled(journal, scenes.TREATMENT).questions]


@req("H8", "H10", "H14")
def test_from_the_record_to_one_command_that_settles(station: Path) -> None:
    async def scene(app: Start, pilot: Pilot[tuple[str, ...]]) -> None:
        await choose(app, pilot, "The record")
        assert "In one of them something is not known." in shown(app)
        assert [choice.words.endswith("? 4 to settle") for choice in app.choices].count(True) == 1
        await choose(app, pilot, "? 4 to settle")
        await choose(app, pilot, "What is not known")
        assert "0.19754 mL" in shown(app)
        assert "0.30882 mL" in shown(app)
        # an outcome: one answer only, because nobody narrows it without evidence
        await choose(app, pilot, "How much shot 10 gave")
        assert "Look at the skin" in flowing(app)
        assert app.choices[0].words == "I have looked: it stays counted to 0.0206 mL"
        assert len(app.choices) == 2
        await choose(app, pilot, "Back to what is not known")
        # a gun that was not read: its own log first
        await choose(app, pilot, "3 loaded shots")
        await choose(app, pilot, "It will never be read again: count 0.0618 mL in full")
        assert "Who decides this?" in shown(app)
        for _ in range(2):
            await pilot.press("escape")
            await settled(app, pilot)
        # a gap: an amount, who, why
        await choose(app, pilot, "Volume that no record explains")
        assert "0.0194 to 0.0206 mL" in shown(app)
        assert "shot 11 (cheek, x 34.5 mm, y 14.99 mm)" in flowing(app)
        await choose(app, pilot, "Another volume")
        typed(app, "0.3")
        await pilot.press("enter")
        assert "0.3 mL is not between 0 and the 0.0206 mL that it may be" in flowing(app)
        typed(app, "0,01")
        await pilot.press("enter")
        assert app.choices[0].words.endswith("Ben  (at the keyboard)")
        assert not any("Tom" in choice.words for choice in app.choices), "a technician may not settle"
        await choose(app, pilot, "Ada")
        await pilot.press("enter")
        assert "A reason is needed." in shown(app)
        typed(app, "asked the other room")
        await pilot.press("enter")
        await pilot.pause()
        assert "0.19754 to 0.30882 mL" in shown(app)
        assert "0.18814 to 0.28822 mL" in shown(app)
        assert "mesogun journal settle" in shown(app)
        await pilot.press("y")

    arguments = play(scene, station)
    assert arguments is not None
    ada = Home.open().operators.get("Ada").reference
    assert arguments == (
        "journal", "settle", scenes.TREATMENT, "--shot", "12", "--gun", scenes.GUN, "--what", "unattributed volume",
        "--given-ul", "10", "--operator", ada, "--why", "asked the other room",
    )  # fmt: skip
    assert open_now(station)[0] == "Volume that no record explains"
    assert run(arguments) == 0
    assert open_now(station) == [
        "A shot of another treatment",
        "How much shot 10 gave",
        "2 loaded shots: fired or not?",
    ]


@req("H14")
@pytest.mark.parametrize("size", [(80, 24), (60, 20)])
def test_an_outcome_and_a_lost_gun_end_in_their_commands(station: Path, size: tuple[int, int]) -> None:
    Home.open().operators.retire("Ada")

    def answered(title: str, answer: str) -> Scene:
        async def scene(app: Start, pilot: Pilot[tuple[str, ...]]) -> None:
            app._settling.start(scenes.TREATMENT)
            await settled(app, pilot)
            await choose(app, pilot, title)
            assert len(shown(app).splitlines()) == size[1]
            await choose(app, pilot, answer)
            typed(app, "looked at it")  # only Ben is left, and he is at the keyboard: nobody asks who
            await pilot.press("enter")
            await pilot.pause()
            await choose(app, pilot, "Yes, do it")

        return scene

    ben = ("--operator", Home.open().operators.get("Ben").reference, "--why", "looked at it")
    found = play(answered("How much shot 10 gave", "I have looked"), station, size)
    assert found == ("journal", "settle", scenes.TREATMENT, "--shot", "10", "--gun", scenes.GUN, *ben)
    assert run(found) == 0
    lost = play(answered("loaded shots", "It will never be read again"), station, size)
    assert lost == ("journal", "settle", scenes.TREATMENT, "--lost-gun", scenes.GUN, *ben)
    assert run(lost) == 0
    assert open_now(station) == ["Volume that no record explains", "A shot of another treatment"]


def test_a_gun_that_is_here_is_read_by_resuming(station: Path) -> None:
    async def scene(app: Start, pilot: Pilot[tuple[str, ...]]) -> None:
        app._settling.start(scenes.TREATMENT)
        await settled(app, pilot)
        await choose(app, pilot, "3 loaded shots")
        await choose(app, pilot, "The gun is here")
        await choose(app, pilot, "the simulated gun")

    assert play(scene, station) == ("treat", "--resume", scenes.TREATMENT, "--port", "sim://standard")


def test_without_a_practitioner_the_way_to_one_is_told(station: Path) -> None:
    for name in ("Ada", "Ben"):
        Home.open().operators.retire(name)
    Home.open().operators.use("Tom")

    async def scene(app: Start, pilot: Pilot[tuple[str, ...]]) -> None:
        app._settling.start(scenes.TREATMENT)
        await settled(app, pilot)
        await choose(app, pilot, "A shot of another treatment")
        await choose(app, pilot, "This subject got none of it")
        assert "technician" in shown(app)
        assert "mesogun operator add NAME --role practitioner" in flowing(app)
        assert len(app.choices) == 1
        await pilot.press("q")

    assert play(scene, station) is None


@req("H10")
def test_a_gun_bound_to_what_is_gone_is_freed_by_its_command(station: Path) -> None:
    from mesogun.gun import connect, key_source

    gone = 0x0B17
    port = f"sim://standard?seed=5&nvm={station / 'gun.nvm'}"
    with connect(port, keys=key_source(Home.open())) as gun:
        gun.open_treatment(gone)
    Home.open().operators.retire("Ada")

    async def scene(app: Start, pilot: Pilot[tuple[str, ...]]) -> None:
        await choose(app, pilot, "A gun")
        await choose(app, pilot, "Another port")
        typed(app, port)
        await pilot.press("enter")
        await settled(app, pilot)
        await choose(app, pilot, "It is bound to a treatment: free it")
        assert f"bound to treatment {gone:016x}" in flowing(app)
        assert app.highlighted == 0
        assert app.choices[0].words == "Back to the beginning", "Enter alone frees nothing"
        await choose(app, pilot, "free the gun")
        typed(app, "the laptop burned")
        await pilot.press("enter")
        await pilot.pause()
        await pilot.press("y")

    found = play(scene, station)
    ben = Home.open().operators.get("Ben").reference
    assert found == ("gun", "release", "--port", port, "--operator", ben, "--why", "the laptop burned")
    with open_journal(station / "journal.db", ManualClock()) as journal:
        journal.append([scenes.planned()], treatment=f"{gone:016x}", epoch=None)
    with pytest.raises(Refused, match=f"treat --resume {gone:016x}"):
        look_at_bond(port, station / "journal.db")
    with open_journal(station / "journal.db", ManualClock()) as journal:
        journal.append([ev.TreatmentEnded("ended early", "op-ada")], treatment=f"{gone:016x}", epoch=None)
    assert run(found) == 0
    assert look_at_bond(port, station / "nowhere.db").treatment == ""


@pytest.mark.parametrize(
    ("text", "given_nl"),
    [("0", 0), ("0.0206", 20_600), ("0,01", 10_000), ("0.01 mL", 10_000), ("0.0207", None), ("-1", None), ("x", None),
     ("", None), ("nan", None), ("inf", None)],
)  # fmt: skip
def test_a_typed_volume_lies_within_what_cannot_be_excluded(text: str, given_nl: int | None) -> None:
    if given_nl is not None:
        assert typed_nl(text, GAP) == given_nl
    else:
        with pytest.raises(InputError, match="mL"):
            typed_nl(text, GAP)


def test_every_question_has_its_words() -> None:
    plan = scenes.PLAN
    many = Question(About.ENTRIES, "d1", Ledger(0, 123_600), "", shots=(1, 2, 3, 4, 5, 6), count=6)
    one = Question(About.ENTRIES, "d1", Ledger(0, 20_600), "", shots=(900,), count=1)
    unread = Question(About.UNREAD, "d1", Ledger(0, 500_000), "2026-01-05T09:00:00.000Z")
    foreign = Question(About.VOLUME, "d1", Ledger(0, 20_600), "", 12, (), "foreign record")
    outcome = Question(About.OUTCOME, "d1", Ledger(3_720, 20_600), "", 10, (9,))
    assert bounds(outcome) == "0.00372 to 0.0206 mL"
    assert title_of(one) == "1 loaded shot: fired or not?"
    assert places(many, plan).endswith("and 2 more")
    assert places(one, plan) == "901", "a plan that does not hold it names no place"
    assert places(outcome, None) == "10"
    assert "its own log" in explained(many, plan).lower()
    assert "restored from a backup" in explained(unread, plan)
    assert "does not have" in explained(foreign, plan)
    assert "may have been" not in explained(foreign, plan)
    assert len({explained(item, plan) for item in (many, unread, foreign, outcome, GAP)}) == 5
    assert Plan.from_bytes(plan.to_bytes()) == plan
    assert doubt_of([many, one]) == "7 loaded"
    assert doubt_of([many, foreign]) == "2 to settle"
