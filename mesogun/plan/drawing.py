"""A plan on one page (A4, landscape): dose map, numbered path, histogram with its band, a profile, the numbers.

The same plan gives the same file. Not responsible for the dose (``doses``), for the panels that show it
(``mesogun.dose.panels``) nor for print size (``template``).
"""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.patheffects import withStroke

from mesogun.dose import Errors, Forecast, amount_per_cm2
from mesogun.dose import panels as dose_panels
from mesogun.errors import InputError
from mesogun.plan.doses import dose_forecast
from mesogun.plan.model import Plan
from mesogun.units import ml_text, mm_text, ul_text

PAGE_IN = (11.69, 8.27)
DPI = 200
INK, QUIET, SECOND = dose_panels.INK, dose_panels.QUIET, dose_panels.SECOND
START, END, CHANGE = "#0b7a4b", "#b3261e", "#8a5a00"
HALO = [withStroke(linewidth=1.6, foreground="white")]
LABELS = 60
"""Numbers on the path, about: more would hide it."""


def figure(plan: Plan, path: Path, errors: Errors | None = None) -> None:
    """Draw a plan; the suffix says how: ``.svg`` or ``.png``.

    ``errors`` is what hand, pump and tissue are off by (None: ``Errors.typical()``); the page says what it was.

    Raises
    ------
    InputError
        If the suffix is another one, or the file cannot be written.
    """
    kind = path.suffix.lower().removeprefix(".")
    if kind not in {"svg", "png"}:
        raise InputError(f"figure {path.name}: use .svg or .png")
    if not path.parent.is_dir():
        raise InputError(f"{path}: cannot be written: there is no folder {path.parent}")
    with mpl.rc_context(dose_panels.STYLE):
        page = Figure(figsize=PAGE_IN, dpi=DPI)
        FigureCanvasAgg(page)
        _layout(page, plan, dose_forecast(plan, errors))
        try:
            page.savefig(path, format=kind, dpi=DPI, metadata=dose_panels.UNDATED[kind])
        except OSError as error:
            raise InputError(f"{path}: cannot be written: {error.strerror or error}") from error


def _layout(page: Figure, plan: Plan, content: Forecast) -> None:
    page.text(0.022, 0.975, plan.protocol_title or "Plan", fontsize=12, fontweight="bold", va="top")
    page.text(0.022, 0.943, _subtitle(plan), fontsize=8.0, color=QUIET, va="top")
    left = page.add_axes((0.05, 0.425, 0.385, 0.465), anchor="C")
    image = dose_panels.dose_map(left, content, "a", line_of="d")
    _named(left, plan)
    dose_panels.scale_bar(left)
    _bar(page, left, image, plan, content)
    _path(page.add_axes((0.595, 0.425, 0.385, 0.465), anchor="C"), plan, content)
    dose_panels.histogram(page.add_axes((0.05, 0.12, 0.25, 0.19)), content, "c")
    dose_panels.profile(page.add_axes((0.36, 0.12, 0.345, 0.19)), content, "d", along="a")
    _numbers(page.add_axes((0.745, 0.12, 0.24, 0.19)), content)
    page.text(0.022, 0.016, _footer(plan, content), fontsize=6.6, color=QUIET, va="bottom", linespacing=1.45)


def _subtitle(plan: Plan) -> str:
    head = "" if plan.head == "single" else f", head {plan.head}"
    volumes = [point.volume_nl for point in plan.points]
    each = (
        ul_text(min(volumes))
        if min(volumes) == max(volumes)
        else (f"{ul_text(min(volumes), unit=False)} to {ul_text(max(volumes))}")
    )
    return (
        f"{plan.area_name}: {len(plan.points)} points in {len(plan.shots)} shots{head}, {mm_text(plan.spacing_um)} "
        f"apart, {mm_text(plan.points[0].depth_um)} deep, {each} each, {ml_text(plan.total_nl)} in all.  "
        f"Plan {plan.plan_hash[:16]}"
    )


def _bar(page: Figure, beside: Axes, image: AxesImage, plan: Plan, content: Forecast) -> None:
    """The colour bar: fluid to its right, amount of agent to its left where the concentration is known."""
    beside.apply_aspect()
    at = beside.get_position()
    concentration, unit = plan.agent.concentration, plan.agent.unit
    mixed = concentration is None or unit is None or not unit.endswith("/mL")
    height = min(at.height, 0.36)
    axes = page.add_axes((at.x1 + (0.03 if mixed else 0.062), at.y0 + 0.5 * (at.height - height), 0.0095, height))
    bar = page.colorbar(image, cax=axes, extend="max")
    bar.set_label("areal dose / (µL cm$^{-2}$)", labelpad=3)
    axes.axhline(content.reference, color=SECOND, linewidth=1.6)
    if not mixed:
        per_ul = float(amount_per_cm2(np.ones(1), float(concentration or 0))[0])
        other = axes.secondary_yaxis(
            "left", functions=(lambda x: np.multiply(x, per_ul), lambda x: np.divide(x, per_ul))
        )
        other.set_ylabel(f"agent / ({(unit or '').removesuffix('/mL')} cm$^{{-2}}$)", labelpad=2)


