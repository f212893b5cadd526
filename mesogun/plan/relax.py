"""Points along the edges moved off the lattice to where they cover the skin there better.

Lloyd's method (IEEE Transactions on Information Theory 28, 1982, 129, doi:10.1109/TIT.1982.1056489) for the outermost
points alone: each goes to the centre of the skin that is nearer to it than to any other point, again and again. The
others stay on the lattice. Rows bend along the edges, and points there come closer than the spacing, never closer than
``CLOSEST`` of it. Not responsible for the lattice (``lattice``) nor for the order, which is that of the lattice.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import shapely
from numpy.typing import NDArray

from mesogun.plan.lattice import Floats, Ground, Layout
from mesogun.plan.sites import STEPS

ROUNDS = 8
CLOSEST = 0.75
"""Points keep this share of the spacing between them."""
REACH = 1.2
"""Skin further away than this many spacings pulls at no point."""


def relaxed(ground: Ground, layout: Layout) -> Layout:
    """The layout with its outermost points moved; all of them stay in the safe part of the region."""
    edge, near = _outermost(layout)
    if not edge.any() or near.sum() < 3:
        return layout
    spacing_mm = layout.setting.spacing_mm
    places = layout.uv_mm.copy()
    chosen, movable = np.flatnonzero(near), edge[near]
    for _ in range(ROUNDS):
        before = places[chosen]
        aims = before.copy()
        aims[movable] = _centres(before, movable, ground, spacing_mm)
        for part in (1.0, 0.5, 0.25):
            trial = before + part * (aims - before)
            stays = movable & ~shapely.contains_xy(ground.safe, trial[:, 0], trial[:, 1])
            aims[stays] = before[stays] + part * (aims[stays] - before[stays])
        outside = ~shapely.contains_xy(ground.safe, aims[:, 0], aims[:, 1])
        aims[outside] = before[outside]
        places[chosen] = _apart(before, aims, CLOSEST * spacing_mm)
    return replace(layout, moved_mm=places)


def _outermost(layout: Layout) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Points with a gap beside them on the lattice; and those together with all that can share skin with them."""
    steps = STEPS[layout.setting.kind]
    there = {(i, j) for i, j in layout.ij.tolist()}
    edge = np.array([any((i + a, j + b) not in there for a, b in steps) for i, j in layout.ij.tolist()], dtype=bool)
    kept = {node for node, outer in zip(map(tuple, layout.ij.tolist()), edge, strict=True) if outer}
    for _ in range(3):
        kept |= {(i + a, j + b) for i, j in kept for a, b in steps}
    return edge, np.array([(i, j) in kept for i, j in layout.ij.tolist()], dtype=bool)


def _centres(places_mm: Floats, movable: NDArray[np.bool_], ground: Ground, spacing_mm: float) -> Floats:
    """Centres of the skin within reach that is nearer to each movable point than to any other."""
    reach_mm = REACH * spacing_mm
    movers = np.flatnonzero(movable)
    tree = shapely.STRtree([shapely.Point(place) for place in places_mm])
    numbers, others = tree.query(
        [shapely.Point(place) for place in places_mm[movers]], predicate="dwithin", distance=2 * reach_mm
    )
    cells = [
        shapely.Polygon(_cell(places_mm[mover], places_mm[others[(numbers == k)]], reach_mm))
        for k, mover in enumerate(movers.tolist())
    ]
    shares = shapely.intersection(cells, ground.region)
    centres = shapely.get_coordinates(shapely.centroid(shares))
    return np.asarray(centres, dtype=np.float64)


def _cell(place_mm: Floats, others_mm: Floats, reach_mm: float) -> list[tuple[float, float]]:
    """Corners of the square of half side ``reach_mm`` around a place, cut to what no other place is nearer to."""
    x, y = place_mm.tolist()
    cell = [(-reach_mm, -reach_mm), (reach_mm, -reach_mm), (reach_mm, reach_mm), (-reach_mm, reach_mm)]
    for ox, oy in (others_mm - place_mm).tolist():
        if ox == oy == 0.0:
            continue
        half = 0.5 * (ox * ox + oy * oy)
        beyond = [u * ox + v * oy - half for u, v in cell]
        if max(beyond) <= 0.0:
            continue
        cut: list[tuple[float, float]] = []
        for k, (u, v) in enumerate(cell):
            (pu, pv), here, before = cell[k - 1], beyond[k], beyond[k - 1]
            if (here > 0.0) != (before > 0.0):
                t = before / (before - here)
                cut.append((pu + t * (u - pu), pv + t * (v - pv)))
            if here <= 0.0:
                cut.append((u, v))
        cell = cut
    return [(x + u, y + v) for u, v in cell]


def _apart(before: Floats, aims: Floats, least_mm: float) -> Floats:
    """The aims, but points that would come too close to another stay where they were."""
    kept = aims.copy()
    while True:
        points = [shapely.Point(place) for place in kept]
        pairs = shapely.STRtree(points).query(points, predicate="dwithin", distance=least_mm)
        crowded = np.unique(pairs[:, pairs[0] != pairs[1]])
        back = crowded[(kept[crowded] != before[crowded]).any(axis=1)]
        if not back.size:
            return kept
        kept[back] = before[back]
