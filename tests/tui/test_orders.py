"""Orders by key: which key gives which order, what is refused, and that STOP outranks every form."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from textual.pilot import Pilot

from mesogun.clock import ManualClock
from mesogun.record import events as ev
from mesogun.treatment import Wish
from mesogun.treatment.orders import GoTo, HandOver, Note, Order, Reassign, Redo, Skip
from tests.trace import req
from tests.tui import scenes
from tests.tui.fakes import Stage, card, frame, text
from tui.forms import Form, Signers, told
from tui.front import ScreenFront
from tui.view import ViewMaker

Scene = Callable[[Stage, Pilot[str]], Awaitable[None]]
LAST = scenes.PLAN.shots[19]


def play(scene: Scene, size: tuple[int, int] = (80, 24), **options: object) -> Stage:
    stage = Stage(**options)

    async def run() -> None:
        async with stage.run(size) as pilot:
            stage.treat(20)
            await stage.paint(pilot)
            await scene(stage, pilot)

    asyncio.run(run())
    return stage


async def rest(stage: Stage, pilot: Pilot[str]) -> None:
    """The runner has seen the pause: its next snapshot shows a disarmed gun."""
    assert stage.front.wish() is Wish.PAUSE
    await stage.rest(pilot, 20)


def orders(stage: Stage) -> list[Order]:
    found: list[Order] = []
    while (order := stage.front.order()) is not None:
        found.append(order)
    return found


def opened(name: str, operators: tuple[str, ...] = (), signers: Signers | None = None) -> Form:
    maker = ViewMaker(scenes.PLAN, title="t", source="LIVE", limits=scenes.LIMITS)
    view = maker.view(scenes.state(20), scenes.status(20), phase="treating", age_us=0)
    return Form(name, scenes.PLAN, view, operators, signers)


def press(form: Form, key: str) -> Order | None:
    character = {"minus": "-", "full_stop": ".", "comma": ","}.get(key, key if len(key) == 1 else None)
    assert form.wants(key, character)
    return form.press(key, character)


BY_DIGITS: dict[str, Order] = {
    "k 1": Skip(20, "the skin there is not fit"),
    "j 4 1 enter": GoTo(40),
    "r enter 2": Redo(19, "it was not given in full"),
    "r backspace backspace 7 enter 1": Redo(6, "it ran out of the skin"),
    "o right right up enter enter 1": Reassign(19, LAST.x_um + 1000, LAST.y_um + 500, "the gun slipped"),
    "o 3 enter minus 1 full_stop 2 5 enter 3": Reassign(
        19, LAST.x_um + 3000, LAST.y_um - 1250, "it was held elsewhere"
    ),
}


def test_digits_and_arrows_order_while_the_gun_is_armed() -> None:
    async def scene(stage: Stage, pilot: Pilot[str]) -> None:
        for keys, order in BY_DIGITS.items():
            await pilot.press(*keys.split())
            assert orders(stage) == [order]
            assert stage.front.wish() is Wish.RUN
            assert stage.stops == []
            stage.treat(20)
            await stage.paint(pilot)
            assert told(order) in frame(stage.app)[1]
            assert not stage.app.query_one("#over").has_class("open")

    play(scene)


IN_WORDS: dict[str, tuple[str, Order]] = {
    "c": ("sees S y n e 9", Note("sees S y n e 9")),
    "k 0": ("stitches", Skip(20, "stitches")),
    "r enter 0": ("passed by", Redo(19, "passed by")),
    "v": ("op-sybil", HandOver("op-sybil")),
}
SYBIL = ("op-ada", "op-sybil")


def test_words_are_written_once_the_gun_rests() -> None:
    async def scene(stage: Stage, pilot: Pilot[str]) -> None:
        for keys, (typed, order) in IN_WORDS.items():
            await pilot.press(*keys.split())
            await stage.paint(pilot)
            assert "waiting until the gun has disarmed" in text(stage.app)
            await pilot.press("x", "e", "y", "enter")
            assert orders(stage) == [], "nothing is taken before the gun rests"
            await rest(stage, pilot)
            await pilot.press(*("space" if char == " " else char for char in typed))
            await stage.paint(pilot)
            assert f"{typed}_" in text(stage.app)
            await pilot.press("enter")
            assert orders(stage) == [order]
            assert stage.stops == []
            assert stage.front.wish() is Wish.PAUSE, "going on is the operator's own word"
            await stage.rest(pilot, 20)
            await pilot.press("space")
            assert stage.front.wish() is Wish.RUN
            stage.treat(20)
            await stage.paint(pilot)

    play(scene, operators=SYBIL)


@req("H7", "G9")
def test_stop_outranks_every_form_while_the_gun_could_fire() -> None:
    async def scene(stage: Stage, pilot: Pilot[str]) -> None:
        forms = {"k": "s", "j 4": "S", "o right enter": "ctrl+c", "r enter": "s", "c": "s", "v": "S", "k 0": "s"}
        for times, (keys, stop) in enumerate(forms.items(), 1):
            await pilot.press(*keys.split(), stop)
            assert len(stage.stops) == times
            await pilot.press("1", "enter")
            assert orders(stage) == []
            await stage.paint(pilot)
            assert "STOP sent" in frame(stage.app)[0]
            assert not stage.app.query_one("#over").has_class("open")
            await pilot.press("k")
            await stage.paint(pilot)
            assert "nothing can be ordered now" in frame(stage.app)[1]
            await stage.begin_again(pilot, 20)

    play(scene, operators=SYBIL)


@pytest.mark.parametrize("remap", [None, {"stop": "f"}])
def test_ctrl_c_stops_even_in_the_middle_of_a_word(remap: dict[str, str] | None) -> None:
    async def scene(stage: Stage, pilot: Pilot[str]) -> None:
        await pilot.press("c")
        await rest(stage, pilot)
        await pilot.press("a", "s", "z")
        assert stage.stops == []
        await pilot.press("ctrl+c")
        assert len(stage.stops) == 1

    play(scene, remap=remap)


def test_a_gun_that_is_armed_after_all_gives_s_back_to_stop() -> None:
    async def scene(stage: Stage, pilot: Pilot[str]) -> None:
        await pilot.press("c")
        await rest(stage, pilot)
        await pilot.press("a")
        stage.treat(20)
        await pilot.press("s")
        assert len(stage.stops) == 1

    play(scene)


@pytest.mark.parametrize(
    ("name", "keys", "order"),
    [
        ("goto", "4 9 backspace 1 enter", GoTo(40)),
        ("moved", "left down enter enter 2", Reassign(19, LAST.x_um - 500, LAST.y_um - 500, "the subject moved")),
        ("moved", "0 comma 5 enter 0 enter 1", Reassign(19, LAST.x_um + 500, LAST.y_um, "the gun slipped")),
        ("skip", "3", Skip(20, "it cannot be reached")),
    ],
)
def test_a_form_makes_its_order(name: str, keys: str, order: Order) -> None:
    form = opened(name)
    assert [press(form, key) for key in keys.split()][-1] == order


def resting_after(*shown: bool) -> bool:
    """Whether the gun rests, given the snapshots (armed or not) that came after the wish to pause."""
    front = ScreenFront(lambda: None, ticks=ManualClock())
    front.show(scenes.snapshot(3, hot=False))
    front.want(Wish.PAUSE)
    for hot in shown:
        front.show(scenes.snapshot(3, hot=hot))
    return front.resting


def test_the_gun_rests_only_by_a_snapshot_after_the_wish() -> None:
    assert not resting_after(), "the runner may have decided to arm before it saw the wish"
    assert not resting_after(True)
    assert not resting_after(False), "it may have been made before the wish"
    assert resting_after(True, False)
    assert not resting_after(False, True)


def test_a_pause_lasts_half_a_second_at_least() -> None:
    clock = ManualClock()
    front = ScreenFront(lambda: None, ticks=clock)
    front.want(Wish.PAUSE)
    for _ in range(3):
        front.show(scenes.snapshot(3, hot=False))
    assert front.resting
    assert not front.may_go_on
    clock.advance_us(500_000)
    assert front.may_go_on


def test_without_a_pause_no_gun_rests() -> None:
    front = ScreenFront(lambda: None, ticks=ManualClock())
    front.show(scenes.snapshot(3, hot=False))
    front.show(scenes.snapshot(4, hot=False))
    assert not front.resting


def test_going_on_takes_an_unfinished_note_away() -> None:
    async def scene(stage: Stage, pilot: Pilot[str]) -> None:
        await pilot.press("c")
        await rest(stage, pilot)
        await pilot.press("a")
        stage.front.want(Wish.RUN)
        await stage.paint(pilot)
        assert "nothing was ordered" in frame(stage.app)[1]
        await pilot.press("s")
        assert len(stage.stops) == 1

    play(scene)


def test_a_form_can_be_left_without_an_order() -> None:
    async def scene(stage: Stage, pilot: Pilot[str]) -> None:
        for keys in ("k escape", "j n", "l k escape"):
            await pilot.press(*keys.split(), "1", "enter")
            assert orders(stage) == []
            assert not stage.app.query_one("#over").has_class("open")
        assert stage.app.page == "log", "Esc takes the top layer only"

    play(scene)


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ("j enter", "a number is needed"),
        ("j 0 enter", "there is no point 0"),
        ("j 7 8 enter", "there is no point 78; the plan has 1 to 77"),
        ("j 5 enter", "point 5 is given"),
        ("r backspace backspace 3 0 enter", "point 30 is pending: it has no record yet"),
        ("r backspace backspace 2 1 enter", "point 21 is loaded: it has no record yet"),
        ("r enter enter", "a reason is needed"),
        ("k 9", "9 is none of the reasons"),
        ("o minus minus enter", "'--' is not a number of mm"),
        ("o 0 full_stop 0 0 0 5 enter", "0.0005 mm is finer than 0.001 mm"),
        ("o enter enter", "is its own place"),
        ("o 9 9 9 9 9 enter", "is no distance on a person"),
    ],
)
def test_what_cannot_be_is_refused_in_the_form_and_the_form_stays(keys: str, words: str) -> None:
    name, *pressed = keys.split()
    form = opened({"j": "goto", "r": "redo", "k": "skip", "o": "moved"}[name])
    assert [press(form, key) for key in pressed] == [None] * len(pressed)
    assert words in form.fault


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("op-nobody", "op-nobody is not known here as one who may treat; who may take over: op-ben"),
        ("ada smith", "looks like op-3f9a1c"),
        ("op-ada", "op-ada is the operator already"),
        ("", "words are needed"),
    ],
)
def test_only_a_known_reference_takes_over(typed: str, words: str) -> None:
    form = opened("handover", ("op-ben",))
    assert [press(form, key) for key in (*typed, "enter")] == [None] * (len(typed) + 1)
    assert words in form.fault
    for key in ("backspace",) * len(typed) + tuple("op-ben"):
        press(form, key)
    assert press(form, "enter") == HandOver("op-ben")


def test_a_handover_needs_somebody_who_is_known() -> None:
    """With nobody else there, nobody is taken, and the gun goes on."""

    async def scene(stage: Stage, pilot: Pilot[str]) -> None:
        await pilot.press("v")
        await stage.paint(pilot, after_us=0)
        assert "nobody else is known here" in " ".join(text(stage.app).split())
        assert not stage.app.query_one("#over").has_class("open")
        assert stage.front.wish() is Wish.RUN

    play(scene, operators=("op-ada",), size=(120, 40))


def test_where_a_shot_went_is_said_before_the_reason_and_shown_on_the_map() -> None:
    async def scene(stage: Stage, pilot: Pilot[str]) -> None:
        await pilot.press("o", "right", "right", "up", "enter", "enter")
        await stage.paint(pilot)
        there = f"{(LAST.x_um + 1000) / 1000:g}, {(LAST.y_um + 500) / 1000:g} mm"
        assert f"Point 20 went 1 mm right, 0.5 mm up, to {there}. Why?" in card(stage.app)
        assert "╬" in text(stage.app)
        await pilot.press("escape")
        await stage.paint(pilot)
        assert "╬" not in text(stage.app)

    play(scene, size=(120, 40))


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ("5 0 0 enter 0 enter", "500 mm right, 0 mm up, to 527, 19.321 mm: outside the area. Is that so?"),
        ("0 enter 1 6 enter", "0 mm right, 16 mm up, to"),
        ("9 enter 1 1 enter", "in a part that is left out"),
    ],
)
def test_a_place_that_looks_like_a_slip_of_the_finger_is_asked_about(keys: str, words: str) -> None:
    form = opened("moved")
    for key in (*keys.split(), "enter"):
        assert press(form, key) is None
    assert words in form.prompt
    assert form.fault == "press y or n", "an Enter that is still held is no answer"
    assert press(form, "n") is None
    assert "how many mm to the right" in form.prompt
    for key in (*keys.split(), "y"):
        assert press(form, key) is None
    assert "Point 20 went" in form.prompt
    order = press(form, "1")
    assert isinstance(order, Reassign)


def test_a_skipped_point_is_asked_for_by_number_when_the_gun_has_not_named_the_next() -> None:
    async def scene(stage: Stage, pilot: Pilot[str]) -> None:
        await stage.paint(pilot, after_us=1_500_000)
        await pilot.press("k", "2", "3", "enter", "1")
        assert orders(stage) == [Skip(22, "the skin there is not fit")]

    play(scene)


def test_without_a_shot_none_went_elsewhere() -> None:
    async def scene(stage: Stage, pilot: Pilot[str]) -> None:
        stage.treat(0)
        await stage.paint(pilot)
        await pilot.press("o")
        await stage.paint(pilot)
        assert "no shot is on record yet" in frame(stage.app)[1]

    play(scene)


def test_banner_total_and_stop_stay_visible_under_every_form() -> None:
    places = {(60, 20): ("o", "r", "c"), (80, 24): ("k",), (120, 40): ("v",)}

    async def scene(stage: Stage, pilot: Pilot[str]) -> None:
        for size, keys in places.items():
            await pilot.resize_terminal(*size)
            for key in keys:
                stage.treat(20, fault=4)
                await stage.paint(pilot)
                stage.front.token()
                await pilot.press(key)
                stage.treat(20, fault=4)
                await stage.paint(pilot)
                shown = frame(stage.app)
                assert "Overpressure" in shown[0]
                assert "s STOP" in shown[-1]
                assert "Enter" in "\n".join(shown)
                assert "██" in "\n".join(shown), "the tall total"
                assert stage.front.token() is not None, "the painting goes on"
                await pilot.press("escape")

    play(scene, operators=SYBIL)


def test_the_runner_s_question_comes_back_after_a_form_and_a_form_never_answers_it() -> None:
    async def scene(stage: Stage, pilot: Pilot[str]) -> None:
        stage.ask_to_arm(20)
        await stage.paint(pilot)
        await pilot.press("j", "y")
        await stage.paint(pilot)
        assert "Arm the gun?" not in text(stage.app)
        assert stage.ask_to_arm(20) is None
        await pilot.press("3", "0", "y")
        assert orders(stage) == [GoTo(29)]
        assert stage.ask_to_arm(20) is None
        await stage.paint(pilot)
        assert "Arm the gun?" in text(stage.app)

    play(scene)


def test_orders_are_handed_out_once_in_their_order_and_not_after_stop() -> None:
    front = ScreenFront(lambda: None, ticks=ManualClock())
    front.give(GoTo(3))
    front.give(Note("a"))
    assert front.waiting == 2
    assert [front.order(), front.order(), front.order()] == [GoTo(3), Note("a"), None]
    front.give(GoTo(4))
    front.stop_now()
    assert front.order() is None
    assert front.waiting == 0


def test_an_order_that_nobody_takes_is_told() -> None:
    async def scene(stage: Stage, pilot: Pilot[str]) -> None:
        await pilot.press("k", "1")
        stage.treat(20)
        await stage.paint(pilot, after_us=4_500_000)
        assert "orders that the runner has not taken: 1" in frame(stage.app)[1]
        stage.front.order()
        stage.treat(20)
        await stage.paint(pilot)
        assert "has not taken" not in frame(stage.app)[1]

    play(scene)


def test_after_the_end_nothing_can_be_ordered() -> None:
    async def scene(stage: Stage, pilot: Pilot[str]) -> None:
        await pilot.press("j")
        stage.front.show(scenes.snapshot(20, extra=[ev.TreatmentEnded("ended early", "op-ada")]))
        await stage.paint(pilot)
        assert not stage.app.query_one("#over").has_class("open")
        await pilot.press("j", "3", "0", "enter")
        assert orders(stage) == []

    play(scene)
