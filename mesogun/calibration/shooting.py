"""Shots of a calibration: loaded, armed under a lease, fired by the hand on the trigger, read back, acknowledged.

PRIME goes into waste, TEST into the vessel; neither may touch skin (G11). The host never fires: a technician who does
not pull the trigger gets a disarmed gun and a line that says so. Not responsible for weighing or for what comes next.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from mesogun.calibration.books import Books
from mesogun.errors import GunRefused, LinkLost, Refused, WireError
from mesogun.gun import Gun
from mesogun.record.events import EntrySettled, FaultCleared, FaultRaised
from mesogun.wire.codes import Fault, Flag, Reason, ShotKind, State
from mesogun.wire.messages import Arm, Load, Status

LEASE_MS = 2_000
POLL_US = 40_000
PATIENCE_US = 120_000_000
SYRINGE_WAIT_US = 600_000_000
_MOVED_ON = (Reason.FAULT, Reason.WRONG_STATE, Reason.STALE_TOKEN)


class Shooter:
    """One gun in the hands of a technician. ``told`` is called with one line whenever a person has to do something."""

    def __init__(self, gun: Gun, books: Books, told: Callable[[str], None], operator: str) -> None:
        self._gun = gun
        self._operator = operator
        self._books = books
        self._told = told

    def meet(self) -> None:
        """HELLO and what follows from it. A latched fault is cleared: who begins or goes on has seen to it."""
        welcome = self._gun.hello()
        self._books.meet(self._gun, welcome)
        status = self._gun.status()
        if status.state == State.FAULT and status.fault:
            self._clear(status.fault)

    def prime(self, step: int) -> None:
        """Prime until the gun says that it is primed; nothing to do where it is already."""
        status = self._gun.status()
        caps = self._gun.caps
        given_nl = 0
        while not status.flags & Flag.PRIMED:
            if given_nl > 2 * caps.dead_volume_nl:
                raise Refused(
                    f"{given_nl} nL were primed and the gun is not primed yet: is the syringe full, the needle free?"
                )
            wanted_nl = min(caps.max_volume_nl, max(caps.min_volume_nl, caps.dead_volume_nl - given_nl))
            volume_nl = -(-wanted_nl // caps.step_nl) * caps.step_nl
            self.fire(ShotKind.PRIME, volume_nl, step)
            given_nl += volume_nl
            status = self._gun.status()

    def fire(self, kind: ShotKind, volume_nl: int, step: int) -> None:
        """One shot, from entry to acknowledged record.

        Raises
        ------
        Refused
            If nobody pulled the trigger in time, or the gun stopped with a fault.
        """
        status = self._gun.status()
        if status.state == State.FAULT:
            raise Refused(
                f"the gun reports {Fault(status.fault).name}: remove the cause; --resume goes on and clears it"
            )
        entry = self._books.loaded(kind, volume_nl, step, status.entry_hwm)
        try:
            status = self._gun.load(Load(entry.entry_no, 0, step, kind, volume_nl, 0))
        except GunRefused:
            self._settle_refused(entry.entry_no)
            raise
        self._told("pull the trigger" + (" over the waste" if kind is ShotKind.PRIME else " over the vessel"))
        try:
            self._arm(entry.entry_no, volume_nl, status)
            self._await_shot(entry.entry_no)
        except BaseException:
            with suppress(LinkLost, WireError):  # a broken line must not hide what broke it
                self._gun.stop()
            raise

    def wait_for_syringe(self, needed_nl: int) -> None:
        """Until the gun knows a syringe that holds ``needed_nl``, or the patience of this program ends."""
        clock = self._gun.clock
        before_nl = self._gun.status().syringe_left_nl
        if before_nl >= needed_nl:
            return
        self._told("mount a full syringe")
        end_us = clock.monotonic_us() + SYRINGE_WAIT_US
        while clock.monotonic_us() < end_us:
            status = self._gun.status()
            if status.syringe_left_nl > before_nl:
                return
            clock.sleep_us(10 * POLL_US)
        raise Refused(
            f"the gun still knows a syringe with {before_nl / 1000:g} µL and needs {needed_nl / 1000:g} µL: mount a "
            "full one, then go on with --resume"
        )

    def run_down(self, to_nl: int, step: int) -> None:
        """Give into waste until the gun counts ``to_nl`` in the syringe, to the next smaller shot."""
        caps = self._gun.caps
        while (over_nl := self._gun.status().syringe_left_nl - to_nl) >= caps.min_volume_nl:
            self.fire(ShotKind.PRIME, min(over_nl, caps.max_volume_nl) // caps.step_nl * caps.step_nl, step)

    def new_syringe(self, needed_nl: int) -> None:
        """Wait for it, and clear the fault that an empty one has left."""
        self.wait_for_syringe(needed_nl)
        status = self._gun.status()
        if status.state == State.FAULT and status.fault == Fault.EMPTY:
            self._clear(status.fault)

    def _clear(self, fault: int) -> None:
        name = Fault(fault).name
        self._books.commit(FaultRaised(name))
        self._gun.clear_fault(fault)
        self._books.commit(FaultCleared(name, self._operator))
        self._told(f"the gun's fault {name} was cleared")

    def empty_rest(self, step: int) -> None:
        """Give what is left into waste, so that the syringe can be changed; the gun then asks for another."""
        caps = self._gun.caps
        while True:
            status = self._gun.status()
            if status.state == State.FAULT or status.syringe_left_nl < caps.min_volume_nl:
                return
            try:
                self.fire(ShotKind.PRIME, caps.max_volume_nl // caps.step_nl * caps.step_nl, step)
            except GunRefused as refusal:
                if refusal.reason != Reason.SYRINGE_SHORT:
                    raise
                # asked for more than there is, the gun's own display tells the technician to change the syringe
                self.fire(ShotKind.PRIME, status.syringe_left_nl // caps.step_nl * caps.step_nl, step)
                return

    # one shot

    def _arm(self, entry_no: int, volume_nl: int, status: Status) -> None:
        for _ in range(3):
            try:
                self._gun.arm(
                    Arm(
                        treatment_ref=0, first_entry_no=entry_no, last_entry_no=entry_no, count=1, total_nl=volume_nl,
                        painted_clock_us=status.gun_clock_us, painted_shot_no=status.last_shot_no, lease_ms=LEASE_MS,
                        lead=1,
                    )
                )  # fmt: skip
            except GunRefused as refusal:
                if refusal.reason not in _MOVED_ON:
                    raise
                status = self._gun.status()
            else:
                return
        raise Refused("the gun did not let itself be armed for a test shot; look at its display, then go on")

    def _await_shot(self, entry_no: int) -> None:
        gun, clock = self._gun, self._gun.clock
        end_us = clock.monotonic_us() + PATIENCE_US
        next_renew_us = clock.monotonic_us()
        while clock.monotonic_us() < end_us:
            status = gun.status()
            if status.closed_shot_no > self._books.memory.shot_no:
                self._books.book(list(gun.log(self._books.memory.shot_no + 1)))
                gun.ack(self._books.memory.shot_no)
                if entry_no not in {entry.entry_no for entry in self._books.state.books.open_entries.values()}:
                    if status.state == State.ARMED:
                        gun.disarm()
                    return
            if status.state == State.FAULT:
                raise Refused(f"the gun reports {Fault(status.fault).name}: remove the cause, then go on with --resume")
            if status.state == State.DISARMED and status.magazine:
                self._arm(entry_no, self._volume_of(entry_no), status)
            elif status.state == State.ARMED and clock.monotonic_us() >= next_renew_us:
                self._renew(status)
                next_renew_us = clock.monotonic_us() + LEASE_MS * 1_000 // 4
            clock.sleep_us(POLL_US)
        self._take_back()
        raise Refused("nobody pulled the trigger; the gun is disarmed and empty: go on with --resume")

    def _volume_of(self, entry_no: int) -> int:
        return next(
            entry.volume_nl for entry in self._books.state.books.open_entries.values() if entry.entry_no == entry_no
        )

    def _renew(self, status: Status) -> None:
        try:
            self._gun.renew(status.gun_clock_us, status.last_shot_no, LEASE_MS)
        except GunRefused as refusal:
            if refusal.reason not in _MOVED_ON:
                raise

    def _take_back(self) -> None:
        """UNLOAD, read what fired meanwhile, settle the rest (H5b)."""
        unloaded = self._gun.unload()
        self._books.book(list(self._gun.log(self._books.memory.shot_no + 1)))
        self._gun.ack(self._books.memory.shot_no)
        self._books.commit(
            *(
                EntrySettled(entry.gun, entry.memory, entry.entry_no, "unloaded")
                for entry in self._books.state.books.open_entries.values()
                if unloaded.removed_first <= entry.entry_no <= unloaded.removed_last
            )
        )

    def _settle_refused(self, entry_no: int) -> None:
        found = self._books.gun
        self._books.commit(EntrySettled(found.gun, found.memory, entry_no, "refused"))
