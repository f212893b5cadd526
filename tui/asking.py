"""What is asked over the screen: the runner's question, the end of the treatment, or the form of an order.

One at a time: a form comes before the runner's question, which comes back after it. Not responsible for drawing a card
(``pages``), for what a form asks (``forms``) or for when letters may be typed (``ordering``).
"""

from __future__ import annotations

from dataclasses import dataclass

from rich.text import Text

from mesogun.errors import Refused
from mesogun.plan.model import Plan
from mesogun.record import TreatmentState
from mesogun.treatment.front import Wish
from tui import pages
from tui.front import Question, ScreenFront
from tui.ordering import Ordering
from tui.palette import Palette
from tui.view import View


@dataclass(frozen=True, slots=True)
class Card:
    """What lies over the screen now: its text, and what the two answers are called."""

    text: Text
    yes: str
    no: str
    keys: tuple[str, str] = ("y", "n")


ANSWERS = {
    "arm": ("Arm", "Not yet"),
    "rearm": ("Arm again", "Not yet"),
    "syringe": ("It is in place", "Not yet"),
    "lot": ("Same lot", "Another lot"),
    "fault": ("Cause removed", "Leave it"),
    "finish": ("Close it", "Not yet"),
}


class Asking:
    """Between the keyboard, the runner's questions and the orders of an operator.

    Parameters
    ----------
    front
        The seam to the runner; ``None`` when there is nothing to command, and then nothing is ever asked.
    ordering
        The forms; together with ``front``.
    plan
        What is treated.
    """

    def __init__(self, front: ScreenFront | None, ordering: Ordering | None, plan: Plan) -> None:
        self._front = front
        self._ordering = ordering
        self._plan = plan
        self._view: View | None = None
        self._question: Question | None = None
        self._put_off = 0
        self._ending: int | None = None

    # -- what is open --------------------------------------------------------------------------------------------------

    @property
    def form_open(self) -> bool:
        """Whether an order is being put together."""
        return self._ordering is not None and self._ordering.form is not None

    @property
    def open(self) -> bool:
        """Whether anything is asked now."""
        return self.form_open or self._ending is not None or self._question is not None

    @property
    def all_given(self) -> bool:
        """Whether the runner would close the treatment and was told to wait."""
        asked = self._front.question if self._front is not None else None
        return asked is not None and asked.what == "finish" and asked.number == self._put_off

    @property
    def stop_keys(self) -> frozenset[str]:
        """The keys that stop the gun now; none where there is nothing to stop."""
        return self._ordering.stop_keys if self._ordering is not None else frozenset()

    def look(self, view: View) -> str:
        """See what the runner asks now, and what there is to order for; why a form was closed, if it was."""
        self._view = view
        over = view.ended is not None or view.failure is not None
        front, ordering = self._front, self._ordering
        if front is None or ordering is None:
            return ""
        if over:
            ordering.close()
            self._ending = None
        told = ordering.heed()
        asked = front.question if front.wish() is Wish.RUN else None
        if asked is not None and asked.number == self._put_off:
            asked = None
        self._question = asked if self._ending is None and not self.form_open else None
        return told

    def card(self, state: TreatmentState, palette: Palette) -> Card | None:
        """What is to lie over the screen now."""
        ordering = self._ordering
        if ordering is not None and ordering.form is not None:
            waiting = ordering.writing and not ordering.letters
            return Card(pages.form(ordering.form, palette, waiting=waiting), "Go on", "Cancel", ("Enter", "Esc"))
        if self._ending is not None:
            words = "Every point is given. Close the treatment?"
            if self._ending:
                left = "1 point" if self._ending == 1 else f"{self._ending} points"
                words = f"End the treatment here? {left} would not be given."
            return Card(pages.question("end", words, palette), "End it", "Go on")
        if self._question is None:
            return None
        what, words = self._question.what, self._question.text
        if what in ("arm", "rearm"):
            words = pages.arm_words(state) or words
            what = "prime" if pages.primes(state) else what
        return Card(pages.question(what, words, palette), *ANSWERS.get(self._question.what, ("Yes", "No")))

    # -- keys and buttons ----------------------------------------------------------------------------------------------

    def takes(self, key: str, character: str | None) -> bool:
        """Whether the key belongs to an open form and to nothing else."""
        return self._ordering is not None and self._ordering.takes(key, character)

    def press(self, key: str, character: str | None) -> str:
        """Give the open form a key; what was ordered, in words, once it is complete."""
        return self._ordering.press(key, character) if self._ordering is not None else ""

    def order(self, name: str) -> str:
        """Open the form of one order in the question's place; why not, if not."""
        ordering, view = self._ordering, self._view
        over = view is None or view.ended is not None or view.failure is not None
        if ordering is None or ordering.stopped or over or view is None:
            return "nothing can be ordered now"
        try:
            ordering.open(name, self._plan, view)
        except Refused as refusal:
            return str(refusal)
        self._ending = self._question = None
        return ""

    def end(self, left: int) -> None:
        """Ask whether to end here, with ``left`` points not given."""
        self.cancel()
        self._ending = left

    def cancel(self) -> None:
        """Ask no more; a question of the runner comes back by itself."""
        if self._ordering is not None:
            self._ordering.close()
        self._ending = self._question = None

    def answer(self, *, yes: bool) -> str:
        """Answer what is open; what that means, in words."""
        front = self._front
        if front is None or not self.open:
            return ""
        if self.form_open:
            if yes:
                return self.press("enter", None)
            self.cancel()
            return "nothing was ordered"
        if self._ending is not None:
            self._ending = None
            if not yes:
                return ""
            front.want(Wish.END)
            return "ending: the magazine is emptied, the log is read"
        question, self._question = self._question, None
        return self._answered(front, question, yes=yes) if question is not None else ""

    def _answered(self, front: ScreenFront, question: Question, *, yes: bool) -> str:
        if yes or question.what in ("fault", "lot"):
            front.answer(question, yes)
            return "" if yes or question.what == "fault" else self.order("lot")
        if question.what in ("arm", "rearm"):
            front.want(Wish.PAUSE)
            return "not armed; space goes on, e ends"
        if question.what == "finish":
            self._put_off = question.number
        else:
            self._question = question
        return ""

    def pause(self) -> str:
        """Pause, or go on; what that means, in words."""
        front = self._front
        if front is None or front.stopped:
            return ""
        paused = front.wish() is Wish.PAUSE
        front.want(Wish.RUN if paused else Wish.PAUSE)
        return "going on; arming is asked for anew" if paused else "pausing: the gun disarms"
