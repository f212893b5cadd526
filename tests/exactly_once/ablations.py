"""Safeguards switched off, one finding at a time: what a plausible but wrong gun or host would do.

Each is a patch of the production code; the exploration must then find a broken promise.
"""

from __future__ import annotations

from typing import Any

import pytest

from mesogun.gun import found
from mesogun.record import Ledger, TreatmentState, overrun_bound_nl
from mesogun.record import events as ev
from mesogun.treatment import reconcile
from mesogun.wire import auth
from mesogun.wire import host as wire_host
from mesogun.wire.codes import Op, Reason
from mesogun.wire.frame import Frame
from mesogun.wire.host import STOP_BYTES, Answered, Cue, HostMachine
from mesogun.wire.messages import BY_OP, Done, Error, Hello, Spec
from mesogun.wire.schema import unpack
from sim.campaign.memory_journal import MemoryJournal
from sim.firmware.requests import Requests
from sim.firmware.session import Answer, Conversation
from sim.firmware.table import Happening

Patch = pytest.MonkeyPatch


def gun_keeps_session_after_stop(patch: Patch) -> None:
    """G9 off: STOP is read as DISARM."""

    def stop(self: Conversation, _: Frame) -> None:
        self.machine.post(Happening.DISARM)
        self._reply(BY_OP[Op.STOP], 0, Answer())

    patch.setattr(Conversation, "_stop", stop)


def host_goes_on_after_stop(patch: Patch) -> None:
    """H7 off: STOP is one more frame, and what was pending is sent again."""

    def stop(_: HostMachine) -> bytes:
        return STOP_BYTES

    patch.setattr(HostMachine, "stop", stop)


def hello_keeps_the_magazine(patch: Patch) -> None:
    """G6 off, first half: a new session finds the old magazine, armed."""

    def hello(self: Conversation, frame: Frame) -> None:
        said = unpack(Hello, frame.payload)
        self._pending_nonce = said.host_nonce
        self.session = None
        self.machine.when_idle(lambda: self._open(frame, said, 0))

    patch.setattr(Conversation, "_hello", hello)


def hello_is_answered_in_mid_stroke(patch: Patch) -> None:
    """G6 off, second half: the motor still runs, and only closed shots are counted."""
    status = Conversation.status

    def closed_only(self: Conversation) -> tuple[int, ...]:
        block = list(status(self))
        block[4] = block[5]
        return tuple(block)

    def hello(self: Conversation, frame: Frame) -> None:
        said = unpack(Hello, frame.payload)
        self._pending_nonce = said.host_nonce
        self.session = None
        dropped = len(self.machine.magazine)
        self.machine.magazine.clear()
        self._open(frame, said, dropped)

    patch.setattr(Conversation, "status", closed_only)
    patch.setattr(Conversation, "_hello", hello)


def error_is_read_as_refusal(patch: Patch) -> None:
    """H5 off: ERROR(no session) settles the request that it answers."""

    def line_error(self: HostMachine, got: Frame, spec: Spec) -> Any:
        said = unpack(Error, got.payload)
        if spec.op != Op.LOAD:
            return original(self, got, spec)
        self._move(Cue.REPLY)
        self._pending, self._pending_bytes = None, b""
        return Answered(Done(1, said.reason, said.status))

    original = HostMachine._line_error
    patch.setattr(HostMachine, "_line_error", line_error)


def replies_are_not_bound_to_the_session(patch: Patch) -> None:
    """G7 off for replies: op and seq are all that is compared."""

    class NoBinding:
        TO_GUN, TO_HOST = auth.TO_GUN, auth.TO_HOST
        session_key = staticmethod(auth.session_key)
        sealed_bytes = staticmethod(auth.sealed_bytes)

        @staticmethod
        def verified(*_: object) -> bool:
            return True

    patch.setattr(wire_host, "auth", NoBinding)


def indeterminate_is_booked_at_the_checkpoint(patch: Patch) -> None:
    """H8 off: what the counter says is what was given."""

    def interval(*, outcome: str, commanded_nl: int, delivered_nl: int, overrun_nl: int, overrun_ppm: int) -> Ledger:
        del outcome, commanded_nl
        bound = overrun_bound_nl(delivered_nl, overrun_nl, overrun_ppm)
        return Ledger(max(0, delivered_nl - bound), delivered_nl + bound)

    patch.setattr(found, "shot_interval", interval)


def lease_runs_from_receipt(patch: Patch) -> None:
    """G13 off: the lease begins when the request arrives."""

    def stamp(self: Requests, painted_us: int, painted_shot_no: int, lease_ms: int) -> None:
        machine = self.machine
        machine.painted_clock_us, machine.painted_shot_no = painted_us, painted_shot_no
        machine.lease_end_us = machine.clock_us + lease_ms * 1000

    def never_stale(self: Requests, *_: int) -> Reason:
        return Reason.NONE

    patch.setattr(Requests, "_stamp", stamp)
    patch.setattr(Requests, "_lease_reason", never_stale)


def restored_journal_starts_at_what_was_acknowledged(patch: Patch) -> None:
    """H9 off: a journal that was restored from before it met the gun takes it for a new one."""
    patch.setattr(reconcile, "with_own_past", lambda history, *_: history)


def nobody_is_fenced(patch: Patch) -> None:
    """H11 off: a commit is taken from whoever brings it."""
    append = MemoryJournal.append

    def unfenced(self: MemoryJournal, events: Any, *, treatment: str, epoch: int | None) -> int:
        del epoch
        return append(self, events, treatment=treatment, epoch=None)

    patch.setattr(MemoryJournal, "append", unfenced)


def any_gun_settles(patch: Patch) -> None:
    """H1 and H5 off: the log of whatever gun is plugged in settles what was loaded."""

    def settled(state: TreatmentState, _: ev.GunFound) -> list[ev.EntrySettled]:
        return [
            ev.EntrySettled(entry.gun, entry.memory, entry.entry_no, "hello") for entry in state.open_entries.values()
        ]

    patch.setattr(reconcile, "settled_by_hello", settled)


def totals_are_not_compared(patch: Patch) -> None:
    """H8 off: what the log does not show was not fired."""
    patch.setattr(reconcile, "missing_at_the_end", lambda *_: None)
