"""Every number that a profile must give: unit and the range beyond which no gun can be.

The ranges refuse nonsense (a negative compliance); they are no statement about any device.

Not responsible for reading profiles (``profile``).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Field:
    """Unit and possible range of one number; ``whole`` where the gun counts, or says it as an integer."""

    unit: str
    low: float
    high: float
    whole: bool = False


FIELDS: dict[str, Field] = {
    "screw.lead_mm": Field("mm", 0.1, 5),
    "screw.microsteps_per_rev": Field("1", 16, 51_200, whole=True),
    "screw.backlash_um": Field("um", 0, 500),
    "screw.flow_nl_s": Field("nL/s", 100, 2_000_000),
    "screw.stiffness_n_per_mm": Field("N/mm", 1, 100_000),
    "stopper.glide_n": Field("N", 0, 100),
    "stopper.fresh_n": Field("N", 0, 100),
    "stopper.break_loose_n": Field("N", 0, 200),
    "stopper.ageing_s": Field("s", 0.01, 100_000),
    "stopper.stribeck_mm_s": Field("mm/s", 0.001, 1_000),
    "syringe.nominal_nl": Field("nL", 100_000, 60_000_000, whole=True),
    "syringe.bore_mm": Field("mm", 1, 40),
    "syringe.compliance_ul_per_bar": Field("uL/bar", 0.05, 2_500),
    "syringe.dead_volume_nl": Field("nL", 0, 500_000, whole=True),
    "syringe.dead_space_nl": Field("nL", 0, 500_000),
    "syringe.low_nl": Field("nL", 0, 10_000_000, whole=True),
    "syringe.leak_nl_per_kpa_s": Field("nL/(kPa s)", 0, 100_000),
    "syringe.play_nl": Field("nL", 0, 2_000),
    "needle.count": Field("1", 1, 32, whole=True),
    "needle.bore_mm": Field("mm", 0.05, 0.6),
    "needle.length_mm": Field("mm", 0.5, 40),
    "fluid.viscosity_mpa_s": Field("mPa s", 0.2, 500),
    "fluid.viscosity_per_k": Field("1/K", -0.1, 0),
    "fluid.temperature_c": Field("degC", 0, 45),
    "tissue.pressure_kpa": Field("kPa", 0, 60),
    "tissue.stiffness_kpa_per_ul": Field("kPa/uL", 0, 5),
    "tissue.entered_mean": Field("1", 0.5, 1),
    "tissue.entered_sd": Field("1", 0, 0.2),
    "tissue.indentation_um_per_n": Field("um/N", 0, 2_000),
    "sensors.occlusion_kpa": Field("kPa", 10, 2_000),
    "sensors.pressure_offset_kpa": Field("kPa", -20, 20),
    "sensors.contact_mn": Field("mN", 10, 20_000, whole=True),
    "sensors.contact_full_scale_mn": Field("mN", 100, 60_000),
    "battery.open_mv": Field("mV", 2_000, 30_000, whole=True),
    "battery.sag_mv": Field("mV", 0, 5_000),
    "battery.per_shot_uv": Field("uV", 0, 100_000),
    "battery.low_mv": Field("mV", 1_000, 30_000, whole=True),
    "battery.brownout_mv": Field("mV", 500, 30_000, whole=True),
    "calibration.gain_error_ppm": Field("ppm", -100_000, 100_000),
    "calibration.overrun_nl": Field("nL", 0, 20_000, whole=True),
    "calibration.overrun_ppm": Field("ppm", 0, 200_000, whole=True),
    "calibration.age_d": Field("d", 0, 10_000, whole=True),
    "calibration.valid_d": Field("d", 1, 10_000, whole=True),
    "shot.step_nl": Field("nL", 1, 10_000, whole=True),
    "shot.min_volume_nl": Field("nL", 1, 10_000_000, whole=True),
    "shot.max_volume_nl": Field("nL", 1, 10_000_000, whole=True),
    "shot.min_depth_um": Field("um", 0, 30_000, whole=True),
    "shot.max_depth_um": Field("um", 1, 30_000, whole=True),
    "shot.rate_per_min": Field("1/min", 1, 540, whole=True),
    "shot.insert_us": Field("us", 0, 500_000, whole=True),
    "shot.settle_us": Field("us", 0, 5_000_000, whole=True),
    "shot.burst": Field("1", 1, 64, whole=True),
    "shot.lease_min_ms": Field("ms", 50, 10_000, whole=True),
    "shot.lease_max_ms": Field("ms", 50, 10_000, whole=True),
    "memory.magazine": Field("1", 1, 256, whole=True),
    "memory.log_slots": Field("1", 4, 65_536, whole=True),
    "memory.sector_slots": Field("1", 1, 4_096, whole=True),
    "link.baud": Field("1/s", 1_200, 12_000_000, whole=True),
    "link.latency_us": Field("us", 0, 100_000, whole=True),
}
