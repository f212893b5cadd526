"""Where a dashboard's moments come from: a running treatment, a journal, a replay.

Not responsible for painting. The live source is here; watch and replay follow journals (``follow``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from mesogun.record import TreatmentState
from mesogun.treatment.front import Snapshot
from mesogun.wire.messages import Status
from tui.front import ScreenFront


@dataclass(frozen=True, slots=True)
class Moment:
    """Everything a screen needs at one instant. ``snapshot`` is set when painting it renews a lease."""

    state: TreatmentState
    status: Status | None
    phase: str
    age_us: int | None
    stopped: bool = False
    failure: str | None = None
    failure_kind: str = ""
    snapshot: Snapshot | None = None
    note: str = ""


class Source(Protocol):
    """Something that a dashboard can look at again and again."""

    name: str

    def moment(self, now_us: int) -> Moment:
        """What there is to see now; must not block."""
        ...


class LiveSource:
    """The treatment that runs in this process."""

    name = "LIVE"

    def __init__(self, front: ScreenFront) -> None:
        self._front = front
        self.failure: BaseException | None = None
        self.done = False

    def moment(self, now_us: int) -> Moment:
        """The newest snapshot with its age on the screen's clock."""
        seen = self._front.seen
        failure = self.failure
        words = (str(failure) or type(failure).__name__) if failure is not None else None
        kind = type(failure).__name__ if failure is not None else ""
        if seen is None:
            return Moment(TreatmentState(), None, "connecting", None, self._front.stopped, words, kind)
        snapshot = seen.snapshot
        spoken = snapshot.status is not None
        return Moment(
            state=snapshot.state,
            status=snapshot.status,
            phase="stopped" if self._front.stopped and self.done else snapshot.phase.value,
            age_us=now_us - seen.heard_us if spoken else None,
            stopped=self._front.stopped,
            failure=words,
            failure_kind=kind,
            snapshot=None if self.done else snapshot,
        )
