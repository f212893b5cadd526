"""Ways to look at a fault: one shot through status and record, the driver's figures, a whole treatment by the runner.

Not responsible for what each fault must show (``test_catalogue``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TypeVar

from mesogun.errors import LinkLost, LinkTimeout
from mesogun.gun import Gun, connect
from mesogun.identity import SIMULATED_KEY
from mesogun.link import LinkStats
from mesogun.record import events as ev
from mesogun.wire import messages as m
from mesogun.wire.codes import Fault as Code
from mesogun.wire.codes import Flag, Outcome, State
from sim.campaign.draw import Draw
from sim.campaign.run import Treatment
from sim.doors.port import attach
from sim.faults import At, Fault, FaultPlan, Injector
from sim.faults.parcels import BYTES
from sim.invariants import Invariants
from sim.world import World
from tests.sim.host import Host, started

INSERT = At("phase", 1, phase="insert")
STROKE = At("phase", 1, phase="stroke")
SETTLE = At("phase", 1, phase="settle")
ARMED = At("phase", 1, phase="armed")
VOLUME_NL = 40_050
Look = Callable[[str], None]
Kind = TypeVar("Kind", bound=ev.Event)


@dataclass
class Shot:
    """What one shot of 40 uL with one fault in it left behind."""

    world: World
    host: Host
    injector: Injector
    outcome: int
    flags: int
    booked_nl: int
    duration_ms: int
    peak_pa: int
    shots: int

    def status(self) -> m.Status:
        self.host.hello()
        return self.host.status()


def shot(fault: Fault | None, profile: str = "standard", seconds: float = 8.0) -> Shot:
    """Primed, then one TREAT shot."""
    world, host = started(profile=profile)
    host.ready()
    before = world.gun.store.log.last_shot_no
    injector = Injector(world, FaultPlan(() if fault is None else (fault,)))
    invariants = Invariants(world, unseen_nl=lambda: injector.unseen_nl)
    host.load(VOLUME_NL, point=3)
    host.arm()
    world.run_for(seconds)
    assert [report.state for report in injector.reports()] == ["fired"] * (fault is not None)
    invariants.finish()
    assert invariants.breaches == []
    log = world.gun.store.log
    closing = log.records[log.closed_shot_no][1]
    assert closing is not None
    return Shot(
        world, host, injector, closing.outcome, closing.flags, closing.delivered_nl, closing.duration_ms,
        closing.peak_pressure_pa, log.last_shot_no - before,
    )  # fmt: skip


@cache
def clean(profile: str = "standard") -> tuple[int, int]:
    """Peak and duration of the undisturbed shot."""
    found = shot(None, profile)
    assert (found.outcome, found.booked_nl, found.shots) == (Outcome.DONE, VOLUME_NL, 1)
    return found.peak_pa, found.duration_ms


def booked(
    outcome: Outcome, flags: int = 0, code: Code = Code.NONE, state: State = State.DISARMED, *,
    at: At = STROKE, numbers: dict[str, float] | None = None, profile: str = "standard", nl: int | None = None,
) -> Look:  # fmt: skip
    """The record says so, and the gun's status, also to a host that has just come."""

    def look(name: str) -> None:
        found = shot(Fault(name, at, numbers or {}), profile)
        assert (found.outcome, found.flags & flags, found.shots) == (outcome, flags, 1)
        assert 0 <= found.booked_nl < VOLUME_NL
        assert nl is None or found.booked_nl == nl
        status = found.status()
        assert (status.state, status.fault) == (state, code)

    return look


def rests(code: Code, at: At = ARMED, numbers: dict[str, float] | None = None) -> Look:
    """A fault and no shot."""

    def look(name: str) -> None:
        found = shot(Fault(name, at, numbers or {}))
        assert found.shots == 0
        assert found.status().fault == code

    return look


def higher(
    at: At = INSERT, numbers: dict[str, float] | None = None, profile: str = "standard", *, slow: bool = False
) -> Look:
    """The shot is given whole, and its record has a higher pressure."""

    def look(name: str) -> None:
        found = shot(Fault(name, at, numbers or {}), profile)
        peak_pa, duration_ms = clean(profile)
        assert (found.outcome, found.booked_nl) == (Outcome.DONE, VOLUME_NL)
        assert found.peak_pa > 1.1 * peak_pa
        assert not slow or found.duration_ms > duration_ms

    return look


