"""The state table is total, reached and documented; the documentation lists what exists."""

from __future__ import annotations

from pathlib import Path

import pytest

from mesogun.errors import InputError
from sim.campaign import coverage
from sim.campaign.draw import Draw
from sim.campaign.run import Treatment
from sim.document import rewrite, sections
from sim.faults import At, Fault, FaultPlan
from sim.firmware import table
from sim.firmware.machine import Machine

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


def reached_by(profile: str, *faults: Fault) -> set[table.Row]:
    treatment = Treatment(Draw(1, profile, 4, 10_000, 2, FaultPlan()), FaultPlan(faults))
    treatment.safety()
    return set(treatment.world.gun.machine.coverage)


DISTURBED = ("gun.reset", "gun.self_test", "gun.bench_switch", "gun.contact_bounce", "hand.early_release")
OCCLUSION = Fault("fluid.occlusion", At("phase", 2, phase="stroke"))
SELF_TEST = Fault("gun.self_test", At("phase", 2, phase="stroke"))


def test_nearly_every_row_is_reached() -> None:
    reached: set[table.Row] = set()
    for phase in ("disarmed", "armed", "insert", "stroke", "settle"):
        for name in (*DISTURBED, "host.kill", "host.pause"):
            reached |= reached_by("standard", Fault(name, At("phase", 2, phase=phase)))
    for name in DISTURBED:
        reached |= reached_by("standard", OCCLUSION, Fault(name, At("phase", 1, phase="relief")))
    for name in ("gun.reset", "gun.bench_switch"):
        reached |= reached_by("standard", SELF_TEST, Fault(name, At("phase", 1, phase="fault")))
    for phase, name in (
        ("insert", "gun.contact_stuck_on"),
        ("stroke", "gun.contact_stuck_on"),
        ("settle", "gun.contact_stuck_on"),
    ):
        reached |= reached_by("standard", Fault(name, At("phase", 1, phase=phase)))
    reached |= reached_by("standard", Fault("gun.pressure_stuck_high", At("phase", 3, phase="armed")))
    reached |= reached_by("rapid", Fault("gun.pressure_stuck_high", At("phase", 4, phase="settle")))
    reached |= reached_by("fine", Fault("fluid.partial_occlusion", At("phase", 2, phase="stroke")))
    reached |= reached_by(
        "standard",
        Fault("gun.memory_bad_cell", At("phase", 2, phase="armed")),
        Fault("gun.reset", At("phase", 2, phase="stroke")),
    )
    report = coverage.report(reached)
    assert len(reached) / len(table.ROWS) > 0.75, report


def test_the_document_has_every_table_as_the_data_says() -> None:
    assert rewrite(DOCUMENT, sections()) == DOCUMENT, "python -m sim.document writes docs/simulator.md again"
    with pytest.raises(InputError, match="once each"):
        rewrite("no marks here", sections())
