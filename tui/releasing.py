"""A gun that is bound to a treatment whose journal is gone, and the command that frees it: ``mesogun gun release``.

Not responsible for freeing it, nor for when that is allowed (``mesogun.treatment.settling``), nor for who and why
(``reasoned``).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rich.text import Text

from tui.guns import Guns
from tui.opening import open_record, there_is
from tui.pager import Choice, Pager
from tui.reasoned import Reasoned

if TYPE_CHECKING:
    from mesogun.identity import Operator


@dataclass(frozen=True, slots=True)
class Bound:
    """A gun and the treatment that it is bound to, as 16 hex digits; empty if to none."""

    port: str
    gun: str
    treatment: str


def look_at_bond(port: str, url: str | Path) -> Bound:
    """Ask the gun what it is bound to.

    Raises
    ------
    Refused
        Where the journal holds that treatment: resuming it ends it properly.
    MesogunError
        Whatever stands in the way, in one line.
    """
    from mesogun.gun import connect, key_source
    from mesogun.identity import Home
    from mesogun.treatment.settling import must_not_release

    with connect(port, keys=key_source(Home.open())) as gun:
        welcome = gun.welcome
    bound = Bound(port, f"{welcome.device_id:016x}", f"{welcome.open_treatment:016x}" if welcome.open_treatment else "")
    if bound.treatment and there_is(url):
        with open_record(url) as journal:
            must_not_release(journal, bound.treatment)
    return bound


class Releasing:
    """From a port to the command that frees the gun there."""

    def __init__(
        self,
        pager: Pager,
        home: Choice,
        *,
        url: str | Path,
        guns: Guns,
    ) -> None:
        self._pager = pager
        self._home = home
        self._url = url
        self._guns = guns

    def start(self) -> None:
        """Which gun?"""
        self._guns.ask("Which gun? First it is only asked what it is bound to.", self.look, title="free a gun")

    def look(self, port: str) -> None:
        """What is the gun at this port bound to?"""
        self._pager.busy(
            "free a gun", f"Asking {port} ...", lambda: look_at_bond(port, self._url), self._show, self._home
        )

    def _show(self, bound: Bound) -> None:
        palette = self._pager.palette
        if not bound.treatment:
            words = Text(f"Gun {bound.gun} is bound to no treatment: there is nothing to free.", palette.text)
            self._pager.page("free a gun", words, [self._home], lambda: self._show(bound))
            return
        words = Text(f"Gun {bound.gun} is bound to treatment {bound.treatment}.\n\n", f"bold {palette.warn}")
        words.append(
            "This station's journal does not have it open. Resume it where its journal is: that reads the gun and ends "
            "it properly. Only if that journal is gone for good, free the gun. Shots that nobody has read stay in its "
            "log; the next treatment with it has to settle them.",
            palette.text,
        )
        free = Choice("That journal is gone: free the gun", lambda: self._free(bound))
        self._pager.page("free a gun", words, [self._home, free], lambda: self._show(bound))

    def _free(self, bound: Bound) -> None:
        def decided(operator: Operator, why: str) -> tuple[Text, tuple[str, ...]]:
            from mesogun.identity import Action

            operator.require(Action.SETTLE)
            told = Text(f"gun {bound.gun} is freed from treatment {bound.treatment}\n", self._pager.palette.text)
            arguments = ("gun", "release", "--port", bound.port, "--operator", operator.reference, "--why", why)
            return told, arguments

        back = Choice("Back to the gun", lambda: self._show(bound))
        Reasoned(self._pager, "free a gun", back, decided).start()
