"""The path closes in the middle of a stroke: time to alarm, pressure, what is stored, what comes out afterwards.

Twice the same gun: once it lets the pressure off and the path opens behind that, once the path opens at the alarm. What
comes out is collected over air, as IEC 60601-2-24 has it. Not responsible for drawing (``timed``).
"""

from __future__ import annotations

from mesogun.wire.codes import Outcome as ShotOutcome
from sim.firmware.table import Phase
from sim.scenario.bench import Bench, Outcome

LATE_SHARE = 0.15  # of the stroke: when the path closes
RELIEVED_S, COLLECTED_S = 0.2, 0.3


class Occluded:
    """One gun whose path closes in a stroke, and opens at the alarm or behind the relief."""

    def __init__(self, profile: str, seed: int, volume_nl: int, *, at_alarm: bool) -> None:
        self.bench = bench = Bench(profile, seed)
        self.closed_us = 0
        self.alarm_us: int | None = None
        self._at_alarm, self._opened = at_alarm, False
        machine, world = bench.machine, bench.world
        volume_nl = min(volume_nl, machine.profile.integer("shot.max_volume_nl"))
        bench.fire(volume_nl // 5)
        bench.watch(0.3)
        stroke_us = volume_nl / machine.profile["screw.flow_nl_s"] * 1e6
        delay_us = machine.profile.integer("shot.insert_us") + round(stroke_us * LATE_SHARE)
        world.kernel.after(delay_us, "valve", self._close)
        world.kernel.after_event.append(self._look)
        self.second = len(bench.pressure_kpa)  # where the traces of the second shot begin
        bench.fire(volume_nl)
        bench.watch(RELIEVED_S)
        if not self._opened:
            self._open()
        bench.watch(COLLECTED_S)
        self.bolus_nl = world.plant.account.left_needle - self._left_nl

    def _close(self) -> None:
        self.closed_us = self.bench.world.kernel.now_us
        self.bench.world.plant.change(blocked=True)
        self.bench.machine.watch_again()

    def _look(self) -> None:
        shot = self.bench.machine.shot
        if self.alarm_us is None and shot is not None and shot.occluded:
            if self.bench.machine.phase is not Phase.SETTLE or shot.waited_us:
                return  # not the limit: what did not come out behind the stroke
            self.alarm_us = self.bench.world.kernel.now_us
            if self._at_alarm and self.closed_us:
                self._open()

    def _open(self) -> None:
        plant = self.bench.world.plant
        self._opened = True
        plant.withdraw()
        plant.change(blocked=False)
        self._left_nl = plant.account.left_needle

    @property
    def highest_kpa(self) -> float:
        """Of the second shot."""
        return max(self.bench.pressure_kpa[self.second :])

    @property
    def top_us(self) -> float:
        """When it was reached: the time that stands for an alarm where there was none."""
        pressures = self.bench.pressure_kpa[self.second :]
        return self.bench.time_s[self.second + pressures.index(max(pressures))] * 1e6


def occlusion(profile: str, seed: int, volume_nl: int = 100_000) -> Outcome:
    """Run it both ways."""
    relieved, opened = (Occluded(profile, seed, volume_nl, at_alarm=at_alarm) for at_alarm in (False, True))
    bench, machine = relieved.bench, relieved.bench.machine
    _, closing = machine.store.log.records[machine.store.log.closed_shot_no]
    threshold = machine.profile["sensors.occlusion_kpa"] - machine.profile["sensors.pressure_offset_kpa"]
    peak_kpa, per_kpa = relieved.highest_kpa, machine.profile.compliance_nl_per_kpa
    alarm_us = relieved.top_us if relieved.alarm_us is None else relieved.alarm_us
    found = Outcome("occlusion", profile, seed)
    found.numbers = {
        "closed_at_s": relieved.closed_us / 1e6,
        "alarm_after_ms": (alarm_us - relieved.closed_us) / 1e3,
        "peak_kpa": peak_kpa,
        "stored_at_alarm_ul": peak_kpa * per_kpa / 1e3,
        "threshold_x_compliance_ul": threshold * per_kpa / 1e3,
        "post_occlusion_bolus_without_relief_ul": opened.bolus_nl / 1e3,
        "post_occlusion_bolus_with_relief_ul": relieved.bolus_nl / 1e3,
        "threshold_kpa": threshold,
        "booked_ul": closing.delivered_nl / 1e3 if closing is not None else 0.0,
        "left_ul": bench.world.truth.per_shot[-1].dispensed_nl / 1e3,
    }
    partial = closing is not None and closing.outcome == ShotOutcome.PARTIAL
    found.notes = [f"fault {machine.fault.name}", "booked PARTIAL" if partial else "not booked PARTIAL"]
    found.notes += _about_the_alarm(found.numbers, came=relieved.alarm_us is not None)
    found.traces = bench.traces() | {f"{name}, opened at the alarm": xy for name, xy in opened.bench.traces().items()}
    return found


def _about_the_alarm(numbers: dict[str, float], *, came: bool) -> list[str]:
    """What a reader must know about the time to the alarm; nothing where it is what it seems to be."""
    threshold, late_ms = numbers["threshold_kpa"], numbers["alarm_after_ms"]
    if not came:
        return [
            f"no alarm in the stroke: the pressure never reached the limit of {threshold:.4g} kPa; the time is its top"
        ]
    if late_ms < 0:
        before = f"the alarm came {-late_ms:.4g} ms before the path was closed"
        return [f"{before}: the limit of {threshold:.4g} kPa is below what the flow needs through these needles"]
    return []
