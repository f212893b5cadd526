"""What a practitioner says on the command line beside the answers file: reasons for soft limits, steps that were done.

Not responsible for what follows from it (``mesogun.limits``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import click

from mesogun.errors import InputError
from mesogun.limits import Answers

F = TypeVar("F", bound=Callable[..., Any])


def saying_options(command: F) -> F:
    """The options that add to what the answers file says."""
    for option in (
        click.option("--reason", multiple=True, metavar="RULE=TEXT", help="Why a soft limit is passed; repeat."),
        click.option("--step", multiple=True, metavar="STEP=NOTE", help="Done before: clean=PRODUCT, ...; repeat."),
    ):
        command = option(command)
    return command


@dataclass(frozen=True, slots=True)
class Said:
    """Pairs of rule and reason, and of step and note."""

    reasons: tuple[tuple[str, str], ...] = ()
    steps: tuple[tuple[str, str], ...] = ()

    def added_to(self, answers: Answers) -> Answers:
        """The answers with this in them; ``InputError`` where both say something about the same."""
        twice = [rule for rule, _ in self.reasons if rule in answers.overrides]
        twice += [step for step, _ in self.steps if step in answers.steps]
        if twice:
            raise InputError(f"said in the answers file and on the command line: {', '.join(twice)}; say it once")
        overrides = {**answers.overrides, **dict(self.reasons)}
        return replace(answers, overrides=overrides, steps={**answers.steps, **dict(self.steps)})


NOTHING_SAID = Said()


def take_said(options: Mapping[str, Any]) -> Said:
    """What was said, out of a command's keyword arguments; ``InputError`` for half of it."""
    steps = _pairs("--step", options["step"])
    return Said(_pairs("--reason", options["reason"], needed=True), steps)


def _pairs(option: str, texts: Iterable[str], *, needed: bool = False) -> tuple[tuple[str, str], ...]:
    found: dict[str, str] = {}
    for text in texts:
        name, _, rest = (piece.strip() for piece in text.partition("="))
        if not name or (needed and not rest):
            example = "treatment_ml.soft_high=both cheeks" if needed else "clean=chlorhexidine 2 %"
            raise InputError(f"{option} {text}: write it as in {option} {example!r}")
        if name in found:
            raise InputError(f"{option} {name}: said twice")
        found[name] = rest
    return tuple(found.items())
