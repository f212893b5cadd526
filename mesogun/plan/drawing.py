"""A plan as a picture: outline, exclusion zones, numbered path, dose map. The same plan gives the same file.

Not responsible for the dose (``doses``) nor for print size (``template``).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.patches import Polygon as Patch

from mesogun.errors import InputError
from mesogun.plan.doses import dose_map
from mesogun.plan.model import Plan, Ring
from mesogun.units import ml_text, mm_text

INK = "#16324a"
PATH = "#16324a"
START = "#0b7a4b"
END = "#b3261e"
CHANGE = "#d97706"
SETTINGS: Any = {"svg.hashsalt": "mesogun", "svg.fonttype": "path", "font.family": "DejaVu Sans", "font.size": 9}


def figure(plan: Plan, path: Path) -> None:
    """Draw a plan; the suffix says how: ``.svg`` or ``.png``.

    Raises
    ------
    InputError
        If the suffix is another one, or the file cannot be written.
    """
    kind = path.suffix.lower().removeprefix(".")
    if kind not in {"svg", "png"}:
        raise InputError(f"figure {path.name}: use .svg or .png")
    metadata: dict[str, str | None] = {"Date": None, "Creator": "mesogun"} if kind == "svg" else {"Software": "mesogun"}
    with mpl.rc_context(SETTINGS):
        drawn = _drawn(plan)
        try:
            drawn.savefig(path, format=kind, dpi=150, metadata=metadata)
        except OSError as error:
            raise InputError(f"{path}: cannot be written: {error.strerror or error}") from error


def _drawn(plan: Plan) -> Figure:
    found = dose_map(plan)
    x0, x1, y0, y1 = found.grid.extent_mm
    wide = (x1 - x0) / (y1 - y0)
    height = 7.2
    drawn = Figure(figsize=(min(max(height * wide + 1.8, 6.4), 13.0), height), layout="constrained")
    FigureCanvasAgg(drawn)
    axes = drawn.add_subplot()
    shown = np.ma.masked_less_equal(found.dose, 0.02 * found.metrics.reference)
    image = axes.imshow(
        shown,
        origin="lower",
        extent=(x0, x1, y0, y1),
        cmap="YlGnBu",
        vmin=0,
        vmax=2 * found.metrics.reference,
        alpha=0.75,
        interpolation="nearest",
        rasterized=True,
    )
    bar = drawn.colorbar(image, ax=axes, shrink=0.75, pad=0.02, extend="max")
    bar.set_label("fluid right after the visit, µL/cm² (model)")
    _outlines(axes, plan)
    _path(axes, plan)
    axes.set_aspect("equal")
    axes.set_xlabel("mm")
    axes.set_ylabel("mm")
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.set_title(_title(plan), loc="left", fontsize=10, color=INK)
    return drawn


def _title(plan: Plan) -> str:
    head = "" if plan.head == "single" else f", head {plan.head}"
    return (
        f"{plan.protocol_title or 'Plan'} on {plan.area_name}\n"
        f"{len(plan.points)} points, {len(plan.shots)} shots{head}, {mm_text(plan.spacing_um)} apart, "
        f"{ml_text(plan.total_nl)} in all\npath {plan.path.length_mm:.0f} mm; plan {plan.plan_hash[:12]}"
    )


def _outlines(axes: Axes, plan: Plan) -> None:
    for zone in plan.zones:
        for ring in zone.rings:
            axes.add_patch(Patch(_mm(ring), closed=True, fill=False, edgecolor=INK, linewidth=1.4))
        if len(plan.zones) > 1:
            xs, ys = zip(*_mm(zone.rings[0]), strict=True)
            axes.annotate(zone.name, ((min(xs) + max(xs)) / 2, max(ys)), ha="center", va="bottom", color=INK)
    for ring in plan.exclusions:
        axes.add_patch(
            Patch(_mm(ring), closed=True, facecolor="white", edgecolor=END, hatch="////", linewidth=1.2, zorder=2)
        )


def _path(axes: Axes, plan: Plan) -> None:
    places = [(shot.x_um / 1000, shot.y_um / 1000) for shot in plan.shots]
    lifts = set(plan.path.lifts)
    moves = [(places[k - 1], places[k]) for k in range(1, len(places)) if k not in lifts]
    jumps = [(places[k - 1], places[k]) for k in sorted(lifts) if k > 0]
    axes.add_collection(LineCollection(moves, colors=PATH, linewidths=0.8, zorder=3))
    axes.add_collection(LineCollection(jumps, colors=END, linewidths=0.9, linestyles=":", zorder=3))
    points = np.array([(p.x_um, p.y_um) for p in plan.points]) / 1000
    size = float(np.clip(1500 / len(points), 1.0, 9.0))
    axes.scatter(points[:, 0], points[:, 1], s=size, color=PATH, linewidths=0, zorder=4)
    axes.scatter(*places[0], s=55, facecolor="none", edgecolor=START, linewidths=1.8, zorder=5, label="start")
    axes.scatter(*places[-1], s=50, marker="s", facecolor="none", edgecolor=END, linewidths=1.6, zorder=5, label="end")
    changes = [places[k] for k in plan.syringe_changes]
    if changes:
        xs, ys = zip(*changes, strict=True)
        axes.scatter(
            xs,
            ys,
            s=60,
            marker="D",
            facecolor="none",
            edgecolor=CHANGE,
            linewidths=1.5,
            zorder=5,
            label="new syringe before",
        )
    if jumps:
        axes.plot([], [], color=END, linestyle=":", label="lift")
    every = next(step for step in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000) if len(places) / step <= 45)
    for k in [0, *range(every - 1, len(places), every)]:
        axes.annotate(
            str(k + 1),
            places[k],
            xytext=(2.5, 2.5),
            textcoords="offset points",
            fontsize=6.5,
            color="black",
            zorder=6,
        )
    axes.legend(loc="upper left", bbox_to_anchor=(0, -0.07), ncols=4, frameon=False, fontsize=8)


def _mm(ring: Ring) -> list[tuple[float, float]]:
    return [(x / 1000, y / 1000) for x, y in ring]
