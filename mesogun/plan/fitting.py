"""How many points a spacing gives on the regions, and which lattices give exactly a wanted number.

Not responsible for which number is wanted (``reconcile``).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mesogun.plan.lattice import CELL, Layout, Setting, settings
from mesogun.plan.regions import Region
from mesogun.plan.request import Lattice

EFFORT = 60_000
"""Lattice points looked at for one spacing, in all; keeps the choice under 0.3 s and the number of tries fixed."""


@dataclass(frozen=True, slots=True)
class Fit:
    """One layout a region, all of one spacing."""

    spacing_um: int
    layouts: tuple[Layout, ...]

    @property
    def points(self) -> int:
        """Number of points over all regions."""
        return sum(len(layout.ij) for layout in self.layouts)

    def covered(self, regions: Sequence[Region]) -> float:
        """Share of the area within the covering radius of a point."""
        sizes = [region.ground.region.area for region in regions]
        missed = sum(size * layout.uncovered for size, layout in zip(sizes, self.layouts, strict=True))
        return 1 - missed / sum(sizes)


class Fitter:
    """Looks for layouts on the same regions; remembers what it has looked at."""

    def __init__(self, regions: Sequence[Region], lattice: Lattice, angle_mdeg: int | None) -> None:
        self.regions = regions
        self.lattice: Lattice = lattice
        self._angle_mdeg = angle_mdeg
        self._tried: dict[int, list[list[Layout]]] = {}
        self.area_mm2 = sum(region.ground.region.area for region in regions)
        self._free_mm2 = sum(region.ground.region.area for region in regions if region.spacing_um is None)
        self._bound = sum(
            region.ground.region.area / (CELL[lattice] * (region.spacing_um / 1000) ** 2)
            for region in regions
            if region.spacing_um is not None
        )

    def spacing_um(self, points: float) -> int:
        """The spacing whose cells, one a point, fill the area; um. Regions of their own spacing keep theirs."""
        left = max(points - self._bound, 1.0)
        return round(1000 * math.sqrt(self._free_mm2 / (CELL[self.lattice] * left)))

    def expected(self, spacing_um: int) -> float:
        """Number of cells of a spacing that fill the area; not whole."""
        return self._bound + self._free_mm2 / (CELL[self.lattice] * (spacing_um / 1000) ** 2)

    def best(self, spacing_um: int) -> Fit:
        """The layouts that leave the least out of reach; ties fall to the earlier try."""
        chosen = [min(layouts, key=lambda layout: layout.uncovered) for layouts in self._layouts(spacing_um)]
        return Fit(spacing_um, tuple(chosen))

    def within(self, spacing_um: int, low: int, high: int) -> Fit | None:
        """The layouts with ``low`` to ``high`` points in all that leave the least out of reach, or None."""
        sizes = [region.ground.region.area for region in self.regions]
        sums: dict[int, tuple[float, tuple[Layout, ...]]] = {0: (0.0, ())}
        for size, layouts in zip(sizes, self._layouts(spacing_um), strict=True):
            by_count: dict[int, Layout] = {}
            for layout in layouts:
                known = by_count.get(len(layout.ij))
                if known is None or layout.uncovered < known.uncovered:
                    by_count[len(layout.ij)] = layout
            grown: dict[int, tuple[float, tuple[Layout, ...]]] = {}
            for so_far, (missed, chosen) in sums.items():
                for count, layout in by_count.items():
                    total = so_far + count
                    if total <= high and (total not in grown or missed + size * layout.uncovered < grown[total][0]):
                        grown[total] = (missed + size * layout.uncovered, (*chosen, layout))
            sums = grown
        fitting = [(value[0], count) for count, value in sums.items() if low <= count <= high]
        return Fit(spacing_um, sums[min(fitting)[1]][1]) if fitting else None

    def every_count(self, spacing_um: int) -> set[int]:
        """Numbers of points that the layouts looked at give."""
        sums = {0}
        for layouts in self._layouts(spacing_um):
            sums = {so_far + count for so_far in sums for count in {len(layout.ij) for layout in layouts}}
        return sums

    def _layouts(self, spacing_um: int) -> list[list[Layout]]:
        known = self._tried.get(spacing_um)
        if known is None:
            tries = max(12, min(160, round(EFFORT / max(self.expected(spacing_um), 1))))
            known = self._tried[spacing_um] = [
                [region.ground.layout(setting) for setting in self._settings(region, spacing_um, tries)]
                for region in self.regions
            ]
        return known

    def _settings(self, region: Region, spacing_um: int, tries: int) -> Iterator[Setting]:
        angle = None
        if self._angle_mdeg is not None:
            angle = round(region.frame.direction_in_frame_mdeg(self._angle_mdeg))
        own_um = spacing_um if region.spacing_um is None else region.spacing_um
        return settings(self.lattice, own_um / 1000, tries, angle)
