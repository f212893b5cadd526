"""What is asked over the screen: the runner's question, the end of the treatment, or the form of an order.

One at a time: a form comes before the runner's question, which comes back after it. A question takes an answer only
once it can have been read, and no repeat of a held key (``deliberate``); a pause ends only once the gun rests. Not
responsible for drawing a card (``pages``), for what a form asks (``forms``) or for when letters may be typed
(``ordering``).
"""

from __future__ import annotations

from dataclasses import dataclass

from rich.text import Text

from mesogun.errors import Refused
from mesogun.plan.model import Plan
from mesogun.record import TreatmentState
from mesogun.treatment.front import Phase, Wish
from tui import figures, guidance, pages
from tui.deliberate import Reading
from tui.front import Question, ScreenFront
from tui.ordering import Ordering
from tui.palette import Palette
from tui.view import View


@dataclass(frozen=True, slots=True)
class Card:
    """What lies over the screen now: its text, and what the two answers are called; no names, no answers.

    ``counts``: an answer would be taken now.
    """

    text: Text
    yes: str = ""
    no: str = ""
    keys: tuple[str, str] = ("y", "n")
    counts: bool = True


ANSWERS = {
    "arm": ("Arm", "Not yet"),
    "rearm": ("Arm again", "Not yet"),
    "syringe": ("It is in place", "Not yet"),
    "lot": ("Same lot", "Another lot"),
    "fault": ("Cause removed", "Not yet"),
    "finish": ("Close it", "Not yet"),
}
NO_LEAVES_IT = {
    "fault": "still held: remove the cause, or e leaves",
    "syringe": "still waiting for the new syringe",
}
"""Where a no only means *not yet*: the question stays."""


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
        self._reading = Reading()

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
    def own(self) -> bool:
        """Whether what is open was opened here, by a key, and not by the runner."""
        return self.form_open or self._ending is not None

    @property
    def paused(self) -> bool:
        """Whether the operator wants a pause."""
        return self._front is not None and self._front.wish() is Wish.PAUSE and not self._front.stopped

    @property
    def rests(self) -> bool:
        """Whether that pause has come into force, so that it may end."""
        return self._front is not None and self._front.may_go_on

    @property
    def target_mm(self) -> tuple[float, float] | None:
        """Where a shot went by the open form."""
        form = self._ordering.form if self._ordering is not None else None
        return form.target_mm if form is not None else None

    @property
    def number(self) -> int:
        """Of the card that is shown: what ``painted`` is told once it has left."""
        return self._reading.number

    def painted(self, number: int, now_us: int) -> None:
        """A frame that shows the card of this number is on the terminal; on any thread."""
        self._reading.painted(number, now_us)

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

    def card(self, state: TreatmentState, palette: Palette, now_us: int) -> Card | None:
        """What is to lie over the screen now."""
        self._reading.face(self._face())
        ordering, view = self._ordering, self._view
        if ordering is not None and ordering.form is not None:
            waiting = ordering.writing and not ordering.letters
            return Card(pages.form(ordering.form, palette, waiting=waiting), "Go on", "Cancel", ("Enter", "Esc"))
        counts = self._reading.read(now_us)
        if self._ending is not None:
            what = "leave" if self._leaves else "end"
            yes = "Leave it" if self._leaves else "End it"
            return Card(pages.question(what, self._end_words(), palette), yes, "Go on", counts=counts)
        if self._question is None:
            return self._change_card(state, palette)
        what, words = self._question.what, self._question.text
        more: tuple[str, ...] = ()
        if what in ("arm", "rearm"):
            words = pages.arm_words(state) or words
            what = "prime" if pages.primes(state) else what
        elif view is not None and what in ("fault", "syringe"):
            more = guidance.fault(state, view) if what == "fault" else guidance.syringe(state, view)
        text = pages.question(what, words, palette, more)
        return Card(text, *ANSWERS.get(self._question.what, ("Yes", "No")), counts=counts)

    def _face(self) -> object:
        """What the operator has to read before an answer counts; a form is opened and filled in by keys of its own."""
        if self.form_open:
            return None
        if self._ending is not None:
            return "end", self._ending
        return self._question.number if self._question is not None else None

    @property
    def _leaves(self) -> bool:
        """Whether an end is none: a gun with a fault cannot close its treatment."""
        return self._view is not None and self._view.phase == Phase.FAULT.value

    def _end_words(self) -> str:
        left = "1 point" if self._ending == 1 else f"{self._ending} points"
        if self._leaves:
            return f"Leave it here? The gun holds a fault, so the treatment stays open: {left} not given."
        if not self._ending:
            return "Every point is given. Close the treatment?"
        return f"End the treatment here? {left} would not be given."

    def _change_card(self, state: TreatmentState, palette: Palette) -> Card | None:
        """What to do while the runner waits for another syringe: until the gun has seen one, it asks nothing."""
        view, front = self._view, self._front
        if view is None or front is None or front.stopped or front.wish() is not Wish.RUN or view.failure is not None:
            return None
        if view.phase != Phase.SYRINGE.value or view.ended is not None:
            return None
        left = f"It holds {figures.at_least(view.gun.syringe_left_nl)}." if view.gun else ""
        return Card(pages.question("change", left, palette, guidance.syringe(state, view)))

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

    def answer(self, *, yes: bool, now_us: int, fresh: bool) -> str:
        """Answer what is open; what that means, in words. ``fresh``: the key was pressed for it, and is not held."""
        if self._front is None or not self.open:
            return ""
        if self.form_open:
            if yes:
                return self.press("enter", None)
            self.cancel()
            return "nothing was ordered"
        return self._too_early(now_us, fresh=fresh) or self._answered(self._front, yes=yes)

    def dismiss(self, *, now_us: int, fresh: bool) -> str:
        """Esc on what is open: leave a form, go on instead of ending, *not yet* to a question; never more than that."""
        if self.own:
            words = "nothing was ordered" if self.form_open else ""
            self.cancel()
            return words
        if self._question is not None and self._question.what == "lot":
            return "still asked: y the same lot, n another one"
        return self.answer(yes=False, now_us=now_us, fresh=fresh)

    def _too_early(self, now_us: int, *, fresh: bool) -> str:
        if not self._reading.read(now_us):
            return "not taken: read the question first"
        return "" if fresh else "not taken: let go of the key for a moment"

    def _answered(self, front: ScreenFront, *, yes: bool) -> str:
        question, ending = self._question, self._ending
        self._question = self._ending = None
        if ending is not None:
            if yes:
                front.want(Wish.END)
            words = "leaving: the record says how to go on" if self._leaves else "ending: the magazine is emptied"
            return words if yes else ""
        if question is None:
            return ""
        if yes or question.what == "lot":
            front.answer(question, yes)
            return "" if yes else self.order("lot")
        if question.what in ("arm", "rearm"):
            front.want(Wish.PAUSE)
            return "not armed; space goes on, e ends"
        if question.what == "finish":
            self._put_off = question.number
        else:
            self._question = question
        return NO_LEAVES_IT.get(question.what, "")

    def pause(self, *, fresh: bool) -> str:
        """Pause, at once; go on only from a pause in force and by a press of its own. What that means, in words."""
        front = self._front
        if front is None or front.stopped:
            return ""
        match front.wish():
            case Wish.END:
                return "ending already"
            case Wish.RUN:
                front.want(Wish.PAUSE)
                return "pausing: the gun disarms"
            case Wish.PAUSE if not front.may_go_on:
                return "pausing: space goes on once the gun rests"
            case Wish.PAUSE if not fresh:
                return "still paused: let go of space for a moment"
        front.want(Wish.RUN)
        return "going on; arming is asked for anew"
