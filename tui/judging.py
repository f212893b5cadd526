"""What stands in the way of a visit, reasons for soft limits, and the confirmation that ends in a command.

Not responsible for the judgement itself (``visit``, ``mesogun.limits``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from rich.text import Text

from mesogun.errors import InputError
from tui.case import Case, command_line, run
from tui.pager import LONGEST, Choice

if TYPE_CHECKING:
    from mesogun.limits import Violation
    from tui.palette import Palette
    from tui.visit import Found

ANSWERED = {"screening": "screening", "consent": "consent"}
"""Rules that an answer of the wizard decides, and where the draft keeps such answers."""


class Judging:
    """The last pages; ``ways`` lead back to what a plan rests on, ``onward`` to the first question that is open."""

    def __init__(self, case: Case, ways: Sequence[Choice], onward: Callable[[], None]) -> None:
        self._case = case
        self._pager = case.pager
        self._ways = tuple(ways)
        self._onward = onward

    def check(self) -> None:
        """Judge everything that was said, and show what follows."""
        from tui.visit import look

        case = self._case
        case.settle()
        ready, draft, now = case.ready, case.draft, case.now()
        words = "Holding it against every limit ..."
        self._pager.busy("confirm", words, lambda: look(ready, draft, now), self._show, case.home)

    def _show(self, found: Found) -> None:
        if found.violations:
            self._refused(found.violations)
        else:
            self._confirm(found.notes)

    # -- in the way ----------------------------------------------------------------------------------------------------

    def _refused(self, violations: Sequence[Violation]) -> None:
        hard = [one for one in violations if one.hard]
        answers = list(self._answers_again(hard))
        reasons = list(self._reasons(violations))
        ways = list(self._ways) if len(hard) > len(answers) or not hard else []
        first = [*answers, *ways, *reasons] if hard else [*reasons, *ways]
        words = Text.assemble(*told(violations, self._pager.palette))
        self._pager.page("confirm", words, [*first, self._case.home], self.check)

    def _reasons(self, violations: Sequence[Violation]) -> Iterator[Choice]:
        from mesogun.identity.roles import Action, may

        if not may(self._case.ready.operator.role, Action.OVERRIDE_SOFT):
            return
        for rule in dict.fromkeys(one.rule for one in violations if not one.hard):
            yield Choice(f"Give a reason: {rule} ...", lambda rule=rule: self._ask_reason(rule))  # type: ignore[misc]

    def _ask_reason(self, rule: str) -> None:
        case = self._case

        def take(text: str) -> None:
            if not text:
                raise InputError("a reason needs words: they go on record with your reference")
            case.say(reasons={**case.draft.reasons, rule: text})
            self._pager.renew()

        self._pager.ask_text(f"why is {rule} passed? (on record)", take, longest=LONGEST)

    def _answers_again(self, hard: Sequence[Violation]) -> Iterator[Choice]:
        """A way back to each answer that stands in the way."""
        protocol = self._case.ready.protocol
        texts = {f"screening.{one.id}": one.ask for one in protocol.screening}
        texts |= {f"consent.{one.id}": one.text for one in protocol.consent}
        for violation in hard:
            if violation.rule in texts:
                yield Choice(
                    f"Answer again: {texts[violation.rule]}",
                    lambda rule=violation.rule: self._answer_again(rule),  # type: ignore[misc]
                )

    def _answer_again(self, rule: str) -> None:
        kind, _, name = rule.partition(".")
        kept = {key: said for key, said in getattr(self._case.draft, ANSWERED[kind]).items() if key != name}
        self._case.say(**{ANSWERED[kind]: kept})
        self._onward()

    # -- confirmation --------------------------------------------------------------------------------------------------

    def _confirm(self, notes: Sequence[str]) -> None:
        from tui import figures
        from tui.visit import command, write

        case, palette = self._case, self._pager.palette
        ready, draft = case.ready, case.draft
        plan = ready.plan
        arguments = command(ready, draft, case.desk)
        words = Text.assemble(
            ("Nothing is in the way. Confirm exactly this:\n\n", f"bold {palette.good}"),
            (f"subject {draft.subject}\n", f"bold {palette.text}"),
            (f"{plan.protocol_title}\n{plan.area_name}: {len(plan.points)} points, ", palette.text),
            (f"{figures.given(plan.total_nl)}\n", f"bold {palette.text}"),
            (f"plan {plan.plan_hash[:16]}, gun {draft.port} ({ready.gun.kind})\n", palette.quiet),
            *(_line(f"passed, with a reason: {rule}: {why}", palette.warn) for rule, why in draft.reasons.items()),
            *(_line(f"done: {step} {note}".rstrip(), palette.text) for step, note in draft.steps.items()),
            *(_line(f"note: {note}", palette.warn) for note in notes),
            (f"\n\n{command_line(arguments)}", palette.quiet),
        )

        def go(sign: bool) -> None:
            write(ready, draft, case.desk)
            run(self._pager, command(ready, draft, case.desk, sign=sign))

        choices = [Choice("Yes, treat as confirmed", lambda: go(sign=False))]
        if ready.operator.public_key is not None:
            choices.append(Choice("Yes, and sign it: your passphrase is asked for next", lambda: go(sign=True)))
        choices += [Choice("No, step back", self._pager.go_back), case.home]
        self._pager.page("confirm", words, choices, self.check, chosen=None)


def _line(text: str, style: str) -> tuple[str, str]:
    return f"\n· {text}", style


def told(violations: Sequence[Violation], palette: Palette) -> Iterator[tuple[str, str]]:
    """Each violation in words, hard ones first: rule, asked, limit, where it comes from, what would work."""
    if not violations:
        return
    hard = sum(one.hard for one in violations)
    counts = [f"{hard} hard" if hard else "", f"{len(violations) - hard} soft" if hard < len(violations) else ""]
    yield f"{len(violations)} in the way: {', '.join(count for count in counts if count)}\n", f"bold {palette.bad}"
    for one in sorted(violations, key=lambda one: not one.hard):
        yield f"\n{'HARD' if one.hard else 'soft'} {one.rule}\n", f"bold {palette.bad if one.hard else palette.warn}"
        yield f"{one.message}\n", palette.text
