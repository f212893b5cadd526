"""Scenarios as pictures; the plotting library is loaded only here. Not responsible for numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sim.scenario.bench import Outcome

INK = "#1b4965"
SECOND = "#bc4b32"
GREY = "#8a8f94"
UNITS = {"percent": "%", "ul": "µL", "kpa": "kPa", "ms": "ms", "s": "s"}


def draw(outcome: Outcome, path: Path) -> None:
    """Write ``.png`` or ``.svg``: traces over time, or error curves, with the numbers beside them."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    timed = "pressure (kPa)" in outcome.traces
    figure = Figure(figsize=(9.0, 5.6 if timed else 4.4), layout="constrained")
    canvas = FigureCanvasAgg(figure)
    if timed:
        _timed(figure, outcome)
    elif outcome.scenario == "stiction":
        _stiction(figure, outcome)
    else:
        _curves(figure, outcome)
    title = f"{outcome.scenario}: simulated gun “{outcome.profile}”, seed {outcome.seed}"
    figure.suptitle(title, x=0.01, ha="left", fontsize=12, fontweight="bold")
    told = "   ".join(_told(name, value) for name, value in list(outcome.numbers.items())[:6])
    figure.supxlabel(told, fontsize=7.5, color=GREY)
    if path.suffix == ".svg":
        figure.savefig(path, metadata={"Date": None})
    else:
        canvas.print_figure(path, dpi=130)


def _told(name: str, value: float) -> str:
    words, _, unit = name.rpartition("_")
    return (
        f"{words.replace('_', ' ')} {value:.4g} {UNITS[unit]}"
        if unit in UNITS
        else f"{name.replace('_', ' ')} {value:.4g}"
    )


def _timed(figure: Any, outcome: Outcome) -> None:
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=[1.2, 1.0])
    time_s, pressure = outcome.traces["pressure (kPa)"]
    upper.plot(time_s, pressure, color=INK, lw=1.4)
    upper.set_ylabel("pressure (kPa)")
    for name, color in (("displaced by the piston (µL)", GREY), ("left the needle (µL)", SECOND)):
        x, y = outcome.traces[name]
        lower.plot(x, y, color=color, lw=1.6, label=name)
    lower.set_ylabel("volume (µL)")
    lower.set_xlabel("time (s)")
    if outcome.scenario == "occlusion":
        for axis, name, color in ((upper, "pressure (kPa)", INK), (lower, "left the needle (µL)", SECOND)):
            x, y = outcome.traces[f"{name}, opened at the alarm"]
            axis.plot(x, y, color=color, lw=1.0, ls=(0, (4, 2)), label=f"{name}, path opened at the alarm")
        lower.legend(frameon=False, fontsize=8, loc="upper left")
        _occlusion_marks(upper, lower, outcome)
    if outcome.scenario == "brownout":
        lower.legend(frameon=False, fontsize=8, loc="center left", bbox_to_anchor=(0.0, 0.72))
        _brownout_marks(upper, lower, outcome)
    _quiet(upper, lower)


def _occlusion_marks(upper: Any, lower: Any, outcome: Outcome) -> None:
    numbers = outcome.numbers
    closed, alarm = numbers["closed_at_s"], numbers["closed_at_s"] + numbers["alarm_after_ms"] / 1e3
    for axis in (upper, lower):
        axis.axvline(closed, color=GREY, lw=0.8, ls="--")
        axis.axvline(alarm, color=SECOND, lw=0.8, ls="--")
    upper.annotate("path closes", (closed, numbers["peak_kpa"] * 0.55), xytext=(-6, 0), ha="right",
                   textcoords="offset points", fontsize=8, color=GREY)  # fmt: skip
    time_s, pressure = outcome.traces["pressure (kPa)"]
    peak, limit = numbers["peak_kpa"], numbers["threshold_kpa"]
    upper.axhline(limit, color=SECOND, lw=0.8, ls=":")
    upper.annotate(f"occlusion limit {limit:.0f} kPa", (time_s[0], limit), xytext=(2, -11),
                   textcoords="offset points", fontsize=8, color=SECOND)  # fmt: skip
    full = max(t for t, p in zip(time_s, pressure, strict=True) if p > 0.98 * peak)
    half = max(t for t, p in zip(time_s, pressure, strict=True) if p > 0.55 * peak)
    upper.text(
        full + 0.07, 0.95 * peak, f"alarm {numbers['alarm_after_ms']:.0f} ms after closing: screw halted",
        fontsize=8, color=SECOND, va="top",
    )  # fmt: skip
    upper.text(
        half + 0.06, 0.62 * peak, "relief: needles out, screw back until the sensor reads zero", fontsize=8,
        color=INK, va="top",
    )  # fmt: skip
    (_, pushed), (_, left) = (outcome.traces[name] for name in ("displaced by the piston (µL)", "left the needle (µL)"))
    at = time_s.index(full)
    lower.annotate("", (alarm, left[at]), xytext=(alarm, pushed[at]), arrowprops={"arrowstyle": "<->", "color": INK})
    lower.annotate(
        f"{numbers['stored_at_alarm_ul']:.2f} µL stored at the alarm"
        f" (limit x compliance {numbers['threshold_x_compliance_ul']:.2f} µL).\nBolus when the path opens then:"
        f" {numbers['post_occlusion_bolus_without_relief_ul']:.2f} µL;"
        f" behind the relief: {numbers['post_occlusion_bolus_with_relief_ul']:.2f} µL",
        (alarm, (left[at] + pushed[at]) / 2), xytext=(full, 0.52 * left[at]), fontsize=8, color=INK, va="top",
        arrowprops={"arrowstyle": "-", "color": INK, "lw": 0.6},
    )  # fmt: skip
    lower.text(
        time_s[-1], left[-1] * 0.94,
        f"second shot: booked {numbers['booked_ul']:.2f} µL, left the needle {numbers['left_ul']:.2f} µL",
        fontsize=8, color=SECOND, va="top", ha="right",
    )  # fmt: skip


