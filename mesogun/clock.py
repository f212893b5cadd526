"""Time as an argument: a monotonic clock in microseconds and a calendar, always handed in, never looked up.

Not responsible for waiting on a port (a transport's read does that) and not for scheduling.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """What a transport comes with: the same code runs on real and on virtual time."""

    def monotonic_us(self) -> int:
        """Microseconds since an arbitrary start; never goes back."""
        ...

    def utc(self) -> datetime:
        """Calendar time, timezone-aware, UTC."""
        ...

    def sleep_us(self, duration_us: int) -> None:
        """Let that much of this clock's time pass."""
        ...


class RealClock:
    """The computer's own time."""

    def monotonic_us(self) -> int:
        """Microseconds of the operating system's monotonic clock."""
        return time.monotonic_ns() // 1000

    def utc(self) -> datetime:
        """Now."""
        return datetime.now(UTC)

    def sleep_us(self, duration_us: int) -> None:
        """Sleep for real."""
        time.sleep(max(0, duration_us) / 1e6)


class ManualClock:
    """A clock for tests: time moves when told to."""

    def __init__(self, start: datetime = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)) -> None:
        self._start = start
        self._now_us = 0

    def monotonic_us(self) -> int:
        """Microseconds moved so far."""
        return self._now_us

    def utc(self) -> datetime:
        """Start plus the time moved so far."""
        return self._start + timedelta(microseconds=self._now_us)

    def sleep_us(self, duration_us: int) -> None:
        """Move the clock."""
        self.advance_us(duration_us)

    def advance_us(self, duration_us: int) -> None:
        """Move the clock forward by ``duration_us`` (never back)."""
        if duration_us < 0:
            raise ValueError(f"time cannot go back: {duration_us} us")
        self._now_us += duration_us


def timestamp(moment: datetime) -> str:
    """ISO 8601 in UTC with milliseconds, the form used in journal, reports and JSON."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
