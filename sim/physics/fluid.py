"""The fluid path in closed form: piston, compliance, needles, tissue, leak; advanced from event to event.

State between two events (flow of the piston ``q`` constant), with ``P`` the gauge pressure and ``V`` the volume in
the present bleb::

    V' = (P - Pt - E V) / R          what leaves the needles, against a tissue that stiffens as the bleb grows
    P' = (q - V' - G P) / C          what the piston pushes and neither leaves nor leaks is stored elastically

Without leak, x = P - Pt - E V obeys x' = q/C - x/tau with 1/tau = 1/(R C) + E/R: one exponential. With leak it is
a linear 2 x 2 system, solved by its two real eigenvalues. Mass balance, D = V_total + C P + leaked, is exact.

Not responsible for who moves the piston (``sim.physics.plant``). Volumes in nL, pressures in kPa, times in s.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Path:
    """What the liquid has to pass: ``resistance`` in kPa s/nL (``inf`` = blocked), ``compliance`` in nL/kPa,
    ``leak`` in nL/(kPa s), tissue pressure in kPa and its stiffness in kPa/nL.
    """

    resistance: float
    compliance: float
    leak: float = 0.0
    tissue_kpa: float = 0.0
    stiffness: float = 0.0
    rate: float = field(init=False, compare=False)  # of the one exponential, 1/s
    tau: float = field(init=False, compare=False)
    plain: bool = field(init=False, compare=False)  # open and tight: one exponential is all

    def __post_init__(self) -> None:
        rate = 1.0 / (self.resistance * self.compliance) + self.stiffness / self.resistance
        object.__setattr__(self, "rate", rate)
        object.__setattr__(self, "tau", 1.0 / rate if rate > 0.0 else math.inf)
        object.__setattr__(self, "plain", not math.isinf(self.resistance) and self.leak == 0.0)


def relax(path: Path, pressure: float, bleb: float, duration: float) -> tuple[float, float] | None:
    """Pressure and bleb of a plain path after so many seconds with the piston at rest: what :func:`advance` gives,
    without its questions. ``None`` when one of them has to be asked.
    """
    gap = pressure - path.tissue_kpa - path.stiffness * bleb
    if not path.plain or pressure < path.tissue_kpa + path.stiffness * bleb:
        return None
    moved = -(gap * path.tau * math.expm1(-duration * path.rate)) / path.resistance
    after, grown = pressure - moved / path.compliance, bleb + moved
    return None if after < path.tissue_kpa + path.stiffness * grown else (after, grown)


def advance(path: Path, pressure: float, bleb: float, flow: float, duration: float) -> tuple[float, float, float]:
    """Pressure, bleb and leaked volume after ``duration`` seconds of constant piston ``flow`` (nL/s).

    Nothing flows back through the needles: below the pressure outside they are as good as closed.
    """
    if duration <= 0.0:
        return pressure, bleb, 0.0
    if math.isinf(path.resistance):
        return _blocked(path, pressure, bleb, flow, duration)
    outside = path.tissue_kpa + path.stiffness * bleb
    if pressure < outside:
        wait = _time_blocked(path, pressure, flow, outside)
        shut = min(wait, duration)
        pressure, bleb, leaked = _blocked(path, pressure, bleb, flow, shut)
        if shut == duration:
            return pressure, bleb, leaked
        after, grown, more = _open(path, outside, bleb, flow, duration - shut)
        return after, grown, leaked + more
    after, grown, leaked = _open(path, pressure, bleb, flow, duration)
    if after < path.tissue_kpa + path.stiffness * grown:
        low, high = 0.0, duration  # the piston goes back, or a leak draws: when do the needles fall silent?
        for _ in range(48):
            middle = (low + high) / 2.0
            p, v, _leak = _open(path, pressure, bleb, flow, middle)
            low, high = (middle, high) if p > path.tissue_kpa + path.stiffness * v else (low, middle)
        p, v, leaked = _open(path, pressure, bleb, flow, low)
        after, grown, more = _blocked(path, p, v, flow, duration - low)
        return after, grown, leaked + more
    return after, grown, leaked


def _time_blocked(path: Path, pressure: float, flow: float, outside: float) -> float:
    # until the piston has brought the pressure up to what stands outside
    if flow <= 0.0 or (path.leak > 0.0 and flow / path.leak <= outside):
        return math.inf
    if path.leak == 0.0:
        return (outside - pressure) * path.compliance / flow
    end = flow / path.leak
    return path.compliance / path.leak * math.log((end - pressure) / (end - outside))


def _open(path: Path, pressure: float, bleb: float, flow: float, duration: float) -> tuple[float, float, float]:
    if path.leak == 0.0:
        rate, tau = path.rate, path.tau
        end = flow * tau / path.compliance
        gap = pressure - path.tissue_kpa - path.stiffness * bleb - end
        moved = (end * duration - gap * tau * math.expm1(-duration * rate)) / path.resistance
        return pressure + (flow * duration - moved) / path.compliance, bleb + moved, 0.0
    return _leaking(path, pressure, bleb, flow, duration)


def _blocked(path: Path, pressure: float, bleb: float, flow: float, duration: float) -> tuple[float, float, float]:
    if path.leak == 0.0:
        return pressure + flow * duration / path.compliance, bleb, 0.0
    end = flow / path.leak
    after = end + (pressure - end) * math.exp(-duration * path.leak / path.compliance)
    return after, bleb, flow * duration - path.compliance * (after - pressure)


def _leaking(path: Path, pressure: float, bleb: float, flow: float, duration: float) -> tuple[float, float, float]:
    r, c, g, e, pt = path.resistance, path.compliance, path.leak, path.stiffness, path.tissue_kpa
    a = (1.0 / r + g) / c
    if e == 0.0:
        end = (flow + pt / r) / c / a
        falling = -math.expm1(-a * duration) / a
        area = end * duration + (pressure - end) * falling
        after = end + (pressure - end) * math.exp(-a * duration)
        grown = bleb + (area - pt * duration) / r
    else:
        b, d = e / (r * c), e / r
        root = math.sqrt((a - d) ** 2 + 4.0 * b / r)
        fast, slow = (-a - d - root) / 2.0, (-a - d + root) / 2.0
        # equilibrium: leak takes the whole flow and the bleb holds the rest of the pressure
        p_end = flow / g
        v_end = (p_end - pt) / e
        p, v = pressure - p_end, bleb - v_end
        ef, es = math.exp(fast * duration), math.exp(slow * duration)
        after = p_end + (es * ((-a - fast) * p + b * v) - ef * ((-a - slow) * p + b * v)) / root
        grown = v_end + (es * (p / r + (-d - fast) * v) - ef * (p / r + (-d - slow) * v)) / root
    return after, grown, flow * duration - (grown - bleb) - c * (after - pressure)


def time_to_pressure(
    path: Path, pressure: float, bleb: float, flow: float, within: float, limit: float
) -> float | None:
    """When the pressure first reaches ``limit`` within so many seconds, to a microsecond; ``None`` if it does not.

    While the piston moves forward the pressure is monotone or has a single maximum at an end, so bisection holds.
    """
    if pressure >= limit:
        return 0.0
    if advance(path, pressure, bleb, flow, within)[0] < limit:
        return None
    low, high = 0.0, within
    while high - low > 1e-6:
        middle = (low + high) / 2.0
        if advance(path, pressure, bleb, flow, middle)[0] < limit:
            low = middle
        else:
            high = middle
    return high