def nothing_fires(for_us: float, at: At = ARMED) -> Look:
    """No shot while it lasts, and the shot behind it."""

    def look(name: str) -> None:
        world, host = started()
        host.ready()
        injector = Injector(world, FaultPlan((Fault(name, at, {"for_us": for_us}),)))
        before = world.gun.store.log.last_shot_no
        host.load(VOLUME_NL, point=3)
        host.arm(lease_ms=2_000)
        end = world.kernel.now_us + for_us - 400_000
        while world.kernel.now_us < end:
            host.ok_renew(host.status())
            host.clock.sleep_us(200_000)
            assert world.gun.store.log.last_shot_no == before
        host.fire_all()
        assert world.gun.store.log.last_shot_no == before + 1
        assert injector.reports()[0].state == "fired"

    return look


def shows(flag: Flag, *, on: bool = True, at: At = ARMED, numbers: dict[str, float] | None = None) -> Look:
    """The status block says so, again and again."""

    def look(name: str) -> None:
        world, host = started()
        host.ready()
        Injector(world, FaultPlan((Fault(name, at, numbers or {}),)))
        host.load(VOLUME_NL, point=3)
        host.arm()
        host.clock.sleep_us(10_000)
        for _ in range(4):
            assert bool(host.status().flags & flag) is on
            host.clock.sleep_us(200_000)

    return look


def figures(name: str, way: str, numbers: dict[str, float] | None = None) -> tuple[LinkStats, list[str]]:
    """The link's figures behind six requests, one of them disturbed, and what went wrong with the requests."""
    world = World("standard", seed=7, hand=False)
    gun = driver(world)
    place = At("message", 2, way=way, op="STATUS") if name in BYTES else At("message", 2, op="STATUS")
    injector = Injector(world, FaultPlan((Fault(name, place, numbers or {}),)))
    errors = []
    for _ in range(6):
        try:
            gun.status()
        except (LinkLost, LinkTimeout) as error:
            errors.append(type(error).__name__)
        gun.clock.sleep_us(50_000)
    assert injector.reports()[0].state == "fired"
    return gun.stats, errors


def driver(world: World, port: str | None = None) -> Gun:
    return connect(attach(world, port=port), keys=lambda _: SIMULATED_KEY)


def counts(to_gun: dict[str, int], to_host: dict[str, int]) -> tuple[Look, Look]:
    """What the link counts, by direction; whatever is not named stays at zero, and no request fails."""

    def look(way: str, expected: dict[str, int]) -> Look:
        def find(name: str) -> None:
            stats, errors = figures(name, way)
            counted = {
                key: value
                for key in ("resends", "damaged_frames", "late", "echoes", "untrusted")
                if (value := min(1, getattr(stats, key)))
            }
            assert counted == expected
            assert errors == []

        return find

    return look("to_gun", to_gun), look("to_host", to_host)


def several(gun: Gun) -> None:
    for _ in range(3):
        gun.status()


def treatment(
    name: str, at: At | None = None, numbers: dict[str, float] | None = None, journal: str = "memory"
) -> Treatment:
    """A whole treatment of five shots by the real runner with one fault in its third shot."""
    plan = FaultPlan((Fault(name, at or At("phase", 4, phase="stroke"), numbers or {}),))
    ran = Treatment(Draw(1, "standard", 5, 10_000, 2, plan), plan, journal=journal)
    ran.safety()
    ran.liveness()
    assert [report.state for report in ran.injector.reports()] == ["fired"]
    assert ran.invariants.breaches == []
    assert len(ran.world.truth.per_shot) == 6  # one to prime: nothing is given twice, nothing is left out
    ran.journal.close()
    return ran


def events(ran: Treatment, kind: type[Kind]) -> list[Kind]:
    return [row.event for row in ran.journal.rows() if isinstance(row.event, kind)]
