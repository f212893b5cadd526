"""One figure of a plan: dose map with points, histogram with its band, and a profile with its uncertainty.

Takes plain arrays; the same input gives the same bytes (no date, fixed salt for SVG ids). Draws with matplotlib, which
is imported here and nowhere else in the package, and only when a figure is asked for.

Not responsible for computing what it draws.
"""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from mesogun.dose import checks
from mesogun.dose.bands import DRAWS, Band, band
from mesogun.dose.checks import Floats
from mesogun.dose.depot import suitable_cell_mm
from mesogun.dose.field import MM2_PER_CM2, areal_dose
from mesogun.dose.grid import Grid
from mesogun.dose.indices import Metrics, metrics
from mesogun.dose.regions import Polygon
from mesogun.dose.robust import Errors, RobustField, robust_field
from mesogun.dose.spectral import SOURCE_CELLS
from mesogun.dose.spheroids import MAX_SIZES, robust_spheroids
from mesogun.errors import InputError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FORMATS = ("svg", "png", "pdf")
_UNDATED: dict[str, dict[str, Any]] = {
    "svg": {"Date": None, "Creator": "mesogun"},
    "png": {"Software": "mesogun"},
    "pdf": {"CreationDate": None, "Creator": "mesogun", "Producer": "mesogun"},
}
_MAX_MAP_CELLS = 360_000
_BOLD = 0.3
_INK, _QUIET, _LINE, _SECOND = "#1b1f24", "#6b7280", "#1f4e79", "#b3541e"


@dataclass(frozen=True, slots=True)
class _Content:
    points: Floats
    volumes: Floats
    region: Polygon
    grid: Grid
    dose: Floats
    weights: Floats
    reference: float
    found: Metrics
    robust: RobustField
    drawn: Band
    errors: Errors
    title: str


def figure(
    rings: Sequence[ArrayLike],
    points_mm: ArrayLike,
    volumes_ul: ArrayLike,
    depth_mm: ArrayLike = 1.0,
    *,
    holes: Sequence[ArrayLike] = (),
    layer: str = "dermis",
    reference: float | None = None,
    errors: Errors | None = None,
    title: str = "",
    file_format: str = "svg",
    draws: int = DRAWS,
    seed: int = 1,
) -> bytes:
    """The figure of a plan as the bytes of an SVG, PNG or PDF file.

    Parameters
    ----------
    rings, holes
        Outline rings of the area and its exclusions, each ``(n, 2)`` in mm.
    points_mm, volumes_ul, depth_mm, layer
        As for ``areal_dose``; points in the order of the path.
    reference
        Reference dose in uL/cm2; ``None``: total volume over area.
    errors
        What is uncertain; ``None``: ``Errors.typical()``.
    title
        Line above the figure.
    file_format
        ``svg``, ``png`` (200 dpi) or ``pdf``.
    draws, seed
        Of the histogram's band.
    """
    if file_format not in FORMATS:
        raise InputError(f"format {file_format!r} is unknown; it must be one of {', '.join(FORMATS)}")
    content = _compute(rings, points_mm, volumes_ul, depth_mm, holes, layer, reference, errors, title, draws, seed)
    import matplotlib as mpl
    from matplotlib.figure import Figure

    style: Any = {
        "svg.hashsalt": "mesogun", "svg.fonttype": "path", "font.family": "DejaVu Sans", "font.size": 8.0,
        "axes.linewidth": 0.6, "axes.edgecolor": _INK, "axes.labelcolor": _INK, "text.color": _INK,
        "xtick.color": _INK, "ytick.color": _INK, "xtick.major.width": 0.6, "ytick.major.width": 0.6,
        "xtick.major.size": 2.5, "ytick.major.size": 2.5, "xtick.direction": "out", "ytick.direction": "out",
        "legend.frameon": False, "legend.fontsize": 7.0, "axes.titlesize": 8.5, "mathtext.default": "regular",
        "pdf.fonttype": 42,
    }  # fmt: skip
    with mpl.rc_context(style):
        drawing = Figure(figsize=(7.4, 5.2), dpi=200)
        _layout(drawing, content)
        out = io.BytesIO()
        drawing.savefig(out, format=file_format, dpi=200, metadata=_UNDATED[file_format])
    return out.getvalue()


