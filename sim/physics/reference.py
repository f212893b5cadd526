"""A fixed-step integrator of the same laws, for cross-checking the closed form; never used in a simulation.

Fourth-order Runge and Kutta. Not responsible for speed.
"""

from __future__ import annotations

import math

from sim.physics.fluid import Path


def integrate(
    path: Path, pressure: float, bleb: float, flow: float, duration: float, step: float
) -> tuple[float, float, float]:
    """Pressure, bleb and leaked volume after ``duration`` seconds, as ``sim.physics.fluid.advance`` gives them."""

    def slope(p: float, v: float) -> tuple[float, float, float]:
        outside = path.tissue_kpa + path.stiffness * v
        out = 0.0 if math.isinf(path.resistance) else max(0.0, p - outside) / path.resistance
        leak = path.leak * p
        return (flow - out - leak) / path.compliance, out, leak

    leaked = 0.0
    count = max(1, math.ceil(duration / step))
    h = duration / count
    for _ in range(count):
        a = slope(pressure, bleb)
        b = slope(pressure + h / 2 * a[0], bleb + h / 2 * a[1])
        c = slope(pressure + h / 2 * b[0], bleb + h / 2 * b[1])
        d = slope(pressure + h * c[0], bleb + h * c[1])
        pressure += h / 6 * (a[0] + 2 * b[0] + 2 * c[0] + d[0])
        bleb += h / 6 * (a[1] + 2 * b[1] + 2 * c[1] + d[1])
        leaked += h / 6 * (a[2] + 2 * b[2] + 2 * c[2] + d[2])
    return pressure, bleb, leaked
