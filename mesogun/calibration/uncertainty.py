"""Uncertainty after the GUM: a budget line by line, and its check by Monte Carlo.

Sources: JCGM 100:2008 (the GUM): combination 5.1.2, sensitivities 5.1.4, Welch-Satterthwaite G.4.1 with the
effective degrees of freedom truncated, coverage factor G.6.4. JCGM 101:2008: propagation of distributions.

Inputs are taken as independent; what is correlated has to enter as one input. Not responsible for which inputs a
measurement has: see :mod:`~mesogun.calibration.gravimetric`.
"""

from __future__ import annotations

import enum
import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from mesogun.errors import InputError

COVERAGE_PROBABILITY = 0.95  # the level of confidence of GUM 6.2.2 and G.6.4

Model = Callable[..., float]  # takes every input by its name


class Shape(enum.Enum):
    """The distribution that stands for what is known about an input (GUM 4.3, JCGM 101 table 1)."""

    NORMAL = "normal"
    RECTANGULAR = "rectangular"
    TRIANGULAR = "triangular"


@dataclass(frozen=True, slots=True)
class Input:
    """One quantity that the result depends on.

    ``standard_uncertainty`` is in the unit of ``value``; ``source`` says where it comes from.

    Raises
    ------
    InputError
        For a number that is none, a negative uncertainty, or fewer than one degree of freedom.
    """

    name: str
    value: float
    standard_uncertainty: float
    unit: str
    source: str
    degrees_of_freedom: float = math.inf
    shape: Shape = Shape.NORMAL

    def __post_init__(self) -> None:
        if not math.isfinite(self.value):
            raise InputError(f"{self.name} is {self.value} {self.unit}, which is no number")
        if not 0.0 <= self.standard_uncertainty < math.inf:
            raise InputError(f"the uncertainty of {self.name} is {self.standard_uncertainty} {self.unit}; 0 or more is")
        if not self.degrees_of_freedom >= 1.0:
            raise InputError(f"{self.name} has {self.degrees_of_freedom} degrees of freedom; one at least is needed")


def from_repeats(name: str, values: Sequence[float], unit: str, source: str) -> Input:
    """The mean of repeated readings with the uncertainty of that mean, type A (GUM 4.2)."""
    if len(values) < 2:
        raise InputError(f"{name}: {len(values)} reading(s) show no spread; two at least are needed")
    if not all(math.isfinite(value) for value in values):
        raise InputError(f"{name}: a reading is no number; take it again")
    u = statistics.stdev(values) / math.sqrt(len(values))
    return Input(name, statistics.fmean(values), u, unit, source, degrees_of_freedom=len(values) - 1)


def from_bounds(name: str, value: float, half_width: float, unit: str, source: str) -> Input:
    """A quantity within ``value ± half_width``, anywhere alike: u = a / √3 (GUM 4.3.7)."""
    return Input(name, value, half_width / math.sqrt(3), unit, source, shape=Shape.RECTANGULAR)


def from_certificate(name: str, value: float, expanded: float, coverage_factor: float, unit: str, source: str) -> Input:
    """A quantity from a certificate that states U and k: u = U / k (GUM 4.3.3)."""
    if not coverage_factor > 0.0:
        raise InputError(f"{name}: a coverage factor of {coverage_factor} is none; the certificate states it")
    return Input(name, value, expanded / coverage_factor, unit, source)


