"""The panels of a dose figure, each on axes that somebody else placed: map, histogram with band, profile, causes.

Black is what would be without error, blue with its shade what is to be expected under it, vermilion the reference: told
apart by lightness too, for eyes without colour and for grey print. Not responsible for computing (``forecasting``) nor
for the page (``drawing``).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from mesogun.dose.checks import Floats
from mesogun.dose.forecasting import Forecast

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.image import AxesImage

INK, QUIET, LINE, SECOND = "#1b1f24", "#5f6670", "#0f5c9c", "#c44a10"
SHADE = "#b9d0e4"
BOLD = 0.3
MAP_STEPS = ("#ffffff", "#e3eef5", "#b5d5e6", "#79b4d3", "#3f8dbd", "#1c659f", "#0d437c", "#08264f")
"""White to navy, each step darker than the one before to any eye: no dose is the paper's white."""

STYLE: Any = {
    "svg.hashsalt": "mesogun", "svg.fonttype": "path", "font.family": "DejaVu Sans", "font.size": 8.0,
    "axes.linewidth": 0.6, "axes.edgecolor": INK, "axes.labelcolor": INK, "text.color": INK,
    "xtick.color": INK, "ytick.color": INK, "xtick.major.width": 0.6, "ytick.major.width": 0.6,
    "xtick.major.size": 2.5, "ytick.major.size": 2.5, "xtick.direction": "out", "ytick.direction": "out",
    "legend.frameon": False, "legend.fontsize": 7.0, "axes.titlesize": 8.5, "mathtext.default": "regular",
    "pdf.fonttype": 42, "hatch.linewidth": 0.5,
}  # fmt: skip
UNDATED: dict[str, dict[str, Any]] = {
    "svg": {"Date": None, "Creator": "mesogun"},
    "png": {"Software": "mesogun"},
    "pdf": {"CreationDate": None, "Creator": "mesogun", "Producer": "mesogun"},
}
"""Metadata of each format: without a date the same plan gives the same bytes."""


def colours() -> Colormap:
    """The colour map of areal dose."""
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("dose", MAP_STEPS)


def dose_map(axes: Axes, content: Forecast, letter: str = "a", *, line_of: str = "") -> AxesImage:
    """Areal dose with points, outline and exclusions; ``line_of`` names the panel whose profile runs along the line."""
    grid = content.grid
    top = float(np.percentile(content.dose[content.weights > 0.0], 99.5))
    image = axes.imshow(
        content.dose,
        origin="lower",
        extent=grid.extent_mm,
        cmap=colours(),
        vmin=0.0,
        vmax=max(top, content.reference),
        interpolation="nearest",
        rasterized=True,
    )
    if contoured(content):
        axes.contour(grid.x_mm, grid.y_mm, content.dose, levels=[content.reference], colors=SECOND, linewidths=0.6)
    outline(axes, content)
    dot = float(np.clip(40.0 / math.sqrt(len(content.points)), 1.0, 3.6))
    axes.plot(
        *content.points.T, ".", color=INK, markersize=dot, markeredgecolor="white", markeredgewidth=0.12 * dot, zorder=4
    )
    if line_of:
        axes.axhline(float(grid.y_mm[profile_row(content)]), color=INK, linewidth=0.7, linestyle=(0, (5, 3)))
        axes.annotate(
            f"({line_of})",
            (grid.extent_mm[1], float(grid.y_mm[profile_row(content)])),
            xytext=(2, 0),
            textcoords="offset points",
            va="center",
            fontsize=6.5,
            annotation_clip=False,
        )
    axes.set_title(f"({letter})  Areal dose right after the visit, and points", loc="left")
    return image


def outline(axes: Axes, content: Forecast) -> None:
    """Outline and hatched exclusions, and axes in mm with a scale bar."""
    for ring in content.region.rings:
        axes.add_patch(_patch(ring, fill=False, edgecolor=INK, linewidth=1.1, zorder=3))
    for ring in content.region.holes:
        axes.add_patch(_patch(ring, facecolor="white", alpha=0.7, edgecolor="none", zorder=3))
        axes.add_patch(_patch(ring, fill=False, edgecolor=QUIET, linewidth=0.8, hatch="//////", zorder=3))
    x_min, x_max, y_min, y_max = content.grid.extent_mm
    axes.set_xlim(x_min, x_max)
    axes.set_ylim(y_min, y_max)
    axes.set_aspect("equal")
    axes.set_xlabel("x / mm")
    axes.set_ylabel("y / mm")


def scale_bar(axes: Axes) -> None:
    """A bar of round length under the lower right corner of a map."""
    (x_min, x_max), (y_min, y_max) = axes.get_xlim(), axes.get_ylim()
    wanted = (x_max - x_min) / 5.0
    length = max(
        (step * 10.0**power for power in range(-1, 4) for step in (1, 2, 5) if step * 10.0**power <= wanted),
        default=wanted,
    )
    below = y_min + 0.028 * (y_max - y_min)
    right = x_max - 0.02 * (x_max - x_min)
    axes.plot((right - length, right), (below, below), color=INK, linewidth=2.2, solid_capstyle="butt", zorder=6)
    axes.annotate(
        f"{length:g} mm",
        (right - 0.5 * length, below),
        xytext=(0, 3),
        textcoords="offset points",
        ha="center",
        va="bottom",
        fontsize=7.0,
        zorder=6,
    )


