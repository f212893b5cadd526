"""A fixed-step integrator of the same laws, for cross-checking the closed form; never used in a simulation.

Fourth-order Runge and Kutta. Not responsible for speed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from sim.physics.fluid import Path

ATMOSPHERE_KPA = 101.325


def integrate(
    path: Path, pressure: float, bleb: float, flow: float, duration: float, step: float, *, bubble_nl: float = 0.0
) -> tuple[float, float, float]:
    """Pressure, bleb and leaked volume after ``duration`` seconds, as ``sim.physics.fluid.advance`` gives them.

    ``bubble_nl`` is air at atmospheric pressure, pressed together by Boyle's law beside the path's own compliance.
    """
    *_, last = walk(path, pressure, bleb, flow, duration, step, bubble_nl=bubble_nl)
    return last[1:]


def walk(
    path: Path, pressure: float, bleb: float, flow: float, duration: float, step: float, *, bubble_nl: float = 0.0
) -> Iterator[tuple[float, float, float, float]]:
    """Time, pressure, bleb and leaked volume at every step."""

    def slope(p: float, v: float) -> tuple[float, float, float]:
        outside = path.tissue_kpa + path.stiffness * v
        out = 0.0 if math.isinf(path.resistance) else max(0.0, p - outside) / path.resistance
        leak = path.leak * p
        compliance = path.compliance + bubble_nl * ATMOSPHERE_KPA / (ATMOSPHERE_KPA + p) ** 2
        return (flow - out - leak) / compliance, out, leak

    leaked = 0.0
    count = max(1, math.ceil(duration / step))
    h = duration / count
    yield 0.0, pressure, bleb, leaked
    for at in range(1, count + 1):
        a = slope(pressure, bleb)
        b = slope(pressure + h / 2 * a[0], bleb + h / 2 * a[1])
        c = slope(pressure + h / 2 * b[0], bleb + h / 2 * b[1])
        d = slope(pressure + h * c[0], bleb + h * c[1])
        pressure += h / 6 * (a[0] + 2 * b[0] + 2 * c[0] + d[0])
        bleb += h / 6 * (a[1] + 2 * b[1] + 2 * c[1] + d[1])
        leaked += h / 6 * (a[2] + 2 * b[2] + 2 * c[2] + d[2])
        yield at * h, pressure, bleb, leaked