def _compute(
    rings: Sequence[ArrayLike],
    points_mm: ArrayLike,
    volumes_ul: ArrayLike,
    depth_mm: ArrayLike,
    holes: Sequence[ArrayLike],
    layer: str,
    reference: float | None,
    errors: Errors | None,
    title: str,
    draws: int,
    seed: int,
) -> _Content:
    points = checks.points(points_mm)
    volumes = checks.volumes(volumes_ul, len(points))
    region = Polygon.of(rings, holes)
    x_min, y_min, x_max, y_max = region.bounds
    bounds = (
        min(x_min, float(points[:, 0].min())),
        min(y_min, float(points[:, 1].min())),
        max(x_max, float(points[:, 0].max())),
        max(y_max, float(points[:, 1].max())),
    )
    cell = suitable_cell_mm(volumes, layer)
    margin = 6.0 * cell
    extent = (bounds[2] - bounds[0] + 2 * margin) * (bounds[3] - bounds[1] + 2 * margin)
    fine = Grid.around(bounds, max(cell / 3.0, math.sqrt(extent / _MAX_MAP_CELLS)), margin)
    coarse = Grid.around(bounds, max(1.2 * cell, math.sqrt(extent / _MAX_MAP_CELLS)), margin)
    dose = areal_dose(points, volumes, depth_mm, grid=fine, layer=layer, coarse_ok=True)
    weights = region.weights(fine)
    ref = float(MM2_PER_CM2 * volumes.sum() / weights.sum()) if reference is None else reference
    found = errors or Errors.typical()
    return _Content(
        points,
        volumes,
        region,
        fine,
        dose,
        weights,
        ref,
        metrics(dose, weights, ref),
        _expected(points, volumes, depth_mm, found, fine, layer),
        band(
            points,
            volumes,
            depth_mm,
            found,
            grid=coarse,
            weights=region.weights(coarse),
            reference=ref,
            layer=layer,
            draws=draws,
            seed=seed,
        ),
        found,
        title,
    )


def _expected(
    points: Floats, volumes: Floats, depth_mm: ArrayLike, errors: Errors, grid: Grid, layer: str
) -> RobustField:
    """Mean and SD in the form of the map where that is closed, else in the Gaussian form."""
    few = len(np.unique(volumes[volumes > 0.0])) <= MAX_SIZES
    if few and errors.jitter_sd_mm >= SOURCE_CELLS * grid.h_mm:
        return robust_spheroids(points, volumes, depth_mm, errors, grid=grid, layer=layer)
    return robust_field(points, volumes, depth_mm, errors, grid=grid, layer=layer, coarse_ok=True)


def _layout(drawing: Figure, content: _Content) -> None:
    top = 0.88 if content.title else 0.935
    _map(drawing, content, top)
    height = (top - 0.275) / 2.0 - 0.055
    _histogram(drawing.add_axes((0.645, top - height, 0.34, height)), content)
    drawing.text(0.645, top - height - 0.092, _numbers(content), fontsize=6.6, va="top", linespacing=1.45)
    _profile(drawing.add_axes((0.645, 0.20, 0.34, height - 0.02)), content)
    drawing.text(0.012, 0.018, _footer(content), fontsize=6.4, color=_QUIET, va="bottom", linespacing=1.45)
    if content.title:
        drawing.text(0.012, 0.985, content.title, fontsize=9.5, fontweight="bold", va="top")


def _footer(content: _Content) -> str:
    e, split = content.errors, content.robust.split(content.weights)
    named = ", ".join(f"{name} {100 * part:.0f} %" for name, part in split.items() if part >= 0.005)
    total, area = float(content.volumes.sum()), float(content.weights.sum()) / MM2_PER_CM2
    expected = content.robust.expected_cv(content.weights)
    contour = "; contour in (a): reference dose" if _contoured(content) else ""
    return (
        f"{len(content.points)} points, {total:.4g} µL on {area:.3g} cm$^2$. Reference {content.reference:.3g} "
        f"µL cm$^{{-2}}${contour}. Under (b): value without error (5–95 % of draws).\n"
        f"Errors (SD): placement {e.jitter_sd_mm:g} mm per axis, volume {100 * e.volume_cv:.0f} % per shot, delivered "
        f"{100 * e.delivered:.1f} ± {100 * e.delivered_sd:.1f} %; {content.drawn.draws} draws.\n"
        f"Expected CV {100 * expected:.0f} %, from {named}. A model of fluid in skin; no clinical claim."
    )


def _map(drawing: Figure, content: _Content, top_edge: float) -> None:
    axes = drawing.add_axes((0.065, 0.245, 0.50, top_edge - 0.245), anchor="N")
    grid = content.grid
    top = float(np.percentile(content.dose[content.weights > 0.0], 99.5))
    image = axes.imshow(
        content.dose, origin="lower", extent=grid.extent_mm, cmap="Blues", vmin=0.0, vmax=top, interpolation="nearest"
    )
    if _contoured(content):
        axes.contour(grid.x_mm, grid.y_mm, content.dose, levels=[content.reference], colors=_SECOND, linewidths=0.6)
    for ring in content.region.rings:
        axes.add_patch(_patch(ring, fill=False, edgecolor=_INK, linewidth=1.1))
    for ring in content.region.holes:
        axes.add_patch(_patch(ring, facecolor="white", alpha=0.6, edgecolor="none"))
        axes.add_patch(_patch(ring, fill=False, edgecolor=_INK, linewidth=0.7, hatch="/////", alpha=0.55))
    axes.plot(*content.points.T, ".", color=_INK, markersize=_dot(len(content.points)), markeredgewidth=0.0)
    axes.axhline(_row_mm(content), color=_QUIET, linewidth=0.6, linestyle=(0, (4, 3)))
    axes.set_aspect("equal")
    axes.set_xlabel("x / mm")
    axes.set_ylabel("y / mm")
    axes.set_title("(a)  Areal dose and points", loc="left")
    bar = drawing.colorbar(
        image, cax=drawing.add_axes((0.115, 0.178, 0.40, 0.018)), orientation="horizontal", extend="max"
    )
    bar.set_label("areal dose / (µL cm$^{-2}$)")
    bar.ax.axvline(content.reference, color=_SECOND, linewidth=1.4)


