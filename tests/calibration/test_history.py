"""A gun over the years: its drift since it was last touched, and when it may leave its limits."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from mesogun.calibration.history import Found, GunHistory, Run, drifts, histories
from mesogun.record.calibration_events import ServiceLogged
from tests.calibration.rigs import rig, script

START = date(2026, 1, 1)


def run(year: float, error_pct: float, left_pct: float | None = None) -> Run:
    day = START + timedelta(days=year * 365.25)
    found = Found(f"cal-{year}", day, 25.0, error_pct, 0.1, left_pct, 1.0)
    return Run(f"cal-{year}", day, "check", "g", "complete", "", (), (found,))


def of(*runs: Run, service: tuple[ServiceLogged, ...] = ()) -> GunHistory:
    return GunHistory("g", runs, service)


def test_a_straight_drift_is_found_with_its_forecast() -> None:
    (drift,) = drifts(of(*(run(year, 0.2 * year) for year in range(5))))
    assert drift.per_year_pct == pytest.approx(0.2, abs=1e-3)
    # one per cent is reached after five years; with the uncertainty of the slope, earlier
    assert drift.leaves_on is not None
    assert START + timedelta(days=4 * 365) <= drift.leaves_on <= START + timedelta(days=5 * 366)


def test_a_gun_that_stays_put_leaves_nothing_within_ten_years() -> None:
    (drift,) = drifts(of(*(run(year, 0.0) for year in range(12))))
    assert drift.leaves_on is None


def test_two_runs_are_no_trend() -> None:
    assert drifts(of(run(0, 0.0), run(1, 0.1))) == ()


def test_an_adjustment_begins_another_trend_at_what_it_left() -> None:
    (drift,) = drifts(of(run(0, 3.0, left_pct=0.0), run(1, 0.1), run(2, 0.2)))
    assert drift.runs == 3
    assert drift.per_year_pct == pytest.approx(0.1, abs=1e-3)


def test_a_service_begins_another_trend() -> None:
    entry = ServiceLogged("g", "part changed", "screw", "", (START + timedelta(days=800)).isoformat(), "op")
    assert drifts(of(*(run(year, 0.2 * year) for year in range(5)), service=(entry,))) == ()


def test_runs_come_out_of_a_journal_by_gun() -> None:
    with rig("standard", 1) as bench:
        for number in (1, 2):
            bench.run = f"cal-{number:012x}"
            bench.calibrate("check", script())
        entry = ServiceLogged("0" * 16, "inspection", "", "", "2026-02-01", "op")
        bench.journal.append([entry], treatment="service", epoch=None)
        found = histories(bench.journal.rows())
    gun = f"{bench.gun.welcome.device_id:016x}"
    assert [item.run for item in found[gun].runs] == ["cal-000000000001", "cal-000000000002"]
    assert len(found[gun].runs[0].found) == 2
    assert found["0" * 16].service == (entry,)
