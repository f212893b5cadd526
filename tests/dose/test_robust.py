"""Mean, SD, split and band under error: the closed forms against seeded draws."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mesogun.dose import DELIVERED_FRACTION, Errors, Grid, areal_dose, band, metrics, robust_field
from mesogun.dose.depth import DepthField
from mesogun.dose.montecarlo import delivered_shares, draw
from mesogun.dose.parameters import load
from mesogun.dose.spheroids import robust_spheroids
from mesogun.errors import InputError

from .shared import GRID, Floats, mass_ul, plans

X, Y = np.meshgrid(np.arange(-4.0, 4.1, 2.0), np.arange(-4.0, 4.1, 2.0))
POINTS = np.column_stack([X.ravel(), Y.ravel()])
COARSE = Grid(-9.0, -9.0, 0.5, 36, 36)
DRAWS = 1_200


@pytest.mark.parametrize(
    "errors",
    [
        Errors(jitter_sd_mm=0.7, volume_cv=0.1),
        Errors(jitter_sd_mm=0.5, volume_cv=0.2, common_cv=0.1, delivered=0.9, delivered_sd=0.08),
        Errors(volume_cv=0.3),
    ],
)
def test_mean_and_sd_agree_with_draws_within_their_noise(errors: Errors) -> None:
    closed = robust_field(POINTS, 10.0, 1.0, errors, grid=COARSE)
    drawn = draw(POINTS, 10.0, 1.0, errors, grid=COARSE, draws=DRAWS, seed=7)
    inside = closed.mean > 0.1 * closed.mean.max()
    error = np.abs(drawn.mean - closed.mean)[inside] / (closed.sd[inside] / math.sqrt(DRAWS))
    assert error.max() < 4.5  # the largest of some 500 cells
    ratio = drawn.sd[inside] / closed.sd[inside] - 1.0
    assert abs(ratio).max() < 4.0 / math.sqrt(2.0 * DRAWS) * 1.6  # dose is skewed: its SD scatters more than normal
    assert math.sqrt(float(np.mean(ratio**2))) < 2.0 / math.sqrt(2.0 * DRAWS)


def test_undiffused_spheroids_agree_with_draws_of_the_erf_form() -> None:
    grid = Grid(-8.0, -8.0, 0.25, 64, 64)
    errors, volumes = Errors(jitter_sd_mm=0.6, volume_cv=0.1, delivered=0.95, delivered_sd=0.03), np.full(25, 10.0)
    volumes[::3] = 14.0
    closed = robust_spheroids(POINTS, volumes, 1.0, errors, grid=grid)
    drawn = draw(POINTS, volumes, 1.0, errors, grid=grid, draws=500, seed=4, form="erf")
    inside = closed.mean > 0.1 * closed.mean.max()
    ratio = drawn.sd[inside] / closed.sd[inside] - 1.0
    assert math.sqrt(float(np.mean(ratio**2))) < 2.0 / math.sqrt(2.0 * 500)
    assert abs(float(ratio.mean())) < 0.025
    error = (drawn.mean - closed.mean)[inside] / (closed.sd[inside] / math.sqrt(500))
    assert np.abs(error).max() < 4.5
    assert mass_ul(closed.mean, grid) == pytest.approx(0.95 * volumes.sum(), rel=1e-4)
    np.testing.assert_array_equal(closed.nominal, areal_dose(POINTS, volumes, 1.0, grid=grid))


def test_spheroids_that_the_closed_form_cannot_take_are_refused() -> None:
    with pytest.raises(InputError, match=r"h_mm <= 0\.05 would do"):
        robust_spheroids(POINTS, 10.0, 1.0, Errors(jitter_sd_mm=0.1), grid=COARSE)
    with pytest.raises(InputError, match="25 sizes"):
        robust_spheroids(POINTS, np.linspace(5, 9, 25), 1.0, Errors(jitter_sd_mm=1.5), grid=COARSE)
    with pytest.raises(InputError, match="all volumes are zero"):
        robust_spheroids(POINTS, 0.0, 1.0, Errors(jitter_sd_mm=1.5), grid=COARSE)


def test_depth_error_moves_dose_between_layers_as_drawn() -> None:
    errors, slab = Errors(jitter_sd_mm=0.3, depth_sd_mm=0.4), (0.0, 1.0)
    closed = robust_field(POINTS, 10.0, 0.7, errors, grid=COARSE, slab_mm=slab)
    drawn = draw(POINTS, 10.0, 0.7, errors, grid=COARSE, draws=600, seed=3, slab_mm=slab)
    inside = closed.mean > 0.2 * closed.mean.max()
    assert np.abs(drawn.mean / closed.mean - 1.0)[inside].mean() < 0.02
    assert abs(np.mean(drawn.sd[inside] / closed.sd[inside]) - 1.0) < 0.03
    assert closed.depth[inside].min() > 0.0
    nominal = DepthField(POINTS, 10.0, 0.7, grid=COARSE, form="gaussian").layer_doses(slab)[0]
    np.testing.assert_allclose(closed.nominal, nominal, atol=1e-9 * nominal.max())


@settings(max_examples=20)
@given(plans)
def test_without_error_all_is_nominal_and_certain(plan: tuple[Floats, Floats]) -> None:
    points, volumes = plan
    field = robust_field(points, volumes, 1.0, Errors(), grid=GRID)
    exact = areal_dose(points, volumes, 1.0, grid=GRID, form="gaussian")
    np.testing.assert_allclose(field.mean, exact, atol=1e-11 * exact.max())
    np.testing.assert_allclose(field.nominal, exact, atol=1e-11 * exact.max())
    assert field.sd.max() <= 1e-5 * exact.max()


@settings(max_examples=20)
@given(plans, st.floats(0.0, 1.5), st.floats(0.0, 0.5), st.floats(0.0, 0.2))
def test_shares_of_causes_add_up_and_errors_only_add_variance(
    plan: tuple[Floats, Floats], jitter: float, volume_cv: float, delivered_sd: float
) -> None:
    points, volumes = plan
    errors = Errors(jitter, volume_cv, delivered=0.9, delivered_sd=delivered_sd)
    field = robust_field(points, volumes, 1.0, errors, grid=GRID)
    weights = np.ones(GRID.shape)
    split = field.split(weights)
    assert sum(split.values()) == pytest.approx(1.0, abs=1e-9)
    assert min(split.values()) >= 0.0
    more = robust_field(
        points, volumes, 1.0, Errors(jitter, volume_cv + 0.1, delivered=0.9, delivered_sd=delivered_sd), grid=GRID
    )
    assert more.expected_cv(weights) >= field.expected_cv(weights)
    assert mass_ul(field.mean, GRID) <= 0.9 * volumes.sum() * (1.0 + 1e-12)


def test_what_moves_everything_is_no_cause_of_unevenness() -> None:
    field = robust_field(POINTS, 10.0, 1.0, Errors(common_cv=0.2), grid=COARSE)
    np.testing.assert_allclose(field.sd, 0.2 * field.mean, rtol=1e-6, atol=1e-6)
    assert field.split(np.ones(COARSE.shape)) == {
        "pattern": 1.0,
        "placement": 0.0,
        "volume": 0.0,
        "delivery": 0.0,
        "depth": 0.0,
    }


def test_the_band_holds_its_share_of_a_larger_reference() -> None:
    """The 5-95 % band of 200 draws against 700 other draws: 95 % of its lines within 1 % of the area."""
    errors, weights = Errors.typical("grid_template"), np.zeros(COARSE.shape)
    weights[10:26, 10:26] = 0.25
    common = {"grid": COARSE, "weights": weights, "reference": 230.0}
    small = band(POINTS, 10.0, 1.0, errors, draws=200, seed=1, **common)  # type: ignore[arg-type]
    large = band(POINTS, 10.0, 1.0, errors, draws=700, seed=2, **common)  # type: ignore[arg-type]
    np.testing.assert_array_equal(small.dose, large.dose)
    close = np.abs(np.array([small.mean - large.mean, small.low - large.low, small.high - large.high])) < 0.012
    assert close.mean() > 0.95
    exact = metrics(areal_dose(POINTS, 10.0, 1.0, grid=COARSE), weights, 230.0)
    assert small.d90.nominal == pytest.approx(exact.d90)
    assert small.v100.nominal == pytest.approx(exact.v100)
    assert small.d90.p5 <= small.d90.mean <= small.d90.p95
    assert small.coefficient.nominal == pytest.approx(exact.cv)


def test_without_error_the_band_is_the_histogram() -> None:
    weights = np.ones(COARSE.shape)
    found = band(POINTS, 10.0, 1.0, Errors(), grid=COARSE, weights=weights, reference=100.0, draws=3)
    np.testing.assert_allclose(found.low, found.high, atol=1e-12)
    np.testing.assert_allclose(found.mean, found.nominal, atol=2e-3)  # one narrow bin of dose
    for spread, slack in ((found.d90, 1e-3 * found.dose[-1]), (found.v100, 1e-9), (found.coefficient, 1e-9)):
        assert spread.mean == pytest.approx(spread.nominal, abs=slack)
        assert spread.p5 == pytest.approx(spread.p95)


def test_the_same_seed_draws_the_same_field() -> None:
    errors = Errors.typical()
    one, two, other = (draw(POINTS, 10.0, 1.0, errors, grid=COARSE, draws=3, seed=seed) for seed in (5, 5, 6))
    np.testing.assert_array_equal(one.mean, two.mean)
    assert np.abs(one.mean - other.mean).max() > 0.0


def test_uniform_placement_of_the_same_sd_gives_nearly_the_same_moments() -> None:
    errors = Errors(jitter_sd_mm=0.5)
    drawn = draw(POINTS, 10.0, 1.0, errors, grid=COARSE, draws=500, seed=2, placement="uniform")
    closed = robust_field(POINTS, 10.0, 1.0, errors, grid=COARSE)
    inside = closed.mean > 0.3 * closed.mean.max()
    assert abs(np.mean(drawn.sd[inside] / closed.sd[inside]) - 1.0) < 0.08


@pytest.mark.parametrize("kind", ["adapter", "mantoux", "hollow_microneedle"])
def test_delivered_fractions_are_drawn_as_measured(kind: str) -> None:
    row = load("delivery")[f"delivered_fraction.{kind}"]
    assert row.sd is not None
    drawn = delivered_shares(row.mean, row.sd, 100_000, np.random.default_rng(11))
    assert drawn.mean() == pytest.approx(row.mean, rel=0.01)
    assert drawn.std() == pytest.approx(row.sd, rel=0.01)
    assert 0.0 <= drawn.min() <= drawn.max() <= 1.0


def test_bad_errors_are_refused() -> None:
    for bad in (
        {"jitter_sd_mm": -1.0},
        {"volume_cv": math.nan},
        {"delivered": 0.0},
        {"delivered": 1.1},
        {"common_cv": 3.0},
    ):
        with pytest.raises(InputError, match=next(iter(bad))):
            Errors(**bad)
    with pytest.raises(InputError, match="hand"):
        Errors.typical("steady")
    with pytest.raises(InputError, match="SD must be below"):
        delivered_shares(0.9, 0.4, 3, np.random.default_rng(0))
    with pytest.raises(InputError, match="slab_mm"):
        robust_field(POINTS, 10.0, 1.0, Errors(), grid=COARSE, slab_mm=(1.0, 0.5))
    with pytest.raises(InputError, match="all volumes are zero"):
        robust_field(POINTS, 0.0, 1.0, Errors(), grid=COARSE)
    with pytest.raises(InputError, match="placement"):
        draw(POINTS, 10.0, 1.0, Errors(), grid=COARSE, draws=3, seed=1, placement="wobbly")
    with pytest.raises(InputError, match="draws"):
        draw(POINTS, 10.0, 1.0, Errors(), grid=COARSE, draws=1, seed=1)
    assert Errors.typical().delivered == DELIVERED_FRACTION.mean
