"""Watch and replay: the same screens over a journal, read-only.

A watcher may be anywhere, any number of times: it reads rows as they come and holds no gun. A replay holds the rows of
one treatment and its own time. Not responsible for reading the journal itself: both take rows.
"""

from __future__ import annotations

import itertools
import threading
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from mesogun.errors import InputError
from mesogun.plan.model import Plan
from mesogun.record import Event, TreatmentState, fold
from mesogun.record import events as ev
from tui.source import Moment

LONGEST_GAP_US = 2_000_000
SPEEDS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0)
SKIP = 10


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of a journal as far as a screen cares: sequence number, ISO time, event."""

    seq: int
    at: str
    event: Event


Fetch = Callable[[int], Iterable[Entry]]


def phase_of(state: TreatmentState) -> str:
    """Where a recorded treatment stands, in words."""
    if state.ended is not None:
        return state.ended
    if state.fault is not None:
        return f"fault {state.fault.lower().replace('_', ' ')}"
    if state.planned is None:
        return "empty"
    return "armed" if state.armed else "not armed"


def plan_of(entries: Iterable[Entry]) -> Plan:
    """The plan that a treatment's rows carry.

    Raises
    ------
    InputError
        When no row plans anything.
    """
    for entry in entries:
        if isinstance(entry.event, ev.TreatmentPlanned):
            return Plan.from_bytes(entry.event.plan.encode("utf-8"))
    raise InputError(
        "this treatment has no plan on record, so there is nothing to draw; mesogun journal list names others"
    )


class WatchSource:
    """Follows one treatment: a thread fetches new rows, the screen takes what has been folded so far.

    Parameters
    ----------
    fetch
        Rows after a sequence number; called on the following thread only.
    """

    name = "WATCH"

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch
        self._lock = threading.Lock()
        self._state = TreatmentState()
        self._seq = 0
        self._count = 0
        self._news = False
        self._news_us: int | None = None
        self._failure: BaseException | None = None
        self._leave = threading.Event()

    def look(self) -> int:
        """Fetch and fold what is new; returns how many rows that were."""
        state, seq, count = self._state, self._seq, 0
        for entry in self._fetch(seq):
            state, seq, count = fold(state, entry.event), entry.seq, count + 1
        if count:
            with self._lock:
                self._state, self._seq, self._news = state, seq, True
                self._count += count
        return count

    def run(self, period_s: float = 0.1) -> None:
        """Look again and again until ``leave``; a journal that cannot be read any more is shown as a failure."""
        while not self._leave.is_set():
            try:
                self.look()
            except Exception as error:  # noqa: BLE001 -- whatever stops the reading is for the screen to tell
                self._failure = error
                return
            self._leave.wait(period_s)

    def leave(self) -> None:
        """End ``run``."""
        self._leave.set()

    def moment(self, now_us: int) -> Moment:
        """The newest folded state; its age is that of the newest row here."""
        with self._lock:
            state = self._state
            if self._news or self._news_us is None:
                self._news, self._news_us = False, now_us
            age_us = now_us - self._news_us
        failure = self._failure
        return Moment(
            state=state,
            status=None,
            phase=phase_of(state),
            age_us=age_us,
            failure=None if failure is None else str(failure) or type(failure).__name__,
            failure_kind="" if failure is None else type(failure).__name__,
            note=f"{self._count} events",
        )


class ReplaySource:
    """Plays the rows of one treatment again, at any speed, from any place; long waits are cut short."""

    name = "REPLAY"

    def __init__(self, entries: Sequence[Entry]) -> None:
        if not entries:
            raise InputError("there is nothing to replay: the treatment has no event")
        self._entries = tuple(entries)
        self._times = _times(self._entries)
        self._place = 0
        self._state = fold(TreatmentState(), self._entries[0].event)
        self._time_us = 0
        self._last_us: int | None = None
        self.playing = True
        self.speed = 1.0

    @property
    def place(self) -> int:
        """Index of the newest event that is shown."""
        return self._place

    @property
    def length_us(self) -> int:
        """How long the replay takes at speed 1."""
        return self._times[-1]

    def moment(self, now_us: int) -> Moment:
        """Let time run on, fold what is due."""
        if self._last_us is not None and self.playing:
            self._time_us = min(self.length_us, self._time_us + round((now_us - self._last_us) * self.speed))
            self._go(bisect_right(self._times, self._time_us) - 1)
        self._last_us = now_us
        at = self._entries[self._place].at
        sign = f"x{self.speed:g}" if self.playing else "held"
        return Moment(
            state=self._state,
            status=None,
            phase=phase_of(self._state),
            age_us=0,
            note=f"{at[11:19]}  {self._place + 1}/{len(self._entries)}  {sign}",
        )

    def play(self) -> None:
        """Play or hold; at the end, play from the beginning."""
        if self._place == len(self._entries) - 1 and self.playing:
            self._time_us = 0
            self._go(0)
            return
        self.playing = not self.playing

    def faster(self, steps: int) -> None:
        """Up or down the list of speeds."""
        index = SPEEDS.index(self.speed) + steps
        self.speed = SPEEDS[max(0, min(len(SPEEDS) - 1, index))]

    def skip(self, events: int) -> None:
        """So many events on or back; holds, so that one can look."""
        self.playing = False
        self._go(max(0, min(len(self._entries) - 1, self._place + events)))
        self._time_us = self._times[self._place]

    def _go(self, place: int) -> None:
        if place < self._place:
            self._state, self._place = fold(TreatmentState(), self._entries[0].event), 0
        while self._place < place:
            self._place += 1
            self._state = fold(self._state, self._entries[self._place].event)


def _times(entries: Sequence[Entry]) -> list[int]:
    times = [0]
    for before, after in itertools.pairwise(entries):
        gap = datetime.fromisoformat(after.at) - datetime.fromisoformat(before.at)
        gap_us = round(gap.total_seconds() * 1e6)
        times.append(times[-1] + max(0, min(LONGEST_GAP_US, gap_us)))
    return times
