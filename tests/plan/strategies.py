"""Areas and requests for property tests."""

from __future__ import annotations

import math

from hypothesis import strategies as st
from shapely.geometry import Point, Polygon

from mesogun.area import Area, from_polygon
from mesogun.plan import PlanRequest, Span


def blob(harmonics: list[tuple[float, float]], radius_mm: float, corners: int = 48) -> Polygon:
    """A star-shaped outline: a circle with a few waves on it."""
    points = []
    for k in range(corners):
        turn = math.tau * k / corners
        r = radius_mm * (1 + sum(a * math.sin((m + 2) * turn + p) for m, (a, p) in enumerate(harmonics)))
        points.append((r * math.cos(turn), r * math.sin(turn)))
    return Polygon(points)


@st.composite
def shapes(draw: st.DrawFn) -> tuple[Polygon, list[Polygon]]:
    """An outline of 10 to 40 mm radius and up to two exclusion zones in it, without symmetry."""
    wave = st.tuples(st.floats(0.03, 0.14), st.floats(0, 6.2))
    outline = blob(draw(st.lists(wave, min_size=2, max_size=4)), draw(st.floats(12, 30)))
    holes = []
    for _ in range(draw(st.integers(0, 2))):
        place = (draw(st.floats(-8, 8)), draw(st.floats(-8, 8)))
        holes.append(Point(place).buffer(draw(st.floats(0.7, 5)), quad_segs=6))
    return outline, holes


@st.composite
def areas(draw: st.DrawFn) -> Area:
    outline, holes = draw(shapes())
    return from_polygon(outline, holes, "blob")


@st.composite
def requests(draw: st.DrawFn) -> PlanRequest:
    """Requests that can be met on any of the areas: a fixed spacing, a ranged volume, no total."""
    head = draw(st.sampled_from(["single", "single", "line-5", "plus-5", "3+2", "3x3"]))
    step_nl = draw(st.integers(50, 900))
    return PlanRequest(
        depth=Span.exactly(1_500),
        spacing=Span.exactly(4_000 if head != "single" else draw(st.integers(2_500, 6_000))),
        volume=Span.exactly(draw(st.integers(5_000, 40_000))),
        step_nl=step_nl,
        syringe_nl=draw(st.integers(400_000, 3_000_000)),
        dead_volume_nl=draw(st.integers(0, 30_000)),
        head=head,
        lattice=draw(st.sampled_from(["hex", "square"])),
        order=draw(st.sampled_from(["short", "comfort"])),
    )