def _brownout_marks(upper: Any, lower: Any, outcome: Outcome) -> None:
    numbers = outcome.numbers
    cut, back = numbers["cut_at_s"], numbers["back_at_s"]
    for axis in (upper, lower):
        axis.axvline(cut, color=SECOND, lw=0.8, ls="--")
        axis.axvline(back, color=GREY, lw=0.8, ls="--")
        axis.axvspan(cut, back, color=GREY, alpha=0.08, lw=0)
    peak = max(outcome.traces["pressure (kPa)"][1])
    upper.annotate("supply cut in the stroke: the screw stands,\nwhat is stored still flows out", (cut, peak * 0.98),
                   xytext=(6, 0), textcoords="offset points", fontsize=8, color=SECOND, va="top")  # fmt: skip
    upper.annotate("supply back:\nrestart, disarmed,\nmagazine empty", (back, peak * 0.6), xytext=(-6, 0), ha="right",
                   textcoords="offset points", fontsize=8, color=GREY, va="top")  # fmt: skip
    low, high = numbers["booked_low_ul"], numbers["booked_high_ul"]
    end = outcome.traces["pressure (kPa)"][0][-1]
    middle = (back + end) / 2
    lower.set_ylim(top=1.08 * high)
    lower.fill_between([back, end], low, high, color=INK, alpha=0.08, lw=0)
    lower.annotate("", (middle, low), xytext=(middle, high), arrowprops={"arrowstyle": "<->", "color": INK})
    lower.annotate(f"booked INDETERMINATE:\n{low:.4g} to {high:.4g} µL", (back, high), xytext=(-6, -2), ha="right",
                   textcoords="offset points", fontsize=8, color=INK, va="top")  # fmt: skip
    lower.annotate(f"{numbers['left_ul']:.4g} µL left the needle", (back, numbers["left_ul"]), xytext=(-6, -4),
                   ha="right", textcoords="offset points", fontsize=8, color=SECOND, va="top")  # fmt: skip


def _curves(figure: Any, outcome: Outcome) -> None:
    axis = figure.subplots()
    axis.axhline(0.0, color=GREY, lw=0.8)
    axis.set_ylabel("volume error (%)")
    if outcome.scenario == "trumpet":
        _trumpet(axis, outcome)
    else:
        _startup(axis, outcome)
    axis.legend(frameon=False, fontsize=8)
    _quiet(axis)


def _trumpet(axis: Any, outcome: Outcome) -> None:
    (x, largest), (_, smallest) = outcome.traces.values()
    axis.fill_between(x, smallest, largest, color=INK, alpha=0.08, lw=0)
    axis.plot(x, largest, color=INK, lw=1.4, marker="o", ms=3.5, label="largest mean error over so many shots in a row")
    axis.plot(x, smallest, color=SECOND, lw=1.4, marker="o", ms=3.5, label="smallest")
    mean = outcome.numbers["mean_error_percent"]
    axis.axhline(mean, color=GREY, lw=0.8, ls="--", label=f"mean of all {outcome.numbers['shots']:.0f} shots")
    axis.set_xlabel("shots in the window")
    axis.set_xscale("log")
    axis.set_xticks([1, 2, 5, 10, 20, 50], labels=["1", "2", "5", "10", "20", "50"])
    axis.minorticks_off()


def _startup(axis: Any, outcome: Outcome) -> None:
    (x, y), bound = outcome.traces["error of each shot (%)"], outcome.numbers["stated_bound_percent"]
    axis.axhspan(-bound, bound, color=INK, alpha=0.08, lw=0, label=f"stated bound of the profile, ±{bound:.3g} %")
    axis.plot(x, y, color=INK, lw=1.0, marker="o", ms=3.5, label="error of each shot")
    axis.set_xlabel("shot behind a retraction through the whole play of the screw")
    axis.set_xlim(0.2, len(x) + 0.8)
    axis.set_xticks([1, *range(5, len(x) + 1, 5)])
    doubted = outcome.numbers["doubted_shots"]
    if doubted:
        axis.plot(x[: int(doubted)], y[: int(doubted)], ls="", marker="o", ms=8, mfc="none", mec=SECOND,
                  label="booked INDETERMINATE: the gun saw the pressure rise too late")  # fmt: skip


def _stiction(figure: Any, outcome: Outcome) -> None:
    start, late = figure.subplots(1, 2, width_ratios=[1.5, 1.0])
    curves = [(name, trace) for name, trace in outcome.traces.items() if name.startswith("pressure")]
    for (name, (x, y)), color in zip(curves, (SECOND, GREY, INK), strict=True):
        start.plot(x, y, color=color, lw=1.4, label=name.removeprefix("pressure ").removesuffix(" (kPa)") + " of rest")
    start.set_xlabel("ms since the screw started")
    start.set_ylabel("pressure (kPa)")
    start.legend(frameon=False, fontsize=8)
    x, y = outcome.traces["delay (ms)"]
    late.plot(x, y, color=INK, lw=1.2, marker="o", ms=3.5)
    late.set_xscale("log")
    late.set_ylim(bottom=0.0)
    late.set_xlabel("rest before the shot (s)")
    late.set_ylabel("the stopper follows so late (ms)")
    late.minorticks_off()
    _quiet(start, late)


def _quiet(*axes: Any) -> None:
    for axis in axes:
        axis.spines[["top", "right"]].set_visible(False)
        axis.tick_params(labelsize=8)
        axis.grid(alpha=0.25, lw=0.5)
