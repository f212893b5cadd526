"""The field of a plan: exact mass, linear, and the same from every engine."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mesogun.dose import Grid, areal_dose, semi_axes, suitable_cell_mm
from mesogun.errors import InputError

from .shared import GRID, Floats, coordinates, forms, mass_ul, plans

Plan = tuple[Floats, Floats]


@settings(max_examples=30)
@given(plans, forms, st.floats(0.0, 0.5))
def test_mass_is_exact(plan: Plan, form: str, diffused_mm2: float) -> None:
    points, volumes = plan
    wide = Grid.around((-4, -4, 4, 4), 0.25, margin_mm=12.0)
    dose = areal_dose(points, volumes, 1.0, grid=wide, form=form, diffused_mm2=diffused_mm2, engine="auto")
    assert mass_ul(dose, wide) == pytest.approx(volumes.sum(), rel=1e-12)


@given(st.floats(0.2, 8.0), forms)
def test_mass_is_exact_at_any_cell_size(sigma_cells: float, form: str) -> None:
    a_mm = float(semi_axes([10.0])[0][0])
    grid = Grid.around((-1, -1, 1, 1), a_mm / np.sqrt(5.0) / sigma_cells, margin_mm=9.0 * a_mm)
    dose = areal_dose([(0.1, -0.3)], 10.0, 1.0, grid=grid, form=form, coarse_ok=True)
    assert mass_ul(dose, grid) == pytest.approx(10.0, rel=1e-12)


@given(plans, forms, st.floats(0.1, 3.0))
def test_dose_is_linear_in_volume_where_shapes_stay(plan: Plan, form: str, factor: float) -> None:
    points, _ = plan
    one = areal_dose(points, 10.0, 1.0, grid=GRID, form=form)
    parts = sum(areal_dose([point], 10.0, 1.0, grid=GRID, form=form) for point in points)
    np.testing.assert_allclose(one, parts, atol=1e-11 * one.max())
    twice = areal_dose(np.vstack([points, points]), 10.0, 1.0, grid=GRID, form=form)
    np.testing.assert_allclose(twice, 2.0 * one, atol=1e-11 * one.max())


@given(plans, forms, st.randoms(use_true_random=False))
def test_order_of_points_does_not_matter(plan: Plan, form: str, random: object) -> None:
    points, volumes = plan
    order = np.argsort(points[:, 0] * 7.3 % 1.0)
    straight = areal_dose(points, volumes, 1.0, grid=GRID, form=form)
    shuffled = areal_dose(points[order], volumes[order], 1.0, grid=GRID, form=form)
    np.testing.assert_allclose(shuffled, straight, atol=1e-12 * straight.max())


@given(plans, forms, st.integers(-8, 8), st.integers(-8, 8))
def test_shift_by_whole_cells_shifts_the_field(plan: Plan, form: str, i: int, j: int) -> None:
    points, volumes = plan
    grid = Grid.around((-4, -4, 4, 4), 0.25, margin_mm=6.0)
    moved_grid = Grid(grid.x0_mm + 0.25 * i, grid.y0_mm + 0.25 * j, 0.25, grid.nx, grid.ny)
    here = areal_dose(points, volumes, 1.0, grid=grid, form=form)
    there = areal_dose(points + 0.25 * np.array([i, j]), volumes, 1.0, grid=moved_grid, form=form)
    np.testing.assert_allclose(there, here, atol=1e-10 * here.max())


@given(plans, forms)
def test_mirrored_points_give_the_mirrored_field(plan: Plan, form: str) -> None:
    points, volumes = plan
    here = areal_dose(points, volumes, 1.0, grid=GRID, form=form)
    mirrored = areal_dose(points * [-1.0, 1.0], volumes, 1.0, grid=GRID, form=form)
    np.testing.assert_allclose(mirrored, here[:, ::-1], atol=1e-11 * here.max())


@given(plans, forms, st.floats(0.0, 0.3))
@settings(max_examples=25)
def test_dose_is_never_negative_and_grows_with_another_depot(plan: Plan, form: str, diffused_mm2: float) -> None:
    points, volumes = plan
    before = areal_dose(points, volumes, 1.0, grid=GRID, form=form, diffused_mm2=diffused_mm2)
    more, volume = np.vstack([points, [[0.5, 0.5]]]), np.append(volumes, 5.0)
    after = areal_dose(more, volume, 1.0, grid=GRID, form=form, diffused_mm2=diffused_mm2)
    assert before.min() >= 0.0
    assert (after - before).min() >= -1e-10 * after.max()


@given(coordinates, coordinates, st.floats(1.5, 6.0))
def test_lengths_and_volumes_scale_together(x: float, y: float, factor: float) -> None:
    """Same shape in depot radii: a depot k times as wide on a k times coarser grid has V/k^2 as its scale of dose."""
    a_mm, _ = semi_axes([5.0, 5.0 * factor])
    k = float(a_mm[1] / a_mm[0])
    grid = Grid(-8.0, -8.0, 0.25, 64, 64)
    scaled = Grid(-8.0 * k, -8.0 * k, 0.25 * k, 64, 64)
    small = areal_dose([(x, y)], 5.0, 1.0, grid=grid)
    large = areal_dose([(x * k, y * k)], 5.0 * factor, 1.0, grid=scaled)
    np.testing.assert_allclose(large, small * factor / k**2, atol=1e-9 * small.max())


@pytest.mark.parametrize("engine", ["gemm", "spectral"])
def test_gaussian_engines_agree_with_brute_force(engine: str) -> None:
    points = np.random.default_rng(3).uniform(-12.0, 12.0, (300, 2))
    grid = Grid(-8.0, -7.0, 0.15, 110, 95)  # sigma / h = 4.4 at 10 uL; some sources lie outside
    oracle = areal_dose(points, 10.0, 1.0, grid=grid, form="gaussian", engine="brute")
    dose = areal_dose(points, 10.0, 1.0, grid=grid, form="gaussian", engine=engine)
    assert np.abs(dose - oracle).max() <= 1e-10 * oracle.max()


def test_repeated_coordinates_take_the_lattice_shortcut_and_agree() -> None:
    x, y = np.meshgrid(np.arange(-6.0, 6.1, 1.5), np.arange(-6.0, 6.1, 1.5))
    points = np.column_stack([x.ravel(), y.ravel()])
    volumes = np.full(len(points), 8.0)
    grid = Grid(-9.0, -9.0, 0.2, 90, 90)
    oracle = areal_dose(points, volumes, 1.0, grid=grid, form="gaussian", engine="brute")
    np.testing.assert_allclose(
        areal_dose(points, volumes, 1.0, grid=grid, form="gaussian", engine="gemm"), oracle, atol=1e-13 * oracle.max()
    )


def test_stamps_agree_with_brute_force() -> None:
    points = np.random.default_rng(4).uniform(-10.0, 10.0, (60, 2))
    oracle = areal_dose(points, 10.0, 1.0, grid=GRID, form="erf", engine="brute")
    dose = areal_dose(points, 10.0, 1.0, grid=GRID, form="erf", engine="stamp")
    assert np.abs(dose - oracle).max() <= 1e-12 * oracle.max()


def test_diffused_stamps_agree_with_the_exact_transform() -> None:
    """Two roads to a diffusing spheroid: the radial integral, and its transform multiplied in Fourier space."""
    points = np.random.default_rng(5).uniform(-4.0, 4.0, (12, 2))
    grid = Grid(-10.0, -10.0, 0.1, 200, 200)
    stamp = areal_dose(points, 10.0, 1.0, grid=grid, form="erf", diffused_mm2=0.1, engine="stamp")
    spectral = areal_dose(points, 10.0, 1.0, grid=grid, form="erf", diffused_mm2=0.1, engine="spectral")
    assert np.abs(stamp - spectral).max() <= 1e-7 * stamp.max()


def test_auto_keeps_the_erf_form_until_diffusion_has_smoothed_it() -> None:
    a2 = float(semi_axes([10.0])[0][0]) ** 2
    for share, form in ((0.0, "erf"), (0.99, "erf"), (1.01, "gaussian")):
        auto = areal_dose([(0, 0)], 10.0, 1.0, grid=GRID, diffused_mm2=share * a2)
        np.testing.assert_array_equal(
            auto, areal_dose([(0, 0)], 10.0, 1.0, grid=GRID, diffused_mm2=share * a2, form=form)
        )
    erf = areal_dose([(0, 0)], 10.0, 1.0, grid=GRID, diffused_mm2=a2, form="erf")
    gaussian = areal_dose([(0, 0)], 10.0, 1.0, grid=GRID, diffused_mm2=a2, form="gaussian")
    assert 1e-4 < np.abs(erf - gaussian).max() / erf.max() < 5e-3


def test_an_undiffused_depot_ends_at_its_rim() -> None:
    a_mm = float(semi_axes([20.0])[0][0])
    grid = Grid(-4.0, -4.0, 0.1, 80, 80)
    dose = areal_dose([(0.0, 0.0)], 20.0, 1.0, grid=grid)
    r = np.hypot(*np.meshgrid(grid.x_mm, grid.y_mm))
    assert (dose[r > a_mm + 0.1] == 0.0).all()
    assert (dose[r < a_mm - 0.1] > 0.0).all()
    centre = dose[np.unravel_index(int(r.argmin()), r.shape)]
    assert centre == pytest.approx(100.0 * 20.0 * 3.0 / (2.0 * np.pi * a_mm**2), rel=2e-3)


def test_cells_too_coarse_are_refused_with_the_cell_that_would_do() -> None:
    coarse = Grid(-5.0, -5.0, 1.0, 10, 10)
    with pytest.raises(InputError, match=r"too coarse .* h_mm = 0\.\d+ would do"):
        areal_dose([(0, 0)], 10.0, 1.0, grid=coarse)
    fine = Grid.around((-5, -5, 5, 5), suitable_cell_mm(10.0))
    assert areal_dose([(0, 0)], 10.0, 1.0, grid=fine).max() > 0.0


@pytest.mark.parametrize(
    ("points", "volumes", "depth", "says"),
    [
        ([], 1.0, 1.0, "empty"),
        ([(0.0, np.nan)], 1.0, 1.0, r"points_mm\[0\].*not finite"),
        ([(0.0, 5e4)], 1.0, 1.0, "um given for mm"),
        ([(0.0, 1.0, 2.0)], 1.0, 1.0, r"\(n, 2\)"),
        ([(0.0, 0.0)], -1.0, 1.0, r"volumes_ul\[0\] = -1"),
        ([(0.0, 0.0)], np.inf, 1.0, "not finite"),
        ([(0.0, 0.0)], 20_000.0, 1.0, "plausible range"),
        ([(0.0, 0.0)], [1.0, 2.0], 1.0, "one volume per point"),
        ([(0.0, 0.0)], 1.0, -0.1, r"depth_mm\[0\]"),
        ([(0.0, 0.0)], 1.0, 2_000.0, "plausible range"),
        ([(0.0, 0.0)], 1.0, [1.0, 1.0], "one depth"),
    ],
)
def test_bad_input_is_refused_in_one_line(points: object, volumes: object, depth: object, says: str) -> None:
    with pytest.raises(InputError, match=says) as refused:
        areal_dose(points, volumes, depth, grid=GRID)  # type: ignore[arg-type]
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("key", ["layer", "form", "engine"])
def test_unknown_names_are_refused_with_the_known_ones(key: str) -> None:
    arguments = {key: "nonsense"}
    with pytest.raises(InputError, match=r"nonsense.*must be one of"):
        areal_dose([(0, 0)], 10.0, 1.0, grid=GRID, **arguments)  # type: ignore[arg-type]


def test_an_engine_that_cannot_do_the_form_says_so() -> None:
    with pytest.raises(InputError, match=r"gemm.*cannot compute the erf form"):
        areal_dose([(0, 0)], 10.0, 1.0, grid=GRID, form="erf", engine="gemm")
    with pytest.raises(InputError, match="h_mm <= "):
        areal_dose(
            [(0, 0)], 3.0, 1.0, grid=Grid(-5, -5, 0.4, 25, 25), form="gaussian", engine="spectral", coarse_ok=True
        )


def test_grids_that_cannot_be_are_refused() -> None:
    with pytest.raises(InputError, match=r"GB per plane.*would do"):
        Grid(0.0, 0.0, 0.001, 100_000, 100_000)
    with pytest.raises(InputError, match="no cell"):
        Grid(0.0, 0.0, 1.0, 0, 3)
    with pytest.raises(InputError, match="h_mm"):
        Grid(0.0, 0.0, -1.0, 3, 3)
    with pytest.raises(InputError, match="reversed"):
        Grid.around((1.0, 0.0, 0.0, 1.0), 0.5)
    with pytest.raises(InputError, match="four finite"):
        Grid.around((0.0, 0.0, np.nan, 1.0), 0.5)
