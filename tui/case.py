"""The visit that the wizard's pages share: what was said, the gun that was looked at, the plan that was made.

Not responsible for pages (``wizard``, ``questions``, ``judging``) or for the work (``visit``).
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from mesogun.errors import InputError
from tui.pager import Choice, Pager

if TYPE_CHECKING:
    from mesogun.visit import GunSeen
    from tui.draft import Desk, Draft
    from tui.guns import Guns
    from tui.visit import Prepared

Ports = Callable[[], Sequence[tuple[str, str]]]


class Case:
    """One visit being prepared on ``pager``; ``home`` is where it begins."""

    def __init__(
        self, pager: Pager, home: Callable[[], None], *, desk: Desk, draft: Draft, ports: Ports,
        now: Callable[[], datetime],
    ) -> None:  # fmt: skip
        self.pager = pager
        self.home = Choice("Back to the beginning", home)
        self.desk = desk
        self.draft = draft
        self.ports = ports
        self._clock = now
        self._gun: GunSeen | None = None
        self._looked_at = now()
        self._ready: Prepared | None = None
        self._kept = draft

    def say(self, **said: Any) -> None:
        """Something more was said."""
        self.draft = replace(self.draft, **said)

    def pass_by(self, page: str) -> None:
        """A page on which nothing has to be said was left."""
        self.say(passed=self.draft.passed | {page})

    # -- the gun and the plan ------------------------------------------------------------------------------------------

    @property
    def gun(self) -> GunSeen:
        """The gun that was looked at."""
        if self._gun is None:
            raise InputError("no gun was looked at yet")
        return self._gun

    def looked(self, gun: GunSeen) -> None:
        """A gun was looked at."""
        self._gun, self._looked_at = gun, self._clock()

    def now(self) -> datetime:
        """The gun's calendar, which judges the treatment: ``mesogun treat`` asks the same one."""
        return self.gun.at + (self._clock() - self._looked_at)

    @property
    def ready(self) -> Prepared:
        """The plan."""
        if self._ready is None:
            raise InputError("there is no plan yet")
        return self._ready

    @property
    def planned(self) -> bool:
        """Whether there is a plan for what was said."""
        return self._ready is not None

    def plan_made(self, ready: Prepared) -> None:
        """A plan was made; another one than before asks for consent and reasons anew."""
        old, self._ready = self._ready, ready
        if old is not None and old.plan.plan_hash != ready.plan.plan_hash:
            self.draft = self.draft.planned_anew()
        self._kept = self.draft

    def settle(self) -> None:
        """Go on with the plan that there is: a change of what it rests on that came to no plan is taken back."""
        if self.draft.basis == self._kept.basis:
            self._kept = self.draft
        else:
            self.draft, self._gun = self._kept, self.ready.gun


def flowing(text: str) -> str:
    """``text`` without the line ends inside its paragraphs, so that it fits a place of any width."""
    return re.sub(r"(?<=[^\n])\n(?=\w)", " ", text)


def run(pager: Pager, arguments: tuple[str, ...]) -> None:
    """Leave the screen with a command to run, and say which."""
    pager.exit(arguments, message=command_line(arguments))


def go_on(pager: Pager, guns: Guns, treatment: str) -> None:
    """Ask where the gun of an open treatment is, and resume it there."""
    words = "Where is its gun? The treatment goes on there: first its log is read, then you are asked before it arms."
    guns.ask(words, lambda port: run(pager, ("treat", "--resume", treatment, "--port", port)))


def command_line(arguments: Sequence[str]) -> str:
    """A command as it would be typed."""
    return f"mesogun {shlex.join(arguments)}"
