"""The commands as a technician, a practitioner and a CI author type them."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any

import pytest

from mesogun.clock import RealClock
from mesogun.journal import open_journal
from mesogun.visit.approving import approvals
from tests.cli.command import Command


def demo(mesogun: Command, out: Path, *words: str) -> dict[str, Any]:
    done = mesogun("demo", "--protocol", "face-hydration-ha", "--json", "--out", str(out), *words)
    assert done.code == 0, done.err
    result: dict[str, Any] = json.loads(done.out)
    return result


def test_a_seeded_demo_repeats_totals_and_report(mesogun: Command) -> None:
    first = demo(mesogun, mesogun.folder / "a", "--seed", "7")
    second = demo(mesogun, mesogun.folder / "b", "--seed", "7")
    other = demo(mesogun, mesogun.folder / "c", "--seed", "8")
    places = {"journal", "report"}
    assert {k: v for k, v in first.items() if k not in places} == {k: v for k, v in second.items() if k not in places}
    assert other["report_sha256"] != first["report_sha256"]


def test_a_demo_says_what_other_programs_rely_on(mesogun: Command) -> None:
    result = demo(mesogun, mesogun.folder / "a")
    wanted = {
        "treatment", "planned_nl", "dispensed_nl", "delivered_nl", "ledger", "shots", "journal", "report",
        "report_sha256", "verified",
    }  # fmt: skip
    assert wanted <= result.keys()
    assert result["verified"]
    assert result["ledger"]["low_nl"] <= result["truth_nl"] <= result["ledger"]["high_nl"]
    report = Path(result["report"]).read_text(encoding="utf-8")
    assert "SIMULATED" in report
    assert not re.search(r"""(src|href)=["']https?:""", report), "the report is offline"


def test_plan_says_what_other_programs_rely_on(mesogun: Command) -> None:
    done = mesogun("plan", "face-mesolift", "--area", "cheek", "--json")
    assert done.code == 0, done.err
    plan = json.loads(done.out)
    assert {"plan_hash", "protocol", "total_nl", "points", "path", "dose", "changes"} <= plan.keys()
    assert {"x_mm", "y_mm", "depth_mm", "volume_nl", "shot"} <= plan["points"][0].keys()
    assert {"length_mm", "lower_bound_mm", "turns", "lifts"} <= plan["path"].keys()
    assert {"cv", "d90", "v100", "coverage"} <= plan["dose"].keys()
    assert sum(point["volume_nl"] for point in plan["points"]) == plan["total_nl"]


def test_journal_show_verify_and_report_of_a_demo(mesogun: Command) -> None:
    result = demo(mesogun, mesogun.folder / "a")
    journal = ("--journal", result["journal"])
    verdict = json.loads(mesogun("journal", "verify", "--json", *journal).out)
    assert verdict["ok"]
    assert {"ok", "events", "head", "first_bad"} <= verdict.keys()
    shown = mesogun("journal", "show", result["treatment"], *journal).out.splitlines()
    assert len(shown) == verdict["events"]
    (listed,) = json.loads(mesogun("journal", "list", "--json", *journal).out)
    assert listed["treatment"] == result["treatment"]
    done = mesogun("report", result["treatment"], *journal, "--out", str(mesogun.folder / "again"), "--json")
    assert json.loads(done.out)["report_sha256"] == result["report_sha256"]
    settled = mesogun("journal", "settle", result["treatment"], *journal)
    assert "nothing to settle" in settled.out


def test_a_changed_byte_is_found_and_named(mesogun: Command) -> None:
    result = demo(mesogun, mesogun.folder / "a")
    path = Path(result["journal"])
    data = path.read_bytes()
    at = data.index(b'"delivered_nl":20000')
    path.write_bytes(data[:at] + data[at:].replace(b'"delivered_nl":20000', b'"delivered_nl":10000', 1))
    done = mesogun("journal", "verify", "--journal", str(path))
    assert done.code == 7
    assert "row" in done.err


def test_a_treatment_by_the_command_line_on_sim(mesogun: Command) -> None:
    words = ("--area", "cheek", "--port", "sim://standard?seed=3", "--subject", "s-0001", "--yes", "--demo-values")
    done = mesogun("treat", "face-hydration-ha", *words, "--json")
    assert done.code == 0, done.err
    lines = [json.loads(line) for line in done.out.splitlines()]
    assert lines[-1]["ended"] == "complete"
    assert sum(1 for line in lines if line.get("kind") == "treat") == lines[-1]["shots"]


