"""The budget against the GUM's own example, against closed forms, against Monte Carlo, and against truth."""

from __future__ import annotations

import math
import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mesogun.calibration.gravimetric import Weighing, volume_at_reference_ul, volume_budget
from mesogun.calibration.uncertainty import (
    Budget,
    Input,
    Line,
    budget,
    from_bounds,
    from_certificate,
    from_repeats,
    from_resolution,
    monte_carlo,
)
from mesogun.calibration.zfactor import Environment, volume_ul
from mesogun.errors import InputError


def line(u: float, nu: float = math.inf, c: float = 1.0) -> Line:
    return Line(Input("x", 0.0, u, "1", "test", degrees_of_freedom=nu), c)


def test_the_end_gauge_of_the_gum() -> None:
    """GUM H.1, table H.1 (nm): u_c = 32, nu_eff = 16.7, and t at 99 % for 16 degrees of freedom 2.92."""
    gauge = Budget(0.0, "nm", (line(25, 18), line(9.7, 25.6), line(2.9, 50), line(16.6, 2)))
    assert gauge.combined_standard_uncertainty == pytest.approx(31.7, abs=0.1)
    assert gauge.effective_degrees_of_freedom == pytest.approx(16.7, abs=0.3)
    assert gauge.coverage_factor(0.99) == pytest.approx(2.92, abs=0.005)
    assert gauge.expanded_uncertainty(0.99) == pytest.approx(93, abs=1)


# GUM table G.2, 95 %
@pytest.mark.parametrize(("nu", "t"), [(1, 12.71), (2, 4.30), (9, 2.26), (10, 2.23), (50, 2.01), (math.inf, 1.960)])
def test_coverage_factors_of_the_gum(nu: float, t: float) -> None:
    assert Budget(0.0, "1", (line(1.0, nu),)).coverage_factor() == pytest.approx(t, abs=0.005)


def test_effective_degrees_of_freedom_are_truncated() -> None:
    two = Budget(0.0, "1", (line(1.0, 9), line(0.5)))  # nu_eff = 9 * 1.25^2 = 14.06
    assert two.effective_degrees_of_freedom == pytest.approx(9 * 1.25**2)
    assert two.coverage_factor() == Budget(0.0, "1", (line(1.0, 14),)).coverage_factor()


@given(st.lists(st.tuples(st.floats(0.01, 10), st.integers(1, 100)), min_size=1, max_size=8))
def test_effective_degrees_of_freedom_lie_between_the_least_and_the_sum(parts: list[tuple[float, int]]) -> None:
    nu = Budget(0.0, "1", tuple(line(u, nu) for u, nu in parts)).effective_degrees_of_freedom
    assert min(nu for _, nu in parts) * (1 - 1e-9) <= nu <= sum(nu for _, nu in parts) * (1 + 1e-9)


def test_types_of_input_by_hand() -> None:
    repeats = from_repeats("m", [1.0, 2.0, 3.0], "mg", "test")
    assert (repeats.value, repeats.degrees_of_freedom) == (2.0, 2)
    assert repeats.standard_uncertainty == pytest.approx(1 / math.sqrt(3))
    assert from_bounds("t", 20.0, 0.3, "°C", "test").standard_uncertainty == pytest.approx(0.3 / math.sqrt(3))
    assert from_certificate("b", 0.0, 0.1, 2.0, "mg", "test").standard_uncertainty == pytest.approx(0.05)
    # safety of the choice of a balance: 0.1 mg on a shot of 10 mg is 0.41 %
    assert from_resolution("d", 0.1, "mg", "test").standard_uncertainty / 10 == pytest.approx(0.0041, abs=5e-5)


@given(st.floats(0.5, 5), st.floats(0.5, 5), st.floats(0.001, 0.05), st.floats(0.001, 0.05))
def test_a_product_has_the_closed_form(a: float, b: float, u_a: float, u_b: float) -> None:
    inputs = [Input("a", a, u_a, "1", "test"), Input("b", b, u_b, "1", "test")]
    product = budget(lambda a, b: a * b, inputs, "1")
    assert product.combined_standard_uncertainty == pytest.approx(math.hypot(b * u_a, a * u_b), rel=1e-9)


def weighing(mean_mg: float = 25.0, spread_mg: float = 0.15, loss_mg: float = 0.05) -> Weighing:
    """A plausible bench, made up for the test: a 0.01 mg balance in an ordinary room."""
    source = "made up for the test"
    return Weighing(
        mass_mg=Input("mass_mg", mean_mg, spread_mg / math.sqrt(10), "mg", source, degrees_of_freedom=9),
        resolution_mg=from_resolution("resolution_mg", 0.01, "mg", source),
        balance_mg=from_certificate("balance_mg", 0.0, 0.03, 2.0, "mg", source),
        loss_mg=Input("loss_mg", loss_mg, 0.004, "mg", source, degrees_of_freedom=9),
        water_c=from_bounds("water_c", 22.0, 0.3, "°C", source),
        air_c=from_bounds("air_c", 22.3, 0.5, "°C", source),
        pressure_kpa=from_bounds("pressure_kpa", 100.2, 0.2, "kPa", source),
        humidity_pct=from_bounds("humidity_pct", 55.0, 5.0, "%", source),
        weight_g_per_ml=from_bounds("weight_g_per_ml", 8.0, 0.1, "g/mL", source),
        water_factor=from_bounds("water_factor", 1.0, 1e-5, "1", source),
        expansion_per_c=from_bounds("expansion_per_c", 2.4e-4, 5e-5, "1/°C", source),
    )


