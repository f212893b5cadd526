"""How well a link works: running counters and one frozen snapshot of them. Not responsible for showing it."""

from __future__ import annotations

from dataclasses import dataclass, field

from mesogun.wire.host import Counters
from mesogun.wire.rto import RtoEstimator


@dataclass(frozen=True, slots=True)
class LinkStats:
    """Counters since the port was opened; times are microseconds of the link's clock.

    ``damaged_frames`` failed stuffing, length or CRC; ``garbage_bytes`` is what they weighed; ``untrusted`` had no
    fitting tag; ``late`` answered nothing that was asked. ``lease_margin_ms`` is what the gun's lease had left when it
    answered the last RENEW. The gun's clock is ``clock_offset_us`` ahead of the host's, give or take the bound.
    """

    requests: int
    replies: int
    resends: int
    bytes_out: int
    bytes_in: int
    damaged_frames: int
    garbage_bytes: int
    untrusted: int
    late: int
    hints: int
    echoes: int
    sessions: int
    srtt_us: int | None
    rto_us: int
    last_rtt_us: int | None
    worst_rtt_us: int | None
    lease_margin_ms: int | None
    clock_offset_us: int | None
    clock_offset_bound_us: int | None


@dataclass(slots=True)
class Tally:
    """What the connection counts while it works."""

    requests: int = 0
    replies: int = 0
    resends: int = 0
    bytes_out: int = 0
    bytes_in: int = 0
    sessions: int = 0
    last_rtt_us: int | None = None
    worst_rtt_us: int | None = None
    lease_margin_ms: int | None = None
    answered_us: int = field(default=0)

    def answered(self, now_us: int, rtt_us: int | None, rto: RtoEstimator) -> None:
        """Count an answer; ``rtt_us`` is ``None`` when the request was sent more than once (Karn)."""
        self.replies += 1
        self.answered_us = now_us
        rto.settle()
        self.last_rtt_us = rtt_us
        if rtt_us is not None:
            rto.sample(rtt_us)
            self.worst_rtt_us = rtt_us if self.worst_rtt_us is None else max(rtt_us, self.worst_rtt_us)

    def snapshot(self, counters: Counters, rto: RtoEstimator, offset: ClockOffset) -> LinkStats:
        """All of it, frozen."""
        return LinkStats(
            requests=self.requests,
            replies=self.replies,
            resends=self.resends,
            bytes_out=self.bytes_out,
            bytes_in=self.bytes_in,
            damaged_frames=counters.damaged,
            garbage_bytes=counters.garbage_bytes,
            untrusted=counters.untrusted,
            late=counters.late,
            hints=counters.hints,
            echoes=counters.echoes,
            sessions=self.sessions,
            srtt_us=None if rto.srtt_us is None else int(rto.srtt_us),
            rto_us=rto.rto_us,
            last_rtt_us=self.last_rtt_us,
            worst_rtt_us=self.worst_rtt_us,
            lease_margin_ms=self.lease_margin_ms,
            clock_offset_us=offset.offset_us,
            clock_offset_bound_us=offset.bound_us,
        )


class ClockOffset:
    """The gun's clock against the host's, from the exchange with the shortest round trip (Cristian, 1989)."""

    __slots__ = ("bound_us", "offset_us")

    def __init__(self) -> None:
        self.offset_us: int | None = None
        self.bound_us: int | None = None

    def see(self, gun_clock_us: int, tally: Tally) -> None:
        """One exchange: the gun read its clock somewhere between sending and receiving."""
        if tally.last_rtt_us is None:
            return
        half_us = (tally.last_rtt_us + 1) // 2
        if self.bound_us is None or half_us <= self.bound_us:
            self.offset_us = gun_clock_us - (tally.answered_us - half_us)
            self.bound_us = half_us

    def forget(self) -> None:
        """The gun's clock starts anew with each boot."""
        self.offset_us = None
        self.bound_us = None
