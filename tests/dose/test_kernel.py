"""Depots and their one-dimensional factors against closed forms."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad

from mesogun.dose import gaussian_sigma_mm, needle_tip, semi_axes, suitable_cell_mm
from mesogun.dose.depot import width_law
from mesogun.dose.kernel import axial_shares, gaussian_shares, sphere_concentration, spheroid_cdf, spheroid_shares
from mesogun.dose.parameters import load
from mesogun.dose.spheroid import profile, quadrant, transform
from mesogun.errors import InputError


@given(st.floats(0.05, 500.0), st.sampled_from(["dermis", "subcutis", "epidermis"]))
def test_a_depot_holds_its_volume_and_is_never_taller_than_wide(volume: float, layer: str) -> None:
    a, c = semi_axes([volume], layer)
    assert 4.0 / 3.0 * math.pi * a[0] ** 2 * c[0] == pytest.approx(volume, rel=1e-12)
    assert c[0] <= a[0] * (1.0 + 1e-12)


@given(st.floats(0.1, 100.0), st.floats(1.01, 3.0))
def test_more_volume_is_a_wider_depot(volume: float, factor: float) -> None:
    assert semi_axes([volume * factor])[0][0] > semi_axes([volume])[0][0]


def test_the_width_law_passes_through_the_rows_it_is_fitted_to() -> None:
    rows = load("depots")
    for row in rows.values():
        if row.id.startswith("dermis") and row.get("fit"):
            assert width_law("dermis").diameter_mm(np.array(row.get("volume_ul"))) == pytest.approx(row.value)
    assert semi_axes([50.0], "subcutis")[0][0] == pytest.approx(rows["subcutis.reach.50ul"].value)


def test_the_jet_width_is_held_out_of_the_fit_and_met() -> None:
    held_out = load("depots")["dermis.dye_width.100ul"]
    assert held_out.get("fit") is False
    assert held_out.low is not None
    assert held_out.high is not None
    assert held_out.low < 2.0 * semi_axes([100.0])[0][0] < held_out.high


def test_small_depots_are_spheres() -> None:
    a, c = semi_axes([1.0, 3.0, 4.0, 20.0])
    np.testing.assert_allclose(a[:2], c[:2])
    assert a[0] == pytest.approx(0.6204, abs=1e-4)
    assert (c[2:] < a[2:]).all()


def test_nothing_leaves_nothing() -> None:
    a, c = semi_axes([0.0])
    assert (a[0], c[0]) == (0.0, 0.0)
    with pytest.raises(InputError, match="all volumes are zero"):
        suitable_cell_mm([0.0])
    assert suitable_cell_mm([0.0, 10.0]) == pytest.approx(gaussian_sigma_mm(semi_axes([10.0])[0])[0] / 2.0)


@pytest.mark.parametrize(("angle", "length", "depth"), [(30, 5, 2.50), (30, 8, 4.00), (45, 5, 3.54), (45, 8, 5.66)])
def test_depth_from_the_needle_angle(angle: float, length: float, depth: float) -> None:
    x, y, found = needle_tip(1.0, 2.0, length, angle, azimuth_deg=90.0)
    assert found == pytest.approx(depth, abs=0.01)
    assert x == pytest.approx(1.0)
    assert y == pytest.approx(2.0 + length * math.cos(math.radians(angle)))


def test_a_perpendicular_needle_stays_over_its_entry() -> None:
    assert needle_tip(1.0, 2.0, 1.5, 90.0, 33.0) == (1.0, 2.0, 1.5)
    with pytest.raises(InputError, match="angle_deg"):
        needle_tip(0.0, 0.0, 1.0, 91.0)


@given(st.floats(-3.0, 3.0), st.floats(0.3, 3.0), st.floats(0.0, 2.0))
def test_shares_of_an_axis_are_positive_and_telescope(centre: float, a_mm: float, tau_mm: float) -> None:
    borders = np.linspace(-40.0, 40.0, 801)
    for shares in (
        spheroid_shares(borders, centre, a_mm, tau_mm),
        gaussian_shares(borders, np.array([centre]), a_mm)[0],
    ):
        assert shares.sum() == pytest.approx(1.0, abs=1e-12)
        assert shares.min() >= 0.0


@pytest.mark.parametrize(
    ("u", "a", "tau"), [(0.3, 1.0, 0.2), (-0.9, 1.0, 0.05), (1.4, 0.7, 1.1), (0.0, 2.0, 0.3), (0.5, 0.3, 1.7)]
)
def test_the_smoothed_marginal_is_the_convolution_it_claims(u: float, a: float, tau: float) -> None:
    def density(v: float) -> float:
        normal = 0.5 * (1.0 + math.erf((u - v) / (tau * math.sqrt(2.0))))
        return float(0.75 / a * (1.0 - (v / a) ** 2) * normal)

    expected = quad(density, -a, a, epsabs=1e-13)[0]
    assert spheroid_cdf(np.array([u]), a, tau)[0] == pytest.approx(expected, abs=1e-11)


@given(st.floats(0.0, 3.0), st.floats(0.05, 2.0), st.floats(0.0, 1.0), st.sampled_from(["erf", "gaussian"]))
def test_the_half_space_keeps_all_mass(depth: float, c_mm: float, tau: float, form: str) -> None:
    assert axial_shares(np.array([0.0, 0.4, 1.7, np.inf]), depth, c_mm, tau, form=form).sum() == pytest.approx(
        1.0, abs=1e-12
    )


@pytest.mark.parametrize(("ratio", "share"), [(0.01, 1.0), (0.1, 0.828203), (1.0, 0.081109), (5.0, 0.008163)])
def test_the_centre_of_a_diffusing_sphere(ratio: float, share: float) -> None:
    assert sphere_concentration(np.array([0.0]), 1.7, ratio * 1.7**2)[0] == pytest.approx(share, abs=1e-6)


@pytest.mark.parametrize("diffused", [0.05, 0.4, 3.0])
def test_the_second_moment_of_a_diffusing_sphere(diffused: float) -> None:
    a = 1.2

    def moment(power: int) -> float:
        return float(
            quad(
                lambda r: r ** (2 + power) * sphere_concentration(np.array([r]), a, diffused)[0],
                0.0,
                a + 14.0 * math.sqrt(diffused),
                epsabs=0.0,
                epsrel=1e-12,
                limit=400,
                points=[a],
            )[0]
        )

    assert moment(2) / moment(0) == pytest.approx(3.0 * a * a / 5.0 + 6.0 * diffused, rel=1e-9)


@pytest.mark.parametrize(("diffused", "worst"), [(0.1, 0.28), (1.0, 0.005), (5.0, 0.0003)])
def test_the_gaussian_is_as_wrong_as_published_and_no_more(diffused: float, worst: float) -> None:
    """Moment match against the exact sphere: 27 %, 0.49 %, 0.02 % of the peak at D t / a^2 of 0.1, 1, 5."""
    r = np.linspace(0.0, 3.0 + 6.0 * math.sqrt(diffused), 2_000)
    exact = sphere_concentration(r, 1.0, diffused)
    sigma = math.sqrt(1.0 / 5.0 + 2.0 * diffused)
    gaussian = 4.0 / 3.0 * math.pi * np.exp(-0.5 * (r / sigma) ** 2) / ((2.0 * math.pi) ** 1.5 * sigma**3)
    error = float(np.abs(gaussian - exact).max() / exact.max())
    assert 0.5 * worst < error < worst


@given(st.floats(-1.5, 1.5), st.floats(-1.5, 1.5))
def test_the_quadrant_is_odd_symmetric_and_bounded(x: float, y: float) -> None:
    one = quadrant(np.array(x), np.array(y))
    assert quadrant(np.array(y), np.array(x)) == pytest.approx(one, abs=1e-15)
    assert quadrant(np.array(-x), np.array(y)) == pytest.approx(-one, abs=1e-15)
    assert abs(one) <= math.pi / 6.0 + 1e-15


@pytest.mark.parametrize(("x", "y"), [(0.3, 0.4), (0.8, 0.7), (0.99, 0.05), (1.2, 0.5)])
def test_the_quadrant_is_the_integral_it_claims(x: float, y: float) -> None:
    def inner(u: float) -> float:
        w2 = 1.0 - u * u
        if w2 <= 0.0:
            return 0.0
        v = min(y, math.sqrt(w2))
        return 0.5 * (v * math.sqrt(max(w2 - v * v, 0.0)) + w2 * math.asin(min(v / math.sqrt(w2), 1.0)))

    kink = math.sqrt(max(1.0 - y * y, 0.0))
    expected = quad(inner, 0.0, min(x, 1.0), epsabs=1e-12, points=[min(kink, x)])[0]
    assert quadrant(np.array(x), np.array(y)) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("tau", [0.05, 0.4])
def test_the_radial_profile_holds_unit_mass_and_the_right_spread(tau: float) -> None:
    density = profile(1.3, tau)
    r = np.linspace(0.0, 1.3 + 8.4 * tau, 200_001)
    values = density(r)
    mass = np.trapezoid(2.0 * math.pi * r * values, r)
    spread = np.trapezoid(2.0 * math.pi * r**3 * values, r)
    assert mass == pytest.approx(1.0, abs=1e-6)
    assert spread == pytest.approx(2.0 * (1.3**2 / 5.0 + tau**2), rel=1e-5)


def test_the_transform_starts_at_one_and_joins_its_series() -> None:
    assert transform(np.array([0.0]), 2.0)[0] == 1.0
    near = transform(np.array([0.00999999, 0.01000001]), 1.0)
    assert near[0] == pytest.approx(near[1], abs=1e-9)
    assert near[0] == pytest.approx(1.0 - 1e-4 / 10.0, abs=1e-9)