@pytest.mark.parametrize("spread_mg", [0.15, 0.003])
def test_the_formula_agrees_with_monte_carlo_within_one_per_cent(spread_mg: float) -> None:
    bench = weighing(spread_mg=spread_mg)
    formula = volume_budget(bench)
    drawn = monte_carlo(volume_at_reference_ul, bench.inputs, seed=9)
    assert drawn.standard_uncertainty == pytest.approx(formula.combined_standard_uncertainty, rel=0.01)
    assert drawn.mean == pytest.approx(formula.value, abs=0.02 * formula.combined_standard_uncertainty)
    half_width = 1.96 * formula.combined_standard_uncertainty
    assert (drawn.high - drawn.low) / 2 == pytest.approx(half_width, rel=0.03)
    assert monte_carlo(volume_at_reference_ul, bench.inputs, seed=9, draws=1_000) == monte_carlo(
        volume_at_reference_ul, bench.inputs, seed=9, draws=1_000
    )


def test_the_model_is_the_z_factor_at_twenty_degrees() -> None:
    bench = weighing(loss_mg=0.0)
    at_20 = replace(bench, water_c=replace(bench.water_c, value=20.0))
    where = Environment(20.0, 22.3, 100.2, 55.0)
    assert volume_budget(at_20).value == pytest.approx(volume_ul(25.0, where), rel=1e-12)


def test_a_milligram_of_any_kind_weighs_as_much() -> None:
    for entry in volume_budget(weighing()).lines[:4]:
        assert entry.sensitivity == pytest.approx(1.0028, abs=2e-4)


def test_evaporation_is_given_back_and_heat_taken_off() -> None:
    assert volume_budget(weighing(loss_mg=0.05)).value - volume_budget(weighing(loss_mg=0.0)).value == pytest.approx(
        0.05 * 1.0033, abs=1e-4
    )


def test_the_stated_uncertainty_holds_the_truth_in_95_of_100() -> None:
    """4,000 made-up calibrations of 10 shots: known truth, everything unknown drawn anew each time."""
    chance = random.Random(2)
    inside = 0
    for _ in range(4_000):
        bias_mg = chance.gauss(0, 0.02)  # of the balance, the same for all ten
        shown = [25.0 + bias_mg + chance.gauss(0, 0.15) for _ in range(10)]
        found = budget(
            lambda mass, bias: mass + bias,
            [from_repeats("mass", shown, "mg", "test"), from_certificate("bias", 0.0, 0.04, 2.0, "mg", "test")],
            "mg",
        )
        inside += abs(found.value - 25.0) <= found.expanded_uncertainty()
    assert 0.94 < inside / 4_000 < 0.965


def test_what_cannot_be_used_is_refused() -> None:
    with pytest.raises(InputError, match="no number"):
        Input("x", math.nan, 0.1, "1", "test")
    with pytest.raises(InputError, match="uncertainty of x"):
        Input("x", 0.0, -0.1, "1", "test")
    with pytest.raises(InputError, match="degrees of freedom"):
        Input("x", 0.0, 0.1, "1", "test", degrees_of_freedom=0.5)
    with pytest.raises(InputError, match="no spread"):
        from_repeats("x", [1.0], "1", "test")
    with pytest.raises(InputError, match="no number"):
        from_repeats("x", [1.0, math.nan], "1", "test")
    with pytest.raises(InputError, match="share a name"):
        budget(lambda x: x, [line(1.0).input] * 2, "1")
    with pytest.raises(InputError, match="model gives no number"):
        budget(lambda x: x + math.inf, [line(1.0).input], "1")
    with pytest.raises(InputError, match="coverage factor of 0"):
        from_certificate("x", 0.0, 0.1, 0.0, "1", "test")
    with pytest.raises(InputError, match="is usual"):
        Budget(0.0, "1", (line(1.0),)).coverage_factor(95.0)
    with pytest.raises(InputError, match="1000 or more"):
        monte_carlo(lambda x: x, [line(1.0).input], seed=1, draws=10)
    bench = weighing()
    with pytest.raises(InputError, match="stands in the place"):
        replace(bench, air_c=bench.water_c)
    with pytest.raises(InputError, match="no Z factor"):
        replace(bench, water_c=replace(bench.water_c, value=36.0))
