"""One seed: a whole treatment with kills and resumes under faults, then without faults, every invariant watched.

Safety first (faults on), then liveness (faults off: it must come to its end). Not responsible for many seeds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from mesogun.errors import MesogunError, MustSettle
from mesogun.treatment import Runner, Settings
from mesogun.wire.codes import Fault
from sim import habits
from sim.campaign.draw import Draw, draw
from sim.campaign.finding import Finder
from sim.campaign.front import CampaignFront
from sim.campaign.host_faults import HostFaults
from sim.campaign.memory_journal import MemoryJournal
from sim.campaign.workload import OPERATOR, TREATMENT, cleared_plan, first_events
from sim.doors.port import attach
from sim.faults import FaultPlan, HostKilled, Injector, Report
from sim.fence import fenced
from sim.firmware.table import ROWS, Phase
from sim.invariants import REST_US, Breach, Invariants
from sim.kernel import Streams
from sim.physics import population
from sim.physics.profile import Profile, load
from sim.world import World

if TYPE_CHECKING:
    from mesogun.journal import Journal  # loads the database code

SAFETY_TRIES = 12
LIVENESS_TRIES = 6
GIVE_UP_US = 600_000_000
POLL_MS = 100
LEASES_MS = (1_000, 2_000)


@dataclass(slots=True)
class Result:
    """What one seed came to."""

    seed: int
    draw: Draw
    breaches: list[Breach]
    reports: list[Report]
    ended: str | None
    stopped_by: list[str] = field(default_factory=list)
    shots: int = 0
    simulated_us: int = 0
    events: int = 0
    trace: str = ""
    truth_nl: float = 0.0
    low_nl: int = 0
    high_nl: int = 0
    unseen_nl: float = 0.0  # what leaked where no sensor of the gun could see it
    rows: dict[int, int] = field(default_factory=dict)  # how often each row of the state table was gone through

    @property
    def good(self) -> bool:
        """No invariant was broken."""
        return not self.breaches


Prepare = Callable[[World], None]


def run_seed(
    seed: int, *, plan: FaultPlan | None = None, prepare: Prepare | None = None, journal: str = "memory"
) -> Result:
    """Run what the seed draws; ``plan`` replaces its faults (replay, shrinking), ``prepare`` changes the world."""
    drawn = draw(seed)
    return run(drawn, plan=drawn.plan if plan is None else plan, prepare=prepare, journal=journal)


@fenced()
def run(drawn: Draw, *, plan: FaultPlan, prepare: Prepare | None = None, journal: str = "memory") -> Result:
    """Run a drawn treatment under a fault plan, its journal in memory or in SQLite."""
    session = Treatment(drawn, plan, journal=journal)
    if prepare is not None:
        prepare(session.world)
    session.safety()
    session.liveness()
    result = session.result()
    session.journal.close()
    return result


class Treatment:
    """One treatment in one world, over as many host lives as it takes."""

    @fenced()
    def __init__(
        self,
        drawn: Draw,
        plan: FaultPlan,
        *,
        profile: Profile | None = None,
        poll_ms: int = POLL_MS,
        journal: str = "memory",
    ) -> None:
        self.drawn = drawn
        self._poll_ms = poll_ms
        gun = load(drawn.profile) if profile is None else profile
        if drawn.sampled:
            gun = population.sample(gun, Streams(drawn.seed).fork("population"))
        self.world = World(gun, seed=drawn.seed, habits=habits.load(drawn.hand))
        needles = self.world.profile.integer("needle.count")
        volume_nl = drawn.volume_nl // (10 * needles) * 10 * needles
        self.cleared = cleared_plan(
            drawn.shots, volume_nl, self.world.profile.integer("syringe.nominal_nl"), needles,
            self.world.profile.integer("calibration.overrun_nl"), drawn.limit_share,
            mixed=drawn.mixed,
        )  # fmt: skip
        limit_nl = self.cleared.hard_total_nl
        self.journal = MemoryJournal(TREATMENT, limit_nl)
        if journal == "sqlite":
            from sim.campaign.disk_journal import DiskJournal  # loads the database code

            self.journal = DiskJournal(TREATMENT, limit_nl, attach(self.world)[1])
        self.world.hand.targets = [(shot.x_um, shot.y_um) for shot in self.cleared.plan.shots]
        self.journal.append(first_events(self.cleared), treatment=TREATMENT, epoch=None)
        self.finder = Finder(self.world)
        self.host_faults = HostFaults(self.journal, TREATMENT)
        self.injector = Injector(self.world, plan, self.host_faults.handlers)
        self.host_faults.happened = self.injector.happened
        self.host_faults.kill = lambda: (self.injector.host("kill"), None)[1]
        self.host_faults.die = lambda: setattr(self.injector, "host_dead", True)
        self.world.kernel.at(GIVE_UP_US, "give up", self._give_up)
        self.invariants = Invariants(
            self.world,
            host=self.journal.belief,
            redos=self._redos,
            unseen_nl=lambda: self.injector.unseen_nl,
            recorded=lambda: self.journal.shot_no,
        )
        self.stopped_by: list[str] = []
        self.lives_us: list[tuple[int, int]] = []  # from the start of each host program to its end or death
        self.gave_up = False
        self.on_runner: list[Callable[[Runner], None]] = []

    @property
    def ended(self) -> str | None:
        """How the treatment ended, as recorded."""
        return self.journal.state.ended

    @fenced()
    def safety(self) -> None:
        """With faults, for as many host lives as are allowed."""
        stream = self.world.streams.fork("operator")
        for _ in range(SAFETY_TRIES):
            self.one_life()
            if self.is_over():
                return
            self.world.kernel.run_for(int(stream.uniform(0.05, 6.0) * 1e6))

    @fenced()
    def liveness(self) -> None:
        """Without faults: to its end, or to a named safe state that only service can leave."""
        self.injector.stop()
        self.host_faults.stop()
        if not self.is_over():
            start_us = self.world.kernel.now_us
            gun = self.world.gun
            if not gun.powered or gun.machine.fault is Fault.MEMORY:
                self.world.power_cycle()  # what service does with it
            self.world.kernel.run_for(REST_US)
            self.invariants.rests()
            for _ in range(LIVENESS_TRIES):
                self.one_life()
                self.world.kernel.run_for(2_000_000)
                if self.is_over():
                    break
            if not self.is_over() and gun.machine.phase is not Phase.LOCKED:
                took_s = (self.world.kernel.now_us - start_us) / 1e6
                self.invariants.breach("liveness", f"not ended after {took_s:.0f} s: {self.stopped_by[-1:]}")
        self.world.kernel.run_for(1_000_000)
        self.invariants.finish()

    def is_over(self) -> bool:
        """Whether another host life would change nothing: ended, given up, or people must settle something."""
        settle = bool(self.stopped_by) and self.stopped_by[-1].startswith("MustSettle")
        return self.journal.state.ended is not None or settle or self.gave_up

    def one_life(self) -> None:
        """One host process, from its start to its end or death."""
        begun_us = self.world.kernel.now_us
        self._live()
        self.lives_us.append((begun_us, self.world.kernel.now_us))

    def _live(self) -> None:
        self.injector.host_dead = False
        self.host_faults.start()
        front = CampaignFront(self.invariants.shown)
        front.ending = bool(self.stopped_by) and self.stopped_by[-1].startswith("LimitRefused")
        try:
            gun = self.finder.connect()
            try:
                runner = Runner(
                    gun=gun,
                    journal=cast("Journal", self.journal),
                    cleared=self.cleared,
                    treatment=TREATMENT,
                    front=front,
                    operator=OPERATOR,
                    station="campaign",
                    settings=Settings(
                        lease_ms=LEASES_MS[self.drawn.seed % 2],
                        lead=self.drawn.lead,
                        poll_ms=self._poll_ms,
                        syringe_wait_ms=60_000,
                    ),
                )
                for change in self.on_runner:
                    change(runner)
                runner.run()
            finally:
                self.invariants.talked(gun.stats.requests, gun.stats.resends)
                gun.close()
        except HostKilled:
            self.stopped_by.append("killed")
        except MustSettle as error:
            self.stopped_by.append(f"MustSettle: {error}")
        except MesogunError as error:
            self.stopped_by.append(f"{type(error).__name__}: {error}")
        except Exception as error:  # noqa: BLE001 - whatever the host raises beyond its error tree is a finding
            self.invariants.breach("only our errors", f"{type(error).__name__}: {error}")
            self.stopped_by.append(f"{type(error).__name__}: {error}")

    def result(self) -> Result:
        """What it came to."""
        state, world = self.journal.state, self.world
        return Result(
            self.drawn.seed,
            self.drawn,
            list(self.invariants.breaches),
            self.injector.reports(),
            self.ended,
            self.stopped_by,
            len(world.truth.per_shot),
            world.kernel.now_us,
            world.kernel.events,
            world.kernel.trace_hash(),
            world.truth.dispensed_nl,
            state.ledger.low_nl,
            state.ledger.high_nl,
            self.injector.unseen_nl,
            {at: world.gun.machine.coverage[row] for at, row in enumerate(ROWS) if row in world.gun.machine.coverage},
        )

    def _give_up(self) -> None:
        self.invariants.breach("liveness", f"not ended after {GIVE_UP_US / 1e6:.0f} s")
        self.gave_up = True
        self.injector.host("kill")

    def _redos(self, shot_index: int) -> int:
        return self.journal.state.redos.get(shot_index, 0)