def test_a_plan_file_is_treated_as_planned(mesogun: Command) -> None:
    plan = mesogun.folder / "plan.json"
    made = mesogun(
        "plan",
        "face-hydration-ha",
        "--area",
        "cheek",
        "--out",
        str(plan),
        "--syringe-ml",
        "1",
        "--demo-values",
        "--json",
    )
    words = ("--plan", str(plan), "--port", "sim://standard?seed=3", "--subject", "s-0001", "--yes", "--demo-values")
    done = mesogun("treat", "face-hydration-ha", *words, "--json")
    assert done.code == 0, done.err
    assert json.loads(done.out.splitlines()[-1])["planned_nl"] == json.loads(made.out)["total_nl"]


@pytest.mark.parametrize(
    "words", [("operator", "list"), ("protocol", "list"), ("gun", "info", "--port", "sim://standard")]
)
def test_json_is_json(words: tuple[str, ...], mesogun: Command) -> None:
    done = mesogun(*words, "--json")
    assert done.code == 0, done.err
    json.loads(done.out)


def test_people(mesogun: Command) -> None:
    reference = mesogun("operator", "add", "Ada", "--role", "practitioner").out.strip()
    assert mesogun("operator", "use", "Ada").code == 0
    (person,) = json.loads(mesogun("operator", "list", "--json").out)
    assert (person["reference"], person["current"]) == (reference, True)


def test_every_bundled_protocol_shows_its_sources(mesogun: Command) -> None:
    for row in json.loads(mesogun("protocol", "list", "--json").out):
        done = mesogun("protocol", "show", row["id"])
        assert done.code == 0, done.err
        assert "[s" in done.out


def test_needle_free_refuses_to_meter_and_says_why(mesogun: Command) -> None:
    done = mesogun("demo", "--protocol", "face-needle-free", "--out", str(mesogun.folder / "a"))
    assert done.code == 5
    assert "cannot meter" in done.complaint


@pytest.mark.parametrize("name", ["body-cellulite-stamp", "face-hydration-ha-stamp", "scalp-dutasteride"])
def test_demonstrations_with_other_heads_and_agents(name: str, mesogun: Command) -> None:
    done = mesogun("demo", "--protocol", name, "--json", "--out", str(mesogun.folder / "a"))
    assert done.code == 0, done.err
    assert json.loads(done.out)["verified"]


@pytest.mark.soak
def test_every_protocol_can_be_demonstrated(mesogun: Command) -> None:
    for row in json.loads(mesogun("protocol", "list", "--json").out):
        done = mesogun("demo", "--protocol", row["id"], "--json", "--out", str(mesogun.folder / row["id"]))
        if row["id"] == "face-needle-free":
            assert done.code == 5
            assert "cannot meter a dose" in done.complaint
            continue
        assert done.code == 0, done.err
        result = json.loads(done.out)
        assert result["verified"]
        assert result["truth_inside"]
        page = Path(result["report"]).read_bytes()
        assert len(page) < 500_000
        assert b"DEMONSTRATION VALUES" in page or not result["demonstration_values"]


def test_an_expired_lot_is_refused_and_a_good_one_is_on_record(mesogun: Command) -> None:
    words = ("treat", "face-hydration-ha", "--area", "cheek", "--port", "sim://standard?start=2026-01-05T09:00:00Z",
             "--subject", "s-0001", "--yes", "--demo-values", "--json", "--lot", "A77")  # fmt: skip
    refused = mesogun(*words, "--expiry", "2025-12")
    assert refused.code == 5
    assert "expired" in refused.complaint
    assert mesogun(*words).code == 2
    assert mesogun(*words, "--expiry", "2026-01-05").code == 0
    assert '"lot": "A77"' in mesogun("journal", "show", "--json").out


def test_approving_a_protocol_is_a_practitioners_signed_act(mesogun: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("correct horse\n"))
    mesogun("operator", "add", "Ada", "--role", "practitioner", "--passphrase-stdin")
    mesogun("operator", "add", "Tom", "--role", "technician")
    refused = mesogun("protocol", "approve", "face-mesolift", "--why", "used here", "--operator", "Tom")
    assert refused.code == 5
    monkeypatch.setattr("sys.stdin", io.StringIO("correct horse\n"))
    words = ("protocol", "approve", "face-mesolift", "--why", "used here", "--operator", "Ada", "--passphrase-stdin")
    done = mesogun(*words)
    assert done.code == 0, done.err
    assert "signed" in done.out
    with open_journal(mesogun.folder / "state" / "journal.db", RealClock()) as record:
        (approval,) = approvals(record)
    assert approval.protocol_sha256 == json.loads(mesogun("protocol", "show", "face-mesolift", "--json").out)["sha256"]