def _contoured(content: _Content) -> bool:
    """A contour tells something only where dose crosses the reference boldly; in an even field it is noise."""
    return content.found.cv > _BOLD and content.reference < content.dose.max()


def _histogram(axes: Axes, content: _Content) -> None:
    drawn, ref = content.drawn, content.reference
    x = drawn.dose / ref
    axes.fill_between(
        x, 100 * drawn.low, 100 * drawn.high, color=_LINE, alpha=0.22, linewidth=0, label="5–95 % of draws"
    )
    axes.plot(x, 100 * drawn.mean, color=_LINE, linewidth=0.9, linestyle=(0, (5, 2)), label="mean of draws")
    axes.plot(x, 100 * drawn.nominal, color=_INK, linewidth=1.2, label="without error")
    axes.axvline(1.0, color=_SECOND, linewidth=0.7)
    axes.axhline(90.0, color=_QUIET, linewidth=0.5, linestyle=":")
    shown = float(x[np.flatnonzero(np.maximum(drawn.high, drawn.nominal) > 0.004)[-1]])
    axes.set_xlim(0.0, max(shown, 1.2))
    axes.set_ylim(0.0, 101.0)
    axes.set_xlabel("dose / reference")
    axes.set_ylabel("area with at least / %")
    axes.set_title("(b)  Cumulative dose–area histogram", loc="left")
    axes.legend(loc="upper right", handlelength=1.8, borderaxespad=0.2)
    _bare(axes)


def _numbers(content: _Content) -> str:
    drawn, ref = content.drawn, content.reference
    d90, v100, cv = drawn.d90, drawn.v100, drawn.coefficient
    return (
        f"D90 {_spread(d90.nominal / ref, d90.p5 / ref, d90.p95 / ref, 2)} of reference,  "
        f"V100 {_spread(100 * v100.nominal, 100 * v100.p5, 100 * v100.p95, 0)} %,\n"
        f"CV {_spread(100 * cv.nominal, 100 * cv.p5, 100 * cv.p95, 0)} %,  "
        f"reached {100 * content.found.coverage:.0f} % (coverage)"
    )


def _profile(axes: Axes, content: _Content) -> None:
    row, ref = _row(content), content.reference
    grid = content.grid
    mean, sd = content.robust.mean[row] / ref, content.robust.sd[row] / ref
    inside = content.weights[row] > 0.5 * grid.cell_mm2
    low = np.maximum(mean - sd, 0.0)
    axes.fill_between(grid.x_mm, low, mean + sd, color=_LINE, alpha=0.22, linewidth=0, label="expected ± SD")
    axes.plot(grid.x_mm, mean, color=_LINE, linewidth=0.9, linestyle=(0, (5, 2)))
    axes.plot(grid.x_mm, content.dose[row] / ref, color=_INK, linewidth=0.9, label="without error")
    axes.axhline(1.0, color=_SECOND, linewidth=0.7)
    axes.fill_between(
        grid.x_mm, 0.0, 0.035, where=inside, color=_INK, linewidth=0, transform=axes.get_xaxis_transform()
    )
    axes.set_xlim(grid.x_mm[0], grid.x_mm[-1])
    axes.set_ylim(0.0, None)
    axes.set_ylim(0.0, 1.28 * axes.get_ylim()[1])
    axes.set_xlabel("x / mm  (black bar: inside the area)")
    axes.set_ylabel("dose / reference")
    axes.set_title("(c)  Profile along the dashed line in (a)", loc="left")
    axes.legend(loc="upper right", ncols=2, handlelength=1.8, borderaxespad=0.2, columnspacing=1.2)
    _bare(axes)


def _row(content: _Content) -> int:
    """Row with points on it that crosses most of the area."""
    rows = np.clip(
        ((content.points[:, 1] - content.grid.y0_mm) / content.grid.h_mm).astype(int), 0, content.grid.ny - 1
    )
    inside = content.weights.sum(axis=1)
    return int(rows[np.argmax(inside[rows])])


def _row_mm(content: _Content) -> float:
    return float(content.grid.y_mm[_row(content)])


def _spread(nominal: float, low: float, high: float, digits: int) -> str:
    return f"{nominal:.{digits}f} ({low:.{digits}f}–{high:.{digits}f})"


def _dot(count: int) -> float:
    return float(np.clip(40.0 / math.sqrt(count), 1.2, 4.0))


def _patch(ring: Floats, **style: Any) -> Any:
    from matplotlib.patches import Polygon as Patch

    return Patch(ring, closed=True, **style)


def _bare(axes: Axes) -> None:
    axes.spines[["top", "right"]].set_visible(False)
