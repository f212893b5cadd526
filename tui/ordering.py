"""The open form, and when its letters may be typed.

``s`` is STOP on every screen, and no form may take it away while the gun could fire. So points, distances and the usual
reasons are digits and arrows; words can only be written once the gun is proved to be disarmed and held so by a pause
(``ScreenFront.resting``). Then the plain STOP letters are letters, and Ctrl+C still stops. Not responsible for what is
asked (``forms``) or for drawing it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mesogun.plan.model import Plan
from mesogun.treatment.front import Wish
from tui.forms import Form, Signers, told
from tui.front import ScreenFront
from tui.keymap import Act, stop_keys
from tui.view import View


class Ordering:
    """At most one form, between the keyboard and the runner's queue of orders."""

    def __init__(
        self,
        front: ScreenFront,
        keys: Mapping[str, Act],
        operators: Sequence[str] = (),
        signers: Signers | None = None,
    ) -> None:
        self._front = front
        self._stop_keys = stop_keys(keys)
        self._operators = tuple(operators)
        self._signers = signers
        self.form: Form | None = None

    def open(self, name: str, plan: Plan, view: View) -> None:
        """Ask for one order; ``Refused`` if there is nothing to give it for."""
        self.form = Form(name, plan, view, self._operators, self._signers)
        self._hold()

    def close(self) -> None:
        """Ask no more."""
        self.form = None

    @property
    def stopped(self) -> bool:
        """Whether STOP was pressed: nothing can be ordered any more."""
        return self._front.stopped

    @property
    def writing(self) -> bool:
        """Whether words are asked for."""
        return self.form is not None and self.form.writing

    @property
    def letters(self) -> bool:
        """Whether letters are letters now: words are asked for and the gun is at rest."""
        return self.writing and self._front.resting

    @property
    def stop_keys(self) -> frozenset[str]:
        """The keys that stop the gun now; never none."""
        if not self.letters:
            return self._stop_keys
        return frozenset(key for key in self._stop_keys if len(key) > 1) | {"ctrl+c"}

    def takes(self, key: str, character: str | None) -> bool:
        """Whether the key belongs to the form and to nothing else."""
        form = self.form
        if form is None or key in self.stop_keys or key == "escape":
            return False
        return form.writing or form.wants(key, character)

    def press(self, key: str, character: str | None) -> str:
        """Give the form a key that it takes; what was ordered, in words, once that is complete."""
        form = self.form
        if form is None or (form.writing and not self.letters) or not form.wants(key, character):
            return ""
        written = form.writing
        order = form.press(key, character)
        if order is None:
            self._hold()
            return ""
        self.form = None
        self._front.give(order)
        return told(order) + ("; space goes on" if written else "")

    def heed(self) -> str:
        """Look whether the form still has its ground; why it was closed, if it was."""
        if self.form is None:
            return ""
        if self._front.stopped:
            self.form = None
            return ""
        if self._front.wish() is Wish.END or (self.form.writing and self._front.wish() is Wish.RUN):
            self.form = None
            return "nothing was ordered: words can only be written during a pause"
        return ""

    def _hold(self) -> None:
        """Words need a gun at rest."""
        if self.writing:
            self._front.want(Wish.PAUSE)
