"""The dashboard under a pilot: what it shows, which key does what, and what a frozen screen does to the lease."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from textual.pilot import Pilot

from mesogun.errors import LinkLost
from mesogun.record import TreatmentState
from mesogun.treatment import Phase, Wish
from tests.trace import req
from tests.tui import scenes
from tests.tui.fakes import Stage, frame, text
from tui.pages import arm_words

SIZES = [(60, 20), (200, 60), (80, 24), (120, 40)]

Scene = Callable[[Stage, Pilot[str]], Awaitable[None]]


def play(scene: Scene, size: tuple[int, int] = (80, 24), **options: object) -> Stage:
    stage = Stage(**options)

    async def run() -> None:
        async with stage.run(size) as pilot:
            await pilot.pause()
            await scene(stage, pilot)

    asyncio.run(run())
    return stage


def test_total_limit_and_banner_are_there_at_every_size() -> None:
    async def scene(stage: Stage, pilot: Pilot[str]) -> None:
        stage.treat(62)
        for size in SIZES:
            await pilot.resize_terminal(*size)
            await stage.paint(pilot)
            await stage.paint(pilot)
            lines = frame(stage.app)
            shown = "\n".join(lines)
            assert len(lines) == size[1]
            assert all(len(line) <= size[0] for line in lines)
            assert "No alarm" in lines[0], size
            assert "at most 1.401 mL" in shown, size
            assert "proved 1.202" in shown, size
            assert "limit for protocol total 1.74 mL" in shown, size
            assert "81 %" in shown, size
            assert "left 0.3 of 1.54 mL" in shown, size
            assert "██████" in shown, "the tall total"
            assert "s STOP" in lines[-1], size

    play(scene)


@req("H12")
def test_a_frozen_screen_mints_no_token() -> None:
    async def scene(stage: Stage, pilot: Pilot[str]) -> None:
        stage.treat(5)
        await stage.paint(pilot)
        token = stage.front.token()
        assert token is not None
        assert token.shot_no == 5
        stage.painter.frozen = True
        for done in range(6, 14):
            stage.treat(done)
            await stage.paint(pilot)
            assert stage.front.token() is None
        stage.painter.thaw()
        token = stage.front.token()
        assert token is not None
        assert token.shot_no < 13, "what was drawn before the thaw is what was painted"

    play(scene)


@req("H12")
def test_a_frozen_screen_queues_no_more_than_a_few_frames_and_raises_its_alarm() -> None:
    async def scene(stage: Stage, pilot: Pilot[str]) -> None:
        stage.treat(5)
        await stage.paint(pilot)
        stage.painter.frozen = True
        for done in range(6, 30):
            stage.treat(done)
            await stage.paint(pilot)
        assert len(stage.painter.waiting) <= 3
        stage.painter.thaw()
        await stage.paint(pilot)
        assert "The screen does not keep up" in frame(stage.app)[0]

    play(scene)


def test_arming_needs_the_operator_s_yes() -> None:
    async def scene(stage: Stage, pilot: Pilot[str]) -> None:
        assert stage.ask_to_arm() is None
        await stage.paint(pilot)
        assert "Arm the gun? Its magazine holds 6 shots." in text(stage.app)
        for key in ("enter", "m", "m", "escape"):
            await pilot.press(key)
        assert stage.ask_to_arm() is None, "no other key arms"
        await stage.read(pilot)
        await pilot.press("y")
        assert stage.ask_to_arm() is True
        await stage.paint(pilot)
        assert "Arm the gun?" not in text(stage.app)

    play(scene)


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (scenes.state(3, magazine=6), "Arm the gun? Its magazine holds 6 shots."),
        (scenes.state(3, magazine=1), "Arm the gun? Its magazine holds 1 shot."),
        (scenes.priming(1).state, "Arm the gun for priming? Its magazine holds 1 priming shot."),
        (scenes.priming(2).state, "Arm the gun for priming? Its magazine holds 2 priming shots."),
        (scenes.state(3, magazine=0), ""),
    ],
)
def test_the_question_before_arming_says_what_is_loaded(state: TreatmentState, words: str) -> None:
    assert arm_words(state) == words


def test_no_to_arming_pauses_and_does_not_end() -> None:
    async def scene(stage: Stage, pilot: Pilot[str]) -> None:
        stage.ask_to_arm()
        await stage.read(pilot)
        await pilot.press("n")
        assert stage.front.wish() is Wish.PAUSE
        await stage.paint(pilot)
        assert "Arm the gun?" not in text(stage.app)
        await stage.rest(pilot, 0)
        await pilot.press("space")
        assert stage.front.wish() is Wish.RUN

    play(scene)


def test_stop_from_every_page_and_over_every_question() -> None:
    before = {"": "s", "question_mark": "S", "l": "ctrl+c", "w": "s", "g": "S", "m": "ctrl+c", "e": "s"}

    async def scene(stage: Stage, pilot: Pilot[str]) -> None:
        stage.treat(5)
        await stage.paint(pilot)
        for count, (page, key) in enumerate(before.items(), 1):
            await pilot.press(*page.split(), key)
            assert len(stage.stops) == count
            await stage.paint(pilot)
            assert "!!! HIGH STOP sent, not confirmed: take the gun off the skin" in frame(stage.app)[0]
            stage.front.stop_answered(True)
            await stage.paint(pilot)
            assert "STOPPED: the gun is disarmed" in frame(stage.app)[0]
            await pilot.press("escape")
            await stage.begin_again(pilot, 5)

    play(scene)


def test_space_pauses_and_goes_on_only_from_a_pause_that_is_in_force() -> None:
    """A double press, a bouncing pedal and a held key all mean: pause. The scripted runner looks when told to."""

    async def scene(stage: Stage, pilot: Pilot[str]) -> None:
        stage.treat(5)
        await stage.paint(pilot)
        await pilot.press("space", "space")
        assert stage.front.wish() is Wish.PAUSE, "both within one poll: the runner has not even looked"
        assert "going on" not in frame(stage.app)[1]
        await stage.still(pilot)
        await pilot.press("space")
        assert stage.front.wish() is Wish.PAUSE, "no snapshot has come since"
        await stage.paint(pilot)
        assert "pausing" in frame(stage.app)[1]
        stage.treat(5)
        stage.treat(5)
        await stage.still(pilot)
        await pilot.press("space")
        assert stage.front.wish() is Wish.PAUSE, "the gun is still firing"
        for _ in range(40):  # the pedal is held down: thirty times a second, longer than any gap
            stage.treat(5, hot=False)
            stage.clock.advance_us(33_000)
            stage.app.tick()
            await pilot.press("space")
        assert stage.front.wish() is Wish.PAUSE, "a held key never goes on"
        stage.treat(5, hot=False)
        await stage.paint(pilot)
        assert "Go on" in frame(stage.app)[-1]
        for _ in range(4):  # the words stay for as long as the pause does
            stage.treat(5, hot=False)
            await stage.still(pilot, 1_500_000)
        assert "space goes on, e ends" in frame(stage.app)[1]
        await pilot.press("space")
        assert stage.front.wish() is Wish.RUN
        await stage.paint(pilot)
        assert "Pause" in frame(stage.app)[-1]

    play(scene)


def test_a_held_key_answers_one_card_and_no_card_at_first_sight() -> None:
    """``y`` is stuck: PRIME is answered once, ARM not at all; nor is anything that nobody can have read."""

    async def scene(stage: Stage, pilot: Pilot[str]) -> None:
        prime = ("arm", "Arm for priming? 1 shot into the air, no skin contact.")
        arm = ("arm", "Arm to treat? The magazine holds 6 shots and is kept filled.")
        stage.front.show(scenes.priming(1))
        assert stage.front.confirm(*prime) is None
        await pilot.press("y")
        assert stage.front.confirm(*prime) is None, "not even drawn"
        await stage.paint(pilot)
        assert "…  Arm" in text(stage.app), "its keys do not count yet"
        await pilot.press("y")
        await pilot.click("#yes")
        assert stage.front.confirm(*prime) is None, "drawn, and not read"
        await stage.read(pilot)
        assert "y  Arm" in text(stage.app)
        await pilot.press("y")
        assert stage.front.confirm(*prime) is True
        for _ in range(20):
            stage.treat(0, hot=False)
            assert stage.front.confirm(*arm) is None, "a repeat of the y for PRIME"
            await stage.paint(pilot)
            await pilot.press("y")
        assert "let go" in frame(stage.app)[1]
        await stage.paint(pilot, after_us=1_900_000)
        assert stage.front.confirm(*arm) is None
        await pilot.press("y")
        assert stage.front.confirm(*arm) is None, "the screen hung, and what was held meanwhile comes at once"
        await stage.still(pilot)
        assert stage.front.confirm(*arm) is None
        await pilot.click("#yes")
        assert stage.front.confirm(*arm) is True, "the mouse was still for long enough"

    play(scene)


def test_a_card_that_never_left_for_the_terminal_takes_no_answer() -> None:
    async def scene(stage: Stage, pilot: Pilot[str]) -> None:
        stage.painter.frozen = True
        stage.ask_to_arm()
        await stage.read(pilot)
        await pilot.press("y")
        assert stage.ask_to_arm() is None

    play(scene)


def test_ending_asks_first() -> None:
    async def scene(stage: Stage, pilot: Pilot[str]) -> None:
        stage.treat(5)
        await stage.paint(pilot)
        for key in ("e", "q"):
            await pilot.press(key)
            await stage.paint(pilot)
            assert "End the treatment here? 72 points would not be given." in text(stage.app)
            await stage.read(pilot)
            await pilot.press("n")
            assert stage.front.wish() is Wish.RUN
        await pilot.press("q", "y")
        assert stage.front.wish() is Wish.RUN, "nobody can have read that"
        await stage.read(pilot)
        await pilot.press("y")
        assert stage.front.wish() is Wish.END
        assert stage.app.is_running

    play(scene)


def test_after_the_end_q_leaves() -> None:
    async def scene(stage: Stage, pilot: Pilot[str]) -> None:
        stage.end(77)
        await stage.paint(pilot)
        assert "ON RECORD" in text(stage.app)
        await pilot.press("q")

    assert play(scene).app.return_value == "quit"


@req("H13")
def test_stale_after_one_second_blank_after_three() -> None:
    async def scene(stage: Stage, pilot: Pilot[str]) -> None:
        stage.treat(20)
        await stage.paint(pilot)
        assert "STALE" not in text(stage.app)
        assert "◆" in text(stage.app)
        read = len(stage.app.board._trace)
        await stage.paint(pilot, after_us=1_100_000)
        assert "STALE" in frame(stage.app)[1]
        assert len(stage.app.board._trace) == read, "an old word draws no trace"
        assert "◆" not in text(stage.app), "the next point comes from the gun's fresh word only"
        await stage.paint(pilot, after_us=2_000_000)
        shown = text(stage.app)
        assert "NO DATA" in frame(stage.app)[1]
        assert "GIVEN, not known now" in shown
        assert "last known" in shown
        assert "pressure" not in shown
        stage.treat(21)
        await stage.paint(pilot)
        assert "LIVE" in frame(stage.app)[1]
        assert len(stage.app.board._trace) == read + 1

    play(scene)


def test_a_broken_link_is_told_and_the_record_stays() -> None:
    async def scene(stage: Stage, pilot: Pilot[str]) -> None:
        stage.treat(20)
        await stage.paint(pilot)
        stage.fail(LinkLost("the port vanished"))
        await stage.paint(pilot)
        shown = text(stage.app)
        assert "!!! HIGH Link lost while armed: the port vanished" in frame(stage.app)[0]
        assert "ON RECORD" in shown
        assert "at most" in shown

    play(scene)


def test_every_key_does_no_harm_on_any_page_and_the_banner_stays() -> None:
    """Nothing but its own key arms, stops or ends; the alarm stays visible everywhere."""

    async def scene(stage: Stage, pilot: Pilot[str]) -> None:
        stage.treat(5, fault=4)
        await stage.paint(pilot)
        for key in (
            "l",
            "w",
            "g",
            "question_mark",
            "m",
            "t",
            "t",
            "t",
            "t",
            "p",
            "up",
            "down",
            "left",
            "right",
            "x",
            "n",
        ):
            await pilot.press(key)
            stage.treat(5, fault=4)
            await stage.paint(pilot)
            assert "Overpressure" in frame(stage.app)[0], key
            assert "STOP" in frame(stage.app)[-1], key
        assert stage.stops == []
        assert stage.front.wish() is Wish.RUN
        assert len(stage.pictures) == 1
        assert "<svg" in stage.pictures[0]
        assert "url(" not in stage.pictures[0].replace("url(#", "")

    play(scene)


def test_the_mouse_presses_keys_and_answers_questions() -> None:
    async def scene(stage: Stage, pilot: Pilot[str]) -> None:
        stage.ask_to_arm()
        await stage.read(pilot)
        await pilot.click("#yes")
        assert stage.ask_to_arm() is True
        stage.treat(5)
        await stage.paint(pilot)
        await pilot.click("#keys", offset=(2, 0))
        assert len(stage.stops) == 1

    play(scene)


def test_a_whole_visit_by_keyboard_with_an_occlusion_and_a_syringe_change() -> None:
    """Prime, arm, treat, occlusion, arm again, syringe, arm again, end: every step asked for and answered by a key."""

    async def scene(stage: Stage, pilot: Pilot[str]) -> None:
        async def answered(what: str, words: str, title: str, shown: str = "") -> None:
            assert stage.front.confirm(what, words) is None
            await stage.read(pilot)
            assert title in text(stage.app)
            assert (shown or words) in text(stage.app)
            await pilot.press("y")
            assert stage.front.confirm(what, words) is True

        stage.front.show(scenes.priming(1))
        await stage.paint(pilot)
        await answered(
            "arm",
            "Arm the gun? Its magazine holds 1 shots.",
            "PRIME",
            "Arm the gun for priming? Its magazine holds 1 priming shot.",
        )
        stage.treat(0, hot=False)
        await stage.paint(pilot)
        await answered("rearm", "Arm the gun? Its magazine holds 6 shots.", "ARM AGAIN")
        stage.treat(20)
        await stage.paint(pilot)
        stage.treat(20, phase=Phase.FAULT, hot=False, fault=1)
        await stage.paint(pilot)
        assert "Occlusion" in frame(stage.app)[0]
        await answered("fault", "The gun reports OCCLUSION. Is the cause removed?", "FAULT")
        await pilot.press("a")
        stage.treat(20, phase=Phase.SYRINGE, hot=False)
        await stage.paint(pilot)
        assert "No alarm" in frame(stage.app)[0]
        await answered("syringe", "Is the new syringe in place?", "SYRINGE")
        stage.end(77)
        await stage.paint(pilot)
        assert "ENDED" in frame(stage.app)[1]
        assert "77 of 77 points" in text(stage.app)
        await pilot.press("q")

    assert play(scene).app.return_value == "quit"
