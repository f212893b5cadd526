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
from datetime import UTC, datetime

from mesogun.errors import InputError
from mesogun.plan.model import Plan
from mesogun.record import Event, TreatmentState, fold
from mesogun.record import events as ev
from tui import figures
from tui.source import Moment, Progress

LONGEST_GAP_US = 2_000_000
SPEEDS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0)
SKIP, LEAP = 10, 100
AGAIN_S = 1.0
"""After a journal could not be read, until it is tried again."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of a journal as far as a screen cares: sequence number, ISO time, event."""

    seq: int
    at: str
    event: Event


Fetch = Callable[[int], Iterable[Entry]]


_PHASES: dict[type[Event], str] = {
    ev.Paused: "paused",
    ev.LinkBroken: "link broken",
    ev.GunBarred: "gun barred",
    ev.SyringeInserted: "new syringe",
    **dict.fromkeys((ev.RunnerStarted, ev.GunFound, ev.MagazineLoaded, ev.Armed), ""),
}
"""What an event says of where a treatment stands, beyond the state; it holds until another of these events."""


def phase_of(state: TreatmentState, told: str = "") -> str:
    """Where a recorded treatment stands, in words; ``told``: what its events say of that beyond the state."""
    if state.ended is not None:
        return state.ended
    if state.fault is not None:
        return f"fault {state.fault.lower().replace('_', ' ')}"
    if state.planned is None:
        return "empty"
    return "armed" if state.armed else told or "not armed"


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
    utc
        This computer's calendar: how old the record was when it was first looked at. Without it, as if it were new.
    """

    name = "WATCH"

    def __init__(self, fetch: Fetch, utc: Callable[[], datetime] | None = None) -> None:
        self._fetch = fetch
        self._utc = utc
        self._old_us = 0
        self._lock = threading.Lock()
        self._state = TreatmentState()
        self._seq = 0
        self._phase = ""
        self._news = False
        self._news_us: int | None = None
        self._failure: BaseException | None = None
        self._leave = threading.Event()

    def look(self) -> int:
        """Fetch and fold what is new; returns how many rows that were."""
        state, seq, count, at, phase = self._state, self._seq, 0, "", self._phase
        for entry in self._fetch(seq):
            state, seq, count, at = fold(state, entry.event), entry.seq, count + 1, entry.at
            phase = _PHASES.get(type(entry.event), phase)
        if count:
            first = not self._seq and self._utc is not None
            old_us = max(0, _age_us(at, self._utc())) if first and self._utc is not None else 0
            with self._lock:
                self._state, self._seq, self._news, self._old_us, self._phase = state, seq, True, old_us, phase
        return count

    def run(self, period_s: float = 0.1) -> None:
        """Look again and again until ``leave``; a journal that cannot be read is a failure until it can be again."""
        while not self._leave.is_set():
            try:
                self.look()
                self._failure = None
            except Exception as error:  # noqa: BLE001 -- whatever stops the reading is for the screen to tell
                self._failure = error
            self._leave.wait(period_s if self._failure is None else AGAIN_S)

    def leave(self) -> None:
        """End ``run``."""
        self._leave.set()

    def moment(self, now_us: int) -> Moment:
        """The newest folded state; its age is that of the newest row here.

        Silence means something only where the record says that the gun is armed: a treatment that is paused, or that
        asks its operator something, writes nothing for as long as that takes.
        """
        with self._lock:
            state, phase = self._state, self._phase
            if self._news or self._news_us is None:
                self._news, self._news_us = False, now_us - self._old_us
            age_us = now_us - self._news_us
        failure = self._failure
        silent = state.armed and state.ended is None
        return Moment(
            state=state,
            status=None,
            phase=phase_of(state, phase),
            age_us=age_us,
            silent_us=age_us if silent else None,
            failure=None if failure is None else str(failure) or type(failure).__name__,
            failure_kind="" if failure is None else type(failure).__name__,
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
        self._phase = ""
        self._time_us = 0
        self._last_us: int | None = None
        self.playing = True
        self.speed = 1.0

    @property
    def place(self) -> int:
        """Index of the newest event that is shown."""
        return self._place

    @property
    def count(self) -> int:
        """How many events there are."""
        return len(self._entries)

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
        return Moment(
            state=self._state,
            status=None,
            phase=phase_of(self._state, self._phase),
            age_us=0,
            note=self._note(at[11:19]),
            progress=Progress(self._place + 1, len(self._entries), at[11:19], self.speed, self.playing),
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

    def _note(self, at: str) -> str:
        held = "" if self.playing else ", held"
        return f"{at}  {self._place + 1} of {len(self._entries)}  {speed_text(self.speed)}{held}"

    def skip(self, events: int) -> None:
        """So many events on or back, as far as there are any; holds, so that one can look."""
        self.playing = False
        self._go(max(0, min(len(self._entries) - 1, self._place + events)))
        self._time_us = self._times[self._place]

    def _go(self, place: int) -> None:
        if place < self._place:
            self._state, self._place, self._phase = fold(TreatmentState(), self._entries[0].event), 0, ""
        while self._place < place:
            self._place += 1
            event = self._entries[self._place].event
            self._state, self._phase = fold(self._state, event), _PHASES.get(type(event), self._phase)


def _times(entries: Sequence[Entry]) -> list[int]:
    times = [0]
    for before, after in itertools.pairwise(entries):
        gap = datetime.fromisoformat(after.at) - datetime.fromisoformat(before.at)
        gap_us = round(gap.total_seconds() * 1e6)
        times.append(times[-1] + max(0, min(LONGEST_GAP_US, gap_us)))
    return times


def speed_text(speed: float) -> str:
    """How fast a replay runs: ``x1``, ``x0.25``."""
    return f"x{figures.decimal(round(speed * 100), 2)}"


def _age_us(at: str, now: datetime) -> int:
    then = datetime.fromisoformat(at)
    then = then if then.tzinfo is not None else then.replace(tzinfo=UTC)
    return round((now - then).total_seconds() * 1e6)