def from_resolution(name: str, resolution: float, unit: str, source: str) -> Input:
    """The rounding of a difference of two readings: triangular within ± one resolution, u = d / √6 (GUM F.2.2.1)."""
    return Input(name, 0.0, resolution / math.sqrt(6), unit, source, shape=Shape.TRIANGULAR)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a budget: an input and how much the result moves with it."""

    input: Input
    sensitivity: float

    @property
    def contribution(self) -> float:
        """Standard uncertainty of the result due to this input, in the unit of the result."""
        return abs(self.sensitivity) * self.input.standard_uncertainty


@dataclass(frozen=True, slots=True)
class Budget:
    """A result with everything its uncertainty is made of."""

    value: float
    unit: str
    lines: tuple[Line, ...]

    @property
    def combined_standard_uncertainty(self) -> float:
        """``u_c = sqrt(sum (c_i u_i)^2)``."""
        return math.hypot(*(line.contribution for line in self.lines))

    @property
    def effective_degrees_of_freedom(self) -> float:
        """``nu_eff = u_c^4 / sum ((c_i u_i)^4 / nu_i)``; infinite if no line has finitely many."""
        u_c = self.combined_standard_uncertainty
        if u_c == 0.0:
            return math.inf
        below = math.fsum((line.contribution / u_c) ** 4 / line.input.degrees_of_freedom for line in self.lines)
        return math.inf if below == 0.0 else 1.0 / below

    def coverage_factor(self, probability: float = COVERAGE_PROBABILITY) -> float:
        """Student's t for the truncated effective degrees of freedom.

        Raises
        ------
        InputError
            Unless the probability lies between 0 and 1.
        """
        if not 0.0 < probability < 1.0:
            raise InputError(f"a coverage probability of {probability} is none; 0.95 is usual")
        nu = self.effective_degrees_of_freedom
        # nu_eff is never below the smallest nu of its lines; the tolerance keeps 9 from becoming 8 by rounding
        return float(stdtrit(nu if math.isinf(nu) else math.floor(nu * (1 + 1e-12)), 0.5 * (1.0 + probability)))

    def expanded_uncertainty(self, probability: float = COVERAGE_PROBABILITY) -> float:
        """``U = k u_c`` in the unit of the result."""
        return self.coverage_factor(probability) * self.combined_standard_uncertainty


def budget(model: Model, inputs: Sequence[Input], unit: str) -> Budget:
    """The budget of ``model(**inputs)``, sensitivities by central differences over ± one standard uncertainty.

    That step is the one of GUM 5.1.3, note 2: it sees the model where the input really is.

    Raises
    ------
    InputError
        If two inputs share a name, or the model gives no number.
    """
    values = {item.name: item.value for item in inputs}
    if len(values) != len(inputs):
        raise InputError("two inputs of a budget share a name; each needs its own")
    value = model(**values)
    lines = []
    for item in inputs:
        step = item.standard_uncertainty
        if step == 0.0:
            lines.append(Line(item, 0.0))
            continue
        high, low = (model(**{**values, item.name: item.value + side}) for side in (step, -step))
        lines.append(Line(item, (high - low) / (2.0 * step)))
    if not all(math.isfinite(number) for number in (value, *(line.sensitivity for line in lines))):
        raise InputError("the measurement model gives no number for these inputs")
    return Budget(value, unit, tuple(lines))


@dataclass(frozen=True, slots=True)
class Simulated:
    """What Monte Carlo found: mean, standard deviation and the probabilistically symmetric interval."""

    mean: float
    standard_uncertainty: float
    low: float
    high: float


def monte_carlo(
    model: Model,
    inputs: Sequence[Input],
    *,
    seed: int,
    draws: int = 100_000,
    probability: float = COVERAGE_PROBABILITY,
) -> Simulated:
    """Propagate the distributions of the inputs through the model itself, without linearising.

    Every input has exactly its stated standard uncertainty, so that the standard uncertainty can be compared with
    the budget's: with 100,000 draws it is known to 0.22 %. How well a spread from few repeats is known is the part
    of the degrees of freedom, which the interval given here leaves out.

    Raises
    ------
    InputError
        For fewer than 1,000 draws, which would check nothing.
    """
    if draws < 1_000:
        raise InputError(f"{draws} draws check nothing; take 1000 or more")
    random = np.random.default_rng(seed)
    columns = [_drawn(item, random, draws) for item in inputs]
    names = [item.name for item in inputs]
    results = np.array([model(**dict(zip(names, row, strict=True))) for row in zip(*columns, strict=True)])
    low, high = np.quantile(results, [0.5 * (1 - probability), 0.5 * (1 + probability)])
    return Simulated(float(results.mean()), float(results.std(ddof=1)), float(low), float(high))


def _drawn(item: Input, random: np.random.Generator, draws: int) -> list[float]:
    """``draws`` values with the standard deviation of the input."""
    match item.shape:
        case Shape.NORMAL:
            unit = random.standard_normal(draws)
        case Shape.RECTANGULAR:
            unit = random.uniform(-math.sqrt(3), math.sqrt(3), draws)
        case Shape.TRIANGULAR:
            unit = random.triangular(-math.sqrt(6), 0.0, math.sqrt(6), draws)
    values: list[float] = (item.value + item.standard_uncertainty * unit).tolist()
    return values
