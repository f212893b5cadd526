"""The piston and the needles: it never goes back while they are in skin (MG-20)."""

from __future__ import annotations

import pytest

from sim.faults import At, Fault, FaultPlan, Injector
from sim.invariants import Invariants
from sim.physics.plant import Plant
from sim.world import World
from tests.sim.host import Host, started
from tests.trace import req

STROKE = At("phase", 1, phase="stroke")


def shot(world: World, host: Host, volume_nl: int = 40_050) -> None:
    host.load(volume_nl, point=3)
    host.arm()
    world.run_for(8.0)


@req("MG-20")
@pytest.mark.parametrize(
    "name", ["fluid.occlusion", "gun.lost_steps", "hand.early_release", "gun.hang", "gun.too_hot", "hand.early_lift"]
)
def test_whatever_ends_a_stroke_the_piston_goes_back_only_out_of_the_skin(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, host = started(profile="standard")
    host.ready()
    drawn: list[bool] = []
    run = Plant.run

    def watched(plant: Plant, believed_nl_s: float, stroke_nl: float = 0.0) -> None:
        if believed_nl_s < 0:
            drawn.append(plant.in_skin)
        run(plant, believed_nl_s, stroke_nl)

    monkeypatch.setattr(Plant, "run", watched)
    Injector(world, FaultPlan((Fault(name, STROKE),)))
    invariants = Invariants(world)
    shot(world, host)
    invariants.finish()
    assert invariants.breaches == []
    assert not any(drawn)
    if name == "fluid.occlusion":
        assert drawn, "the pressure behind an occlusion is let off, once the needles are out"


@req("MG-20")
def test_a_piston_that_goes_back_in_skin_is_noticed() -> None:
    world, host = started(profile="standard")
    host.ready()
    invariants = Invariants(world)
    world.plant.insert()
    world.plant.run(-1_000.0, 100.0)
    world.run_for(0.05)
    assert any("no suction in skin" in str(breach) for breach in invariants.breaches)


@pytest.mark.parametrize("profile", ["soft", "standard"])
def test_the_screw_makes_whole_microsteps_and_owes_nothing(profile: str, monkeypatch: pytest.MonkeyPatch) -> None:
    world, host = started(profile=profile)
    host.ready()
    strokes: list[float] = []
    run = Plant.run

    def watched(plant: Plant, believed_nl_s: float, stroke_nl: float = 0.0) -> None:
        if stroke_nl:
            strokes.append(stroke_nl)
        run(plant, believed_nl_s, stroke_nl)

    monkeypatch.setattr(Plant, "run", watched)
    host.load(*[10_050] * 12)
    host.arm()
    host.fire_all()
    step_nl = world.profile.microstep_nl
    assert len(strokes) == 12
    assert all(stroke / step_nl == pytest.approx(round(stroke / step_nl), abs=1e-6) for stroke in strokes)
    assert len({round(stroke / step_nl) for stroke in strokes}) == 2  # 10,050 nL are no whole number of steps
    assert sum(strokes) == pytest.approx(12 * 10_050, abs=step_nl)
