"""What the numbers of a profile say together: statements that contradict each other, each with both numbers.

Not responsible for single numbers (``fields``) or for reading profiles (``profile``).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

Values = Mapping[str, float]

# the first may not be above the second; why, where the names alone do not tell
NOT_ABOVE: tuple[tuple[str, str, str], ...] = (
    ("shot.min_volume_nl", "shot.max_volume_nl", ""),
    ("shot.min_depth_um", "shot.max_depth_um", ""),
    ("shot.lease_min_ms", "shot.lease_max_ms", ""),
    ("stopper.glide_n", "stopper.fresh_n", ""),
    ("stopper.fresh_n", "stopper.break_loose_n", ""),
    ("shot.max_volume_nl", "syringe.nominal_nl", "no syringe holds the largest shot"),
    ("syringe.dead_space_nl", "syringe.dead_volume_nl", "priming would not fill it"),
    ("syringe.dead_volume_nl", "syringe.nominal_nl", "priming would empty the syringe"),
    ("syringe.low_nl", "syringe.nominal_nl", "a full syringe would be low"),
    ("sensors.contact_mn", "sensors.contact_full_scale_mn", "contact would never be seen"),
    ("battery.low_mv", "battery.open_mv", "a full cell would be low"),
    ("battery.brownout_mv", "battery.low_mv", "the gun would be dead before it is low"),
)


def contradictions(values: Values) -> list[str]:
    """Every contradiction, as one sentence each; empty where there is none."""
    found = [
        f"{low} = {values[low]:g} is above {high} = {values[high]:g}{': ' if why else ''}{why}"
        for low, high, why in NOT_ABOVE
        if values[low] > values[high]
    ]
    return [*found, *_others(values)]


def _others(values: Values) -> Iterator[str]:
    slots, sector = values["memory.log_slots"], values["memory.sector_slots"]
    if sector <= 0 or slots % sector or slots < 2 * sector:
        yield "memory.log_slots must be at least two whole sectors"
    step, least, most = (values[f"shot.{name}"] for name in ("step_nl", "min_volume_nl", "max_volume_nl"))
    if step > 0 and least <= most and math.ceil(least / step) * step > most:
        yield f"no multiple of shot.step_nl = {step:g} lies between {least:g} and {most:g}: no shot could be loaded"
    open_mv, sag, brownout = (values[f"battery.{name}_mv"] for name in ("open", "sag", "brownout"))
    if open_mv - sag < brownout:
        yield (
            f"battery.open_mv = {open_mv:g} less battery.sag_mv = {sag:g} is below battery.brownout_mv = {brownout:g}:"
            " a full cell would give way in the first stroke"
        )
    tissue, limit = values["tissue.pressure_kpa"], values["sensors.occlusion_kpa"]
    offset = values["sensors.pressure_offset_kpa"]
    if tissue >= limit - offset:
        yield (
            f"tissue.pressure_kpa = {tissue:g} reaches sensors.occlusion_kpa = {limit:g} less its offset {offset:g}:"
            " skin itself would be an occlusion"
        )
    gain, stated = values["calibration.gain_error_ppm"], values["calibration.overrun_ppm"]
    if abs(gain) > stated:
        yield (
            f"calibration.gain_error_ppm = {gain:g} is beyond calibration.overrun_ppm = {stated:g}:"
            " the gun would break what its calibration states"
        )
