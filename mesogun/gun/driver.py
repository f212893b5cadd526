"""The typed driver: what can be asked of a gun, one method each, every one with a deadline.

Not responsible for deciding what to ask (``mesogun.treatment``), for the record, or for anything that must be
committed before or after a call.

A state-changing call that got no answer raises ``OutcomeUnknown``, which is neither a failure nor a success: only the
gun's log can tell.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import TracebackType
from typing import cast

from mesogun.clock import Clock
from mesogun.errors import GunRefused, LinkLost, LinkTimeout, NoDevice, WireError
from mesogun.link import Link, LinkStats, Transport, open_port
from mesogun.link.connection import HELLO_DEADLINE_MS, REQUEST_DEADLINE_MS, STOP_DEADLINE_MS
from mesogun.wire import messages as m
from mesogun.wire.codes import Fault, Reason
from mesogun.wire.host import KeySource, Phase
from mesogun.wire.messages import Arm, Caps, Load, Renew, ShotRecord, Status, Unloaded, Welcome


class Gun:
    """A gun at the other end of a link.

    Attributes
    ----------
    welcome
        The gun's answer to the last HELLO.
    caps
        What the gun is and can do, read at each HELLO.
    clock
        The clock that belongs to the port.
    """

    def __init__(self, link: Link) -> None:
        self.link = link
        self.clock: Clock = link.clock
        self._caps: Caps | None = None
        self.stops = 0
        """How often STOP was asked for: a HELLO must not make anybody forget it."""

    @property
    def welcome(self) -> Welcome:
        """What the gun said to HELLO."""
        if self.link.welcome is None:
            raise LinkLost("the gun was not greeted yet; HELLO opens a session")
        return self.link.welcome

    @property
    def caps(self) -> Caps:
        """What the gun can do, and the calibration that was in force at HELLO."""
        if self._caps is None:
            raise LinkLost("the gun's capabilities were not read yet; HELLO opens a session")
        return self._caps

    @property
    def in_session(self) -> bool:
        """Whether a session is open, as far as this host knows."""
        return self.link.phase in (Phase.READY, Phase.ASKING)

    @property
    def read_only_reason(self) -> str | None:
        """Why this gun may only be read, or ``None``."""
        return self.link.read_only_reason

    @property
    def heard_us(self) -> int:
        """When the gun said its newest word, at the earliest, by the host's monotonic clock."""
        return self.link.heard_us

    @property
    def stats(self) -> LinkStats:
        """How well the link works."""
        return self.link.stats

    def hello(self, *, deadline_ms: int = HELLO_DEADLINE_MS, keys: KeySource | None = None) -> Welcome:
        """Open a session: the gun disarms, halts, writes its record, empties the magazine (G6).

        ``keys`` stands in place of what ``connect`` was given, for this HELLO only: a new key must prove itself.
        """
        welcome = self.link.hello(deadline_ms=deadline_ms, key_for=keys)
        self._caps = cast(Caps, self.link.request(m.GetCaps()))
        return welcome

    def read_caps(self, *, deadline_ms: int = REQUEST_DEADLINE_MS) -> Caps:
        """Read the capabilities again, after a calibration for example."""
        self._caps = cast(Caps, self.link.request(m.GetCaps(), deadline_ms=deadline_ms))
        return self._caps

    def status(self, *, deadline_ms: int = REQUEST_DEADLINE_MS) -> Status:
        """A fresh status block."""
        return self._ask(m.GetStatus(), deadline_ms)

    def load(self, entry: Load, *, deadline_ms: int = REQUEST_DEADLINE_MS) -> Status:
        """Put one entry into the magazine; it must be in the journal already."""
        return self._ask(entry, deadline_ms)

    def arm(self, arm: Arm, *, deadline_ms: int = REQUEST_DEADLINE_MS) -> Status:
        """Start the lease for exactly this magazine (G13, G14)."""
        return self._ask(arm, deadline_ms)

    def renew(
        self, painted_clock_us: int, painted_shot_no: int, lease_ms: int, *, deadline_ms: int = REQUEST_DEADLINE_MS
    ) -> Status:
        """Keep the lease, with a token that the screen minted (H12): the gun's clock and shot that were painted."""
        token = Renew(painted_clock_us=painted_clock_us, painted_shot_no=painted_shot_no, lease_ms=lease_ms)
        return self._ask(token, deadline_ms)

    def disarm(self, *, deadline_ms: int = REQUEST_DEADLINE_MS) -> Status:
        """Disarm; the entries stay."""
        return self._ask(m.Disarm(), deadline_ms)

    def unload(self, *, deadline_ms: int = HELLO_DEADLINE_MS) -> Unloaded:
        """Empty the magazine; the answer lists what was removed unfired (G10)."""
        return cast(Unloaded, self.link.request(m.Unload(), deadline_ms=deadline_ms))

    def log(self, from_shot_no: int, *, deadline_ms: int = REQUEST_DEADLINE_MS) -> Iterator[ShotRecord]:
        """Closed records from ``from_shot_no`` on, in order, until there are no more.

        Each reply says which shot was closed last, so that the one with the last record needs none behind it.
        """
        asked = from_shot_no
        while True:
            try:
                entry = cast(m.LogEntry, self.link.request(m.GetLog(shot_no=asked), deadline_ms=deadline_ms))
            except GunRefused as refusal:
                if refusal.reason == Reason.NO_SUCH_RECORD:
                    return
                raise
            record = entry.record
            if record.shot_no < asked:
                raise WireError(f"the gun was asked for shot {asked} or later and served shot {record.shot_no}")
            yield record
            if record.shot_no >= entry.status.closed_shot_no:
                return
            asked = record.shot_no + 1

    def ack(self, shot_no: int, *, deadline_ms: int = REQUEST_DEADLINE_MS) -> Status:
        """Tell the gun that the journal has everything up to ``shot_no`` (G12)."""
        return self._ask(m.Ack(shot_no=shot_no), deadline_ms)

    def clear_fault(self, fault: Fault | int, *, deadline_ms: int = REQUEST_DEADLINE_MS) -> Status:
        """Clear the latched fault that the operator has seen, and no other."""
        return self._ask(m.ClearFault(fault=int(fault)), deadline_ms)

    def open_treatment(self, treatment_ref: int, *, deadline_ms: int = REQUEST_DEADLINE_MS) -> Status:
        """Bind the gun to one treatment, durably."""
        return self._ask(m.OpenTreatment(treatment_ref=treatment_ref), deadline_ms)

    def close_treatment(self, treatment_ref: int, *, deadline_ms: int = REQUEST_DEADLINE_MS) -> Status:
        """End the binding, durably."""
        return self._ask(m.CloseTreatment(treatment_ref=treatment_ref), deadline_ms)

    def stop(self) -> None:
        """STOP, from any thread, ahead of everything; it returns when the bytes are written."""
        self.stops += 1
        self.link.stop()

    def confirm_stop(self, *, deadline_ms: int = STOP_DEADLINE_MS) -> Status:
        """Wait until the gun confirms STOP; for the thread that otherwise asks."""
        return self.link.confirm_stop(deadline_ms=deadline_ms)

    def close(self) -> None:
        """Give the port back; an armed gun disarms when its lease ends."""
        self.link.close()

    def __enter__(self) -> Gun:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _ask(self, message: object, deadline_ms: int) -> Status:
        reply: m.Done = self.link.request(message, deadline_ms=deadline_ms)
        return reply.status


def connect(
    port: str | tuple[Transport, Clock],
    *,
    keys: KeySource,
    allow_network: bool = False,
    deadline_ms: int = HELLO_DEADLINE_MS,
) -> Gun:
    """Open a port, greet the gun and read its capabilities; the port is given back if that fails.

    Parameters
    ----------
    port
        A URL (``/dev/ttyACM0``, ``sim://standard?seed=7``) or what ``open_port`` gave.
    keys
        The pairing key for a gun that answered, or ``None`` (``mesogun.gun.key_source``).
    allow_network
        Whether a port beyond this computer is acceptable.
    deadline_ms
        For HELLO.
    """
    transport, clock = open_port(port, allow_network=allow_network) if isinstance(port, str) else port
    gun = Gun(Link(transport, clock, keys))
    try:
        gun.hello(deadline_ms=deadline_ms)
    except LinkTimeout as error:
        gun.close()
        raise NoDevice(str(error)) from error
    except BaseException:
        gun.close()
        raise
    return gun
