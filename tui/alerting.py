"""The alarms of one screen: facts gathered from each moment, seen and silenced by keys, and when the bell is due.

Not responsible for what is an alarm (``mesogun.record.alarms``) or for showing one (``panels``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from mesogun.record.alarms import Alarms, Facts, Limit, acknowledge, bell_due, on_record, pause_audio, step
from mesogun.treatment.front import Wish
from mesogun.wire.codes import State
from tui.front import ScreenFront
from tui.source import Moment, Stop

JUMP_US = 2_000_000
"""Calendar against monotonic clock between two looks. Far above what a time service slews, below what a sleep takes."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a screen knows beside the treatment.

    This computer's calendar, the gun's today (a treatment is over within the day), and until when it is calibrated.
    """

    utc: Callable[[], datetime] | None = None
    today: date | None = None
    calibration_due: date | None = None


class Alerting:
    """Alarms as they stand; ``live`` when the gun itself is heard, so that its silence means something."""

    def __init__(self, front: ScreenFront | None, around: Surroundings, *, live: bool) -> None:
        self.alarms = Alarms()
        self._own = Alarms()
        self._front = front
        self._around = around
        self._live = live
        self._was_armed = False
        self._lost_first = False
        self._last_bell_us: int | None = None
        self._offset_us: int | None = None
        self._jumped = False

    def look(self, moment: Moment, limits: Sequence[Limit], now_us: int, *, painting_late: bool) -> None:
        """Take in one moment."""
        if moment.status is not None:  # at a break, the gun's last word, seen by a frame or not
            self._was_armed = moment.status.state in (State.ARMED, State.FIRING)
        self._watch_the_clocks(now_us)
        self._lost_first = self._lost_first or (moment.failure is not None and moment.stop is Stop.NONE)
        front, today, due = self._front, self._around.today, self._around.calibration_due
        pausing = front is not None and front.wish() is Wish.PAUSE and moment.failure is None
        facts = Facts(
            state=moment.state,
            status=moment.status,
            age_us=moment.age_us if self._live else None,
            limits=tuple(limits),
            stopped=moment.stop is not Stop.NONE,
            stop_proved=moment.stop is Stop.PROVED,
            stop_failure=moment.stop_failure,
            stop_unanswered=moment.stop is Stop.UNANSWERED,
            lost_first=self._lost_first,
            failure=moment.failure,
            failure_kind=moment.failure_kind,
            was_armed=self._was_armed,
            pausing_us=front.wish_age_us if front is not None and pausing else None,
            today_day=(today - EPOCH.date()).days if today is not None else None,
            calibration_due_day=(due - EPOCH.date()).days if due is not None else None,
            clock_jump=self._jumped,
            painting_late=painting_late,
            watching=not self._live,
            silent_us=moment.silent_us,
        )
        before, self._own = self.alarms, step(self._own, facts, now_us)
        self.alarms = self._own
        if not self._live:
            self.alarms = on_record(before, self._own, moment.state.alarms, now_us)

    def _watch_the_clocks(self, now_us: int) -> None:
        """A calendar that ran away from the monotonic clock: the computer slept, or somebody set it. Either way what
        was agreed with the gun is no longer trusted, and the session is dropped (H12).
        """
        if self._around.utc is None or not self._live:
            return
        offset_us = round((self._around.utc() - EPOCH).total_seconds() * 1e6) - now_us
        before, self._offset_us = self._offset_us, offset_us
        if before is not None and abs(offset_us - before) > JUMP_US and not self._jumped:
            self._jumped = True
            if self._front is not None:
                self._front.stop_now()

    def bell(self, now_us: int) -> bool:
        """Whether to ring the terminal's bell now; counts as rung."""
        due = bell_due(self.alarms, self._last_bell_us, now_us)
        if due:
            self._last_bell_us = now_us
        return due

    def seen(self) -> None:
        """Somebody has looked."""
        self._own = acknowledge(self._own)
        self.alarms = acknowledge(self.alarms)

    def silence(self, now_us: int) -> None:
        """No bell for a while."""
        self._own = pause_audio(self._own, now_us)
        self.alarms = pause_audio(self.alarms, now_us)