def _named(axes: Axes, plan: Plan) -> None:
    """Names of the zones above each of them, where there are several."""
    if len(plan.zones) < 2:
        return
    low, high = axes.get_ylim()
    axes.set_ylim(low, high + 0.05 * (high - low))
    for zone in plan.zones:
        xs, ys = zip(*zone.rings[0], strict=True)
        axes.annotate(
            zone.name,
            ((min(xs) + max(xs)) / 2000, max(ys) / 1000),
            xytext=(0, 2),
            textcoords="offset points",
            ha="center",
            va="bottom",
            fontsize=7.0,
            color=QUIET,
        )


def _path(axes: Axes, plan: Plan, content: Forecast) -> None:
    """Shots in order: moves, lifts, syringe changes, and a number at every so many of them."""
    dose_panels.outline(axes, content)
    _named(axes, plan)
    axes.set_title("(b)  Path, numbered by shot", loc="left")
    places = [(shot.x_um / 1000, shot.y_um / 1000) for shot in plan.shots]
    lifts = set(plan.path.lifts)
    moves = [(places[k - 1], places[k]) for k in range(1, len(places)) if k not in lifts]
    jumps = [(places[k - 1], places[k]) for k in sorted(lifts) if k > 0]
    thin = float(np.clip(14.0 / len(places) ** 0.45, 0.35, 1.0))
    axes.add_collection(LineCollection(moves, colors=dose_panels.LINE, linewidths=thin, zorder=3))
    axes.add_collection(LineCollection(jumps, colors=END, linewidths=thin, linestyles=":", zorder=3))
    dot = float(np.clip(40.0 / len(content.points) ** 0.5, 0.8, 3.6))
    axes.plot(*content.points.T, ".", color=INK, markersize=dot, markeredgewidth=0.0, zorder=4)
    marks: dict[str, Any] = {"zorder": 5, "facecolor": "none"}
    (x0, y0), (x1, y1) = places[0], places[-1]
    axes.scatter(x0, y0, s=42, edgecolor=START, linewidths=1.6, label="start", **marks)
    axes.scatter(x1, y1, s=38, marker="s", edgecolor=END, linewidths=1.5, label="end", **marks)
    if plan.syringe_changes:
        xs, ys = zip(*(places[k] for k in plan.syringe_changes), strict=True)
        axes.scatter(xs, ys, s=46, marker="D", edgecolor=CHANGE, linewidths=1.4, label="new syringe before", **marks)
    if jumps:
        axes.plot([], [], color=END, linestyle=":", label="lift")
    every = next(step for step in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000) if len(places) / step <= LABELS)
    for k in sorted({0, *range(every - 1, len(places), every), len(places) - 1}):
        axes.annotate(
            str(k + 1),
            places[k],
            xytext=(2.6, 2.6),
            textcoords="offset points",
            fontsize=6.2,
            zorder=6,
            path_effects=HALO,
            gid=f"shot-{k + 1}",
        )
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, 0.0), borderaxespad=4.4, ncols=4, handletextpad=0.4)


def _numbers(axes: Axes, content: Forecast) -> None:
    """The numbers as a small table, without error and under it."""
    axes.set_axis_off()
    axes.set_title("(e)  Numbers", loc="left")
    axes.text(0.52, 0.99, "without\nerror", ha="center", va="top", fontsize=6.6, color=QUIET, linespacing=1.1)
    axes.text(0.83, 0.99, "5 to 95 %\nof draws", ha="center", va="top", fontsize=6.6, color=QUIET, linespacing=1.1)
    at = 0.70
    for name, unit, value, spread in dose_panels.numbers(content):
        axes.text(0.0, at, f"{name}", fontsize=7.8)
        axes.text(0.52, at, value, fontsize=7.8, ha="center")
        axes.text(0.83, at, spread, fontsize=7.8, ha="center")
        axes.text(0.20, at, unit, fontsize=5.8, color=QUIET)
        at -= 0.135
    axes.text(
        0.0,
        at + 0.02,
        "\n".join(
            textwrap.wrap(f"Expected CV {100 * content.expected_cv:.0f}\u00a0%: {dose_panels.causes(content)}.", 46)
        ),
        fontsize=7.0,
        va="top",
        linespacing=1.35,
    )
    axes.set_xlim(0.0, 1.0)
    axes.set_ylim(0.0, 1.0)


def _footer(plan: Plan, content: Forecast) -> str:
    e, drawn, path = content.errors, content.drawn, plan.path
    contour = ", its contour in (a)" if dose_panels.contoured(content) else ""
    return (
        f"Reference {content.reference:.3g} µL cm$^{{-2}}$ (vermilion{contour}): the total over the area. D90: dose "
        "that 90 % of the area reaches; V100: share that reaches the reference; CV: SD over mean; reached: at least a "
        "tenth of the reference.\n"
        f"Errors (SD): placement {e.jitter_sd_mm:g} mm per axis (assumed), volume {100 * e.volume_cv:.0f} % per shot, "
        f"delivered {100 * e.delivered:.1f} ± {100 * e.delivered_sd:.1f} %; {drawn.draws} draws. Path "
        f"{path.length_mm:.0f} mm, at least {path.lower_bound_mm:.0f} mm by any order; cells of "
        f"{content.grid.h_mm:.2g} mm. A model of fluid in skin, no clinical claim."
    )
