"""Inverse planning: volumes for the most even dose (or a prescribed map), under bounds and an exact total.

Minimises ``sum_cells w (A v - p)^2 + smoothness |L v|^2`` over ``low <= v <= high, sum v = total``, where column i of A
is the (expected) dose of one uL at point i and L takes differences between neighbours. A is sparse on cells of about
one sigma, the Gram matrix is formed once; accelerated projected gradient finds the active bounds, Newton steps on the
free volumes finish to a residual of 1e-9. Widths are those of the mean volume, so the forecast is recomputed with the
widths that the new volumes have. Not responsible for rounding to the pump's step (the planner does that).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import csc_array, csr_array, diags_array
from scipy.sparse.linalg import splu
from scipy.spatial import cKDTree

from mesogun.dose import checks
from mesogun.dose.checks import Floats, number
from mesogun.dose.depot import gaussian_sigma_mm, semi_axes
from mesogun.dose.field import MM2_PER_CM2
from mesogun.dose.grid import Grid
from mesogun.dose.kernel import gaussian_shares
from mesogun.dose.robust import Errors, robust_field
from mesogun.errors import InputError, Refused

WORTH_IT = 0.10
"""Below a tenth less expected CV, constant volumes are as good (a convention)."""
_KKT = 1e-9
_REACH = 4.5


@dataclass(frozen=True, slots=True)
class Optimised:
    """Volumes in uL, ``(n,)``, and what they are worth.

    ``kkt``: residual of the optimality conditions relative to the gradient's scale. ``cv_constant``, ``cv_optimised``:
    CV over the area without error; ``expected_cv_*``: with the errors given. ``worth_it`` and ``advice`` say whether
    the gain survives the errors.
    """

    volumes_ul: Floats
    kkt: float
    cv_constant: float
    cv_optimised: float
    expected_cv_constant: float
    expected_cv_optimised: float
    worth_it: bool
    advice: str


def optimise(
    points_mm: ArrayLike,
    total_ul: float,
    depth_mm: ArrayLike,
    *,
    grid: Grid,
    weights: Floats,
    low_ul: float = 0.0,
    high_ul: float = math.inf,
    smoothness: float = 0.0,
    prescribed: Floats | None = None,
    errors: Errors | None = None,
    layer: str = "dermis",
    diffused_mm2: float = 0.0,
) -> Optimised:
    """Volumes for an even (or prescribed) dose over the area.

    Parameters
    ----------
    points_mm, depth_mm, layer, diffused_mm2
        As for ``areal_dose``.
    total_ul
        Sum of all volumes, kept exactly (to rounding).
    grid, weights
        Where the dose is judged: area of each cell inside the area, ``(ny, nx)``. Cells of about one sigma will do.
    low_ul, high_ul
        Bounds on each volume.
    smoothness
        Weight of differences between neighbours, relative to the dose term; 0 switches it off.
    prescribed
        Wanted dose per cell in uL/cm2; ``None``: the same everywhere, total over area.
    errors
        With errors the *expected* field is made even, and the forecast includes them.

    Raises
    ------
    InputError
        Bounds that the total cannot meet, an empty area, numbers that cannot be.
    Refused
        No solution within the residual was found (points without any cell in reach).
    """
    xy = checks.points(points_mm)
    n = len(xy)
    number(total_ul, "total_ul", "uL", np.finfo(float).tiny, n * checks.PLAUSIBLE_VOLUME_UL[1])
    number(low_ul, "low_ul", "uL", 0.0)
    number(smoothness, "smoothness", "", 0.0, 1e6)
    high_ul = min(high_ul, total_ul)
    if not n * low_ul <= total_ul * (1.0 + 1e-12) or not total_ul <= n * high_ul * (1.0 + 1e-12) or low_ul > high_ul:
        raise InputError(
            f"a total of {total_ul:g} uL cannot be split over {n} points within [{low_ul:g}, {high_ul:g}] uL each; "
            f"totals from {n * low_ul:g} to {n * high_ul:g} uL would do"
        )
    if weights.shape != grid.shape or not (weights > 0.0).any():
        raise InputError(f"weights have shape {weights.shape} or hold nothing; the grid's is {grid.shape}")
    found = errors or Errors()
    width = gaussian_sigma_mm(semi_axes([total_ul / n], layer)[0], diffused_mm2)[0]
    operator = _operator(xy, float(math.hypot(width, found.jitter_sd_mm)), grid) * found.delivered
    inside = weights.ravel() > 0.0
    share = weights.ravel()[inside] / weights.sum()
    rows = csr_array(operator[inside])
    wanted = np.full(int(inside.sum()), MM2_PER_CM2 * total_ul * found.delivered / weights.sum())
    if prescribed is not None:
        wanted = np.asarray(prescribed, dtype=float).reshape(-1)[inside]
    gram = csr_array(rows.T @ rows.multiply(share[:, None]))
    linear = np.asarray(rows.T @ (share * wanted))
    if smoothness > 0.0:
        gram = csr_array(gram + _roughness(xy) * (smoothness * float(gram.diagonal().mean())))
    volumes, kkt = _solve(gram, linear, total_ul, low_ul, high_ul)
    constant = np.full(n, total_ul / n)
    pairs = [
        robust_field(xy, v, depth_mm, found, grid=grid, layer=layer, diffused_mm2=diffused_mm2, coarse_ok=True)
        for v in (constant, volumes)
    ]
    (cv0, cv1), (e0, e1) = ([_cv(f.nominal, weights) for f in pairs], [f.expected_cv(weights) for f in pairs])
    worth = e1 < (1.0 - WORTH_IT) * e0
    return Optimised(volumes, kkt, cv0, cv1, e0, e1, worth, _advice(e0, e1, worth=worth))


def _advice(before: float, after: float, *, worth: bool) -> str:
    gain = 100.0 * (1.0 - after / before)
    numbers = f"expected CV {100.0 * before:.1f} % with constant volumes, {100.0 * after:.1f} % optimised"
    if worth:
        return f"worth it: {numbers} ({gain:.0f} % less)"
    return f"not worth it: {numbers}; constant volumes are as good"


def _operator(xy: Floats, sigma: float, grid: Grid) -> csr_array:
    """Dose in each cell (rows) of one uL at each point (columns), within 4.5 sigma, in uL/cm2."""
    h = grid.h_mm
    half = math.ceil(_REACH * sigma / h)
    steps = np.arange(-half, half + 1)
    i = np.floor((xy[:, 0] - grid.x0_mm) / h).astype(np.intp)
    j = np.floor((xy[:, 1] - grid.y0_mm) / h).astype(np.intp)
    borders = h * np.arange(-half, half + 2, dtype=float)
    wx = gaussian_shares(borders, xy[:, 0] - grid.x0_mm - h * i, sigma)
    wy = gaussian_shares(borders, xy[:, 1] - grid.y0_mm - h * j, sigma)
    columns, rows = i[:, None] + steps, j[:, None] + steps
    values = wy[:, :, None] * wx[:, None, :] * (MM2_PER_CM2 / grid.cell_mm2)
    valid = ((rows >= 0) & (rows < grid.ny))[:, :, None] & ((columns >= 0) & (columns < grid.nx))[:, None, :]
    flat = (rows[:, :, None] * grid.nx + columns[:, None, :])[valid]
    point = np.broadcast_to(np.arange(len(xy))[:, None, None], valid.shape)[valid]
    return csr_array((values[valid], (flat, point)), shape=(grid.nx * grid.ny, len(xy)))


def _roughness(xy: Floats) -> csr_array:
    """Graph Laplacian of neighbours within 1.5 times the median spacing, scaled to a diagonal of about one."""
    tree = cKDTree(xy)
    if len(xy) < 2:
        return csr_array((len(xy), len(xy)))
    distances = np.asarray(tree.query(xy, k=2)[0])
    spacing = float(np.median(distances[:, 1]))
    pairs = tree.query_pairs(1.5 * spacing, output_type="ndarray")
    links = csr_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(len(xy), len(xy)))
    links = links + links.T
    degree: Floats = np.asarray(links.sum(axis=1), dtype=np.float64).ravel()
    return csr_array((diags_array(degree) - links) / max(float(degree.mean()), 1.0))


def _solve(gram: csr_array, linear: Floats, total: float, low: float, high: float) -> tuple[Floats, float]:
    n = len(linear)
    scale = float(np.abs(linear).max())
    if scale == 0.0:
        raise Refused("no point reaches the area: no volume of theirs can change the dose in it; add points inside")
    v = np.full(n, total / n)
    best, residual = v, math.inf
    for _ in range(12):
        v = _gradient(gram, linear, v, total, low, high, steps=120)
        v, kkt = _newton(gram, linear, v, total, low, high, scale)
        if kkt < residual:
            best, residual = v, kkt
        if residual <= _KKT:
            return best, residual
    raise Refused(
        f"the optimum was not reached: residual {residual:.1e} instead of {_KKT:.0e}; points may lie too close "
        f"together for the depots (smoothness > 0 would make the answer unique)"
    )


def _gradient(
    gram: csr_array, linear: Floats, v: Floats, total: float, low: float, high: float, *, steps: int
) -> Floats:
    """Accelerated projected gradient (Beck and Teboulle 2009)."""
    # Gershgorin: row sums of magnitudes bound the largest eigenvalue
    step = 1.0 / float(np.asarray(abs(gram).sum(axis=1)).max())
    y, t = v, 1.0
    for _ in range(steps):
        new = _project(y - step * (gram @ y - linear), total, low, high)
        t_next = 0.5 * (1.0 + math.sqrt(1.0 + 4.0 * t * t))
        if float((y - new) @ (new - v)) > 0.0:  # restart when momentum points uphill
            t_next, y = 1.0, new
        else:
            y = new + (t - 1.0) / t_next * (new - v)
        v, t = new, t_next
    return v


def _newton(
    gram: csr_array, linear: Floats, v: Floats, total: float, low: float, high: float, scale: float
) -> tuple[Floats, float]:
    """Primal-dual active set steps from a good start: solve on the free volumes, then re-sort who is free."""
    n = len(v)
    slack = 1e-7 * max(total / n, 1e-12)
    at_low, at_high = v <= low + slack, v >= high - slack
    best, kkt = v, _residual(gram, linear, v, low, high, scale)
    for _ in range(30):
        free = ~(at_low | at_high)
        if not free.any():
            break
        fixed = np.where(at_low, low, np.where(at_high, high, 0.0))
        index = np.flatnonzero(free)
        ridge = diags_array(np.full(len(index), 1e-13 * float(gram.diagonal().max())))
        try:
            factor = splu(csc_array(gram[index][:, index] + ridge), permc_spec="MMD_AT_PLUS_A")
        except RuntimeError:  # exactly singular: more gradient steps first
            break
        # Schur complement of the sum: one sparse factor, two solves, no dense row in it
        bare, lift = factor.solve((linear - gram @ fixed)[index]), factor.solve(np.ones(len(index)))
        multiplier = (total - float(fixed.sum()) - float(bare.sum())) / float(lift.sum())
        new = fixed
        new[index] = bare + multiplier * lift
        if not np.isfinite(new).all():
            break
        slope = gram @ new - linear - multiplier
        next_low = (at_low & (slope > 0.0)) | (free & (new < low))
        next_high = (at_high & (slope < 0.0)) | (free & (new > high))
        if (next_low == at_low).all() and (next_high == at_high).all():
            return new, _residual(gram, linear, new, low, high, scale)
        at_low, at_high = next_low, next_high
        trial = _project(new, total, low, high)
        residual = _residual(gram, linear, trial, low, high, scale)
        if residual < kkt:
            best, kkt = trial, residual
    return best, kkt


def _residual(gram: csr_array, linear: Floats, v: Floats, low: float, high: float, scale: float) -> float:
    """Largest violation of the optimality conditions, relative to the gradient's scale."""
    slope = gram @ v - linear
    slack = 1e-9 * max(float(v.mean()), 1e-12)
    lows, highs = v <= low + slack, v >= high - slack
    free = ~(lows | highs)
    if free.any():
        multiplier = float(slope[free].mean())
    else:
        multiplier = 0.5 * (float(slope[lows].min(initial=0.0)) + float(slope[highs].max(initial=0.0)))
    violation = np.where(free, np.abs(slope - multiplier), 0.0)
    violation = np.where(lows, np.maximum(multiplier - slope, 0.0), violation)
    violation = np.where(highs & ~lows, np.maximum(slope - multiplier, 0.0), violation)
    return float(violation.max()) / scale


def _project(v: Floats, total: float, low: float, high: float) -> Floats:
    """Nearest point with ``low <= v <= high`` and the exact sum: a shift and a cut, the shift by bracketed Newton."""
    shift_low, shift_high = low - float(v.max()), high - float(v.min())
    shift = (total - float(v.sum())) / len(v)
    for _ in range(80):
        cut = np.clip(v + shift, low, high)
        excess = float(cut.sum()) - total
        if abs(excess) <= 1e-14 * total:
            break
        if excess > 0.0:
            shift_high = shift
        else:
            shift_low = shift
        free = int(((cut > low) & (cut < high)).sum())
        shift = shift - excess / free if free else 0.5 * (shift_low + shift_high)
        if not shift_low < shift < shift_high:
            shift = 0.5 * (shift_low + shift_high)
    return np.clip(v + shift, low, high)


def _cv(field: Floats, weights: Floats) -> float:
    share = weights / weights.sum()
    mean = float((share * field).sum())
    return math.sqrt(float((share * (field - mean) ** 2).sum())) / mean
