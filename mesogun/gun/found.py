"""What a gun says of itself and of its shots, as events: one place for whoever keeps books of a gun.

Not responsible for whose shots they are or what they mean: treatments and calibrations have rules of their own.
"""

from __future__ import annotations

from mesogun.record import GunMemory, shot_interval
from mesogun.record import events as ev
from mesogun.wire.codes import GunKind, Outcome, ShotKind
from mesogun.wire.messages import Caps, ShotRecord, Welcome


def reference(number: int) -> str:
    """A u64 of the wire as the 16 hex digits of the record."""
    return f"{number:016x}"


def text(padded: bytes) -> str:
    """A zero-padded text of the wire."""
    return padded.rstrip(b"\0").decode("ascii", "replace")


def gun_found(welcome: Welcome, caps: Caps, known: GunMemory | None, first: ShotRecord | None) -> ev.GunFound:
    """The event of one HELLO; ``first`` is the first record after the cursor, if there is one."""
    total = welcome.status.running_total_nl if first is None else first.running_total_nl - first.delivered_nl
    return ev.GunFound(
        gun=reference(welcome.device_id),
        memory=reference(welcome.nvm_id),
        gun_kind=GunKind(welcome.kind).name.lower(),
        boot_id=welcome.boot_id,
        session=welcome.session,
        entry_hwm=welcome.status.entry_hwm,
        last_shot_no=welcome.status.last_shot_no,
        oldest_shot_no=welcome.oldest_shot_no,
        total_before_oldest_nl=welcome.total_before_oldest_nl,
        acked_shot_no=welcome.acked_shot_no,
        running_total_nl=welcome.status.running_total_nl,
        dropped=welcome.dropped,
        open_treatment=reference(welcome.open_treatment),
        calibration=reference(caps.calibration_id),
        overrun_nl=caps.overrun_nl,
        overrun_ppm=caps.overrun_ppm,
        model=text(caps.model),
        serial=text(caps.serial),
        firmware=caps.firmware,
        step_nl=caps.step_nl,
        syringe_nl=caps.syringe_nl,
        dead_volume_nl=caps.dead_volume_nl,
        baseline=known is None,
        baseline_total_nl=total if known is None else 0,
    )


def shot_recorded(found: ev.GunFound, record: ShotRecord) -> ev.ShotRecorded:
    """The event of one closed record, with what it proves by the calibration's bound at HELLO (H8)."""
    outcome = Outcome(record.outcome).name
    interval = shot_interval(
        outcome=outcome,
        commanded_nl=record.commanded_nl,
        delivered_nl=record.delivered_nl,
        overrun_nl=found.overrun_nl,
        overrun_ppm=found.overrun_ppm,
    )
    return ev.ShotRecorded(
        gun=found.gun,
        memory=found.memory,
        shot_no=record.shot_no,
        entry_no=record.entry_no,
        shot_index=record.point_index,
        shot_kind=ShotKind(record.kind).name,
        outcome=outcome,
        flags=record.flags,
        commanded_nl=record.commanded_nl,
        delivered_nl=record.delivered_nl,
        low_nl=interval.low_nl,
        high_nl=interval.high_nl,
        depth_um=record.depth_um,
        running_total_nl=record.running_total_nl,
        boot_id=record.boot_id,
        start_us=record.start_us,
        duration_ms=record.duration_ms,
        peak_pressure_pa=record.peak_pressure_pa,
        contact_mn=record.contact_mn,
        calibration=reference(record.calibration_id),
    )
