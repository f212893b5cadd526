"""What is asked on the way to an order: which point, how far, why. One form per order, filled in key by key.

Pure: keys in, an order out. The runner judges the order when it carries it out (``mesogun.treatment``); what can be
seen to be impossible is refused here with its reason. Not responsible for drawing, nor for when letters may be typed
(``ordering``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from mesogun.errors import MesogunError, Refused
from mesogun.plan.model import Plan
from mesogun.treatment.orders import Acknowledge, GoTo, HandOver, NameSyringe, Note, Order, Reassign, Redo, Skip
from tui.elsewhere import doubt, offset_text, place_text
from tui.kinds import KINDS, Step
from tui.view import View

if TYPE_CHECKING:
    from mesogun.identity import Handover

Signers = Mapping[str, "Callable[[str], Handover]"]
"""Who takes over with a signature: reference to what a passphrase makes of it, refusing a wrong one."""
ARROW_MM = Decimal("0.5")
"""One press of an arrow key: a convenience of the screen, no statement about accuracy."""
MOST_MM = 2_500
"""No place on a person is farther away than a person is tall."""


class Form:
    """One order being put together.

    Parameters
    ----------
    name
        A key of ``KINDS``.
    plan, view
        What is planned, and what was on the screen when the form was opened.
    operators
        References that may take over; nobody else is taken.
    signers
        Those of them who have a key: they are asked for its passphrase, which is never shown and never kept.

    Raises
    ------
    Refused
        If there is nothing to give this order for.
    """

    def __init__(
        self, name: str, plan: Plan, view: View, operators: Sequence[str] = (), signers: Signers | None = None
    ) -> None:
        self.name = name
        self.kind = KINDS[name]
        self.fault = ""
        self.typed = ""
        self._plan = plan
        self._view = view
        self._operators = tuple(operators)
        self._signers = signers if signers is not None else {}
        self._steps = list(self.kind.steps)
        self._offset_mm = {Step.RIGHT: Decimal(0), Step.UP: Decimal(0)}
        self._index: int | None = None
        self._lot = self._taker = ""
        last = next((line.point for line in view.last[::-1] if line.point is not None), None)
        if name == "moved":
            if last is None:
                raise Refused("no shot is on record yet, so none can have gone elsewhere")
            self._index = last
        elif name == "skip" and view.next_shot is not None:
            self._index = view.next_shot
            del self._steps[0]
        elif name == "redo" and last is not None:
            self.typed = str(last + 1)
        elif name == "handover" and not self._others:
            raise Refused("nobody else is known here; see mesogun operator add")

    @property
    def step(self) -> Step:
        """What is being asked now."""
        return self._steps[0]

    @property
    def writing(self) -> bool:
        """Whether words are asked for, so that every letter is needed."""
        return self.step in (Step.WORDS, Step.EXPIRY, Step.PASSPHRASE)

    @property
    def _others(self) -> tuple[str, ...]:
        return tuple(name for name in self._operators if name != self._view.operator)

    @property
    def _offset_um(self) -> tuple[int, int]:
        right_mm, up_mm = (self._offset_mm[axis] for axis in (Step.RIGHT, Step.UP))
        return int(right_mm * 1000), int(up_mm * 1000)

    @property
    def _target_um(self) -> tuple[int, int]:
        shot, (right_um, up_um) = self._plan.shots[self._index or 0], self._offset_um
        return shot.x_um + right_um, shot.y_um + up_um

    @property
    def target_mm(self) -> tuple[float, float] | None:
        """Where the shot went by what has been entered, for the map; ``None`` for any other order."""
        if self.name != "moved":
            return None
        x_um, y_um = self._target_um
        return x_um / 1000, y_um / 1000

    @property
    def _went(self) -> str:
        return f"{offset_text(*self._offset_um)}, to {place_text(*self._target_um)}"

    @property
    def _naming(self) -> bool:
        return self.name == "handover" and self.step is Step.WORDS

    @property
    def prompt(self) -> str:
        """The question, in one line."""
        point = f"point {self._index + 1}" if self._index is not None else "point"
        match self.step:
            case Step.NUMBER:
                return f"Which point? Its number, 1 to {len(self._plan.shots)}, then Enter."
            case Step.RIGHT:
                return f"The shot of {point}: how many mm to the right of its place (minus: left)? Then Enter."
            case Step.UP:
                return f"The shot of {point}: how many mm above its place on the map (minus: below)? Then Enter."
            case Step.SURE:
                against = doubt(self._plan, *self._target_um, *self._offset_um)
                return f"{point[0].upper()}{point[1:]}: {self._went}: {against}. Is that so?"
            case Step.WHY if self.name == "moved":
                return f"{point[0].upper()}{point[1:]} went {self._went}. Why? By its number."
            case Step.WHY:
                return f"Why, for {point}? By its number."
            case Step.WORDS if self.name == "handover":
                return "To whom? The operator's reference, then Enter."
            case Step.WORDS if self.name == "lot":
                return "Which lot? As printed, then Enter."
            case Step.EXPIRY:
                return f"Lot {self._lot}: its expiry, as 2027-03-31 or 2027-03, then Enter."
            case Step.PASSPHRASE:
                return f"{self._taker} signs: the passphrase of their key, then Enter."
            case Step.WORDS:
                return "In words, then Enter." if self.name == "note" else f"Why, for {point}? Then Enter."

    @property
    def entered(self) -> str:
        """What has been entered so far."""
        if self.step in self._offset_mm and not self.typed:
            return offset_text(*self._offset_um)
        typed = "•" * len(self.typed) if self.step is Step.PASSPHRASE else self.typed
        if self.step in self._offset_mm:
            typed = f"{typed}_ mm"
            return (
                typed if self.step is Step.RIGHT else f"{offset_text(self._offset_um[0], 0).split(',')[0]}, {typed} up"
            )
        return "" if self.step in (Step.SURE, Step.WHY) else f"{typed}_"

    @property
    def pad(self) -> tuple[tuple[str, str], ...]:
        """(key, what is drawn on it) of what the mouse can press here; letters take a keyboard."""
        if self.step is Step.WHY:
            reasons = enumerate(self.kind.reasons, 1)
            return (*((str(number), f"{number} {words}") for number, words in reasons), ("0", "0 in words"))
        if self.step is Step.SURE:
            return ("y", "y it lies there"), ("n", "n the figures again")
        if self._naming:
            return tuple((name, name) for name in self._others)
        if self.writing:
            return ()
        digits = tuple((digit, digit) for digit in "1234567890")
        more = (("left", "←"), ("right", "→"), ("up", "↑"), ("down", "↓")) if self.step in self._offset_mm else ()
        return (*digits, ("backspace", "⌫"), *more)

    # -- keys ----------------------------------------------------------------------------------------------------------

    def wants(self, key: str, character: str | None) -> bool:
        """Whether this key means something here; any other keeps its meaning on the dashboard."""
        if key in ("enter", "backspace"):
            return True
        if self._naming and key in self._operators:
            return True  # drawn on the screen, and clicked
        if self.step is Step.SURE:
            return key in ("y", "n")
        if self.writing:
            return character is not None and character.isprintable()
        if self.step in self._offset_mm and (key in _ARROWS or (character is not None and character in ".,-")):
            return True
        return character is not None and character in "0123456789"

    def press(self, key: str, character: str | None) -> Order | None:
        """Take one key that the form wants; the order when it is complete."""
        self.fault = ""
        if self._naming and key in self._operators:
            self.typed = key
            return None
        if key == "enter":
            return self._enter()
        if self.step is Step.SURE:
            self._steps = [Step.WHY] if key == "y" else list(self.kind.steps)
        elif key == "backspace":
            self.typed = self.typed[:-1]
        elif key in _ARROWS and self.step in self._offset_mm:
            axis, sign = _ARROWS[key]
            self._offset_mm[axis] += sign * ARROW_MM
            self.typed = ""
        elif self.step is Step.WHY:
            return self._reason(int(character or "0"))
        else:
            self.typed += character or ""
        return None

    def _reason(self, number: int) -> Order | None:
        if number == 0:
            self._steps[0] = Step.WORDS
            return None
        if number > len(self.kind.reasons):
            self.fault = f"{number} is none of the reasons; 0 takes words"
            return None
        return self._order(self.kind.reasons[number - 1])

    def _enter(self) -> Order | None:
        match self.step:
            case Step.NUMBER:
                self.fault = self._take_number()
            case Step.RIGHT | Step.UP:
                self.fault = self._take_mm(self.step)
            case Step.SURE:
                self.fault = "press y or n"  # not Enter, which a finger may still hold from the figures
            case Step.WHY:
                self.fault = "a reason is needed: press its number"
            case Step.WORDS | Step.EXPIRY:
                return self._take_words(self.typed.strip())
            case Step.PASSPHRASE:
                return self._sign()
        if self.fault:
            return None
        if self.step is Step.UP and doubt(self._plan, *self._target_um, *self._offset_um):
            self._steps.insert(1, Step.SURE)
        self.typed = ""
        del self._steps[0]
        return None if self._steps else self._order("")

    def _take_words(self, words: str) -> Order | None:
        self.fault = self._words_fault(words)
        if self.fault:
            return None
        if self.name == "lot" and self.step is Step.WORDS:
            self._lot, self.typed = words, ""
            del self._steps[0]
            return None
        if self.name == "handover" and words in self._signers:
            self._taker, self.typed = words, ""
            self._steps[0] = Step.PASSPHRASE
            return None
        return self._order(words)

    def _sign(self) -> Order | None:
        passphrase, self.typed = self.typed, ""
        try:
            return HandOver(self._taker, self._signers[self._taker](passphrase))
        except MesogunError as refusal:
            self.fault = str(refusal)
            return None

    def _take_number(self) -> str:
        if not self.typed:
            return "a number is needed"
        index = int(self.typed) - 1
        if not 0 <= index < len(self._plan.shots):
            return f"there is no point {self.typed}; the plan has 1 to {len(self._plan.shots)}"
        if self._view.marks[index] not in self.kind.fits:
            return f"point {self.typed} is {self._view.marks[index].value}: it {self.kind.misfit}"
        self._index = index
        return ""

    def _take_mm(self, axis: Step) -> str:
        if self.typed:
            try:
                value_mm = Decimal(self.typed.replace(",", "."))
            except InvalidOperation:
                return f"{self.typed!r} is not a number of mm, such as 3 or -1.5"
            if abs(value_mm) > MOST_MM:
                return f"{self.typed} mm is no distance on a person, such as 3 or -1.5"
            if value_mm * 1000 != int(value_mm * 1000):
                return f"{self.typed} mm is finer than 0.001 mm"
            self._offset_mm[axis] = value_mm
        if axis is Step.UP and not any(self._offset_mm.values()):
            return "0 mm right and 0 mm up is its own place; Esc leaves it there"
        return ""

    def _words_fault(self, words: str) -> str:
        if not words:
            return "words are needed, or Esc"
        if self.name != "handover":
            return ""
        if not words.startswith("op-") or " " in words:
            return "an operator's reference looks like op-3f9a1c (mesogun operator list); names are not recorded"
        if words == self._view.operator:
            return f"{words} is the operator already"
        if words not in self._others:
            return f"{words} is not known here as one who may treat; who may take over: {', '.join(self._others)}"
        return ""

    def _order(self, words: str) -> Order:
        index = self._index if self._index is not None else 0
        match self.name:
            case "skip":
                return Skip(index, words)
            case "goto":
                return GoTo(index)
            case "redo":
                return Redo(index, words)
            case "moved":
                return Reassign(index, *self._target_um, words)
            case "note":
                return Note(words)
            case "lot":
                return NameSyringe(self._lot, words)
            case _:
                return HandOver(words)


_ARROWS = {"left": (Step.RIGHT, -1), "right": (Step.RIGHT, 1), "up": (Step.UP, 1), "down": (Step.UP, -1)}


def told(order: Order) -> str:
    """What was ordered, in a few words."""
    match order:
        case Skip(index):
            return f"ordered: skip point {index + 1}"
        case GoTo(index):
            return f"ordered: go to point {index + 1}"
        case Redo(index):
            return f"ordered: redo point {index + 1}"
        case Reassign(index, x_um, y_um):
            return f"ordered: point {index + 1} went to {place_text(x_um, y_um)}"
        case Note():
            return "ordered: a note for the record"
        case HandOver(to_operator, signed):
            return f"ordered: hand over to {to_operator}{', signed' if signed is not None else ''}"
        case NameSyringe(lot):
            return f"ordered: the syringe is lot {lot}"
        case Acknowledge():
            return "alarms seen"
