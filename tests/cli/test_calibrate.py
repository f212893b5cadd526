"""``mesogun calibrate``: headless, resumed, signed, written again byte for byte, read as a history."""

from __future__ import annotations

import io
import json
import re
import secrets
from pathlib import Path
from typing import Any

import pytest

from mesogun.gun import connect
from mesogun.gun.calibration import Block, write_calibration
from mesogun.identity import SIMULATED_KEY, Home, verify_signature
from sim.world import find
from tests.cli.command import Command, Done

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "examples" / "calibration.toml"


@pytest.fixture
def short(tmp_path: Path) -> Path:
    """The example, smaller."""
    text = SCRIPT.read_text(encoding="utf-8")
    for old, new in (
        ("replicates = 10", "replicates = 8"),
        ("as_left_replicates = 16", "as_left_replicates = 10"),
        ("rest_s = 120.0", "rest_s = 5.0"),
    ):
        assert old in text
        text = text.replace(old, new)
    path = tmp_path / "short.toml"
    path.write_text(text, encoding="utf-8")
    return path


def bench(profile: str = "worn-screw", seed: int = 3, **options: object) -> tuple[str, ...]:
    world = f"bench-{secrets.token_hex(4)}"
    more = "".join(f"&{name}={value}" for name, value in options.items())
    return (
        "--port", f"sim://{profile}?world={world}&seed={seed}{more}", "--balance", f"simbalance://?world={world}",
    )  # fmt: skip


def last(done: Done) -> dict[str, Any]:
    assert done.code == 0, done.err
    return dict(json.loads(done.out.splitlines()[-1]))


def test_a_worn_screw_is_corrected_and_another_process_confirms_it(
    mesogun: Command, short: Path, tmp_path: Path
) -> None:
    memory = tmp_path / "gun.nvm"
    words = ("calibrate", "volume", "--script", str(short), "--json", "--out", str(tmp_path / "out"))
    first = mesogun(*words, *bench(nvm=memory))
    told = last(first)
    assert told["conforms"]
    assert all(
        abs(left["error_pct"]) < abs(found["error_pct"]) / 3
        for found, left in zip(told["as_found"], told["as_left"], strict=True)
    )
    assert Path(told["page"]).read_bytes().startswith(b"<!DOCTYPE html>")
    assert Path(told["label"]).exists()
    steps = [json.loads(line)["progress"] for line in first.out.splitlines()[:-1]]
    assert steps[0]["left_s"] > steps[-1]["left_s"]
    assert told["minutes"]["estimated"] > 5

    second = last(mesogun(*words, *bench(nvm=memory)))
    assert second["gun"] == told["gun"]
    assert all(mean["systematic"] == "pass" for mean in second["as_found"])
    assert mesogun("journal", "verify").code == 0

    told_again = json.loads(
        mesogun("calibrate", "certificate", told["run"], "--out", str(tmp_path / "again"), "--json").out
    )
    assert told_again["page_sha256"] == told["page_sha256"]
    assert Path(told_again["page"]).read_bytes() == Path(told["page"]).read_bytes()
    issued = told_again["issued"]
    key = bytes.fromhex(issued["public_key"])
    signed = "\0".join(
        ("mesogun certificate 1", issued["number"], issued["content_sha256"], issued["operator"], issued["day"])
    )
    assert verify_signature(key, signed.encode(), bytes.fromhex(issued["signature"]))
    assert key == Home.open().signing_key().public_key

    history = mesogun("calibrate", "history", told["gun"], "--out", str(tmp_path / "out"))
    assert told["run"] in history.out
    assert second["run"] in history.out
    assert (tmp_path / "out" / f"calibration-history-{told['gun']}.html").exists()


def test_a_quick_check(mesogun: Command, short: Path) -> None:
    done = mesogun("calibrate", "check", "--script", str(short), "--json", *bench("standard"))
    told = last(done)
    assert told["minutes"]["measured"] < 5
    assert "certificate" not in told
    worn = mesogun("calibrate", "check", "--script", str(short), *bench("worn-screw", 4))
    assert worn.code == 6
    assert "fail" in worn.out


