"""What each request does: one function per operation, checks first, durable writes before the answer.

Not responsible for tags, sequence or which states allow a request (the message table says that, the session checks it).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mesogun.wire import messages as m
from mesogun.wire.codes import Fault, Reason, ShotKind, Verdict
from mesogun.wire.messages import BY_OP
from sim.firmware.machine import Machine
from sim.firmware.session import Answer
from sim.firmware.shot import Entry
from sim.firmware.shotlog import record_values
from sim.firmware.table import Happening, Phase

Reply = Callable[[Answer], None]
OK = Answer()


def refused(reason: Reason, *tail: Any) -> Answer:
    """REFUSED, with its reason."""
    return Answer(Verdict.REFUSED, reason, tail)


class Requests:
    """All operations of one gun."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self._handlers: dict[type, Callable[[Any], Answer]] = {
            m.GetCaps: self.caps,
            m.GetStatus: lambda _: OK,
            m.Load: self.load,
            m.Arm: self.arm,
            m.Renew: self.renew,
            m.GetLog: self.log,
            m.Ack: self.ack,
            m.ClearFault: self.clear_fault,
            m.OpenTreatment: self.open_treatment,
            m.CloseTreatment: self.close_treatment,
        }
        self._late: dict[type, Callable[[Any, Reply], None]] = {m.Disarm: self.disarm, m.Unload: self.unload}

    def add(self, request: type, handler: Callable[[Any], Answer]) -> None:
        """Take on further operations (calibration, pairing)."""
        self._handlers[request] = handler

    def carry_out(self, message: Any, reply: Reply) -> None:
        """Run one request; ``reply`` is called once, at once or when the shot under way has its OUTCOME."""
        late = self._late.get(type(message))
        if late is not None:
            late(message, reply)
        else:
            reply(self._handlers[type(message)](message))

    # reading

    def caps(self, _: m.GetCaps) -> Answer:
        """What this gun is."""
        machine, profile = self.machine, self.machine.profile
        number = profile.integer
        kept = machine.store.kept
        return Answer(
            tail=(
                profile.name.encode()[:16], f"{kept.device_id:016x}".encode()[:16], 1, 1,
                int(profile.depth == "manual"), number("shot.step_nl"), number("shot.min_volume_nl"),
                number("shot.max_volume_nl"), number("shot.min_depth_um"), number("shot.max_depth_um"),
                number("memory.magazine"), number("memory.log_slots"), number("shot.rate_per_min"),
                number("needle.count"), number("syringe.nominal_nl"), number("syringe.dead_volume_nl"),
                number("shot.lease_min_ms"), number("shot.lease_max_ms"), number("calibration.overrun_nl"),
                number("calibration.overrun_ppm"), kept.calibration_id, *machine.calibration_days,
            )
        )  # fmt: skip

    def log(self, message: m.GetLog) -> Answer:
        """The closed record with the lowest number at or above the one asked for."""
        found = self.machine.store.log.at_or_after(message.shot_no)
        if found is None:
            return refused(Reason.NO_SUCH_RECORD)
        return Answer(tail=record_values(*found))

    # the magazine

    def load(self, message: m.Load) -> Answer:
        """G3, G4, G12: identical and still loaded is OK again; a used number never is."""
        machine = self.machine
        entry = Entry(
            message.entry_no, message.treatment_ref, message.point_index, message.kind, message.volume_nl,
            message.depth_um,
        )  # fmt: skip
        kept = machine.store.kept
        if entry.entry_no <= kept.entry_hwm:
            return OK if entry in machine.magazine else refused(Reason.USED)
        reason = self._load_reason(entry)
        if reason is not Reason.NONE:
            if reason is Reason.SYRINGE_SHORT:
                machine.wants_syringe = True
                machine.panel.display = "change the syringe"
            return refused(reason)
        if not machine.store.put("entry_hwm", entry.entry_no):
            machine.post(Happening.TROUBLE, Fault.MEMORY)
            return refused(Reason.FAULT)
        machine.magazine.append(entry)
        return OK

    def _load_reason(self, entry: Entry) -> Reason:
        machine, profile = self.machine, self.machine.profile
        treat = entry.kind == ShotKind.TREAT
        armed = machine.phase is not Phase.DISARMED
        if entry.kind not in {ShotKind.TREAT, ShotKind.PRIME, ShotKind.TEST}:
            return Reason.KIND_RANGE
        if machine.bench and treat:
            return Reason.BENCH_MODE
        if entry.treatment_ref != machine.store.kept.treatment_ref and (treat or entry.treatment_ref):
            return Reason.OTHER_TREATMENT
        if treat and not entry.treatment_ref:
            return Reason.OTHER_TREATMENT
        kind, ref = (machine.armed_kind, machine.armed_ref) if armed else (entry.kind, entry.treatment_ref)
        if machine.magazine:
            kind, ref = machine.magazine[0].kind, machine.magazine[0].treatment_ref
        if entry.kind != kind:
            return Reason.MIXED_KIND
        if entry.treatment_ref != ref:
            return Reason.OTHER_TREATMENT
        least, most = profile["shot.min_volume_nl"], profile["shot.max_volume_nl"]
        if not least <= entry.volume_nl <= most or entry.volume_nl % profile.integer("shot.step_nl"):
            return Reason.VOLUME_RANGE
        shallow = profile["shot.min_depth_um"] if treat else 0
        if not shallow <= entry.depth_um <= profile["shot.max_depth_um"]:
            return Reason.DEPTH_RANGE
        if not machine.store.kept.calibration_id:
            return Reason.NO_CALIBRATION
        if len(machine.magazine) >= profile.integer("memory.magazine"):
            return Reason.FULL
        under_way = 1 if machine.shot is not None else 0
        if machine.store.log.free(machine.store.kept.acked_shot_no) < len(machine.magazine) + 2:
            return Reason.LOG_FULL
        due_nl = sum(waiting.volume_nl for waiting in machine.magazine)
        if under_way and machine.shot is not None:
            due_nl += machine.shot.intent.volume_nl
        if due_nl + entry.volume_nl > machine.syringe_left_nl:
            return Reason.SYRINGE_SHORT
        return Reason.NONE

    def unload(self, _: m.Unload, reply: Reply) -> None:
        """G10: an entry with an INTENT is never among the removed."""
        removed = [entry.entry_no for entry in self.machine.magazine]
        self.machine.post(Happening.EMPTY)
        tail = (removed[0] if removed else 0, removed[-1] if removed else 0, len(removed))
        self.machine.when_idle(lambda: reply(Answer(tail=tail)))

    # the lease

    def arm(self, message: m.Arm) -> Answer:
        """G13, G14: exactly this magazine, from the clock that was painted."""
        machine = self.machine
        magazine = machine.magazine
        if not magazine:
            return refused(Reason.EMPTY_MAGAZINE)
        held = (
            magazine[0].treatment_ref, magazine[0].entry_no, magazine[-1].entry_no, len(magazine),
            sum(entry.volume_nl for entry in magazine),
        )  # fmt: skip
        named = (
            message.treatment_ref, message.first_entry_no, message.last_entry_no, message.count, message.total_nl,
        )  # fmt: skip
        if named != held or message.lead < 1:
            return refused(Reason.MISMATCH)
        if magazine[0].kind == ShotKind.TREAT and not machine.primed:
            return refused(Reason.NOT_PRIMED)
        reason = self._lease_reason(message.painted_clock_us, message.painted_shot_no, message.lease_ms)
        if reason is not Reason.NONE:
            return refused(reason)
        machine.lead = message.lead
        self._stamp(message.painted_clock_us, message.painted_shot_no, message.lease_ms)
        machine.post(Happening.ARM)
        return OK

    def renew(self, message: m.Renew) -> Answer:
        """G13: extends a lease that still runs; never arms."""
        machine = self.machine
        if machine.clock_us >= machine.lease_end_us:
            return refused(Reason.WRONG_STATE)
        reason = self._lease_reason(message.painted_clock_us, message.painted_shot_no, message.lease_ms)
        if reason is not Reason.NONE:
            return refused(reason)
        self._stamp(message.painted_clock_us, message.painted_shot_no, message.lease_ms)
        machine.set_lease()
        machine.post(Happening.REPEAT)  # a run that waited for the screen goes on while the trigger is held
        return OK

    def _lease_reason(self, painted_us: int, painted_shot_no: int, lease_ms: int) -> Reason:
        machine, profile = self.machine, self.machine.profile
        if not profile["shot.lease_min_ms"] <= lease_ms <= profile["shot.lease_max_ms"]:
            return Reason.LEASE_RANGE
        stale = painted_us + lease_ms * 1000 <= machine.clock_us
        impossible = painted_us > machine.clock_us or painted_shot_no > machine.store.log.last_shot_no
        if stale or impossible or painted_us < machine.painted_clock_us:
            return Reason.STALE_TOKEN
        return Reason.NONE

    def _stamp(self, painted_us: int, painted_shot_no: int, lease_ms: int) -> None:
        machine = self.machine
        machine.painted_clock_us = painted_us
        machine.painted_shot_no = painted_shot_no
        machine.lease_end_us = painted_us + lease_ms * 1000

    def disarm(self, _: m.Disarm, reply: Reply) -> None:
        """Entries stay; a stroke under way is halted and closed first."""
        self.machine.post(Happening.DISARM)
        self.machine.when_idle(lambda: reply(OK))

    # the record, the fault, the treatment

    def ack(self, message: m.Ack) -> Answer:
        """G12: permits overwriting, never erases; beyond the last closed record it is refused."""
        store = self.machine.store
        if message.shot_no > store.log.closed_shot_no:
            return refused(Reason.BEYOND_LOG)
        if message.shot_no <= store.kept.acked_shot_no:
            return OK
        if self.machine.bench and store.kept.treatment_ref:
            return refused(Reason.BENCH_MODE)  # under a published key nobody may give up a treatment's records
        return self._durable("acked", message.shot_no)

    def clear_fault(self, message: m.ClearFault) -> Answer:
        """Only the fault that is latched, and only when its cause is gone."""
        machine = self.machine
        if message.fault != machine.fault:
            return refused(Reason.MISMATCH)
        if machine.fault is Fault.BATTERY and machine.battery_low():
            return refused(Reason.FAULT)  # the next stroke would end as the last one did
        if machine.fault is Fault.MEMORY:
            return refused(Reason.FAULT)  # only a start reads the memory again, and closes what is open
        machine.post(Happening.CLEAR)
        return OK

    def open_treatment(self, message: m.OpenTreatment) -> Answer:
        """Durable; again for the same one is OK, another one is refused."""
        kept = self.machine.store.kept
        if kept.treatment_ref == message.treatment_ref != 0:
            return OK
        if kept.treatment_ref or not message.treatment_ref:
            return refused(Reason.OTHER_TREATMENT)
        if self.machine.bench:
            return refused(Reason.BENCH_MODE)
        return self._durable("treatment", message.treatment_ref, kept.last_treatment)

    def close_treatment(self, message: m.CloseTreatment) -> Answer:
        """Durable; idempotent for the one closed last."""
        kept = self.machine.store.kept
        if self.machine.bench:
            return refused(Reason.BENCH_MODE)
        if kept.treatment_ref != message.treatment_ref or not message.treatment_ref:
            again = not kept.treatment_ref and kept.last_treatment == message.treatment_ref != 0
            return OK if again else refused(Reason.OTHER_TREATMENT)
        if self.machine.magazine:
            return refused(Reason.WRONG_STATE)
        return self._durable("treatment", 0, message.treatment_ref)

    def _durable(self, name: str, *values: int) -> Answer:
        if self.machine.store.put(name, *values):
            return OK
        self.machine.post(Happening.TROUBLE, Fault.MEMORY)
        return refused(Reason.FAULT)


def unhandled(known: Requests) -> list[str]:
    """Operations of the message table that this gun does not carry out (none, once all parts are joined)."""
    elsewhere = {m.Hello, m.Stop}
    done = set(known._handlers) | set(known._late) | elsewhere
    return [spec.op.name for spec in BY_OP.values() if spec.request is not None and spec.request not in done]
