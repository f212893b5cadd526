"""The state table is total, reached and documented; the fence holds; the documentation lists what exists."""

from __future__ import annotations

import random
import threading
import time
from pathlib import Path

import pytest

from sim.campaign.draw import draw
from sim.campaign.run import Treatment
from sim.faults import CATALOGUE, At, Fault, FaultPlan
from sim.fence import FenceError, fenced
from sim.firmware import table
from sim.firmware.machine import Machine
from sim.invariants import NAMES
from sim.physics import profile

DOCUMENT = (Path(__file__).resolve().parents[2] / "docs" / "simulator.md").read_text()


def test_every_phase_and_event_is_either_listed_or_ignored() -> None:
    pairs = {(phase, event) for phase in table.Phase for event in table.Happening}
    assert set(table.LISTED) | table.IGNORED == pairs
    assert not set(table.LISTED) & table.IGNORED


def test_every_guard_and_action_exists_and_the_last_row_has_no_guard() -> None:
    for row in table.ROWS:
        assert row.guard is None or callable(getattr(Machine, row.guard))
        assert row.action is None or callable(getattr(Machine, row.action))
    reachable = {row.after for row in table.ROWS}
    assert set(table.Phase) <= reachable | {None}


def test_campaigns_reach_nearly_every_row() -> None:
    reached: set[table.Row] = set()
    plans = [draw(seed) for seed in range(14)]
    for drawn in plans:
        treatment = Treatment(drawn, drawn.plan)
        treatment.safety()
        treatment.liveness()
        reached |= set(treatment.world.gun.machine.coverage)
    for phase in ("disarmed", "armed", "insert", "stroke", "settle"):
        for name in (
            "gun.reset",
            "gun.self_test",
            "hand.early_lift",
            "hand.early_release",
            "gun.bench_switch",
            "gun.contact_stuck_on",
        ):
            drawn = draw(1)
            treatment = Treatment(drawn, FaultPlan((Fault(name, At("phase", 2, phase=phase)),)))
            treatment.safety()
            reached |= set(treatment.world.gun.machine.coverage)
    for name in ("gun.reset", "gun.bench_switch", "hand.syringe_change", "link.unplug"):
        first = Fault("gun.self_test", At("phase", 2, phase="stroke"))
        treatment = Treatment(draw(1), FaultPlan((first, Fault(name, At("phase", 1, phase="fault")))))
        treatment.safety()
        reached |= set(treatment.world.gun.machine.coverage)
    share = len(reached) / len(table.ROWS)
    assert share > 0.6, sorted(str(row) for row in set(table.ROWS) - reached)


def test_the_document_has_the_table_and_every_name() -> None:
    assert table.as_markdown() in DOCUMENT
    for name, effect in CATALOGUE.items():
        assert f"| `{name}` | {effect.sees} |" in DOCUMENT
    for name, sentence in NAMES.items():
        assert f"| {name} | {sentence} |" in DOCUMENT
    for name in profile.names():
        assert f"| `{name}` | {profile.load(name).title} |" in DOCUMENT


def test_the_fence_stops_the_simulating_thread_and_no_other() -> None:
    seen: list[float] = []
    bell = threading.Event()
    asking = threading.Event()

    def other() -> None:
        asking.wait(5)
        seen.append(time.monotonic())
        bell.set()

    thread = threading.Thread(target=other)
    thread.start()
    with fenced():
        for touch in (time.time, time.monotonic, random.random, threading.Thread(target=print).start):
            with pytest.raises(FenceError, match="unrepeatable"):
                touch()
        asking.set()
        bell.wait(5)
    thread.join()
    assert len(seen) == 1
    assert time.monotonic() > 0


def test_a_whole_treatment_runs_behind_the_fence() -> None:
    drawn = draw(3)
    treatment = Treatment(drawn, drawn.plan)
    with fenced():
        treatment.safety()
        treatment.liveness()
    assert treatment.invariants.breaches == []
