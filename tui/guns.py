"""Which gun? The ports where one was found, the simulated one, or another by its name: one page for whoever asks.

Not responsible for finding them (``start.plugged_in``) or for what is done with the port.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tui.pager import Choice, Pager

Ports = Callable[[], Sequence[tuple[str, str]]]
SIMULATED = "sim://standard"


class Guns:
    """``ports`` gives (port, what is there) and may take a while: it is asked off the painting thread, every time."""

    def __init__(self, pager: Pager, home: Choice, ports: Ports, simulated: str = SIMULATED) -> None:
        self._pager = pager
        self._home = home
        self._ports = ports
        self._simulated = simulated

    def ask(self, words: str, then: Callable[[str], None], *, title: str = "gun", more: Sequence[Choice] = ()) -> None:
        """Look for guns and ask; ``more`` stands below the ports."""

        def show(found: Sequence[tuple[str, str]]) -> None:
            ports = (*found, (self._simulated, "the simulated gun"))
            choices = [Choice(f"{port}  {what}", lambda port=port: then(port)) for port, what in ports]  # type: ignore[misc]
            named = Choice("Another port ...", lambda: self._pager.ask_text("port, then Enter", then))
            self._pager.page(title, words, [*choices, named, *more, self._home], lambda: show(found))

        self._pager.busy(title, "Looking for guns ...", self._ports, show, self._home)
