"""The gun on the bench: who it is, how it is, how the line is, what passes on it, and what each fault means.

Everything here only reads. Not responsible for what is looked at (``mesogun.gun.doctor``), for the words about a gun
(``mesogun.gun.render``) or for pages (``pager``).
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

from rich.text import Text

from mesogun.record.alarms import CONDITIONS
from tui.guns import Guns
from tui.pager import Choice, Pager
from tui.palette import Palette

if TYPE_CHECKING:
    from mesogun.gun import Check
    from mesogun.link import LinkStats
    from tui.releasing import Releasing

ROUNDS = 20
"""Questions to the gun while the line is watched: enough for a round trip that means something."""


@dataclass(frozen=True, slots=True)
class Looked:
    """What one look at a gun gave, as text."""

    port: str
    info: str
    line: str
    trace: tuple[str, ...]
    bound: bool = False


def look_at(port: str) -> Looked:
    """Open the port, read everything that can be read, listen to the line meanwhile, close the port again.

    Raises
    ------
    MesogunError
        Whatever stands in the way, in one line.
    """
    from mesogun.gun import connect, info_text, key_source
    from mesogun.identity import Home
    from mesogun.link import open_port
    from mesogun.link.capture import capturing

    with tempfile.TemporaryDirectory() as folder:
        captured = Path(folder) / "trace"
        with connect(capturing(open_port(port), captured), keys=key_source(Home.open())) as gun:
            for _ in range(ROUNDS):
                gun.status()
            info, stats, bound = info_text(gun), gun.stats, bool(gun.welcome.open_treatment)
        return Looked(port, info, line_text(stats), tuple(trace_lines(captured)), bound)


def line_text(stats: LinkStats) -> str:
    """Every counter of a link, one a line; what is not known yet is ``-``."""
    rows = [(field.name.replace("_", " "), getattr(stats, field.name)) for field in fields(stats)]
    width = max(len(name) for name, _ in rows)
    return "\n".join(f"{name:<{width}}  {'-' if value is None else value:>12}" for name, value in rows)


def trace_lines(capture: Path) -> Iterator[str]:
    """A captured conversation as lines: when, which way, what message, which number, how many bytes."""
    from mesogun.link.replay import read_capture
    from mesogun.wire.codes import FrameKind, Op
    from mesogun.wire.frame import Damage, FrameReader

    readers = {True: FrameReader(), False: FrameReader()}
    names = {int(op): op.name for op in Op}
    for passage in read_capture(capture).passages:
        for found in readers[passage.to_gun].feed(passage.data):
            way = ">" if passage.to_gun else "<"
            at = f"{passage.at_us / 1000:>9.1f} ms {way} "
            if isinstance(found, Damage):
                yield f"{at}damage: {found.why}, {found.size} bytes"
                continue
            name = names.get(found.op, f"op {found.op}")
            signed = "signed" if found.tag is not None else "open"
            kind = FrameKind(found.kind).name
            yield f"{at}{kind:<4}{name:<16} no. {found.seq:<6}{len(found.payload):>4} bytes  {signed}"


def fault_text(palette: Palette) -> Text:
    """Every fault that a gun can latch, with its cause and what to do; the table of the alarms, in other words."""
    text = Text()
    for condition in CONDITIONS:
        if condition.name.startswith("fault-"):
            text.append(f"{condition.title}\n", f"bold {palette.text}")
            text.append(f"  {condition.cause}\n", palette.quiet)
            text.append(f"  {condition.action}\n\n", palette.text)
    return text


class Device:
    """The technician's pages about one gun."""

    def __init__(self, pager: Pager, home: Callable[[], None], guns: Guns, releasing: Releasing) -> None:
        self._pager = pager
        self._home = Choice("Back to the beginning", home)
        self._guns = guns
        self._releasing = releasing

    def start(self) -> None:
        """Which gun?"""
        faults = Choice("Faults: what each one means and what to do", self._faults)
        self._guns.ask("Which gun? It is only looked at; nothing is loaded or written.", self._look, more=[faults])

    def _look(self, port: str) -> None:
        self._pager.busy("gun", f"Asking {port} ...", lambda: look_at(port), self._show, self._home)

    def _show(self, seen: Looked) -> None:
        title = f"gun at {seen.port}"
        free = lambda: self._releasing.look(seen.port)  # noqa: E731 -- what one of the choices does
        choices = [
            Choice("Diagnostics: port, line, key, health", lambda: self._diagnose(seen)),
            Choice("Link statistics", lambda: self._text(title, seen.line, seen)),
            Choice("Wire trace of this look", lambda: self._text(title, "\n".join(seen.trace), seen)),
            Choice("Faults: what each one means and what to do", self._faults),
            *([Choice("It is bound to a treatment: free it", free)] if seen.bound else []),
            Choice("Look again", lambda: self._look(seen.port)),
            self._home,
        ]
        self._pager.page(title, seen.info, choices, lambda: self._show(seen), table=True)

    def _text(self, title: str, words: str | Text, seen: Looked) -> None:
        back = Choice("Back to the gun", lambda: self._show(seen))
        self._pager.page(title, words, [back, self._home], lambda: self._text(title, words, seen), table=True)

    def _diagnose(self, seen: Looked) -> None:
        def examine() -> tuple[Check, ...]:
            from mesogun.gun import examine as look
            from mesogun.gun import key_source
            from mesogun.identity import Home

            return look(seen.port, key_source(Home.open()))

        def show(checks: tuple[Check, ...]) -> None:
            from mesogun.gun import checks_text

            self._text("diagnostics", checks_text(checks), seen)

        self._pager.busy("diagnostics", f"Examining {seen.port} ...", examine, show, self._home)

    def _faults(self) -> None:
        self._pager.page("faults", fault_text(self._pager.palette), [self._home], self._faults)
