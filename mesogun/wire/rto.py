"""The measured retransmission time of a stop-and-wait link.

Not responsible for waiting or for when a request is too old to be sent again.

Smoothing: Jacobson, Congestion avoidance and control, SIGCOMM 1988 (as RFC 6298); only unambiguous samples are
taken (Karn and Partridge, SIGCOMM 1987).
"""

from __future__ import annotations

FIRST_RTO_US = 100_000
MIN_RTO_US = 25_000
MAX_RTO_US = 1_000_000


class RtoEstimator:
    """Smoothed round trip and its spread; ``rto_us`` doubles with every resend of one request."""

    __slots__ = ("_backoff", "rttvar_us", "srtt_us")

    def __init__(self) -> None:
        self.srtt_us: float | None = None
        self.rttvar_us = 0.0
        self._backoff = 1

    @property
    def rto_us(self) -> int:
        """How long to wait for a reply before the same bytes are sent again."""
        measured = None if self.srtt_us is None else max(MIN_RTO_US, int(self.srtt_us + 4 * self.rttvar_us))
        base = FIRST_RTO_US if measured is None else measured
        return min(MAX_RTO_US, base * self._backoff)

    def sample(self, rtt_us: int) -> None:
        """A reply to a request that was sent exactly once."""
        if self.srtt_us is None:
            self.srtt_us = float(rtt_us)
            self.rttvar_us = rtt_us / 2
        else:
            self.rttvar_us += 0.25 * (abs(rtt_us - self.srtt_us) - self.rttvar_us)
            self.srtt_us += 0.125 * (rtt_us - self.srtt_us)

    def resent(self) -> None:
        """One resend more: wait twice as long for the next."""
        self._backoff = min(self._backoff * 2, MAX_RTO_US // MIN_RTO_US)

    def settle(self) -> None:
        """The request is over; the next one starts without backoff."""
        self._backoff = 1
