"""The third dimension, without building it: planes, slices, layers and histograms from separable factors.

A depot's density is taken as its lateral profile times its axial profile, each exact for itself (areal dose, dose by
depth and mass are exact; the joint density of a spheroid is replaced by the product of its profiles). The dense volume
is built only by ``volume``, which refuses what would not fit. Not responsible for areal dose alone (``field``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from mesogun.dose import checks, depot
from mesogun.dose.checks import Floats, number
from mesogun.dose.engines import Sources, plane
from mesogun.dose.field import refuse_coarse, sources
from mesogun.dose.grid import Grid
from mesogun.dose.kernel import axial_shares
from mesogun.errors import InputError

UL_PER_ML = 1_000.0
MM2_PER_CM2 = 100.0
MAX_BYTES = 1 << 29
_STORED_PLANES = 8


@dataclass(frozen=True, slots=True)
class _Class:
    """Depots that share form, thickness and depth, hence one axial profile."""

    sources: Sources
    c_mm: float
    depth_mm: float
    plane: Floats | None


class DepthField:
    """Depots over grid and depth; arguments as for ``areal_dose``. Concentrations are uL of fluid per mL of tissue."""

    def __init__(
        self,
        points_mm: ArrayLike,
        volumes_ul: ArrayLike,
        depth_mm: ArrayLike,
        *,
        grid: Grid,
        layer: str = "dermis",
        diffused_mm2: float = 0.0,
        form: str = "auto",
        coarse_ok: bool = False,
    ) -> None:
        xy = checks.points(points_mm)
        depths = checks.depths(depth_mm, len(xy))
        self.grid = grid
        self._total_ul = float(checks.volumes(volumes_ul, len(xy)).sum())
        if self._total_ul == 0.0:
            raise InputError("all volumes are zero; at least one depot must hold fluid")
        made: list[_Class] = []
        for depth in np.unique(depths):
            here = depths == depth
            volume = np.broadcast_to(np.asarray(volumes_ul, dtype=float), depths.shape)[here]
            groups = sources(xy[here], volume, depth, layer=layer, diffused_mm2=diffused_mm2, form=form)
            if not coarse_ok:
                refuse_coarse(groups, grid)
            for group in groups:
                _, thickness = depot.semi_axes(group.mass_ul, layer)
                for c in np.unique(thickness):
                    made.append(_Class(group.take(thickness == c), float(c), float(depth), None))
        if len(made) <= _STORED_PLANES:
            made = [replace(item, plane=plane(item.sources, grid, "auto")) for item in made]
        self._classes = tuple(made)

    def plane(self, z_low_mm: float, z_high_mm: float) -> Floats:
        """Mean concentration between two depths, ``(ny, nx)`` in uL/mL."""
        _check_borders((z_low_mm, z_high_mm))
        scale = UL_PER_ML / (self.grid.cell_mm2 * (z_high_mm - z_low_mm))
        return self._between(np.array([z_low_mm, z_high_mm]), 0) * scale

    def planes(self, z_borders_mm: Sequence[float] | Floats) -> Iterator[Floats]:
        """Mean concentration of each slab, one ``(ny, nx)`` plane at a time."""
        borders = _check_borders(z_borders_mm)
        shares = self._axial(borders)
        for k, thick in enumerate(np.diff(borders)):
            yield self._sum(shares[:, k]) * (UL_PER_ML / (self.grid.cell_mm2 * thick))

    def slice(
        self, z_borders_mm: Sequence[float] | Floats, *, row: int | None = None, column: int | None = None
    ) -> Floats:
        """A vertical cut along one row or one column of the grid: ``(nz, nx)`` or ``(nz, ny)`` in uL/mL."""
        borders = _check_borders(z_borders_mm)
        if (row is None) == (column is None):
            raise InputError("a vertical slice needs either row or column, and not both")
        lines = np.stack(
            [
                self._lateral(item)[row, :] if row is not None else self._lateral(item)[:, column]
                for item in self._classes
            ]
        )
        return np.asarray(
            (self._axial(borders).T @ lines) * (UL_PER_ML / (self.grid.cell_mm2 * np.diff(borders)[:, None]))
        )

    def layer_doses(self, z_borders_mm: Sequence[float] | Floats) -> tuple[Floats, ...]:
        """Areal dose in uL/cm2 within each slab: what each layer holds. Borders may end in infinity."""
        borders = _check_borders(z_borders_mm)
        shares = self._axial(borders)
        return tuple(self._sum(shares[:, k]) * (MM2_PER_CM2 / self.grid.cell_mm2) for k in range(len(borders) - 1))

    def layer_shares(self, z_borders_mm: Sequence[float] | Floats) -> Floats:
        """Share of all fluid within each slab, whatever the grid; borders may end in infinity."""
        borders = _check_borders(z_borders_mm)
        mass = np.array([item.sources.mass_ul.sum() for item in self._classes])
        return np.asarray(mass @ self._axial(borders) / self._total_ul)

    def volume(self, z_borders_mm: Sequence[float] | Floats, *, max_bytes: int = MAX_BYTES) -> Floats:
        """The dense volume ``(nz, ny, nx)`` in uL/mL, for looking at; ``InputError`` above ``max_bytes``."""
        borders = _check_borders(z_borders_mm)
        wanted = (len(borders) - 1) * self.grid.nx * self.grid.ny * 8
        if wanted > max_bytes:
            raise InputError(
                f"the dense volume would take {wanted / 1e6:.0f} MB, above the limit of {max_bytes / 1e6:.0f} MB; "
                f"planes(), slice() and share_at_least() need none of it"
            )
        out = np.empty((len(borders) - 1, *self.grid.shape))
        for k, found in enumerate(self.planes(borders)):
            out[k] = found
        return out

    def share_at_least(
        self, levels_ul_per_ml: ArrayLike, z_borders_mm: Sequence[float] | Floats, weights: Floats
    ) -> Floats:
        """Cumulative dose-volume histogram: share of the region's volume with at least each level.

        ``weights`` is the region's part of each grid cell (mm2), the same at every depth. With one class of depots the
        plane is sorted once and searched per depth; nothing of the size of the volume is built.
        """
        borders, levels = _check_borders(z_borders_mm), np.atleast_1d(np.asarray(levels_ul_per_ml, dtype=float))
        thick = np.diff(borders)
        inside = weights > 0.0
        if weights.shape != self.grid.shape or not inside.any():
            raise InputError(f"weights have shape {weights.shape} or hold nothing; the grid's is {self.grid.shape}")
        area = weights[inside]
        total = np.zeros(len(levels))
        shares = self._axial(borders)
        if len(self._classes) == 1:
            values = self._lateral(self._classes[0])[inside] * (UL_PER_ML / self.grid.cell_mm2)
            order = np.argsort(values)
            ascending, above = values[order], np.append(np.cumsum(area[order][::-1])[::-1], 0.0)
            for k, dz in enumerate(thick):
                share = shares[0, k]
                needed = levels * dz / share if share > 0.0 else np.where(levels > 0.0, np.inf, 0.0)
                total += dz * above[np.searchsorted(ascending, needed * (1.0 - 1e-12), side="left")]
        else:
            ranks = np.argsort(levels)
            for found, dz in zip(self.planes(borders), thick, strict=True):
                reached = np.searchsorted(levels[ranks] * (1.0 - 1e-12), found[inside], side="right")
                counted = np.bincount(reached, area, len(levels) + 1)
                total[ranks] += dz * np.cumsum(counted[::-1])[::-1][1:]
        return np.asarray(total / (area.sum() * thick.sum()))

    def dx(self, percent: float, z_borders_mm: Sequence[float] | Floats, weights: Floats) -> float:
        """Concentration that the hottest ``percent`` of the region reaches, in uL/mL; bracketed to 1e-9 relative."""
        share = number(percent, "percent", "%", 0.0, 100.0) / 100.0
        borders = _check_borders(z_borders_mm)
        low, high = 0.0, max(float(found.max()) for found in self.planes(borders))
        top = high
        while high - low > 1e-9 * top:
            levels = np.linspace(low, high, 65)
            ok = np.flatnonzero(self.share_at_least(levels, borders, weights) >= share - 1e-12)
            low, high = levels[ok[-1]], levels[min(ok[-1] + 1, 64)]
        return float(low)

    def _axial(self, borders: Floats) -> Floats:
        """Share of each class in each slab, ``(n_classes, n_slabs)``."""
        return np.stack(
            [
                axial_shares(borders, item.depth_mm, item.c_mm, item.sources.tau_mm, form=item.sources.form)
                for item in self._classes
            ]
        )

    def _lateral(self, item: _Class) -> Floats:
        return plane(item.sources, self.grid, "auto") if item.plane is None else item.plane

    def _between(self, borders: Floats, k: int) -> Floats:
        return self._sum(self._axial(borders)[:, k])

    def _sum(self, shares: Floats) -> Floats:
        if self._classes[0].plane is not None:
            total = np.zeros(self.grid.shape)
            for share, item in zip(shares, self._classes, strict=True):
                total += share * self._lateral(item)
            return total
        return self._joined(shares)

    def _joined(self, shares: Floats) -> Floats:
        """Many classes: one areal sum per form, each depot weighed by its share of the slab."""
        total = np.zeros(self.grid.shape)
        for form in sorted({item.sources.form for item in self._classes}):
            chosen = [
                (share, item.sources)
                for share, item in zip(shares, self._classes, strict=True)
                if item.sources.form == form
            ]
            total += plane(
                Sources(
                    np.concatenate([part.xy_mm for _, part in chosen]),
                    np.concatenate([share * part.mass_ul for share, part in chosen]),
                    np.concatenate([part.a_mm for _, part in chosen]),
                    chosen[0][1].tau_mm,
                    form,
                ),
                self.grid,
                "auto",
            )
        return total


def _check_borders(z_borders_mm: Sequence[float] | Floats) -> Floats:
    borders = np.asarray(z_borders_mm, dtype=float)
    if borders.ndim != 1 or len(borders) < 2 or np.isnan(borders).any() or (np.diff(borders) <= 0.0).any():
        raise InputError("depth borders must be at least two ascending numbers in mm")
    if borders[0] < 0.0:
        raise InputError(f"depth borders start at {borders[0]:g} mm; depth grows from 0 at the surface")
    return borders
