"""Whole treatments by the real runner in worlds that break; the alarm path is proved by a canary and by ablations."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from mesogun.errors import InputError
from sim.campaign import ablation, many, sweep
from sim.campaign.draw import Draw
from sim.campaign.run import run, run_seed
from sim.faults import FaultPlan, from_json
from tests.trace import req

SEEDS = 200
# each broke something once; kept whole, so that they stay what they were when a draw changes
REGRESSIONS = json.loads(Path(__file__).with_name("regressions.json").read_text())


@req("G1", "G5", "G6", "H2", "H3", "H4", "H5", "H8", "H9", "MG-34")
@pytest.mark.parametrize("block", range(8))
def test_no_seed_breaks_an_invariant(block: int) -> None:
    size = SEEDS // 8
    summary = many.campaign(size, start=block * size)
    assert summary.good, [many.replay_line(seed) for seed in summary.failed]
    assert summary.seeds == size
    assert summary.fired.total() > size // 2


@pytest.mark.parametrize("case", REGRESSIONS, ids=lambda case: str(case["seed"]))
def test_what_was_found_once_stays_fixed(case: dict[str, Any]) -> None:
    plan = from_json(json.dumps(case["plan"]))
    drawn = Draw(case["seed"], case["profile"], case["shots"], case["volume_nl"], case["lead"], plan)
    result = run(drawn, plan=plan)
    assert result.breaches == []
    assert result.low_nl <= result.truth_nl <= result.high_nl


def test_the_same_seed_is_the_same_world_in_every_process() -> None:
    code = "from sim.campaign.run import run_seed; print([run_seed(s).trace for s in (3, 5)])"
    here = [run_seed(seed).trace for seed in (3, 5)]
    for hash_seed in ("1", "77"):
        ran = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"PYTHONHASHSEED": hash_seed}
        )
        assert ran.stdout.strip() == str(here)


def test_the_canary_is_noticed() -> None:
    assert many.campaign(1, start=3, with_canary=True).canary_failed is True
    assert not run_seed(3, plan=FaultPlan(), prepare=many.canary).good


def test_shards_are_a_partition_and_bad_ones_are_refused() -> None:
    parts = [many.shard_of(range(10), f"{index}/3") for index in (1, 2, 3)]
    assert sorted(seed for part in parts for seed in part) == list(range(10))
    for bad in ("0/3", "4/3", "x", "1/", "1-2"):
        with pytest.raises(InputError):
            many.shard_of(range(3), bad)


def test_shrinking_keeps_only_what_is_needed() -> None:
    smaller = many.shrink(3, prepare=many.canary)
    assert smaller.faults == ()
    with pytest.raises(InputError, match="nothing to shrink"):
        many.shrink(3)
    line = many.replay_line(3, smaller)
    assert from_json(line.split("'")[1]) == smaller


def test_a_seed_has_a_timeline(tmp_path: Path) -> None:
    from sim.campaign.timeline import picture

    result = picture(5, tmp_path / "seed.png")
    assert result.trace == run_seed(5).trace  # watching changes nothing
    assert (tmp_path / "seed.png").read_bytes().startswith(b"\x89PNG")


QUICK = ("boot closes an open INTENT", "an INTENT consumes the entry", "the gun waits for the screen")


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
    for plan in sweep.points(size, stride=1_499):
        result = sweep.run(plan)
        assert result.breaches == [], plan
        assert result.ended == "complete", plan


@pytest.mark.soak
@pytest.mark.timeout(36_000)
def test_kills_at_every_byte_and_every_write() -> None:
    for plan in sweep.points(sweep.measure()):
        result = sweep.run(plan)
        assert result.breaches == [], plan
        assert result.ended == "complete", plan