def contoured(content: Forecast) -> bool:
    """A contour tells something only where dose crosses the reference boldly; in an even field it is noise."""
    return content.found.cv > BOLD and content.reference < content.dose.max()


def histogram(axes: Axes, content: Forecast, letter: str = "b") -> None:
    """Cumulative dose-area histogram without error, its mean and its 5 to 95 % band."""
    drawn, ref = content.drawn, content.reference
    x = drawn.dose / ref
    axes.fill_between(x, 100 * drawn.low, 100 * drawn.high, color=SHADE, linewidth=0, label="5 to 95 % of draws")
    axes.plot(x, 100 * drawn.mean, color=LINE, linewidth=1.0, linestyle=(0, (5, 2)), label="mean of draws")
    axes.plot(x, 100 * drawn.nominal, color=INK, linewidth=1.2, label="without error")
    axes.axvline(1.0, color=SECOND, linewidth=0.8, label="reference")
    axes.axhline(90.0, color=QUIET, linewidth=0.5, linestyle=":")
    shown = float(x[np.flatnonzero(np.maximum(drawn.high, drawn.nominal) > 0.004)[-1]])
    axes.set_xlim(0.0, max(shown, 1.2))
    axes.set_ylim(0.0, 101.0)
    axes.set_xlabel("areal dose / reference")
    axes.set_ylabel("share of the area / %")
    axes.set_title(f"({letter})  Area with at least this dose", loc="left")
    axes.legend(loc="upper right", handlelength=1.8, borderaxespad=0.2, frameon=True, framealpha=0.85, edgecolor="none")
    bare(axes)


def profile(axes: Axes, content: Forecast, letter: str = "c", *, along: str = "a") -> None:
    """Dose along one row: without error, expected, and its standard deviation."""
    row, ref = profile_row(content), content.reference
    grid = content.grid
    mean, sd = content.robust.mean[row] / ref, content.robust.sd[row] / ref
    inside = content.weights[row] > 0.5 * grid.cell_mm2
    low = np.maximum(mean - sd, 0.0)
    axes.fill_between(grid.x_mm, low, mean + sd, color=SHADE, linewidth=0, label="expected ± SD")
    axes.plot(grid.x_mm, mean, color=LINE, linewidth=1.0, linestyle=(0, (5, 2)), label="expected")
    axes.plot(grid.x_mm, content.robust.nominal[row] / ref, color=INK, linewidth=0.9, label="without error")
    axes.axhline(1.0, color=SECOND, linewidth=0.8)
    axes.fill_between(grid.x_mm, 0.0, 0.035, where=inside, color=INK, linewidth=0, transform=axes.get_xaxis_transform())
    axes.set_xlim(grid.x_mm[0], grid.x_mm[-1])
    axes.set_ylim(0.0, None)
    axes.set_ylim(0.0, 1.25 * axes.get_ylim()[1])
    axes.set_xlabel("x / mm   (black bar: inside the area)")
    axes.set_ylabel("areal dose / reference")
    axes.set_title(f"({letter})  Profile along the dashed line in ({along})", loc="left")
    axes.legend(loc="upper right", ncols=3, handlelength=1.6, borderaxespad=0.2, columnspacing=1.0)
    bare(axes)


def numbers(content: Forecast) -> tuple[tuple[str, str, str, str], ...]:
    """Rows of a small table: name, unit, value without error, 5 to 95 % of draws."""
    drawn, ref, found = content.drawn, content.reference, content.found
    rows = []
    for name, unit, value, spread, scale, digits in (
        ("D90", "of reference", found.d90, drawn.d90, 1.0 / ref, 2),
        ("V100", "% of area", found.v100, drawn.v100, 100.0, 0),
        ("CV", "%", found.cv, drawn.coefficient, 100.0, 0),
    ):
        low, high = f"{scale * spread.p5:.{digits}f}", f"{scale * spread.p95:.{digits}f}"
        rows.append((name, unit, f"{scale * value:.{digits}f}", f"{low} to {high}"))
    rows.append(("Reached", "% of area", f"{100 * content.found.coverage:.0f}", ""))
    return tuple(rows)


def causes(content: Forecast) -> str:
    """What the expected unevenness comes from, largest first."""
    split = content.robust.split(content.weights)
    named = sorted(((part, name) for name, part in split.items() if part >= 0.005), reverse=True)
    return ", ".join(f"{name} {100 * part:.0f}\u00a0%" for part, name in named)


def profile_row(content: Forecast) -> int:
    """Row with points on it that crosses most of the area."""
    rows = np.clip(
        ((content.points[:, 1] - content.grid.y0_mm) / content.grid.h_mm).astype(int), 0, content.grid.ny - 1
    )
    inside = content.weights.sum(axis=1)
    return int(rows[np.argmax(inside[rows])])


def bare(axes: Axes) -> None:
    """Only the two axes that carry numbers."""
    axes.spines[["top", "right"]].set_visible(False)


def _patch(ring: Floats, **style: Any) -> Any:
    from matplotlib.patches import Polygon as Patch

    return Patch(ring, closed=True, **style)
