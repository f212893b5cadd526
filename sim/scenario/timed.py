"""Pictures of what happens in one stroke: an occlusion, a supply that fails. Labels stand where no curve can come.

Above the highest value of an axis is room that is kept for words: curves differ from gun to gun, that room does not.
Not responsible for numbers, or for writing a file (``picture``).
"""

from __future__ import annotations

from typing import Any

from sim.scenario.bench import Outcome
from sim.scenario.looks import GREY, INK, SECOND, quiet

PRESSURE = "pressure (kPa)"
PUSHED = "displaced by the piston (µL)"
LEFT = "left the needle (µL)"
SUPPLY = "supply (mV)"
AT_REST = "at rest, by shot (mV)"
LOWEST = "lowest, by shot (mV)"
SMALL = 8


def occlusion(figure: Any, outcome: Outcome) -> None:
    """Pressure and volume over time, with what the gun did and when."""
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=[1.2, 1.0])
    _pressure(upper, outcome)
    _volume(lower, outcome)
    for axis, name, color in ((upper, PRESSURE, INK), (lower, LEFT, SECOND)):
        axis.plot(*outcome.traces[f"{name}, opened at the alarm"], color=color, lw=0.9, ls=(0, (4, 2)))
    numbers = outcome.numbers
    closed, alarm = numbers["closed_at_s"], numbers["closed_at_s"] + numbers["alarm_after_ms"] / 1e3
    for axis in (upper, lower):
        axis.axvline(closed, color=GREY, lw=0.8, ls="--")
        axis.axvline(alarm, color=SECOND, lw=0.8, ls="--")
    time_s, pressure = outcome.traces[PRESSURE]
    peak, limit = numbers["peak_kpa"], numbers["threshold_kpa"]
    top = max(peak, limit)
    upper.set_ylim(top=1.3 * top)
    upper.axhline(limit, color=SECOND, lw=0.8, ls=":")
    _text(upper, f"occlusion limit {limit:.0f} kPa", time_s[-1], 1.02 * limit, SECOND, to="right", va="bottom")
    late = abs(numbers["alarm_after_ms"])
    what = "alarm" if peak > 0.99 * limit else "all steps made, no alarm,"
    words = f"{what} {late:.0f} ms {'after' if alarm >= closed else 'before'} closing: screw halted"
    _apart(upper, 1.27 * top, (closed, "path closes", GREY), (alarm, words, SECOND))
    if alarm >= closed:  # else the pressure leaves by the needles
        half = max((t for t, p in zip(time_s, pressure, strict=True) if p > 0.55 * peak), default=alarm)
        relief = "relief: needles out,\nscrew back until the\nsensor reads zero"
        _text(upper, relief, half, 0.6 * peak, INK, va="bottom")
    pushed, left = outcome.traces[PUSHED][1], outcome.traces[LEFT][1]
    at = min(range(len(time_s)), key=lambda reading: abs(time_s[reading] - alarm))
    most = max(pushed)
    lower.set_ylim(top=1.5 * most)
    lower.annotate("", (alarm, left[at]), xytext=(alarm, pushed[at]), arrowprops={"arrowstyle": "<->", "color": INK})
    _text(
        lower,
        f"{numbers['stored_at_alarm_ul']:.2f} µL stored at the alarm"
        f" (limit x compliance {numbers['threshold_x_compliance_ul']:.2f} µL);\nbolus if the path opens then (dashed)"
        f" {numbers['post_occlusion_bolus_without_relief_ul']:.2f} µL,"
        f" behind the relief {numbers['post_occlusion_bolus_with_relief_ul']:.2f} µL",
        alarm, 1.46 * most, INK,
    )  # fmt: skip
    words = f"second shot: booked {numbers['booked_ul']:.2f} µL, left the needle {numbers['left_ul']:.2f} µL"
    _text(lower, words, time_s[-1], left[-1] - 0.04 * most, SECOND, to="right")
    quiet(upper, lower)


def brownout(figure: Any, outcome: Outcome) -> None:
    """Supply, pressure and volume over time; where the cell gave way, also its whole life, shot by shot."""
    if AT_REST in outcome.traces:
        life, rows = figure.subfigures(1, 2, width_ratios=[1.0, 1.9])
        _life(life, outcome)
    else:
        rows = figure
    supply, upper, lower = rows.subplots(3, 1, sharex=True, height_ratios=[1.1, 1.0, 1.0])
    _pressure(upper, outcome)
    _volume(lower, outcome)
    numbers = outcome.numbers
    cut, back = numbers["cut_at_s"], numbers["back_at_s"]
    for axis in (supply, upper, lower):
        axis.axvline(cut, color=SECOND, lw=0.8, ls="--")
        axis.axvline(back, color=GREY, lw=0.8, ls="--")
        axis.axvspan(cut, back, color=GREY, alpha=0.08, lw=0)
    _supply(supply, outcome, cut, back)
    peak = max(outcome.traces[PRESSURE][1])
    upper.set_ylim(top=1.45 * peak)
    _text(upper, "the screw stands;\nwhat is stored still flows out", cut, 1.42 * peak, SECOND)
    low, high = numbers["booked_low_ul"], numbers["booked_high_ul"]
    time_s, left = outcome.traces[LEFT]
    base, end = left[-1] - numbers["left_ul"], time_s[-1]
    lower.set_ylim(top=base + 1.3 * high)
    lower.fill_between([back, end], base + low, base + high, color=INK, alpha=0.08, lw=0)
    middle = (back + end) / 2
    lower.annotate(
        "", (middle, base + low), xytext=(middle, base + high), arrowprops={"arrowstyle": "<->", "color": INK}
    )
    words = f"booked INDETERMINATE:\n{low:.4g} to {high:.4g} µL"
    _text(lower, words, back, base + 1.27 * high, INK, to="right")
    under = base + numbers["left_ul"] - 0.05 * high
    _text(lower, f"{numbers['left_ul']:.4g} µL left the needle", back, under, SECOND, to="right")
    quiet(supply, upper, lower)