def test_a_technician_signs_with_a_key_of_their_own(
    mesogun: Command, short: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("tess her words\n"))
    assert mesogun("operator", "add", "Tess", "--role", "technician", "--passphrase-stdin").code == 0
    monkeypatch.setattr("sys.stdin", io.StringIO("tess her words\n"))
    words = ("--script", str(short), "--json", "--operator", "Tess", "--passphrase-stdin")
    told = last(mesogun("calibrate", "volume", *words, *bench("standard")))
    issued = json.loads(mesogun("calibrate", "certificate", told["run"], "--json").out)["issued"]
    tess = Home.open().operators.get("Tess")
    assert issued["signed_by"] == issued["operator"] == tess.reference
    assert bytes.fromhex(issued["public_key"]) == tess.public_key


@pytest.mark.parametrize("role", ["practitioner", "viewer", "admin"])
def test_nobody_else_calibrates(mesogun: Command, short: Path, role: str) -> None:
    mesogun("operator", "add", "Ben", "--role", role)
    done = mesogun("calibrate", "volume", "--script", str(short), "--operator", "Ben", *bench())
    assert done.code == 5
    assert "may not calibrate" in done.complaint


def test_a_run_that_stopped_goes_on(mesogun: Command, short: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    where = bench("standard")
    name = where[1].split("world=")[1].split("&")[0]
    from mesogun.calibration.shooting import Shooter

    fire, fired = Shooter.fire, 0

    def breaks(self: Shooter, *words: Any) -> None:
        nonlocal fired
        fired += 1
        if fired == 12:
            find(name).line.plugged = False
        fire(self, *words)

    monkeypatch.setattr(Shooter, "fire", breaks)
    stopped = mesogun("calibrate", "volume", "--script", str(short), *where)
    assert stopped.code == 4
    run = stopped.err.split("--resume ")[1].split()[0]
    find(name).line.plugged = True
    told = last(mesogun("calibrate", "volume", "--resume", run, "--json", *where))
    assert told["run"] == run
    assert told["conforms"]


def test_depth_from_a_file(mesogun: Command, short: Path, tmp_path: Path) -> None:
    memory = tmp_path / "gun.nvm"
    last(mesogun("calibrate", "volume", "--script", str(short), "--json", *bench("standard", nvm=memory)))
    script = tmp_path / "depth.toml"
    text = (ROOT / "examples" / "calibration-depth.toml").read_text(encoding="utf-8")
    script.write_text(text.replace("repeats = 10", "repeats = 2"), encoding="utf-8")
    settings = (0.5, 1.0, 2.0, 3.0, 4.0)
    rows = [
        f"{set_mm},{set_mm + 0.03 + (0.01 if way == 'out' else -0.01) + 0.001 * turn:.3f},{way}"
        for turn in (-1, 1)
        for way, order in (("out", settings), ("in", settings[::-1]))
        for set_mm in order
    ]
    readings = tmp_path / "readings.csv"
    readings.write_text("\n".join(["setting_mm,measured_mm,direction", *rows]))
    port = bench("standard", nvm=memory)[:2]
    words = ("calibrate", "depth", "--script", str(script), "--readings", str(readings), "--json", *port)
    told = last(mesogun(*words))
    assert told["offset_mm"] == pytest.approx(0.03, abs=1e-3)
    assert told["backlash_mm"] == pytest.approx(0.02, abs=1e-3)
    again = json.loads(mesogun("calibrate", "certificate", told["run"], "--json").out)
    assert again["page_sha256"] == told["page_sha256"]


@pytest.mark.parametrize("words", [("--headless",), ("--guided", "--readings", "readings.csv")])
def test_a_gauge_is_read_by_a_person_or_from_a_file(words: tuple[str, ...], mesogun: Command, tmp_path: Path) -> None:
    (tmp_path / "readings.csv").write_text("setting_mm,measured_mm,direction\n")
    given = [str(tmp_path / word) if word.endswith(".csv") else word for word in words]
    script = ROOT / "examples" / "calibration-depth.toml"
    done = mesogun("calibrate", "depth", "--script", str(script), "--port", "sim://standard?seed=3", *given)
    assert done.code == 2
    assert "--readings" in done.complaint


def test_on_a_terminal_a_screen_asks_for_the_readings(mesogun: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the screen does is shown in tests/tui; here, that it is opened, for this run, and asks."""
    opened: list[Any] = []

    def run_workbench(front: Any, work: Any, **words: Any) -> Any:
        opened.append((front, words["title"]))
        return work()

    monkeypatch.setattr("tui.run_workbench", run_workbench, raising=False)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    script = ROOT / "examples" / "calibration-depth.toml"
    done = mesogun("calibrate", "depth", "--script", str(script), "--port", "sim://standard?seed=3")
    assert "calibrate volume first" in done.complaint
    ((front, title),) = opened
    assert title.startswith("calibrate depth   run cal-")
    assert hasattr(front, "picture")


def test_a_person_is_asked_and_may_type_the_weights(
    mesogun: Command, short: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    conditions, wetted, tared, may_arm = "\n" * 4, "y\n", "\n", "y\n"
    weights = "grams, a lot\n12.3\n100.00 mg\n" + "100.00 mg\n" * 3
    monkeypatch.setattr("sys.stdin", io.StringIO(conditions + wetted + tared + may_arm + weights))
    words = ("--script", str(short), "--guided", "--balance", "manual")
    done = mesogun("calibrate", "check", *words, *bench("standard")[:2])
    assert done.code == 130  # the paper ran out: as if the person had left
    for what in (
        "water °C",
        "Done?",
        "Arm the gun",
        "gun armed, 1 loaded",
        "grams, a lot",
        "has no unit",
        "stable reading",
    ):
        assert what in done.err
    run = done.err.split("--resume ")[1].split()[0]
    weighed = [line for line in mesogun("journal", "export").out.splitlines() if '"Weighed"' in line]
    assert len(weighed) >= 3
    assert all(run in line for line in weighed)


def test_a_gun_whose_calibration_was_never_confirmed_does_not_treat(mesogun: Command, tmp_path: Path) -> None:
    port = f"sim://standard?seed=3&nvm={tmp_path / 'gun.nvm'}"
    with connect(port, keys=lambda _: SIMULATED_KEY) as gun:
        caps = gun.caps
        block = Block(
            gun.welcome.device_id, caps.firmware, caps.calibrated_day, caps.calibrated_day + 90, caps.syringe_nl, 1,
            "1mL-A", "30G-4mm", 0, 0, 10_000, 50_000,
        )  # fmt: skip
        write_calibration(gun, 7, block.to_bytes())
    words = ("face-mesolift", "--area", "cheek", "--subject", "s-0123456789abcdef", "--yes", "--demo-values", "--json")
    done = mesogun("treat", *words, "--port", port)
    assert done.code == 5
    assert "never confirmed" in done.complaint
    kinds = mesogun("journal", "export").out
    assert "GunBarred" in kinds
    assert "MagazineLoaded" not in kinds


def test_the_service_log(mesogun: Command) -> None:
    gun = "0123456789abcdef"
    mesogun("operator", "add", "Tess", "--role", "technician")
    mesogun("operator", "use", "Tess")
    done = mesogun("calibrate", "service", gun, "--what", "part changed", "--part", "lead screw 7")
    assert done.code == 0, done.err
    assert "part changed: lead screw 7" in mesogun("calibrate", "history", gun).out
    assert mesogun("calibrate", "service", "gun 7").code == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("volume",), "--port"),
        (("volume", "--port", "sim://standard", "--balance", "manual"), "--script FILE"),
        (("volume", "--port", "sim://standard", "--balance", "manual", "--script", "nowhere.toml"), "nowhere.toml"),
        (("depth", "--port", "sim://standard"), "--script FILE"),
        (("depth",), "--port"),
        (("certificate", "cal-1"), "no journal|there is no|cal-1"),
        (("history",), "journal"),
    ],
)
def test_what_is_missing_is_said(mesogun: Command, words: tuple[str, ...], said: str) -> None:
    done = mesogun("calibrate", *words)
    assert done.code != 0
    assert re.search(said, done.complaint)


def test_weights_from_a_file_stand_for_a_balance(mesogun: Command, short: Path, tmp_path: Path) -> None:
    path = tmp_path / "weights.csv"
    path.write_text("mass,unit\n0.00,mg\n0.00,mg\n")
    done = mesogun("calibrate", "check", "--script", str(short), "--balance", f"csv:{path}", *bench("standard")[:2])
    assert done.code == 2
    assert "one more is needed" in done.complaint
    assert "--resume cal-" in done.err
