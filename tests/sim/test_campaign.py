"""Whole treatments by the real runner in worlds that break; the alarm path is proved by a canary and by ablations."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mesogun.errors import InputError
from mesogun.wire.codes import Fault as Code
from sim.campaign import ablation, findings, many, sweep
from sim.campaign.draw import ROOMY, Draw, draw
from sim.campaign.run import run, run_seed
from sim.faults import At, Fault, FaultPlan, from_json
from sim.invariants import Invariants
from sim.world import World
from tests.trace import req

SEEDS = 200
SOAK_SEEDS = 10_000
SOAK_START = 1_000_000
SOAK_JOBS = 1 if "PYTEST_XDIST_WORKER" in os.environ else min(2, os.cpu_count() or 1)
# each broke something once; kept whole, so that they stay what they were when a draw changes. ``idle``: which faults
# need not fire, and why; ``ended`` and ``stopped_by`` what must be met again where it is no complete treatment
REGRESSIONS = json.loads(Path(__file__).with_name("regressions.json").read_text())


@req("G1", "G5", "G6", "H2", "H3", "H4", "H5", "H8", "H9", "MG-34")
@pytest.mark.parametrize("block", range(8))
def test_no_seed_breaks_an_invariant(block: int) -> None:
    size = SEEDS // 8
    summary = many.campaign(size, start=block * size)
    assert summary.good, [findings.replay_line(seed) for seed in summary.failed]
    assert summary.seeds == size
    assert summary.fired.total() > size // 2


@pytest.mark.parametrize("case", REGRESSIONS, ids=lambda case: str(case["seed"]))
def test_what_was_found_once_stays_fixed(case: dict[str, Any]) -> None:
    plan = from_json(json.dumps(case["plan"]))
    drawn = Draw(
        case["seed"], case["profile"], case["shots"], case["volume_nl"], case["lead"], plan,
        case.get("hand", "steady"), case.get("limit_share", ROOMY), case.get("mixed", False),
        case.get("sampled", False),
    )  # fmt: skip
    result = run(drawn, plan=plan)
    assert result.breaches == []
    idle = case.get("idle", {})
    assert [str(told) for at, told in enumerate(result.reports) if told.state != "fired" and str(at) not in idle] == []
    assert result.ended == case.get("ended", "complete")
    assert "stopped_by" not in case or any(why.startswith(case["stopped_by"]) for why in result.stopped_by)
    assert result.low_nl - result.unseen_nl <= result.truth_nl <= result.high_nl


def test_the_same_seed_is_the_same_world_in_every_process() -> None:
    code = "from sim.campaign.run import run_seed; print([run_seed(s).trace for s in (3, 5)])"
    here = [run_seed(seed).trace for seed in (3, 5)]
    for hash_seed in ("1", "77"):
        ran = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"PYTHONHASHSEED": hash_seed}
        )
        assert ran.stdout.strip() == str(here)


@req("H9")
@pytest.mark.parametrize(("journal", "share", "number"), [("memory", 0.0, 4), ("memory", 0.6, 6), ("sqlite", 0.0, 5)])
def test_a_journal_from_an_old_backup_is_rebuilt_and_nothing_is_fired_twice(
    journal: str, share: float, number: int
) -> None:
    plan = FaultPlan((Fault("host.old_backup", At("phase", number, phase="stroke"), {"share": share}),))
    result = run(Draw(1, "standard", 6, 10_000, 2, plan), plan=plan, journal=journal)
    assert result.reports[0].fired_us is not None
    assert result.breaches == []
    assert result.ended == "complete"
    assert result.shots == 7  # one to prime, six planned
    assert result.low_nl <= result.truth_nl <= result.high_nl


def test_campaigns_run_on_the_real_journal_too() -> None:
    summary = many.campaign(6, start=20, journal="sqlite")
    assert summary.good, [findings.replay_line(seed) for seed in summary.failed]
    in_memory = [run_seed(seed).trace for seed in (20, 23)]
    assert [run_seed(seed, journal="sqlite").trace for seed in (20, 23)] == in_memory  # the disk changes no world
    with pytest.raises(InputError, match="none of memory, sqlite"):
        many.campaign(1, journal="paper")


def test_the_canary_is_noticed() -> None:
    for jobs in (1, 2):
        summary = many.campaign(1, start=546, jobs=jobs, with_canary=True)  # at 546 a soft gun hid what the canary did
        assert summary.canary_failed is True
        assert summary.good
    assert run(many.CANARY, plan=many.CANARY.plan).good
    deaf = many.Summary(canary=run(many.CANARY, plan=many.CANARY.plan))
    assert not deaf.good


def test_shards_are_a_partition_and_bad_ones_are_refused() -> None:
    parts = [many.shard_of(range(10), f"{index}/3") for index in (1, 2, 3)]
    assert sorted(seed for part in parts for seed in part) == list(range(10))
    for bad in ("0/3", "4/3", "x", "1/", "1-2"):
        with pytest.raises(InputError):
            many.shard_of(range(3), bad)


def test_shrinking_keeps_only_what_is_needed() -> None:
    assert findings.shrink(many.CANARY, prepare=many.canary_gun).faults == ()
    with pytest.raises(InputError, match="nothing to shrink"):
        findings.shrink(many.CANARY)
    line = findings.replay_line(3, many.CANARY.plan)
    assert from_json(line.split("'")[1]) == many.CANARY.plan


@pytest.mark.parametrize("journal", many.JOURNALS)
def test_a_failing_seed_is_explained_on_the_journal_it_failed_on(journal: str, tmp_path: Path) -> None:
    found = findings.explain(many.CANARY, prepare=many.canary_gun, journal=journal, folder=tmp_path)
    assert "no shot above its bound" in found.broke
    assert found.plan == FaultPlan()
    assert (f"--journal {journal}" in found.replay) == (journal != "memory")
    assert found.timeline is not None
    assert found.timeline.read_bytes().startswith(b"\x89PNG")
    silent = findings.explain(many.CANARY, journal=journal)
    assert (silent.broke, silent.plan) == ((), None)


def test_a_seed_has_a_timeline(tmp_path: Path) -> None:
    from sim.campaign.timeline import picture

    result = picture(draw(5), tmp_path / "seed.png")
    assert result.trace == run_seed(5).trace  # watching changes nothing
    assert (tmp_path / "seed.png").read_bytes().startswith(b"\x89PNG")


QUICK = (
    "two-phase record: boot closes an open INTENT",
    "an INTENT consumes the entry",
    "the gun waits for the screen",
    "acknowledge after commit",
    "limit on the upper end",
)


@pytest.mark.parametrize("safeguard", QUICK)
def test_a_safeguard_taken_away_is_noticed(safeguard: str) -> None:
    found = ablation.hunt(safeguard, seeds=20)
    assert found.seed is not None


@pytest.mark.soak
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("safeguard", sorted(ablation.SAFEGUARDS))
def test_every_safeguard_taken_away_is_noticed(safeguard: str) -> None:
    assert ablation.hunt(safeguard, seeds=500).seed is not None


def test_kills_along_the_reference_treatment() -> None:
    size = sweep.measure()
    assert len(list(sweep.points(size))) >= 5_000
    found = sweep.sweep(sweep.points(size, stride=1_499))
    assert found.failed == []
    assert found.unfired == 0
    assert set(found.points) == {
        "host.kill at every byte", "gun.reset at every byte", "gun.brownout at every byte",
        "host.kill at every write", "gun.reset at every write", "gun.torn_write at every write",
    }  # fmt: skip


@pytest.mark.soak
@pytest.mark.timeout(36_000)
def test_kills_at_every_byte_and_every_write(figure: Callable[[str], None]) -> None:
    found = sweep.sweep(sweep.points(sweep.measure()), jobs=SOAK_JOBS)
    figure(f"kill sweep: {found}")
    assert found.points.total() >= 5_000
    assert found.failed == []


@pytest.mark.soak
@pytest.mark.timeout(36_000)
def test_ten_thousand_new_seeds(figure: Callable[[str], None]) -> None:
    found = many.campaign(SOAK_SEEDS, start=SOAK_START, jobs=SOAK_JOBS, with_canary=True)
    figure(
        f"campaign: {found.seeds} seeds, {found.shots} shots, {found.simulated_s / 3600:.1f} simulated hours,"
        f" {found.fired.total()} faults, violations: {len(found.failed)}"
    )
    assert found.good, [findings.replay_line(seed) for seed in found.failed]


@pytest.mark.soak
@pytest.mark.timeout(36_000)
def test_a_thousand_seeds_on_a_journal_on_disk(figure: Callable[[str], None]) -> None:
    found = many.campaign(SOAK_SEEDS // 10, start=SOAK_START, jobs=SOAK_JOBS, journal="sqlite")
    figure(f"campaign on SQLite: {found.seeds} seeds, violations: {len(found.failed)}")
    assert found.good, [findings.replay_line(seed) for seed in found.failed]


def test_a_trace_holds_values_and_not_only_times() -> None:
    def trace(gain: float) -> str:
        return run_seed(3, plan=FaultPlan(), prepare=lambda world: setattr(world.plant, "gain", gain)).trace

    assert trace(1.0) == trace(1.0)
    assert trace(1.0) != trace(1.0001)


def test_a_host_that_floods_the_line_and_a_gun_that_does_not_come_to_rest_are_noticed() -> None:
    world = World("standard", seed=1)
    invariants = Invariants(world)
    invariants.talked(10, 110)
    invariants.rests()
    assert invariants.breaches == []
    invariants.talked(10, 111)
    world.gun.power_off()
    invariants.rests()
    assert [breach.name for breach in invariants.breaches] == ["frames are bounded", "comes to rest"]


def test_a_fault_that_no_picture_shows_is_noticed() -> None:
    world = World("standard", seed=1)
    invariants = Invariants(world)
    world.run_for(1.0)
    world.gun.trouble(Code.SENSOR)
    since_us = world.kernel.now_us
    invariants.shown(Code.NONE, since_us + 3_000_000)
    invariants.shown(Code.SENSOR, since_us + 9_000_000)
    assert invariants.breaches == []
    invariants.shown(Code.NONE, since_us + 3_000_001)
    assert [breach.name for breach in invariants.breaches] == ["alarms are shown"]
