"""Events of a small treatment, as a runner would write them."""

from __future__ import annotations

from mesogun.record import Event
from mesogun.record.events import (
    GunFound,
    MagazineLoaded,
    NoteAdded,
    RunnerStarted,
    ShotRecorded,
    TreatmentEnded,
    TreatmentPlanned,
)

GUN, MEMORY = "00000000000000a1", "00000000000000b2"
TREATMENT, OTHER = "00000000000000c3", "00000000000000d4"
VOLUME_NL, HIGH_NL = 20_000, 20_400


def note(text: str = "a note") -> NoteAdded:
    return NoteAdded(text, "op-1")


def planned(subject: str = "s-0001", shots: int = 3) -> TreatmentPlanned:
    return TreatmentPlanned(
        subject=subject,
        operator="op-1",
        plan="{}",
        plan_hash="ab" * 32,
        protocol_id="demo",
        protocol_sha256="cd" * 32,
        agent="saline",
        total_nl=shots * VOLUME_NL,
        shots=shots,
        simulated=True,
        demonstration=True,
    )


def gun_found(gun: str = GUN) -> GunFound:
    return GunFound(
        gun=gun,
        memory=MEMORY,
        gun_kind="simulated",
        boot_id=1,
        session=1,
        entry_hwm=0,
        last_shot_no=0,
        oldest_shot_no=1,
        total_before_oldest_nl=0,
        acked_shot_no=0,
        running_total_nl=0,
        dropped=0,
        open_treatment="",
        calibration="cal-1",
        overrun_nl=0,
        overrun_ppm=20_000,
        model="m",
        serial="1",
        firmware=1,
        step_nl=100,
        syringe_nl=2_000_000,
        dead_volume_nl=0,
        baseline=True,
        baseline_total_nl=0,
    )


def loaded(number: int) -> MagazineLoaded:
    return MagazineLoaded(GUN, MEMORY, number, number - 1, "TREAT", VOLUME_NL, HIGH_NL, 2_000)


def shot(number: int) -> ShotRecorded:
    return ShotRecorded(
        gun=GUN,
        memory=MEMORY,
        shot_no=number,
        entry_no=number,
        shot_index=number - 1,
        shot_kind="TREAT",
        outcome="DONE",
        flags=0,
        commanded_nl=VOLUME_NL,
        delivered_nl=VOLUME_NL,
        low_nl=2 * VOLUME_NL - HIGH_NL,
        high_nl=HIGH_NL,
        depth_um=2_000,
        running_total_nl=number * VOLUME_NL,
        boot_id=1,
        start_us=number * 1_000_000,
        duration_ms=100,
        peak_pressure_pa=100_000,
        contact_mn=500,
        calibration="cal-1",
    )


def treatment(subject: str = "s-0001", shots: int = 3) -> list[Event]:
    """A whole visit: 4 + 2 x ``shots`` events."""
    events: list[Event] = [planned(subject, shots), RunnerStarted(1, "station-1", "op-1", "0.1.0"), gun_found()]
    for number in range(1, shots + 1):
        events += [loaded(number), shot(number)]
    return [*events, TreatmentEnded("complete", "op-1")]
