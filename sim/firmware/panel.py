"""What a hand can touch and what the sensors say: trigger, contact, switches, display. Sensor faults live here too.

Not responsible for what the firmware makes of it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Panel:
    """Levels as the firmware reads them."""

    finger: bool = False  # pulls, whatever the switch under it says
    trigger: bool = False
    contact: bool = False
    contact_mn: int = 0
    bench: bool = False
    mode: str = "single"
    stop_um: int | None = None  # where a person has set the depth stop of a manual gun; else where the plan wants it
    display: str = ""
    battery_mv: int = 4_000
    drained_uv: float = 0.0
    pressure_stuck_kpa: float | None = None
    trigger_stuck: bool | None = None
    contact_stuck: bool | None = None

    def drain(self, uv: float) -> None:
        """A shot takes its share of the cell."""
        self.drained_uv += uv
        lost_mv, self.drained_uv = divmod(self.drained_uv, 1000.0)
        self.battery_mv -= int(lost_mv)

    def pressure_read(self, true_kpa: float) -> float:
        """What the pressure sensor says."""
        return true_kpa if self.pressure_stuck_kpa is None else self.pressure_stuck_kpa

    def pressure_limit(self, limit_kpa: float) -> float | None:
        """The pressure at which the comparator trips; ``None`` if a stuck sensor never will."""
        if self.pressure_stuck_kpa is None:
            return limit_kpa
        return 0.0 if self.pressure_stuck_kpa >= limit_kpa else None
