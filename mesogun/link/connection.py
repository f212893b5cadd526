"""One open connection: requests with total deadlines, resends on a measured time, STOP from any thread.

Not responsible for deciding what a frame means (``mesogun.wire.host``) or for what to ask (``mesogun.gun``).

Threads: one thread calls ``hello`` and ``request``; any thread may call ``stop`` and read ``stats``. A lock is held
per frame, never across a wait.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from typing import Any

from mesogun.clock import Clock
from mesogun.errors import GunRefused, LinkLost, LinkTimeout, MesogunError, OutcomeUnknown, VersionMismatch
from mesogun.link.reasons import sentence
from mesogun.link.stats import ClockOffset, LinkStats, Tally
from mesogun.link.transport import PORT_FAILURES, Transport, lost
from mesogun.wire.codes import Op, Verdict
from mesogun.wire.host import Answered, Failed, HostMachine, KeySource, Phase, Stopped
from mesogun.wire.messages import BY_REQUEST, Arm, Renew, Status, Welcome
from mesogun.wire.rto import RtoEstimator

HELLO_DEADLINE_MS = 3_000
REQUEST_DEADLINE_MS = 2_000
STOP_DEADLINE_MS = 1_000
PROMPT_US = 500_000
STOP_COPIES = 3
READ_SIZE = 512
JUMP_US = 1_000_000
"""More than this between calendar and monotonic time means that the computer slept or its clock was set (H12)."""

_LEASED = (Arm, Renew)
_ENDS = (Answered, Failed)
_NAMES = {op: op.name for op in Op}


def _random_nonce() -> int:
    return secrets.randbits(64)


class Link:
    """One connection to one gun.

    Parameters
    ----------
    transport, clock
        What ``open_port`` gave; the link owns the transport and closes it.
    key_for
        The pairing key for the gun that answered HELLO, or ``None``: then the link only reads.
    nonce
        Where the host's 64-bit nonces come from. A transport with a ``host_nonce`` method (a replayed capture) brings
        its own.
    """

    def __init__(
        self,
        transport: Transport,
        clock: Clock,
        key_for: KeySource,
        *,
        nonce: Callable[[], int] | None = None,
    ) -> None:
        self.clock = clock
        self._transport = transport
        self._machine = HostMachine(key_for)
        self._nonce: Callable[[], int] = nonce or getattr(transport, "host_nonce", None) or _random_nonce
        self._gate = threading.Lock()
        self._rto = RtoEstimator()
        self._tally = Tally()
        self._offset = ClockOffset()
        self._stop_status: Status | None = None
        self._heard: Status | None = None
        self._heard_us = clock.monotonic_us()
        self._skew_us: int | None = None

    # -- what is known --------------------------------------------------------------------------------------------

    @property
    def welcome(self) -> Welcome | None:
        """What the gun said to the last HELLO that it accepted."""
        return self._machine.welcome

    @property
    def phase(self) -> Phase:
        """Where the conversation stands."""
        return self._machine.phase

    @property
    def read_only(self) -> bool:
        """Whether this host may only read from this gun."""
        return self._machine.read_only

    @property
    def read_only_reason(self) -> str | None:
        """Why only reading is possible, in one line."""
        return self._machine.read_only_reason

    @property
    def hello_due(self) -> bool:
        """Whether the session's sequence numbers are nearly used up: say HELLO at the next pause (H15)."""
        return self._machine.hello_due

    @property
    def rto_us(self) -> int:
        """The measured retransmission time now; a lease is at least four of them and the screen's period (H12)."""
        return self._rto.rto_us

    @property
    def stop_status(self) -> Status | None:
        """The gun's answer to the last ``stop``, or ``None`` while there is none."""
        return self._stop_status

    @property
    def heard(self) -> Status | None:
        """The status block of the newest reply to a request, a refusal's too: every reply carries a fresh one."""
        return self._heard

    @property
    def heard_us(self) -> int:
        """When the gun said it, at the earliest, by the host's monotonic clock.

        A program that stood still between asking and reading finds an old word in the port: what took longer than
        ``PROMPT_US`` is as old as its request.
        """
        return self._heard_us

    @property
    def stats(self) -> LinkStats:
        """A snapshot of all counters; any thread."""
        return self._tally.snapshot(self._machine.counters, self._rto, self._offset)

    # -- asking ---------------------------------------------------------------------------------------------------

    def hello(self, *, deadline_ms: int = HELLO_DEADLINE_MS, key_for: KeySource | None = None) -> Welcome:
        """Open a session: the gun disarms, empties its magazine and says what it knows (G6, G15).

        ``key_for`` stands in place of the source of keys for this HELLO only.

        Raises
        ------
        LinkTimeout, LinkLost
            If nothing that is an MG1 gun answers in time, or the port fails.
        AuthError
            If the gun does not hold the key that this station has for it.
        WireError, VersionMismatch
            If what answers speaks something else.
        """
        self._stop_status = None
        begun_us = self.clock.monotonic_us()
        self._skew_us = self._calendar_skew_us()
        self._offset.forget()  # the gun's clock starts anew with each boot
        with self._gate:
            data = self._machine.hello(self._nonce(), key_for)
            self._send(data, "HELLO")
        self._tally.requests += 1
        welcome: Welcome = self._await("HELLO", deadline_ms, resend_ms=deadline_ms, changes=False)
        self._take_time(begun_us)
        self._tally.sessions += 1
        if welcome.verdict != Verdict.OK:
            with self._gate:
                self._machine.drop()
            raise GunRefused(f"HELLO refused by the gun: {sentence(welcome.reason)}", welcome.reason)
        return welcome

    def request(self, message: Any, *, deadline_ms: int = REQUEST_DEADLINE_MS) -> Any:
        """Ask once; the same bytes go again every retransmission time until the deadline.

        Raises
        ------
        OutcomeUnknown
            If the request changes the gun and its answer never came: only the gun's log can tell.
        GunRefused
            If the gun said no to exactly this request.
        LinkTimeout, LinkLost
            If a read was not answered, or there is no session.
        """
        spec = BY_REQUEST[type(message)]
        name = _NAMES[spec.op]
        self._check_jump()
        begun_us = self.clock.monotonic_us()
        with self._gate:
            data = self._machine.ask(message)
            try:
                self._send(data, name)
            except LinkLost as error:
                if spec.changes:
                    raise OutcomeUnknown(f"{name} may have reached the gun before the port failed ({error})") from error
                raise
        self._tally.requests += 1
        # H7: an ARM or RENEW older than its lease must not be sent again.
        resend_ms = min(deadline_ms, message.lease_ms) if isinstance(message, _LEASED) else deadline_ms
        reply = self._await(name, deadline_ms, resend_ms=resend_ms, changes=spec.changes)
        self._heard = reply.status
        self._take_time(begun_us)
        self._offset.see(reply.status.gun_clock_us, self._tally)
        if isinstance(message, Renew):
            self._tally.lease_margin_ms = reply.status.lease_left_ms
        if reply.verdict != Verdict.OK:
            raise GunRefused(f"{name} refused by the gun: {sentence(reply.reason)}", reply.reason)
        return reply

    def _take_time(self, begun_us: int) -> None:
        now_us = self.clock.monotonic_us()
        self._heard_us = begun_us if now_us - begun_us > PROMPT_US else now_us

    def stop(self) -> None:
        """Write STOP now, ahead of everything, from any thread; the pending request is cancelled (H7).

        Raises
        ------
        LinkLost
            If the port does not take the bytes; the lease then disarms the gun.
        """
        with self._gate:
            self._stop_status = None
            data = self._machine.stop()
            try:
                self._transport.write(data * STOP_COPIES)
            except PORT_FAILURES as error:
                if isinstance(error, MesogunError):
                    raise
                raise lost("sending STOP", error) from error

    def confirm_stop(self, *, deadline_ms: int = STOP_DEADLINE_MS) -> Status:
        """After ``stop``, in the thread that asks: wait until the gun confirms, sending STOP again meanwhile.

        Raises
        ------
        LinkTimeout
            If no answer that proves itself came; the lease still disarms the gun.
        """
        now = self.clock.monotonic_us()
        end = now + deadline_ms * 1000
        due = now + self._rto.rto_us
        while self._stop_status is None:
            now = self.clock.monotonic_us()
            if now >= end:
                raise LinkTimeout(
                    f"no confirmed answer to STOP within {deadline_ms} ms; the gun disarms when its lease ends"
                )
            if now >= due:
                self.stop()
                due = now + self._rto.rto_us
            self._take(min(end, due) - now)
        return self._stop_status

    def drop(self) -> None:
        """Forget the session without a word to the gun; HELLO leads back."""
        with self._gate:
            self._machine.drop()

    def close(self) -> None:
        """Forget the session and give the port back; a second time does nothing."""
        with self._gate:
            self._machine.drop()
        self._transport.close()

    # -- waiting --------------------------------------------------------------------------------------------------

    def _await(self, name: str, deadline_ms: int, *, resend_ms: int, changes: bool) -> Any:
        sent = self.clock.monotonic_us()
        end = sent + deadline_ms * 1000
        last_resend = sent + resend_ms * 1000
        due = sent + self._rto.rto_us
        resent = False
        waiting = (Phase.GREETING, Phase.ASKING)
        now = sent
        while True:
            if self._machine.phase not in waiting:
                raise self._cut_short(name, changes=changes)
            wait = min(end, due) if due < last_resend else end
            found = self._take(wait - now, name=name, changes=changes)
            now = self.clock.monotonic_us()
            if isinstance(found, Answered):
                self._tally.answered(now, None if resent else now - sent, self._rto)
                return found.reply
            if isinstance(found, Failed):
                self._rto.settle()
                raise self._as_outcome(name, found.error, changes=changes)
            if now >= end:
                self._rto.settle()
                raise self._gave_up(name, deadline_ms, changes=changes)
            if due <= now < last_resend:
                resent = True
                self._resend(name, changes=changes)
                due = now + self._rto.rto_us

    def _take(self, timeout_us: int, *, name: str = "STOP", changes: bool = False) -> Answered | Failed | None:
        try:
            data = self._transport.read(READ_SIZE, max(0, timeout_us))
        except PORT_FAILURES as error:
            with self._gate:
                self._machine.drop()
            failure = error if isinstance(error, MesogunError) else lost(f"waiting for the answer to {name}", error)
            raise self._as_outcome(name, failure, changes=changes) from error
        if not data:
            return None
        self._tally.bytes_in += len(data)
        result: Answered | Failed | None = None
        with self._gate:
            for happening in self._machine.receive(data):
                if isinstance(happening, _ENDS):
                    result = happening
                elif isinstance(happening, Stopped):
                    self._stop_status = happening.status
        return result

    def _resend(self, name: str, *, changes: bool) -> None:
        with self._gate:
            data = self._machine.again()
            if not data:  # STOP came in between: nothing is ever sent again (H7)
                return
            self._tally.resends += 1
            self._rto.resent()
            try:
                self._send(data, name)
            except LinkLost as error:
                raise self._as_outcome(name, error, changes=changes) from error

    def _send(self, data: bytes, name: str) -> None:
        """Write one frame; the gate is held. A port that fails ends the session."""
        try:
            self._transport.write(data)
        except PORT_FAILURES as error:
            self._machine.drop()
            if isinstance(error, MesogunError):
                raise
            raise lost(f"sending {name}", error) from error
        self._tally.bytes_out += len(data)

    # -- what to say when it did not work ---------------------------------------------------------------------------

    def _as_outcome(self, name: str, error: MesogunError, *, changes: bool) -> MesogunError:
        if not changes:
            return error
        unknown = OutcomeUnknown(f"{name} may or may not have been carried out ({error}); the gun's log will tell")
        unknown.__cause__ = error
        return unknown

    def _cut_short(self, name: str, *, changes: bool) -> MesogunError:
        why = LinkLost(f"{name} was cancelled: {self._machine.phase.value}")
        return self._as_outcome(name, why, changes=changes)

    def _gave_up(self, name: str, deadline_ms: int, *, changes: bool) -> MesogunError:
        with self._gate:
            phase = self._machine.phase
            if phase in (Phase.GREETING, Phase.ASKING):
                self._machine.give_up()
        counters = self._machine.counters
        what = f"{name}: no answer within {deadline_ms} ms"
        if phase is not Phase.GREETING:
            return self._as_outcome(name, LinkTimeout(f"{what}; check cable and power"), changes=changes)
        if counters.frames and counters.echoes == counters.frames:
            return LinkTimeout(f"{what}: the port only echoes what it is sent; that is no gun")
        if counters.late + counters.foreign and not self._tally.sessions:
            return VersionMismatch(
                f"{what} that this host understands; the other end speaks another protocol or version"
            )
        if self._tally.bytes_in and not self._tally.sessions:
            return LinkTimeout(
                f"{what}, only {self._tally.bytes_in} bytes that are no MG1 frames; another device, or another speed?"
            )
        return LinkTimeout(f"{what}, not one byte; is it a mesogun, and is it switched on?")

    def _calendar_skew_us(self) -> int:
        return int(self.clock.utc().timestamp() * 1_000_000) - self.clock.monotonic_us()

    def _check_jump(self) -> None:
        if self._skew_us is None:
            return
        skew_us = self._calendar_skew_us()
        jump_us = skew_us - self._skew_us
        if abs(jump_us) <= JUMP_US:
            return
        self._skew_us = skew_us
        with self._gate:
            self._machine.drop()
        raise LinkLost(
            f"the computer slept or its clock was set ({jump_us / 1e6:+.1f} s): the session was dropped; reconnect"
        )
