"""What ``mesogun sim campaign`` tells when a seed fails, and when it does not fail a second time."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sim.campaign import findings, many
from sim.campaign.draw import Draw
from sim.campaign.run import Result, run, run_seed
from sim.faults import FaultPlan, from_json
from tests.cli.command import Command


def broken(seed: int, *, journal: str) -> Result:
    return run_seed(seed, prepare=many.canary_gun, journal=journal)


def again(drawn: Draw, *, plan: FaultPlan, **_: object) -> Result:
    return run(drawn, plan=plan, prepare=many.canary_gun)


SEED = "3"  # a gun in whose bound a fifth too much does not hide


@pytest.mark.parametrize("journal", many.JOURNALS)
def test_a_failing_seed_gives_one_line_and_a_picture(
    journal: str, tmp_path: Path, mesogun: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(many, "run_seed", broken)
    monkeypatch.setattr(findings, "run", again)
    told = mesogun(
        "sim", "campaign", "--seeds", "1", "--start", SEED, "--no-canary", "--journal", journal, "--out", str(tmp_path)
    )
    assert told.code == 1
    assert "violations: 1" in told.out
    line = next(line for line in told.out.splitlines() if line.startswith("replay: "))
    assert f"--start {SEED}" in line
    assert ("--journal sqlite" in line) == (journal == "sqlite")
    from_json(line.split("'")[1])
    assert (tmp_path / f"seed-{SEED}.png").exists()


def test_a_failure_that_does_not_show_again_is_told_and_not_swallowed(
    tmp_path: Path, mesogun: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(many, "run_seed", broken)
    told = mesogun("sim", "campaign", "--seeds", "1", "--start", SEED, "--no-canary", "--out", str(tmp_path))
    assert told.code == 1
    assert "did not break again" in told.out
    assert f"replay: mesogun sim campaign --seeds 1 --start {SEED}\n" in told.out


def test_a_canary_that_nobody_notices_is_a_failure(mesogun: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(many, "CANARY_GAIN", 1.0)
    told = mesogun("sim", "campaign", "--seeds", "1", "--start", SEED)
    assert told.code == 1
    assert "canary: NOT NOTICED" in told.out
    as_json = mesogun("sim", "campaign", "--seeds", "1", "--start", SEED, "--json")
    assert as_json.code == 1
    assert json.loads(as_json.out)["canary_failed"] is False


def test_a_plan_of_ones_own_is_told_fault_by_fault(mesogun: Command) -> None:
    places = {"host.disk_full": 3, "gun.reset": 99}
    plan = json.dumps([{"fault": name, "at": {"phase": at, "of": "stroke"}} for name, at in places.items()])
    told = mesogun("sim", "campaign", "--seeds", "1", "--start", SEED, "--faults", plan)
    assert told.code == 0
    assert "host.disk_full: fired at " in told.err
    assert "gun.reset: never fired (its place was not reached)" in told.err
    refused = mesogun("sim", "campaign", "--faults", '[{"fault":"gun.reset","at":{"phase":1,"of":"dancing"}}]')
    assert refused.code == 2
    assert "phase 'dancing' does not exist" in refused.err
