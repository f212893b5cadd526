"""Knowing that a frame has really left: a driver that reports when the terminal has taken what was drawn.

A frame is *painted* when its bytes were written and flushed **and**, on a terminal that answers a cursor position
report (DSR 6), when that answer, asked for behind the frame, has come back: then the terminal itself has read the
frame, and a terminal that hangs with room in its buffers paints nothing. A terminal that never answered is judged by
the flush alone. So a frozen screen mints no token, and the gun disarms (H12).

STOP is recognised here, on the input thread, ahead of the event queue: a busy or blocked screen does not delay it. Not
responsible for what a frame shows or for the token (``front``).
"""

from __future__ import annotations

import sys
import threading
from collections import deque
from collections.abc import Callable
from typing import IO, Any

from textual import events
from textual.app import App
from textual.driver import Driver
from textual.message import Message

Then = Callable[[], None]

# The question is asked from row 2, column 1 + number modulo 16, so that the answer says which frame it belongs to: a
# lost answer or a modified F3 key (which looks like an answer from row 1) cannot confirm the wrong frame. The cursor is
# hidden, and every update of the screen sets it anew.
ASK_ROW = 2
ASK_COLUMNS = 16


class CountingFile:
    """A text file that counts characters written, and knows how many of them have been flushed."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file
        self._lock = threading.Lock()
        self._written = 0
        self._flushed = 0
        self._waiting: deque[tuple[int, Then]] = deque()

    def write(self, text: str) -> int:
        """Write to the terminal; blocks while the terminal takes nothing."""
        count = self._file.write(text)
        self._written += len(text)
        return count

    def flush(self) -> None:
        """Flush to the terminal, then tell whoever waited for these characters."""
        self._file.flush()
        due: list[Then] = []
        with self._lock:
            self._flushed = self._written
            while self._waiting and self._waiting[0][0] <= self._flushed:
                due.append(self._waiting.popleft()[1])
        for then in due:
            then()

    def fileno(self) -> int:
        """The terminal's file number."""
        return self._file.fileno()

    def after(self, position: int, then: Then) -> None:
        """Call ``then`` once ``position`` characters have been flushed; on the thread that flushes."""
        with self._lock:
            if position > self._flushed:
                self._waiting.append((position, then))
                return
        then()


class PaintedDriver(Driver):
    """Mixed into the platform's driver by :func:`painted_driver`."""

    _file: Any

    def __init__(self, app: App[Any], **options: Any) -> None:
        super().__init__(app, **options)
        self._counting = CountingFile(self._file)
        self._file = self._counting
        self._put = 0
        self._pending: deque[tuple[int, Then]] = deque()
        self._pending_lock = threading.Lock()
        self._asked = 0
        self.answers = False
        self.stop_keys: frozenset[str] = frozenset()
        self.on_stop: Then | None = None

    def write(self, data: str) -> None:
        """Queue for the writer thread, and count."""
        self._put += len(data)
        super().write(data)  # type: ignore[safe-super]  # the platform's driver is behind this mixin

    @property
    def outstanding(self) -> int:
        """Frames that were drawn and are not yet known to be painted."""
        return len(self._pending)

    def after_painted(self, then: Then) -> None:
        """Call ``then``, on some thread, once everything drawn so far is on the terminal."""
        with self._pending_lock:
            self._asked += 1
            number = self._asked
            self._pending.append((number, then))
        if sys.platform != "win32":
            self.write(f"\x1b[{ASK_ROW};{1 + number % ASK_COLUMNS}H\x1b[6n")
        self._counting.after(self._put, lambda: self._flushed(number))

    def _flushed(self, number: int) -> None:
        if not self.answers:
            self._done(number)

    def _answered(self, column: int) -> None:
        self.answers = True
        with self._pending_lock:
            number = next((n for n, _ in self._pending if n % ASK_COLUMNS == column), 0)
        self._done(number)

    def _done(self, number: int) -> None:
        """Everything up to frame ``number`` is on the terminal."""
        due: list[Then] = []
        with self._pending_lock:
            while self._pending and self._pending[0][0] <= number:
                due.append(self._pending.popleft()[1])
        for then in due:
            then()

    def process_message(self, message: Message) -> None:
        """On the input thread: STOP first, then the terminal's answers, then everything else as usual."""
        if isinstance(message, events.Key) and message.key in self.stop_keys and self.on_stop is not None:
            self.on_stop()
        if isinstance(message, events.CursorPosition):
            if message.y == ASK_ROW - 1:
                self._answered(message.x)
            return
        super().process_message(message)


def painted_driver(base: type[Driver]) -> type[Driver]:
    """``base`` with reports of what has been painted."""
    return type("Painted" + base.__name__, (PaintedDriver, base), {})
