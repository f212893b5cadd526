"""Who says so, and why, and the command that says it: the last three pages of whatever only a person can decide.

Not responsible for what is decided (``settling``, ``releasing``) or for the rules (``mesogun.treatment.settling``): the
command that is shown at the end is judged again when it is run.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from rich.text import Text

from mesogun.errors import InputError, MesogunError
from tui.case import run
from tui.pager import Choice, Pager

if TYPE_CHECKING:
    from mesogun.identity import Operator

Decided = Callable[["Operator", str], tuple[Text, tuple[str, ...]]]
"""From who and why to what will be on record, in words, and the arguments of the command."""


def people_here() -> tuple[tuple[Operator, ...], Operator | None]:
    """Those of this station who may settle, whoever is at the keyboard first; and who is at the keyboard."""
    from mesogun.identity import Home
    from mesogun.treatment.settling import settlers

    operators = Home.open().operators
    current = operators.current()
    here = current.reference if current is not None else ""
    return tuple(sorted(settlers(operators.list()), key=lambda person: person.reference != here)), current


class Reasoned:
    """One decision on ``pager``; ``back`` leads out of it."""

    def __init__(self, pager: Pager, title: str, back: Choice, decided: Decided) -> None:
        self._pager = pager
        self._title = title
        self._back = back
        self._decided = decided

    def start(self) -> None:
        """Who says so? Not asked where only one person may, and that person is at the keyboard."""
        try:
            able, current = people_here()
        except MesogunError as error:
            self._pager.sorry(self._title, error, self._back)
            return
        if current is not None and [person.reference for person in able] == [current.reference]:
            self._why(able[0])
        else:
            self._who(able, current)

    def _who(self, able: Sequence[Operator], current: Operator | None) -> None:
        palette = self._pager.palette
        here = current.reference if current is not None else ""
        words = Text("Who decides this? Only a practitioner may.\n\n", f"bold {palette.text}")
        if current is None:
            words.append("Nobody is at the keyboard.", palette.quiet)
        else:
            words.append(f"At the keyboard: {current.reference}, {current.role.value}.", palette.quiet)
        if not able:
            words.append(
                "\n\nNo practitioner is known to this station: mesogun operator add NAME --role practitioner adds one.",
                f"bold {palette.warn}",
            )
        choices = [
            Choice(
                f"{person.reference}  {person.name}" + ("  (at the keyboard)" if person.reference == here else ""),
                lambda person=person: self._why(person),  # type: ignore[misc]
            )
            for person in able
        ]
        self._pager.page(self._title, words, [*choices, self._back], lambda: self._who(able, current))

    def _why(self, operator: Operator, fault: str = "") -> None:
        palette = self._pager.palette
        words = Text.assemble(
            ("Why? In words, no names.\n\n", f"bold {palette.text}"),
            ("It stays on record beside the decision: what you saw, whom you asked.", palette.quiet),
        )
        if fault:
            words.append(f"\n\n{fault}", f"bold {palette.warn}")
        self._pager.page(self._title, words, [], lambda: self._why(operator))
        self._pager.ask_text("the reason, then Enter", lambda text: self._confirm(operator, text))

    def _confirm(self, operator: Operator, why: str) -> None:
        from mesogun.treatment.settling import check_why

        try:
            check_why(why)
        except InputError:
            self._pager.instead(lambda: self._why(operator, "A reason is needed."))
            return
        try:
            told, arguments = self._decided(operator, why)
        except MesogunError as error:
            self._pager.sorry(self._title, error, self._back)
            return
        palette = self._pager.palette
        words = Text.assemble(
            ("This goes on record, and nobody can take it back:\n\n", f"bold {palette.warn}"),
            told,
            (f"\nby {operator.reference}: {why}\n\n", palette.text),
            (f"mesogun {shlex.join(arguments)}", palette.quiet),
        )
        choices = [Choice("Yes, do it", lambda: run(self._pager, arguments)), Choice("No, not now", self._back.then)]
        self._pager.page(self._title, words, choices, lambda: self._confirm(operator, why))
