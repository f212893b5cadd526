"""What goes wrong in the middle of a treatment, as the screen shows it; and everything by mouse alone."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from textual.pilot import Pilot

from mesogun.errors import LinkLost, OutcomeUnknown, RecordError, Refused
from mesogun.journal import Fenced
from mesogun.record import events as ev
from mesogun.treatment import Phase, Wish
from mesogun.treatment.orders import Acknowledge, GoTo, NameSyringe, Redo
from tests.tui import scenes
from tests.tui.fakes import Stage, card, frame, text
from tui.keymap import BY_ID, Where, help_lines, keymap
from tui.kinds import KINDS
from tui.mapview import ZOOMS

Scene = Callable[[Stage, Pilot[str]], Awaitable[None]]


def play(scene: Scene, size: tuple[int, int] = (80, 24), **options: object) -> Stage:
    stage = Stage(**options)

    async def run() -> None:
        async with stage.run(size) as pilot:
            stage.treat(20)
            await stage.paint(pilot)
            await scene(stage, pilot)

    asyncio.run(run())
    return stage


@pytest.mark.parametrize(
    ("error", "banner"),
    [
        (LinkLost("the cable was pulled"), "!!! HIGH Link lost while armed: the cable was pulled"),
        (LinkLost("the gun has restarted"), "!!! HIGH Link lost while armed: the gun has restarted"),
        (OutcomeUnknown("nobody answered"), "!!! HIGH Link lost while armed"),
        (RecordError("the disk is full"), "!!! HIGH The record cannot be written: the disk is full"),
        (Fenced("another runner has taken over"), "!!! HIGH The record cannot be written"),
        (Refused("the limit is 2 mL"), "!!  MEDIUM Refused: the limit is 2 mL"),
        (ZeroDivisionError("a fault"), "!!! HIGH mesogun failed: a fault"),
    ],
)
def test_trouble_leads_the_screen_and_what_is_on_record_stays(error: Exception, banner: str) -> None:
    """Nothing more is ordered, nothing old is shown as live, and q leaves without asking."""

    async def scene(stage: Stage, pilot: Pilot[str]) -> None:
        stage.fail(error)
        await stage.paint(pilot)
        lines = frame(stage.app)
        assert banner in lines[0]
        assert "ON RECORD" in text(stage.app)
        assert "at most 0.536 mL" in text(stage.app)
        assert "pressure" not in text(stage.app)
        assert "◆" not in text(stage.app)
        assert "q leaves" in lines[1]
        await pilot.press("r")
        await stage.paint(pilot)
        assert not stage.app.query_one("#over").has_class("open")
        await pilot.press("q")

    assert play(scene).app.return_value == "quit"


def test_a_terminal_that_is_resized_in_a_question_keeps_the_question() -> None:
    async def scene(stage: Stage, pilot: Pilot[str]) -> None:
        for size in ((60, 20), (120, 40), (80, 24)):
            stage.ask_to_arm(20)
            await pilot.resize_terminal(*size)
            await stage.paint(pilot)
            await stage.paint(pilot)
            assert "Arm the gun?" in text(stage.app)
            assert "STOP" in frame(stage.app)[-1]

    play(scene)


def test_an_order_that_was_refused_stands_above_the_shots_and_stays_on_their_page() -> None:
    async def scene(stage: Stage, pilot: Pilot[str]) -> None:
        why = "point 5 was not skipped: it had been fired"
        stage.treat(20, extra=[ev.OrderRefused("Skip", why, "op-ada")])
        await stage.paint(pilot)
        assert f"not done: {why}" in " ".join(" ".join(line[42:] for line in frame(stage.app)).split())
        await stage.paint(pilot, after_us=13_000_000)
        assert "not done" not in text(stage.app)
        await pilot.press("l")
        await stage.paint(pilot)
        assert f"not done: {why}" in text(stage.app)
        assert "last known at most 0.536 mL  31 %" in frame(stage.app)[1], "the totals do not leave with their panel"

    play(scene)


def test_seeing_an_alarm_is_told_to_the_runner_for_the_record() -> None:
    async def scene(stage: Stage, pilot: Pilot[str]) -> None:
        stage.treat(20, fault=1)
        await stage.paint(pilot)
        await pilot.press("a")
        assert stage.front.order() == Acknowledge()

    play(scene)


def test_not_yet_to_the_last_question_leaves_time_for_a_redo_and_e_closes() -> None:
    async def scene(stage: Stage, pilot: Pilot[str]) -> None:
        question = ("finish", "All 77 shots are on record. End the treatment?")
        stage.front.show(scenes.snapshot(77, hot=False, magazine=0))
        assert stage.front.confirm(*question) is None
        await stage.read(pilot)
        assert "ALL GIVEN" in text(stage.app)
        await pilot.press("n")
        assert stage.front.confirm(*question) is None, "no is no answer: the runner waits"
        await stage.paint(pilot)
        assert "ALL GIVEN" not in text(stage.app)
        assert "every point is given" in frame(stage.app)[1]
        await pilot.press("r", "enter", "1")
        assert stage.front.order() == Redo(76, "it ran out of the skin")
        assert stage.front.confirm(*question) is None
        await pilot.press("e")
        await stage.read(pilot)
        assert "Every point is given. Close the treatment?" in text(stage.app)
        await pilot.press("y")
        assert stage.front.wish() is Wish.END

    play(scene)


def test_another_lot_opens_the_form_that_names_it() -> None:
    async def scene(stage: Stage, pilot: Pilot[str]) -> None:
        question = ("lot", "Is it lot A-1 again, expiry 2027-03?")
        stage.treat(20, hot=False)
        assert stage.front.confirm(*question) is None
        await stage.read(pilot)
        await pilot.press("escape")
        assert stage.front.confirm(*question) is None, "Esc names no other lot"
        await pilot.press("n")
        assert stage.front.confirm(*question) is False
        await stage.rest(pilot, 20)
        await pilot.press(*"B-2", "enter", *"2028-01", "enter")
        assert stage.front.order() == NameSyringe("B-2", "2028-01")

    play(scene)


def test_the_map_looks_closer_and_back() -> None:
    async def scene(stage: Stage, pilot: Pilot[str]) -> None:
        whole = [line[:40] for line in frame(stage.app)[3:20]]
        seen = set()
        for _ in ZOOMS:
            await pilot.press("z")
            await stage.paint(pilot, after_us=0)
            await stage.paint(pilot, after_us=0)
            seen.add(stage.app.board.map.zoom)
            if stage.app.board.map.zoom > 1:
                assert f"{stage.app.board.map.zoom} times" in text(stage.app)
        assert seen == set(ZOOMS)
        assert [line[:40] for line in frame(stage.app)[3:20]] == whole

    play(scene)


@pytest.mark.parametrize("where", [Where.LIVE, Where.WATCH, Where.REPLAY])
def test_every_key_of_the_keymap_does_something(where: Where) -> None:
    """Each action is a form or has a handler: no key is announced that does nothing."""
    from tui.app import Dashboard

    for act in keymap(where).values():
        assert act.id in KINDS or hasattr(Dashboard, f"_do_{act.id}"), act.id


def test_help_is_a_keyboard_for_the_mouse() -> None:
    """Every line of Help can be clicked; so can the digits and reasons of a form, and its answers."""

    async def scene(stage: Stage, pilot: Pilot[str]) -> None:
        await pilot.press("question_mark")
        await stage.paint(pilot)
        names = [name for name, _, _ in help_lines(keymap(Where.LIVE))]
        assert "goto" in names
        row = next(number for number, line in enumerate(frame(stage.app)) if line.strip().startswith("j "))
        await pilot.click(offset=(1, row))
        await stage.paint(pilot)
        assert "GO TO" in text(stage.app)
        for digit in "41":
            pad = next(number for number, line in enumerate(frame(stage.app)) if "1  2  3  4" in line)
            await pilot.click(offset=(frame(stage.app)[pad].index(digit), pad))
            await stage.paint(pilot)
        await pilot.click("#yes")
        assert stage.front.order() == GoTo(40)

    play(scene)


def test_not_yet_to_a_fault_keeps_asking_and_only_e_leaves() -> None:
    """The card says cause and remedy. Neither ``n`` nor Esc ends the session; only ``e`` does, and says so."""
    question = ("fault", "The gun reports OCCLUSION. Is the cause removed?")

    async def scene(stage: Stage, pilot: Pilot[str]) -> None:
        stage.treat(20, phase=Phase.FAULT, hot=False, fault=1)
        assert stage.front.confirm(*question) is None
        await stage.read(pilot)
        shown = card(stage.app)
        assert "The needle is blocked or lies against resistance." in shown
        assert "Lift off, check or change the needle, then clear the fault." in shown
        for key in ("n", "escape"):
            await pilot.press(key)
            assert stage.front.confirm(*question) is None, key
            await stage.paint(pilot)
            assert "still held: remove the cause" in frame(stage.app)[1]
            assert question[1] in card(stage.app)
        assert stage.front.wish() is Wish.RUN
        await pilot.press("e")
        await stage.read(pilot)
        assert "LEAVE Leave it here? The gun holds a fault, so the treatment stays open" in card(stage.app)
        await pilot.press("y")
        assert stage.front.wish() is Wish.END

    play(scene)


def test_esc_closes_the_page_and_not_the_question_over_it() -> None:
    """The top layer goes first, held or not; and the card hides no line of a page."""

    async def scene(stage: Stage, pilot: Pilot[str]) -> None:
        for size in ((80, 24), (60, 20)):
            await pilot.resize_terminal(*size)
            for page in ("question_mark", "g", "l", "m"):
                stage.ask_to_arm(20)
                await pilot.press(page)
                await stage.read(pilot)
                assert "Arm the gun?" in text(stage.app)
                if page != "m":
                    stage.app.query_one("#page").scroll_end(animate=False)
                    await stage.paint(pilot)
                    assert "Esc closes this page." in text(stage.app), page
                for _ in range(3):
                    await pilot.press("escape")
                assert stage.app.page is None
                assert not stage.app.screen.has_class("-bigmap")
                assert stage.ask_to_arm(20) is None, page
                assert stage.front.wish() is Wish.RUN, "a held Esc is no answer either"
        stage.ask_to_arm(20)
        await stage.read(pilot)
        await pilot.press("escape")
        assert stage.front.wish() is Wish.PAUSE, "with nothing above it, Esc says not yet"

    play(scene)


def test_a_change_of_the_syringe_is_guided_from_its_beginning() -> None:
    async def scene(stage: Stage, pilot: Pilot[str]) -> None:
        stage.treat(20, phase=Phase.SYRINGE, hot=False, syringe_left_nl=12_000)
        await stage.paint(pilot)
        await stage.paint(pilot)
        shown = card(stage.app)
        assert "CHANGE THE SYRINGE It holds 0.012 mL." in shown
        assert "0.06 mL is primed" in shown
        assert "1.14 mL is left to give; 1.296 mL in it will do." in shown
        assert not stage.app.query_one("#answers").display, "nothing is asked yet"
        await pilot.press("y", "n", "escape")
        assert stage.front.wish() is Wish.RUN
        question = ("syringe", "Is the new syringe in place?")
        for size in ((60, 20), (80, 24)):
            await pilot.resize_terminal(*size)
            stage.treat(20, phase=Phase.SYRINGE, hot=False)
            assert stage.front.confirm(*question) is None
            await stage.read(pilot)
            shown = card(stage.app)
            assert question[1] in shown
            assert "0.06 mL is primed" in shown
            assert "y It is in place" in shown, size
        await pilot.press("n")
        assert stage.front.confirm(*question) is None
        await stage.still(pilot)
        await pilot.press("y")
        assert stage.front.confirm(*question) is True

    play(scene)


def test_what_became_of_an_order_takes_the_place_of_the_order() -> None:
    async def scene(stage: Stage, pilot: Pilot[str]) -> None:
        await pilot.press("k", "1")
        await stage.paint(pilot)
        assert "ordered: skip point 21" in text(stage.app)
        assert stage.front.order() is not None
        why = "point 21 was not skipped: it had been fired"
        stage.treat(20, extra=[ev.OrderRefused("Skip", why, "op-ada")])
        await stage.paint(pilot)
        assert "ordered" not in text(stage.app)
        assert "not done: point 21" in frame(stage.app)[1]

    play(scene)


def test_the_line_of_keys_says_what_can_be_done_now() -> None:
    async def scene(stage: Stage, pilot: Pilot[str]) -> None:
        for size in ((60, 20), (80, 24)):
            await pilot.resize_terminal(*size)
            await stage.paint(pilot)
            for words in ("s STOP", "space  Pause", "d  Orders", "?  Help", "q  Quit"):
                assert words in frame(stage.app)[-1], size
        await pilot.press("d")
        await stage.paint(pilot)
        for name in KINDS:
            assert BY_ID[name].help[:20] in text(stage.app), name
        stage.end(77)
        await stage.paint(pilot)
        for words in ("STOP", "Pause", "End", "Orders"):
            assert words not in frame(stage.app)[-1]
        await pilot.press("space")
        assert stage.front.wish() is Wish.RUN
        assert stage.app.note(stage.clock.monotonic_us()) == "the treatment is over; q leaves"

    play(scene)


def test_a_tick_for_each_shot_if_somebody_wants_one() -> None:
    chosen: list[str] = []

    async def scene(stage: Stage, pilot: Pilot[str]) -> None:
        rung: list[int] = []
        stage.app.bell = lambda: rung.append(1)  # type: ignore[method-assign]

        async def shot(number: int) -> bool:
            stage.treat(number)
            await stage.paint(pilot)
            return f"✓ shot {number}" in frame(stage.app)[1]

        assert not await shot(21)
        await pilot.press("u")
        assert await shot(22)
        assert not rung
        await stage.paint(pilot, after_us=600_000)
        assert "✓" not in frame(stage.app)[1], "it lasts for a moment"
        await pilot.press("u")
        assert await shot(23)
        assert len(rung) == 1
        await pilot.press("x")
        stage.treat(24)
        await stage.paint(pilot)
        await pilot.press("u")
        assert not await shot(25)
        assert chosen == ["seen", "bell", "off"]

    play(scene, ticked=chosen.append, bell=True)
