"""One figure of a dose on one page: map with points, histogram with its band, a profile with its uncertainty.

Takes plain arrays; the same input gives the same bytes (no date, fixed salt for SVG ids). Draws with matplotlib, which
is loaded only when a figure is asked for. Not responsible for computing what it draws (``forecasting``), nor for paths
and shots: ``mesogun.plan.figure`` shows those too.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

from numpy.typing import ArrayLike

from mesogun.dose import panels
from mesogun.dose.field import MM2_PER_CM2
from mesogun.dose.forecasting import Forecast, forecast
from mesogun.dose.regions import Polygon
from mesogun.dose.robust import Errors
from mesogun.errors import InputError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FORMATS = ("svg", "png", "pdf")


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
    draws: int | None = None,
    seed: int = 1,
) -> bytes:
    """The figure of a dose as the bytes of an SVG, PNG or PDF file.

    Parameters
    ----------
    rings, holes
        Outline rings of the area and its exclusions, each ``(n, 2)`` in mm.
    points_mm, volumes_ul, depth_mm, layer, reference, errors, draws, seed
        As for ``forecast``.
    title
        Line above the figure.
    file_format
        ``svg``, ``png`` (200 dpi) or ``pdf``.
    """
    if file_format not in FORMATS:
        raise InputError(f"format {file_format!r} is unknown; it must be one of {', '.join(FORMATS)}")
    content = forecast(
        Polygon.of(rings, holes),
        points_mm,
        volumes_ul,
        depth_mm,
        layer=layer,
        reference=reference,
        errors=errors,
        draws=draws,
        seed=seed,
    )
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(panels.STYLE):
        drawing = Figure(figsize=(7.4, 5.2), dpi=200)
        _layout(drawing, content, title)
        out = io.BytesIO()
        drawing.savefig(out, format=file_format, dpi=200, metadata=panels.UNDATED[file_format])
    return out.getvalue()


def _layout(drawing: Figure, content: Forecast, title: str) -> None:
    top = 0.88 if title else 0.935
    axes = drawing.add_axes((0.065, 0.245, 0.50, top - 0.245), anchor="N")
    image = panels.dose_map(axes, content, "a")
    axes.axhline(
        float(content.grid.y_mm[panels.profile_row(content)]), color=panels.QUIET, linewidth=0.6, linestyle=(0, (4, 3))
    )
    bar = drawing.colorbar(
        image, cax=drawing.add_axes((0.115, 0.178, 0.40, 0.018)), orientation="horizontal", extend="max"
    )
    bar.set_label("areal dose / (µL cm$^{-2}$)")
    bar.ax.axvline(content.reference, color=panels.SECOND, linewidth=1.4)
    height = (top - 0.275) / 2.0 - 0.055
    panels.histogram(drawing.add_axes((0.645, top - height, 0.34, height)), content, "b")
    drawing.text(0.645, top - height - 0.092, _numbers(content), fontsize=6.6, va="top", linespacing=1.45)
    panels.profile(drawing.add_axes((0.645, 0.20, 0.34, height - 0.02)), content, "c", along="a")
    drawing.text(0.012, 0.018, _footer(content), fontsize=6.4, color=panels.QUIET, va="bottom", linespacing=1.45)
    if title:
        drawing.text(0.012, 0.985, title, fontsize=9.5, fontweight="bold", va="top")


def _numbers(content: Forecast) -> str:
    d90, v100, cv, reached = panels.numbers(content)
    return (
        f"D90 {d90[2]} ({d90[3]}) {d90[1]},\nV100 {v100[2]} ({v100[3]}) %,  CV {cv[2]} ({cv[3]}) %,  "
        f"reached {reached[2]} %"
    )


def _footer(content: Forecast) -> str:
    e, drawn = content.errors, content.drawn
    total, area = float(content.volumes.sum()), float(content.weights.sum()) / MM2_PER_CM2
    contour = "; contour in (a): reference dose" if panels.contoured(content) else ""
    return (
        f"{len(content.points)} points, {total:.4g} µL on {area:.3g} cm$^2$. Reference {content.reference:.3g} "
        f"µL cm$^{{-2}}${contour}. Under (b): value without error (5 to 95 % of draws).\n"
        f"Errors (SD): placement {e.jitter_sd_mm:g} mm per axis, volume {100 * e.volume_cv:.0f} % per shot, delivered "
        f"{100 * e.delivered:.1f} ± {100 * e.delivered_sd:.1f} %; {drawn.draws} draws.\n"
        f"Expected CV {100 * content.expected_cv:.0f} %, from {panels.causes(content)}. "
        "A model of fluid in skin; no clinical claim."
    )
