"""The seam: tokens only for painted frames, once; answers only to the question asked; STOP from any thread."""

from __future__ import annotations

import threading

from mesogun.clock import ManualClock
from mesogun.treatment import Wish
from tests.trace import req
from tests.tui import scenes
from tui.front import ASKED_FRESH_US, ScreenFront


def make() -> tuple[ScreenFront, ManualClock, list[str]]:
    clock, stops = ManualClock(), list[str]()
    return ScreenFront(lambda: stops.append("stop"), ticks=clock), clock, stops


@req("H12", "G13")
def test_token_exists_only_after_the_frame_left_and_is_handed_out_once() -> None:
    front, _, _ = make()
    shown = scenes.snapshot(3)
    front.show(shown)
    assert front.token() is None
    front.painted(shown)
    assert front.token() == shown.token()
    assert front.token() is None


@req("H12")
def test_painting_the_same_word_of_the_gun_again_mints_nothing() -> None:
    front, _, _ = make()
    shown = scenes.snapshot(3)
    front.painted(shown)
    assert front.token() is not None
    front.painted(shown)
    assert front.token() is None


@req("H12")
def test_an_older_frame_never_replaces_a_newer_token() -> None:
    front, _, _ = make()
    front.painted(scenes.snapshot(5))
    front.painted(scenes.snapshot(4))
    token = front.token()
    assert token is not None
    assert token.shot_no == 5


def test_no_token_after_stop() -> None:
    front, _, stops = make()
    shown = scenes.snapshot(3)
    front.painted(shown)
    front.stop_now()
    assert stops == ["stop"]
    assert front.token() is None
    front.painted(scenes.snapshot(4))
    assert front.token() is None


def test_stop_that_fails_is_still_a_stop_and_says_why() -> None:
    def broken() -> None:
        raise OSError("port is gone")

    front = ScreenFront(broken, ticks=ManualClock())
    front.stop_now()
    assert front.stopped
    assert front.stop_failure == "OSError: port is gone"


def test_an_answer_fits_its_question_only() -> None:
    front, _, _ = make()
    assert front.confirm("arm", "Arm 6?") is None
    first = front.question
    assert first is not None
    assert front.confirm("arm", "Arm 5?") is None
    assert not front.answer(first, True)
    assert front.confirm("arm", "Arm 5?") is None
    second = front.question
    assert second is not None
    assert front.answer(second, True)
    assert front.confirm("arm", "Arm 5?") is True
    assert front.confirm("arm", "Arm 5?") is None


def test_a_question_no_longer_asked_is_withdrawn_and_its_answer_is_void() -> None:
    front, clock, _ = make()
    front.confirm("arm", "Arm 6?")
    asked = front.question
    assert asked is not None
    clock.advance_us(ASKED_FRESH_US + 1)
    assert front.question is None
    front.answer(asked, True)
    assert front.confirm("arm", "Arm 6?") is None, "a yes to an earlier asking must not arm"


def test_end_is_final() -> None:
    front, _, _ = make()
    front.want(Wish.END)
    front.want(Wish.RUN)
    assert front.wish() is Wish.END


def test_age_counts_from_the_gun_s_newest_word_not_from_the_newest_picture() -> None:
    front, clock, _ = make()
    shown = scenes.snapshot(3)
    front.show(shown)
    clock.advance_us(700_000)
    front.show(shown)
    seen = front.seen
    assert seen is not None
    assert clock.monotonic_us() - seen.heard_us == 700_000


def test_lockstep_waits_for_the_paint_of_this_snapshot() -> None:
    front = ScreenFront(lambda: None, ticks=ManualClock(), lockstep_s=30)
    shown = scenes.snapshot(1)
    runner = threading.Thread(target=front.show, args=(shown,))
    runner.start()
    while front.seen is None:
        pass
    front.painted(scenes.snapshot(0))
    assert runner.is_alive()
    front.painted(shown)
    runner.join(10)
    assert not runner.is_alive()


def test_news_is_told_once_until_the_screen_looks() -> None:
    front, _, _ = make()
    told: list[int] = []
    front.when_news(lambda: told.append(1))
    front.show(scenes.snapshot(1))
    front.show(scenes.snapshot(2))
    assert len(told) == 1
    front.looked()
    front.show(scenes.snapshot(3))
    assert len(told) == 2
    front.when_news(None)
    front.looked()
    front.show(scenes.snapshot(4))
    assert len(told) == 2
