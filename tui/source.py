"""Where a dashboard's moments come from: a running treatment, a journal, a replay.

Not responsible for painting. The live source is here; watch and replay follow journals (``follow``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from mesogun.link.stats import LinkStats
from mesogun.record import TreatmentState
from mesogun.treatment.front import Snapshot
from mesogun.wire.messages import Status
from tui.front import ScreenFront


class Stop(StrEnum):
    """What became of STOP."""

    NONE = ""
    SENT = "stop sent"
    UNANSWERED = "no answer to stop"
    FAILED = "stop failed"
    PROVED = "stopped"


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a replay is: ``place`` of ``count`` events, the time of day on record, and how fast it runs."""

    place: int
    count: int
    at: str
    speed: float
    playing: bool


@dataclass(frozen=True, slots=True)
class Moment:
    """Everything a screen needs at one instant. ``snapshot`` is set when painting it renews a lease.

    ``read_at_us``: when the gun's word was read, by the gun's host clock; another one is another word.
    ``stop``: what became of STOP, where it was asked for. ``silent_us``: of a record that says that the gun is armed,
    how long nothing new is on it. ``progress`` is a replay's.
    """

    state: TreatmentState
    status: Status | None
    phase: str
    age_us: int | None
    stop: Stop = Stop.NONE
    stop_failure: str | None = None
    failure: str | None = None
    failure_kind: str = ""
    snapshot: Snapshot | None = None
    note: str = ""
    read_at_us: int | None = None
    link: LinkStats | None = None
    silent_us: int | None = None
    progress: Progress | None = None


class Source(Protocol):
    """Something that a dashboard can look at again and again."""

    name: str

    def moment(self, now_us: int) -> Moment:
        """What there is to see now; must not block."""
        ...


class LiveSource:
    """The treatment that runs in this process."""

    name = "LIVE"

    def __init__(self, front: ScreenFront, link: Callable[[], LinkStats] | None = None) -> None:
        self._front = front
        self._link = link
        self.failure: BaseException | None = None
        self.done = False

    def moment(self, now_us: int) -> Moment:
        """The newest snapshot with its age on the screen's clock."""
        seen = self._front.seen
        failure = self.failure
        words = (str(failure) or type(failure).__name__) if failure is not None else None
        kind = type(failure).__name__ if failure is not None else ""
        front = self._front
        link = self._link() if self._link is not None else None
        if seen is None:
            return Moment(
                TreatmentState(), None, "connecting", None, stop=_stop(front), stop_failure=front.stop_failure,
                failure=words, failure_kind=kind, link=link,
            )  # fmt: skip
        snapshot = seen.snapshot
        spoken = snapshot.status is not None
        return Moment(
            state=snapshot.state,
            status=snapshot.status,
            phase=snapshot.phase.value,
            age_us=now_us - seen.heard_us if spoken else None,
            stop=_stop(front),
            stop_failure=front.stop_failure,
            failure=words,
            failure_kind=kind,
            snapshot=None if self.done else snapshot,
            read_at_us=snapshot.read_at_us if spoken else None,
            link=link,
        )


def _stop(front: ScreenFront) -> Stop:
    if not front.stopped:
        return Stop.NONE
    if front.stop_proved:
        return Stop.PROVED
    if front.stop_failure is not None:
        return Stop.FAILED
    return Stop.UNANSWERED if front.stop_unanswered else Stop.SENT