def _supply(axis: Any, outcome: Outcome, cut: float, back: float) -> None:
    numbers = outcome.numbers
    time_s, supply_mv = outcome.traces[SUPPLY]
    axis.plot(time_s, [mv / 1e3 for mv in supply_mv], color=INK, lw=1.4)
    axis.set_ylabel("supply (V)")
    brownout_v, high_v = numbers["brownout_mv"] / 1e3, max(supply_mv) / 1e3
    low_v = min(min(supply_mv) / 1e3, brownout_v)
    span = high_v - low_v
    axis.set_ylim(low_v - 0.2 * span, high_v + 0.55 * span)
    axis.axhline(brownout_v, color=SECOND, lw=0.8, ls=":")
    _text(axis, f"brown-out {brownout_v:.2f} V", time_s[-1], brownout_v - 0.03 * span, SECOND, to="right")
    why = "the cell gave way\nunder the motor" if AT_REST in outcome.traces else "supply cut\nin the stroke"
    _text(axis, why, cut, high_v + 0.5 * span, SECOND)
    state = "fault BATTERY,\nmagazine empty" if AT_REST in outcome.traces else "disarmed,\nmagazine empty"
    _text(axis, f"restart: {state}", back, high_v + 0.5 * span, GREY)


def _life(figure: Any, outcome: Outcome) -> None:
    axis = figure.subplots()
    numbers = outcome.numbers
    for name, color, words in ((AT_REST, INK, "at rest"), (LOWEST, SECOND, "lowest, under the motor")):
        shots, mv = outcome.traces[name]
        axis.plot(shots, [value / 1e3 for value in mv], color=color, lw=1.2, marker="o", ms=2.5, label=words)
    for name, color, words in (("low_mv", GREY, "low"), ("brownout_mv", SECOND, "brown-out")):
        axis.axhline(numbers[name] / 1e3, color=color, lw=0.8, ls=":")
        axis.annotate(f"{words} {numbers[name] / 1e3:.2f} V", (1.0, numbers[name] / 1e3), xytext=(0, -3), va="top",
                      textcoords="offset points", fontsize=SMALL, color=color)  # fmt: skip
    for name, color in (("low_from_shot", GREY), ("died_in_shot", SECOND)):
        if numbers[name]:
            axis.axvline(numbers[name], ymin=0.1, color=color, lw=0.8, ls="--")
    axis.set_ylim(bottom=numbers["brownout_mv"] / 1e3 - 0.06)
    axis.set_xlabel("shot")
    axis.set_ylabel("supply (V)")
    axis.legend(frameon=False, fontsize=SMALL, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)
    quiet(axis)


def _pressure(axis: Any, outcome: Outcome) -> None:
    axis.plot(*outcome.traces[PRESSURE], color=INK, lw=1.4)
    axis.set_ylabel("pressure (kPa)")


def _volume(axis: Any, outcome: Outcome) -> None:
    for name, color in ((PUSHED, GREY), (LEFT, SECOND)):
        axis.plot(*outcome.traces[name], color=color, lw=1.6, label=name)
    axis.set_ylabel("volume (µL)")
    axis.set_xlabel("time (s)")
    axis.legend(
        frameon=False, fontsize=SMALL, loc="lower right", bbox_to_anchor=(1.0, 1.02), ncols=2, borderaxespad=0.0
    )


def _apart(axis: Any, y: float, *marks: tuple[float, str, str]) -> None:
    """Words beside two lines: the earlier one's to its left, the later one's to its right."""
    for (x, words, color), to in zip(sorted(marks), ("right", "left"), strict=True):
        _text(axis, words, x, y, color, to=to)


def _text(axis: Any, words: str, x: float, y: float, color: str, *, to: str = "left", va: str = "top") -> None:
    shift = 6 if to == "left" else -6
    axis.annotate(
        words, (x, y), xytext=(shift, 0), textcoords="offset points", ha=to, va=va, fontsize=SMALL, color=color
    )
