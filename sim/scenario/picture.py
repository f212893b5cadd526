"""Scenarios as pictures; the plotting library is loaded only here. Not responsible for numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sim.scenario.runs import Outcome

INK = "#1b4965"
SECOND = "#bc4b32"
GREY = "#8a8f94"


def draw(outcome: Outcome, path: Path) -> None:
    """Write ``.png`` or ``.svg``: traces over time, or error curves, with the numbers beside them."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    timed = "pressure (kPa)" in outcome.traces
    figure = Figure(figsize=(9.0, 5.6 if timed else 4.4), layout="constrained")
    canvas = FigureCanvasAgg(figure)
    if timed:
        _timed(figure, outcome)
    else:
        _curves(figure, outcome)
    title = f"{outcome.scenario}: simulated gun “{outcome.profile}”, seed {outcome.seed}"
    figure.suptitle(title, x=0.01, ha="left", fontsize=12, fontweight="bold")
    told = "   ".join(f"{name.replace('_', ' ')}: {value:.4g}" for name, value in list(outcome.numbers.items())[:6])
    figure.supxlabel(told, fontsize=7.5, color=GREY)
    if path.suffix == ".svg":
        figure.savefig(path, metadata={"Date": None})
    else:
        canvas.print_figure(path, dpi=130)


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
    lower.legend(frameon=False, fontsize=8, loc="upper left")
    if outcome.scenario == "occlusion":
        _occlusion_marks(upper, lower, outcome)
    if "cut_at_s" in outcome.numbers:
        for axis in (upper, lower):
            axis.axvline(outcome.numbers["cut_at_s"], color=GREY, lw=0.8, ls="--")
        upper.annotate("supply cut", (outcome.numbers["cut_at_s"], max(pressure) * 0.92), xytext=(6, 0),
                       textcoords="offset points", fontsize=8, color=GREY)  # fmt: skip
        lower.axhspan(outcome.numbers["booked_low_ul"], outcome.numbers["booked_high_ul"], color=INK, alpha=0.08)
        lower.annotate("booked interval", (time_s[-1], outcome.numbers["booked_high_ul"]), xytext=(-4, -12), ha="right",
                       textcoords="offset points", fontsize=8, color=INK)  # fmt: skip
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
        f"{numbers['stored_at_alarm_ul']:.2f} µL stored at the alarm:\nthe bolus if the path opened now"
        f" (limit x compliance {numbers['threshold_x_compliance_ul']:.2f} µL);\n"
        f"after relief {numbers['post_occlusion_bolus_with_relief_ul']:.2f} µL",
        (alarm, (left[at] + pushed[at]) / 2), xytext=(full, 0.52 * left[at]), fontsize=8, color=INK, va="top",
        arrowprops={"arrowstyle": "-", "color": INK, "lw": 0.6},
    )  # fmt: skip
    lower.text(
        time_s[-1], left[-1] * 0.94,
        f"second shot: booked {numbers['booked_ul']:.2f} µL, left the needle {numbers['left_ul']:.2f} µL",
        fontsize=8, color=SECOND, va="top", ha="right",
    )  # fmt: skip


def _curves(figure: Any, outcome: Outcome) -> None:
    axis = figure.subplots()
    for (name, (x, y)), color in zip(outcome.traces.items(), (INK, SECOND), strict=False):
        axis.plot(x, y, color=color, lw=1.4, marker="o", ms=3.5, label=name)
    axis.axhline(0.0, color=GREY, lw=0.8)
    trumpet = outcome.scenario == "trumpet"
    axis.set_xlabel("shots in the window" if trumpet else "shot behind a retraction")
    axis.set_ylabel("volume error (%)")
    if trumpet:
        axis.set_xscale("log")
        axis.set_xticks([1, 2, 5, 10, 20, 50], labels=["1", "2", "5", "10", "20", "50"])
        axis.minorticks_off()
    axis.legend(frameon=False, fontsize=8)
    _quiet(axis)


def _quiet(*axes: Any) -> None:
    for axis in axes:
        axis.spines[["top", "right"]].set_visible(False)
        axis.tick_params(labelsize=8)
        axis.grid(alpha=0.25, lw=0.5)
