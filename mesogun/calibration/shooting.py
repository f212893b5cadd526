"""Shots of a calibration: loaded, armed under a lease, fired by the hand on the trigger, read back, acknowledged.

PRIME goes into waste, TEST into the vessel; neither may touch skin (G11), and one that does stops the run. The host
never fires: a technician who does not pull the trigger gets a disarmed gun and a line that says so. The gun is armed
with the technician's word only (``word``), and the lease lives on what the bench has shown (H12). Not responsible for
weighing or for what comes next.
"""

from __future__ import annotations

from contextlib import suppress

from mesogun.calibration.bench import Bench
from mesogun.calibration.books import Books
from mesogun.calibration.word import Word
from mesogun.errors import GunRefused, LinkLost, Refused, WireError
from mesogun.gun import Gun
from mesogun.record.events import EntrySettled, FaultCleared, FaultRaised
from mesogun.wire.codes import Fault, Flag, Reason, ShotKind, State
from mesogun.wire.messages import Arm, Load, Status

LEASE_MS = 2_000
POLL_US = 40_000
PATIENCE_US = 120_000_000
SYRINGE_WAIT_US = 600_000_000
ARM_TRIES = 3
_MOVED_ON = (Reason.FAULT, Reason.WRONG_STATE, Reason.STALE_TOKEN)


class Shooter:
    """One gun in the hands of a technician, who is told, asked and shown the gun by ``bench``."""

    def __init__(self, gun: Gun, books: Books, bench: Bench, operator: str) -> None:
        self._gun = gun
        self._operator = operator
        self._books = books
        self._bench = bench
        self._word = Word(bench, books, operator)

    def meet(self) -> None:
        """HELLO and what follows from it; a contact or a latched fault is asked about.

        Raises
        ------
        Refused
            If the technician did not say that it was looked into, or its cause removed.
        """
        welcome = self._gun.hello()
        self._books.meet(self._gun, welcome)
        self._word.contact_settled()
        status = self._gun.status()
        if status.state == State.FAULT and status.fault:
            self._word.cause_removed(status.fault)
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
            If nobody gave the word to arm or pulled the trigger in time, the gun stopped with a fault, or the shot saw
            skin contact.
        """
        self._no_fault(self._gun.status())
        self._word.to_arm()
        status = self._gun.status()
        self._no_fault(status)
        entry = self._books.loaded(kind, volume_nl, step, status.entry_hwm)
        try:
            self._gun.load(Load(entry.entry_no, 0, step, kind, volume_nl, 0))
        except GunRefused:
            self._settle_refused(entry.entry_no)
            raise
        self._bench.told("pull the trigger" + (" over the waste" if kind is ShotKind.PRIME else " over the vessel"))
        try:
            self._arm(entry.entry_no, volume_nl)
            self._await_shot(entry.entry_no, volume_nl)
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
        self._bench.told("mount a full syringe")
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
        """Wait for the one that a technician has mounted, and clear the fault that the empty one has left."""
        self.wait_for_syringe(needed_nl)
        self._word.ends("syringe")
        status = self._gun.status()
        if status.state == State.FAULT and status.fault == Fault.EMPTY:
            self._books.commit(FaultRaised(Fault.EMPTY.name))
            self._clear(status.fault)

    def _no_fault(self, status: Status) -> None:
        if status.state == State.FAULT:
            raise Refused(
                f"the gun reports {Fault(status.fault).name}: remove the cause, then go on with --resume "
                f"{self._books.run} --guided and say so"
            )

    def _clear(self, fault: int) -> None:
        name = Fault(fault).name
        self._gun.clear_fault(fault)
        self._books.commit(FaultCleared(name, self._operator))
        self._bench.told(f"the gun's fault {name} was cleared")

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

    def _arm(self, entry_no: int, volume_nl: int) -> None:
        """Arm what was loaded with a word of the gun that was shown; it may move on between the two."""
        clock = self._gun.clock
        end_us = clock.monotonic_us() + PATIENCE_US
        tries = 0
        while tries < ARM_TRIES and clock.monotonic_us() < end_us:
            status = self._gun.status()
            self._no_fault(status)
            if not self._bench.shown(status):
                clock.sleep_us(POLL_US)
                continue
            tries += 1
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
            else:
                return
        raise Refused(
            "the gun was not armed: it has moved on each time, or nothing shows its state; look at its display and at "
            f"this terminal, then go on with --resume {self._books.run}"
        )

    def _await_shot(self, entry_no: int, volume_nl: int) -> None:
        gun, clock = self._gun, self._gun.clock
        end_us = clock.monotonic_us() + PATIENCE_US
        next_renew_us = clock.monotonic_us()
        while clock.monotonic_us() < end_us:
            status = gun.status()
            if status.closed_shot_no > self._books.memory.shot_no:
                self._books.book(list(gun.log(self._books.memory.shot_no + 1)))
                self._word.no_contact()
                gun.ack(self._books.memory.shot_no)
                if entry_no not in {entry.entry_no for entry in self._books.state.books.open_entries.values()}:
                    if status.state == State.ARMED:
                        gun.disarm()
                    return
            self._no_fault(status)
            if status.state == State.DISARMED and status.magazine:
                self._word.ends("rearm")
                self._word.to_arm()
                self._arm(entry_no, volume_nl)
                end_us = clock.monotonic_us() + PATIENCE_US
            elif status.state == State.ARMED and clock.monotonic_us() >= next_renew_us and self._bench.shown(status):
                self._renew(status)
                next_renew_us = clock.monotonic_us() + LEASE_MS * 1_000 // 4
            clock.sleep_us(POLL_US)
        self._take_back()
        raise Refused("nobody pulled the trigger; the gun is disarmed and empty: go on with --resume")

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
