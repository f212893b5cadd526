"""Who answers for a calibration without a person: the script, for what it planned, and never for what went wrong."""

from __future__ import annotations

import json
import secrets
from pathlib import Path
from typing import Any

import pytest

from mesogun.calibration.bench import Progress
from mesogun.calibration.script import parse
from mesogun.cli.calibrating import QUIET_US, Guided, Headless, guided_by
from mesogun.errors import Refused
from mesogun.gun import connect
from mesogun.identity import SIMULATED_KEY
from mesogun.wire.codes import Fault
from sim.world import find
from tests.cli.command import Command
from tests.trace import req

SCRIPT = Path(__file__).resolve().parents[2] / "examples" / "calibration.toml"
TEXT = SCRIPT.read_text(encoding="utf-8")
WORDS = ("calibrate", "check", "--script", str(SCRIPT))


def bench() -> tuple[str, ...]:
    world = f"bench-{secrets.token_hex(4)}"
    return "--port", f"sim://standard?world={world}&seed=3", "--balance", f"simbalance://?world={world}"


def world_of(where: tuple[str, ...]) -> Any:
    return find(where[1].split("world=")[1].split("&")[0])


@pytest.mark.parametrize("arm", [True, False])
def test_a_script_answers_for_the_shots_it_planned_only(arm: bool) -> None:
    front = Headless(parse(TEXT.replace("arm = true", f"arm = {str(arm).lower()}")), as_json=False)
    answers = {what: front.confirm(what, "?") for what in ("arm", "syringe", "rearm", "fault", "contact")}
    assert answers == {"arm": arm, "syringe": arm, "rearm": False, "fault": False, "contact": False}


def test_a_script_that_does_not_say_arm_arms_nothing(mesogun: Command, tmp_path: Path) -> None:
    silent = tmp_path / "silent.toml"
    silent.write_text(TEXT.replace("arm = true", ""), encoding="utf-8")
    done = mesogun("calibrate", "check", "--script", str(silent), *bench())
    assert done.code == 5
    assert "arm = true" in done.complaint
    assert "--resume cal-" in done.complaint
    assert "MagazineLoaded" not in mesogun("journal", "export").out


def test_a_script_does_not_arm_a_gun_that_treats_people() -> None:
    with pytest.raises(Refused, match="--guided"):
        guided_by(False, "clinical")
    assert guided_by(True, "clinical")
    assert not guided_by(False, "bench")


def test_a_fault_stops_a_run_without_a_person(mesogun: Command, tmp_path: Path) -> None:
    where = bench()
    with connect(where[1], keys=lambda _: SIMULATED_KEY):
        world_of(where).gun.trouble(Fault.TEMPERATURE)
        done = mesogun(*WORDS, *where)
    assert done.code == 5
    assert "TEMPERATURE" in done.complaint
    assert "--guided" in done.complaint
    assert "FaultCleared" not in mesogun("journal", "export").out


@req("H9", "H12")
def test_a_lapsed_lease_stops_a_run_without_a_person_and_it_goes_on(
    mesogun: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = bench()
    shown, count = Headless.shown, 0

    def dark(self: Headless, status: Any) -> bool:
        nonlocal count
        count += 1
        if count == 6:
            world_of(where).hand.leave()
        return shown(self, status) if count <= 6 else False

    monkeypatch.setattr(Headless, "shown", dark)
    done = mesogun(*WORDS, *where)
    assert done.code == 5
    assert "disarmed before its shot" in done.complaint
    run = done.complaint.split("--resume ")[1].split()[0]
    monkeypatch.setattr(Headless, "shown", shown)
    world_of(where).hand.come_back()
    again = mesogun("calibrate", "check", "--resume", run, "--json", *where)
    assert json.loads(again.out.splitlines()[-1])["ended"] == "complete"


@req("H12")
@pytest.mark.parametrize("as_json", [True, False])
def test_what_is_shown_was_written_and_flushed(as_json: bool, capsys: pytest.CaptureFixture[str]) -> None:
    where = bench()
    front = Guided(parse(TEXT), as_json=as_json)
    front.progress(Progress("cal-1", 1, 9, "prime", 60))
    capsys.readouterr()

    def written() -> str:
        out, err = capsys.readouterr()
        return out if as_json else err

    with connect(where[1], keys=lambda _: SIMULATED_KEY) as gun:
        assert front.shown(gun.status())
        first = written()
        assert "gun disarmed, 0 loaded" in first
        if as_json:
            assert json.loads(first)["progress"]["step"] == 1
        assert front.shown(gun.status())
        assert written() == "", "nothing new yet"
        gun.clock.sleep_us(QUIET_US)
        assert front.shown(gun.status())
        assert written() == first, "a sign of life"
