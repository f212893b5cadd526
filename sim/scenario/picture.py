"""Scenarios as pictures; the plotting library is loaded only here. Not responsible for numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mesogun.errors import InputError
from sim.scenario import timed
from sim.scenario.bench import Outcome
from sim.scenario.looks import GREY, INK, SECOND, quiet

UNITS = {"percent": "%", "ul": "µL", "kpa": "kPa", "ms": "ms", "s": "s", "mv": "mV"}
KINDS = ("png", "svg")


def kind_of(path: Path) -> str:
    """What the ending of a picture's name asks for; ``InputError`` if it is neither ``.png`` nor ``.svg``."""
    kind = path.suffix.lower().removeprefix(".")
    if kind not in KINDS:
        raise InputError(f"picture {path}: use a name that ends in .png or .svg")
    return kind


def draw(outcome: Outcome, path: Path) -> None:
    """Write ``.png`` or ``.svg``: traces over time, or error curves, with the numbers beside them.

    Raises
    ------
    InputError
        If the name has another ending.
    """
    kind = kind_of(path)
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    tall = {"occlusion": 5.6, "brownout": 6.4}
    figure = Figure(figsize=(9.0, tall.get(outcome.scenario, 4.4)), layout="constrained")
    FigureCanvasAgg(figure)
    if outcome.scenario == "occlusion":
        timed.occlusion(figure, outcome)
    elif outcome.scenario == "brownout":
        timed.brownout(figure, outcome)
    elif outcome.scenario == "stiction":
        _stiction(figure, outcome)
    else:
        _curves(figure, outcome)
    title = f"{outcome.scenario}: simulated gun “{outcome.profile}”, seed {outcome.seed}"
    figure.suptitle(title, x=0.01, ha="left", fontsize=12, fontweight="bold")
    told = "   ".join(_told(name, value) for name, value in list(outcome.numbers.items())[:6])
    figure.supxlabel(told, fontsize=7.5, color=GREY)
    figure.savefig(path, format=kind, dpi=130, metadata={"Date": None} if kind == "svg" else None)


def _told(name: str, value: float) -> str:
    words, _, unit = name.rpartition("_")
    return (
        f"{words.replace('_', ' ')} {value:.4g} {UNITS[unit]}"
        if unit in UNITS
        else f"{name.replace('_', ' ')} {value:.4g}"
    )


def _curves(figure: Any, outcome: Outcome) -> None:
    axis = figure.subplots()
    axis.axhline(0.0, color=GREY, lw=0.8)
    axis.set_ylabel("volume error (%)")
    if outcome.scenario == "trumpet":
        _trumpet(axis, outcome)
    else:
        _startup(axis, outcome)
    axis.legend(frameon=False, fontsize=8)
    quiet(axis)


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
    quiet(start, late)
