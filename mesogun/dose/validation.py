"""The validation table of the dose model: each row computed now, against its reference, at its tolerance.

``python -m mesogun.dose.validation`` prints the table; ``--write docs/dose-model.md`` replaces the table between the
markers there. *Closed form* rows test the code; *consistency check* rows compare parameters with the
publications they come from; *held out* rows compare with a publication that no parameter was fitted to. None of them is
a clinical validation.

Not responsible for choosing parameters: it judges them.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mesogun.dose.depot import needle_tip, semi_axes
from mesogun.dose.depth import DepthField
from mesogun.dose.dvh import of_region
from mesogun.dose.field import areal_dose
from mesogun.dose.frames import exposure_gaussians, exposure_kernel
from mesogun.dose.grid import Grid
from mesogun.dose.interface import crank_nicolson, two_layer
from mesogun.dose.kernel import sphere_concentration
from mesogun.dose.lattice import ripple
from mesogun.dose.montecarlo import delivered_shares, draw
from mesogun.dose.parameters import load
from mesogun.dose.regions import Disc, solid_volumes
from mesogun.dose.robust import Errors, robust_field
from mesogun.dose.skin import skins
from mesogun.dose.solutes import half_life_s, solute
from mesogun.errors import InputError

START, END = "<!-- validation: start -->", "<!-- validation: end -->"
CLOSED, CONSISTENCY, HELD_OUT = "closed form", "consistency check", "held out"


@dataclass(frozen=True, slots=True)
class Row:
    """One row: what was compared, of which kind, the reference, what we get, what is accepted, and whether it is."""

    id: str
    what: str
    kind: str
    reference: str
    found: str
    accept: str
    ok: bool


def rows() -> tuple[Row, ...]:
    """All rows, computed now; some seconds."""
    return tuple(row for make in _MAKERS for row in make())


def table() -> str:
    """The table in Markdown."""
    lines = ["| row | what | kind | reference | found | accepted | |", "|---|---|---|---|---|---|---|"]
    for row in rows():
        mark = "ok" if row.ok else "**FAILS**"
        lines.append(f"| {row.id} | {row.what} | {row.kind} | {row.reference} | {row.found} | {row.accept} | {mark} |")
    return "\n".join(lines)


def insert(document: str, made: str) -> str:
    """The document with the table between its markers replaced; ``InputError`` without markers."""
    if document.count(START) != 1 or document.count(END) != 1:
        raise InputError(f"the document needs exactly one {START} and one {END}; put them where the table belongs")
    before, rest = document.split(START)
    _, after = rest.split(END)
    return f"{before}{START}\n{made}\n{END}{after}"


def main(arguments: Sequence[str]) -> int:
    """Print the table, or ``--write FILE``; returns 1 if a row fails."""
    made = table()
    if len(arguments) == 2 and arguments[0] == "--write":
        path = Path(arguments[1])
        path.write_text(insert(path.read_text(encoding="utf-8"), made), encoding="utf-8")
    elif arguments:
        raise InputError(f"unknown arguments {' '.join(arguments)!r}; use none, or --write FILE")
    else:
        sys.stdout.write(made + "\n")
    return 1 if "**FAILS**" in made else 0


def _near(
    name: str, what: str, kind: str, reference: float, found: float, digits: int, *, rel: float = 0.0, abs_: float = 0.0
) -> Row:
    """A row that compares two numbers; shown to as many digits as the tolerance can tell apart."""
    accept = f"{100 * rel:g} %" if rel >= 1e-4 else f"{rel:.0e} relative" if rel else f"±{abs_:g}"
    ok = abs(found - reference) <= max(rel * abs(reference), abs_)
    return Row(name, what, kind, f"{reference:.{digits}f}", f"{found:.{digits}f}", accept, ok)


def _below(name: str, what: str, worst: float, limit: float, reference: str = "exact") -> Row:
    """A row that bounds an error; errors are shown as bounds, as their last digits belong to the machine."""
    return Row(
        name,
        what,
        CLOSED,
        reference,
        f"error below {limit:.0e}" if worst <= limit else f"{worst:.1e}",
        f"{limit:.0e}",
        worst <= limit,
    )


def _mass() -> list[Row]:
    worst = 0.0
    for form in ("gaussian", "erf"):
        for cells in (0.2, 0.5, 1.0, 3.0, 8.0):
            a = float(semi_axes([10.0])[0][0])
            grid = Grid.around((0.0, 0.0, 0.0, 0.0), a / math.sqrt(5.0) / cells, 9.0 * a)
            dose = areal_dose([(0.07, -0.11)], 10.0, 1.0, grid=grid, form=form, coarse_ok=True)
            worst = max(worst, abs(float(dose.sum()) * grid.cell_mm2 / 100.0 / 10.0 - 1.0))
            for depth in (0.0, 0.4, 2.0):
                shares = DepthField([(0.0, 0.0)], 10.0, depth, grid=grid, form=form, coarse_ok=True)
                worst = max(worst, abs(float(shares.layer_shares([0.0, 0.3, 1.1, np.inf]).sum()) - 1.0))
    return [_below("V1", "mass in the half-space, sigma/h 0.2 to 8, both forms", worst, 1e-12, "Q")]


_RIPPLE = (
    (1.5, 1.0012, 0.031, 99.97, 1.0004, 0.010),
    (2.0, 1.0592, 1.438, 98.83, 1.0305, 0.821),
    (2.5, 1.4061, 8.507, 93.09, 1.2545, 6.387),
    (3.0, 2.4779, 22.449, 81.65, 1.9358, 19.463),
    (3.5, 5.3921, 40.712, 66.48, 3.5365, 38.119),
    (4.0, 13.668, 60.682, 50.01, 7.2505, 59.043),
)


def _ripple() -> list[Row]:
    out = []
    for s, square_ratio, square_cv, cu, hex_ratio, hex_cv in _RIPPLE:
        square, hexagonal = ripple(s, "square"), ripple(s, "hex")
        found = (
            square.max_over_min,
            100 * square.cv,
            100 * square.christiansen,
            hexagonal.max_over_min,
            100 * hexagonal.cv,
        )
        wanted = (square_ratio, square_cv, cu, hex_ratio, hex_cv)
        steps = (5.1e-4 if s == 4.0 else 5.1e-5, 5.1e-4, 5.1e-3, 5.1e-5, 5.1e-4)
        ok = all(abs(a - b) <= step for a, b, step in zip(found, wanted, steps, strict=True))
        shape = "{:.4f}, {:.3f} %, {:.2f} %; {:.4f}, {:.3f} %"
        out.append(Row("V2", f"lattice, s/sigma {s:g}: square max/min, CV, CU; hex max/min, CV", CLOSED,
                       shape.format(*wanted), shape.format(*found), "last digit", ok))  # fmt: skip
    worst = max(_engine_ripple(s) for s in (2.0, 3.0, 4.0))
    out.append(_below("V2", "the same from the field on a grid, cell averages", worst, 1e-6, "theta sums"))
    return out


def _engine_ripple(s: float) -> float:
    """Worst relative error of peak and hole cells of a wide square lattice against the cell-averaged theta sums."""
    sigma = float(semi_axes([10.0])[0][0]) / math.sqrt(5.0)
    spacing = s * sigma
    at = np.arange(-9, 10) * spacing
    points = np.column_stack([np.repeat(at, 19), np.tile(at, 19)])
    h = spacing / 8.0
    grid = Grid(-4.5 * h, -4.5 * h, h, 9, 9)
    dose = areal_dose(points, 10.0, 1.0, grid=grid, form="gaussian", engine="gemm")
    n = np.arange(-40, 41)
    q = np.exp(-2.0 * (math.pi * n / s) ** 2) * np.sinc(n / 8.0)
    mean = 1_000.0 / spacing**2
    peak, hole = q.sum() ** 2 * mean, ((-1.0) ** n * q).sum() ** 2 * mean
    return float(max(abs(dose[4, 4] / peak - 1.0), abs(dose[0, 0] / hole - 1.0)))


def _sphere() -> list[Row]:
    out = [
        _near("V3", f"diffusing sphere, centre, D t / a^2 = {t:g}", CLOSED, reference,
              float(sphere_concentration(np.zeros(1), 1.3, t * 1.69)[0]), 6, abs_=1e-6)
        for t, reference in ((0.01, 1.0), (0.1, 0.828203), (1.0, 0.081109), (5.0, 0.008163))
    ]  # fmt: skip
    a, diffused = 1.2, 0.4
    nodes, weights = np.polynomial.legendre.leggauss(400)
    r = 0.5 * 12.0 * (nodes + 1.0)
    c = sphere_concentration(r, a, diffused) * weights
    found = float((r**4 * c).sum() / (r**2 * c).sum())
    reference = 3.0 * a * a / 5.0 + 6.0 * diffused
    out.append(
        _below(
            "V4", "mean square radius of the diffusing sphere", abs(found / reference - 1.0), 1e-9, "3 a^2/5 + 6 D t"
        )
    )
    return out


def _layers() -> list[Row]:
    borders = np.linspace(-9.0, 6.0, 7_501)
    z = 0.5 * (borders[:-1] + borders[1:])
    later = crank_nicolson(borders, two_layer(z, 1.0, 1.0, 0.25, 0.02), np.where(z < 0.0, 1.0, 0.25), 0.78, 900)
    closed = two_layer(z, 1.0, 1.0, 0.25, 0.8)
    worst = float(np.abs(later - closed).max() / closed.max())
    return [
        _below(
            "V5", "two layers, D1/D2 = 4, z0 = 1, t = 0.8, against Crank-Nicolson", worst, 1e-5, "reflection formula"
        )
    ]


def _exposure() -> list[Row]:
    weights, variances = exposure_gaussians(1.0, 0.7, 0.3)
    worst = 0.0
    for r in (0.3, 1.0, 2.0):
        summed = float(np.sum(weights * np.exp(-(r**2) / (2.0 * variances)) / (2.0 * math.pi * variances) ** 1.5))
        worst = max(worst, abs(summed / float(exposure_kernel(np.array(r), 1.0, 0.7)) - 1.0))
    return [_below("V6", "exposure kernel at r = 0.3, 1, 2 (D = 1, k = 0.7)", worst, 1e-6, "e^(-r/L) / (4 pi D r)")]


def _histograms() -> list[Row]:
    sphere = 0.9
    volume = 4.0 / 3.0 * math.pi * sphere**3
    grid = Grid(-3.0, -3.0, 0.025, 240, 240)
    borders = np.linspace(22.05, 28.05, 241)
    field = DepthField(
        [(0.011, 0.007)], volume, 25.05, grid=grid, diffused_mm2=(1.69 - sphere**2 / 5.0) / 2.0, form="gaussian"
    )
    level = 0.2 * 1000.0 * volume / ((2.0 * math.pi) ** 1.5 * 1.3**3)
    found = float(field.share_at_least(level, borders, np.ones(grid.shape))[0]) * 216.0
    out = [_near("V7", "volume above 20 % of a Gaussian, sigma 1.3 mm / mm3", CLOSED, 53.147, found, 2, rel=1e-3)]
    side, z = np.arange(-13.0, 14.0), np.arange(0.0, 26.0)
    solids: tuple[tuple[str, Callable[[float], float], tuple[float, float], float], ...] = (
        ("sphere", lambda t: math.sqrt(max(100.0 - (t - 10.2) ** 2, 0.0)), (0.2, 20.2), 4188.79),
        ("cylinder", lambda _: 12.0, (0.1, 24.1), 10857.34),
        ("cone", lambda t: 12.0 * (24.3 - t) / 24.0, (0.3, 24.3), 3619.11),
    )
    for name, radius_at, span, reference in solids:
        size = float(solid_volumes(side + 0.3, side - 0.2, z, radius_at, span).sum())
        out.append(_near("V8", f"{name} on a 1 mm grid / mm3", CLOSED, reference, size, 2, rel=1e-3))
    coarse = Grid(-8.0, -8.0, 1.0, 16, 16)
    gradient = 20.0 + np.broadcast_to(coarse.x_mm, coarse.shape)
    drawn = of_region(gradient, coarse, Disc(0.13, -0.27, 1.5))
    worst = max(
        abs(float(drawn.vx(20.13 + 1.5 * f)) - (math.acos(f) - f * math.sqrt(1 - f * f)) / math.pi)
        for f in np.linspace(-0.9, 0.9, 19)
    )
    out.append(
        _below(
            "V8", "histogram of a 3 mm disc under a gradient, 1 mm grid, of its area", worst, 1e-3, "circular segment"
        )
    )
    return out


def _sizes() -> list[Row]:
    out = []
    for id_, kind, key, layer in (
        ("V9", CONSISTENCY, "dermis.diameter.20ul", "dermis"),
        ("V9", CONSISTENCY, "dermis.diameter.100ul", "dermis"),
        ("V10", HELD_OUT, "dermis.dye_width.100ul", "dermis"),
        ("V11", CONSISTENCY, "subcutis.reach.50ul", "subcutis"),
    ):
        row = load("depots")[key]
        volume = row.get("volume_ul")
        a = float(semi_axes([volume], layer)[0][0])
        found = a if key.startswith("subcutis") else 2.0 * a
        what = {"V9": "bleb width", "V10": "width of jet dye", "V11": "reach in fat"}[id_]
        low, high = row.low or 0.0, row.high or math.inf
        label, published = f"{what} of {volume:g} µL / mm", f"{row.value:g} ({low:g} to {high:g})"
        out.append(Row(id_, label, kind, published, f"{found:.2f}", "inside the range", low <= found <= high))
    return out


def _clearance() -> list[Row]:
    out = []
    salicylate = solute("salicylate")
    for layer, reference in (("dermis", 0.482), ("subcutis", 0.436), ("muscle", 0.038)):
        found = math.exp(-600.0 * salicylate.clearance_per_s(layer))
        out.append(
            _near("V12", f"salicylate left in {layer} after 10 min", CONSISTENCY, reference, found, 3, abs_=1e-3)
        )
    left = math.exp(-86_400.0 * solute("dextran_150kda").clearance_per_s("dermis"))
    out.append(
        _near(
            "V13",
            "150 kDa dextran left after 24 h (SD of the factor 4.1: 3.9)",
            CONSISTENCY,
            1 / 4.1,
            left,
            3,
            abs_=1e-3,
        )
    )
    for name, hours in (("hexamer", 3.35), ("dimer", 1.56), ("monomer", 1.03)):
        found = half_life_s(solute(f"insulin_{name}").clearance_per_s("subcutis")) / 3600.0
        out.append(_near("V14", f"half-life of insulin {name} in subcutis / h", CONSISTENCY, hours, found, 2, rel=0.01))
    return out


def _threshold() -> list[Row]:
    """Four shots on a 2 x 2 cm square: the area above a threshold grows with log dose from zero, edges go first."""
    points = np.array([(-5.0, -5.0), (5.0, -5.0), (-5.0, 5.0), (5.0, 5.0)])
    grid = Grid(-20.0, -20.0, 0.25, 160, 160)
    one = areal_dose(points, 20.0, 1.0, grid=grid, form="gaussian", diffused_mm2=8.0)
    level = float(one.max())
    factors = np.array([0.999, 1.5, 2.5, 5.0, 10.0])
    areas = np.array([(factor * one >= level).sum() * grid.cell_mm2 for factor in factors])
    centre, edge = one[80, 80], one[80, 130]
    ok = areas[0] == 0.0 and bool((np.diff(areas) > 0.0).all()) and bool(centre > edge)
    return [Row("V15", "toxin threshold on a 2 x 2 cm square: area against log dose", CONSISTENCY,
                "zero at threshold, slope > 0, edges first (Braune 2001)",
                f"{areas[0]:.0f} mm² at threshold, then rising", "as stated", ok)]  # fmt: skip


def _shares() -> list[Row]:
    out = []
    for kind in ("adapter", "mantoux", "hollow_microneedle"):
        row = load("delivery")[f"delivered_fraction.{kind}"]
        drawn = delivered_shares(row.mean, row.sd or 0.0, 100_000, np.random.default_rng(16))
        ok = abs(drawn.mean() / row.mean - 1.0) < 0.01 and abs(drawn.std() / (row.sd or 1.0) - 1.0) < 0.01
        out.append(Row("V16", f"delivered share, {kind.replace('_', ' ')}, 10^5 draws", CONSISTENCY,
                       f"{100 * row.mean:.1f} ± {100 * (row.sd or 0):.1f} %",
                       f"{100 * drawn.mean():.1f} ± {100 * drawn.std():.1f} %", "1 % of mean and SD", ok))  # fmt: skip
    for site, sex, reference in (
        ("forehead", "female", 0.86),
        ("eyelid", "male", 0.67),
        ("nasal_sidewall", None, 1.969),
    ):
        (skin,) = skins(site, sex)
        name = f"{site.replace('_', ' ')}{', ' + sex if sex else ''} ({skin.modality})"
        out.append(_near("V17", f"dermis of the {name} / mm", CONSISTENCY, reference, skin.dermis_mm, 3, abs_=1e-12))
    for angle, length, reference in ((30.0, 5.0, 2.50), (30.0, 8.0, 4.00), (45.0, 5.0, 3.54), (45.0, 8.0, 5.66)):
        found = needle_tip(0.0, 0.0, length, angle)[2]
        out.append(
            _near("V18", f"depth of {length:g} mm of needle at {angle:g}° / mm", CLOSED, reference, found, 2, abs_=0.01)
        )
    return out


def _jitter() -> list[Row]:
    x, y = np.meshgrid(np.arange(-4.0, 4.1, 2.0), np.arange(-4.0, 4.1, 2.0))
    points = np.column_stack([x.ravel(), y.ravel()])
    grid, errors, draws = Grid(-8.0, -8.0, 0.5, 32, 32), Errors(jitter_sd_mm=0.7, volume_cv=0.1), 1_000
    closed = robust_field(points, 10.0, 1.0, errors, grid=grid)
    drawn = draw(points, 10.0, 1.0, errors, grid=grid, draws=draws, seed=19)
    inside = closed.mean > 0.1 * closed.mean.max()
    worst = float((np.abs(drawn.mean - closed.mean) / closed.sd)[inside].max() * math.sqrt(draws))
    rms = float(np.sqrt(np.mean((drawn.sd / closed.sd - 1.0)[inside] ** 2)))
    noise = 1.0 / math.sqrt(2.0 * draws)
    mean = f"{worst:.1f} standard errors", "4.5", worst < 4.5
    sd = f"{100 * rms:.1f} %", f"{200 * noise:.1f} % (noise {100 * noise:.1f} %)", rms < 2.0 * noise
    return [
        Row("V19", "mean under jitter, 1,000 draws, worst cell", CLOSED, "closed form", *mean),
        Row("V19", "SD under jitter, 1,000 draws, rms over cells", CLOSED, "closed form", *sd),
    ]


_MAKERS: tuple[Callable[[], list[Row]], ...] = (
    _mass, _ripple, _sphere, _layers, _exposure, _histograms, _sizes, _clearance, _threshold, _shares, _jitter,
)  # fmt: skip


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
