"""How exact the dose core is, each figure beside its target: ``python -m benchmarks.dose.accuracy``.

The rows of the validation table come first, then what the table leaves to the tests: engines against brute force,
histograms of regions 3 mm across, and of solids on a 1 mm grid.
"""

from __future__ import annotations

import math

import numpy as np

from benchmarks.dose.timing import line
from mesogun.dose import Disc, Grid, Polygon, areal_dose, dvh
from mesogun.dose.regions import solid_volumes
from mesogun.dose.validation import rows

MILLIMETRE = Grid(-8.0, -8.0, 1.0, 16, 16)


def engines() -> None:
    points = np.random.default_rng(3).uniform(-12.0, 12.0, (300, 2))
    for form, h_mm, names in (("gaussian", 0.15, ("gemm", "spectral")), ("erf", 0.15, ("stamp",))):
        grid = Grid(-8.0, -7.0, h_mm, 110, 95)
        oracle = areal_dose(points, 10.0, 1.0, grid=grid, form=form, engine="brute")
        for name in names:
            dose = areal_dose(points, 10.0, 1.0, grid=grid, form=form, engine=name)
            off = float(np.abs(dose - oracle).max() / oracle.max())
            line(f"{name} against brute force, {form}, sigma/h = 4.4, of the peak", 1e10 * off, "e-10", 1.0)


def regions() -> None:
    """A gradient along x over regions 3 mm across: the share above a level is a segment, or a smaller triangle."""
    x = np.broadcast_to(MILLIMETRE.x_mm, MILLIMETRE.shape)
    disc, triangle = Disc(0.13, -0.27, 1.5), [(0.2, 0.1), (3.2, 0.1), (0.2, 3.1)]
    found = dvh.of_region(20.0 + x, MILLIMETRE, disc)
    worst = 0.0
    for f in np.linspace(-0.9, 0.9, 19).tolist():
        share = (math.acos(f) - f * math.sqrt(1.0 - f * f)) / math.pi
        worst = max(worst, abs(float(found.vx(20.0 + disc.x_mm + 1.5 * f)) - share))
    line("histogram of a disc 3 mm across, 1 mm grid, of its area", 100.0 * worst, "%", 0.1)
    found = dvh.of_region(20.0 + x, MILLIMETRE, Polygon.of([triangle]))
    worst = max(abs(float(found.vx(20.2 + 3.0 * f)) - (1.0 - f) ** 2) for f in np.linspace(0.05, 0.95, 19).tolist())
    line("histogram of a triangle with legs of 3 mm, 1 mm grid, of its area", 100.0 * worst, "%", 0.1)


def solids() -> None:
    across, z = np.arange(-3.0, 4.0), np.arange(0.0, 6.0)
    for name, radius_at, exact in (
        ("sphere", lambda h: math.sqrt(max(2.25 - (h - 1.9) ** 2, 0.0)), math.pi * 4.5),
        ("cylinder", lambda _: 1.5, math.pi * 6.75),
        ("cone", lambda h: 0.5 * (3.4 - h), math.pi * 2.25),
    ):
        found = solid_volumes(across + 0.3, across - 0.2, z, radius_at, (0.4, 3.4)).sum()
        line(f"volume of a {name} of 3 mm, 1 mm grid", 100.0 * abs(found / exact - 1.0), "%", 0.1)


def main() -> None:
    for row in rows():
        verdict = "ok" if row.ok else "MISSED"
        print(f"{row.id:<4} {row.what}: {row.found}, reference {row.reference}, accepted {row.accept}: {verdict}")
    engines()
    regions()
    solids()


if __name__ == "__main__":
    main()
