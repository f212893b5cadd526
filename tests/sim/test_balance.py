"""The simulated balance weighs what the gun's physics gave, in the same time, and can be disturbed as real ones are."""

from __future__ import annotations

import math
import os
import threading
from contextlib import suppress
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mesogun.calibration.balance import open_balance
from mesogun.calibration.readings import Trouble
from mesogun.calibration.weighing import (
    BalanceGarbled,
    BalanceRefused,
    BalanceRestarted,
    BalanceSilent,
    BalanceTrouble,
    Unstable,
)
from mesogun.calibration.zfactor import Environment, water_density_g_per_ml, z_ul_per_mg
from mesogun.errors import InputError, LinkLost
from mesogun.gun import connect
from mesogun.identity import SIMULATED_KEY
from mesogun.wire.codes import ShotKind
from sim import world as worlds
from sim.balance import air
from sim.balance.address import parse
from sim.balance.cell import Cell
from sim.balance.faults import CATALOGUE
from sim.balance.settings import RANGES, Settings
from sim.doors.serve import serve_pty
from sim.fence import fenced
from sim.kernel import Streams
from tests.sim.bench import bench, fire

CALM = "noise_ug=0&evaporation_ug_s=0&sensitivity_ppm=0&linearity_ug=0&readability_ug=1"
PURE = Settings(noise_ug=0, evaporation_ug_s=0, sensitivity_ppm=0, linearity_ug=0)


# what lands is what left the needle


@pytest.mark.parametrize(("temperature_c", "pressure_kpa"), [(20.0, 101.325), (15.0, 80.0), (30.0, 105.0)])
def test_mass_times_z_is_the_volume_that_left_the_needle(temperature_c: float, pressure_kpa: float) -> None:
    with bench(f"{CALM}&temperature_c={temperature_c}&pressure_kpa={pressure_kpa}") as at:
        at.prime()
        before = at.balance.stable()
        for _ in range(4):
            at.shoot(50_000)
        after = at.balance.stable()
        truth_nl = sum(shot.dispensed_nl for shot in at.world.truth.per_shot if shot.kind == ShotKind.TEST)
        assert at.rig.vessel.caught_nl == pytest.approx(truth_nl, abs=1e-6)
        z = z_ul_per_mg(Environment(temperature_c, temperature_c, pressure_kpa, 50.0))
        found_nl = float(after.mass_mg - before.mass_mg) * z * 1e3
        assert found_nl == pytest.approx(truth_nl, rel=1e-4, abs=2.0)
        assert abs(found_nl - truth_nl * 0.997) > 100  # without buoyancy and density it would not have fitted


def test_priming_goes_into_the_waste_and_treatment_into_skin() -> None:
    with bench(CALM) as at:
        empty = at.balance.stable()
        at.prime()
        assert at.balance.stable().mass_mg == empty.mass_mg
        assert at.rig.vessel.caught_nl == 0.0
        at.shoot(20_000)
        assert at.balance.stable().mass_mg > empty.mass_mg + 19


@given(seed=st.integers(0, 2**31), volumes=st.lists(st.integers(10, 80), min_size=1, max_size=4))
def test_nothing_is_lost_between_needle_and_vessel(seed: int, volumes: list[int]) -> None:
    with bench(f"{CALM}&cling_nl=1500", "worn-screw", seed=seed % 1_000) as at:
        at.prime()
        for volume_ul in volumes:
            at.shoot(volume_ul * 1_000)
        at.balance.stable()
        truth_nl = sum(shot.dispensed_nl for shot in at.world.truth.per_shot if shot.kind == ShotKind.TEST)
        vessel = at.rig.vessel
        hanging_nl = truth_nl - vessel.caught_nl
        assert -1e-6 <= hanging_nl <= 1_500.0
        vessel.shake()
        assert vessel.caught_nl == pytest.approx(truth_nl, abs=1e-6)
        assert vessel.missed_nl == 0.0


def test_a_worn_screw_gives_three_per_cent_too_much_and_the_balance_shows_it() -> None:
    with bench("noise_ug=5", "worn-screw") as at:
        at.prime()
        start = at.balance.stable()
        for _ in range(8):
            at.shoot(50_000)
        gained_mg = float(at.balance.stable().mass_mg - start.mass_mg)
        assert gained_mg / 400 == pytest.approx(1.03, abs=0.004)


def test_the_densities_of_the_room_agree_with_those_of_the_host_without_being_theirs() -> None:
    for t in range(15, 31):
        assert air.water_g_per_ml(t) == pytest.approx(water_density_g_per_ml(t), rel=1e-6)
        for kpa in (80.0, 101.325, 105.0):
            host = Environment(t, t, kpa, 50.0)
            around = air.air_g_per_ml(t, kpa, 50.0)
            shown = air.water_g_per_ml(t, kpa) * air.shown_share(air.water_g_per_ml(t, kpa), around)
            assert 1.0 / shown == pytest.approx(z_ul_per_mg(host), rel=3e-6)


# evaporation, drift, noise, lag, errors of its own


@pytest.mark.parametrize(("option", "slope"), [("evaporation_ug_s=5", -5.0), ("drift_ug_s=2", 2.0)])
def test_evaporation_and_drift_have_the_stated_rate(option: str, slope: float) -> None:
    balance = open_balance(f"simbalance://?{CALM.replace('evaporation_ug_s=0&', '')}&{option}")
    if option.startswith("drift"):
        balance = open_balance(f"simbalance://?{CALM}&{option}")
    balance.stable()
    first = balance.stable()
    balance.clock.sleep_us(60_000_000)
    last = balance.stable()
    ug_s = float(last.mass_ug - first.mass_ug) / (last.at_us - first.at_us) * 1e6
    assert ug_s == pytest.approx(slope, rel=0.02)


def test_a_dry_vessel_evaporates_no_more() -> None:
    balance = open_balance(f"simbalance://?{CALM.replace('evaporation_ug_s=0', 'evaporation_ug_s=1000')}&water_mg=5")
    balance.clock.sleep_us(10_000_000)
    assert balance.stable().mass_mg == Decimal("5000")


def test_readings_scatter_by_the_stated_noise() -> None:
    balance = open_balance("simbalance://?seed=5&noise_ug=40&evaporation_ug_s=0&readability_ug=1")
    balance.stable()
    shown = []
    for _ in range(400):
        balance.clock.sleep_us(100_000)
        shown.append(float(balance.immediate().mass_ug))
    mean = math.fsum(shown) / len(shown)
    spread = math.sqrt(math.fsum((value - mean) ** 2 for value in shown) / (len(shown) - 1))
    assert spread == pytest.approx(40.0, rel=0.12)


@pytest.mark.parametrize(("readability_ug", "places"), [(10, 5), (1, 6), (100, 4)])
def test_digits_are_those_of_the_readability(readability_ug: int, places: int) -> None:
    balance = open_balance(f"simbalance://?readability_ug={readability_ug}&noise_ug=0")
    reading = balance.stable()
    assert reading.resolution_mg == Decimal(readability_ug) / 1_000
    assert -int(Decimal(reading.text.split()[2]).as_tuple().exponent) == places
    in_mg = open_balance(f"simbalance://?readability_ug={readability_ug}&noise_ug=0&unit=mg").stable()
    assert in_mg.unit == "mg"
    assert in_mg.resolution_mg == reading.resolution_mg


@given(load_ug=st.floats(0, 5e6), slope=st.floats(-1e4, 1e4), steps=st.integers(1, 40))
def test_the_lag_is_that_of_its_differential_equation(load_ug: float, slope: float, steps: int) -> None:
    """One long step of the closed form is many short ones."""
    whole, parts = (Cell(PURE, Streams(1).fork("cell")) for _ in range(2))
    for cell in (whole, parts):
        cell.tick(load_ug, 1e-9)
    whole.tick(load_ug + slope * 4.0, 4.0)
    for step in range(1, steps + 1):
        parts.tick(load_ug + slope * 4.0 * step / steps, 4.0 / steps)
    assert parts.net_ug == pytest.approx(whole.net_ug, abs=1e-3 + 1e-9 * load_ug)


def test_a_step_settles_exponentially() -> None:
    cell = Cell(PURE, Streams(1).fork("cell"))
    cell.tick(1_000_000.0, 1e-9)
    for at in range(1, 20):
        cell.tick(1_000_000.0, 0.1)
        assert 1_000_000.0 - cell.net_ug == pytest.approx(1_000_000.0 * math.exp(-0.1 * at / 0.3), rel=1e-6)


def test_its_own_errors_are_drawn_within_the_stated_bounds() -> None:
    gains, bends = [], []
    for seed in range(60):
        cell = Cell(Settings(noise_ug=0, sensitivity_ppm=100, linearity_ug=0), Streams(seed).fork("cell"))
        cell.tick(1e7, 1e-9)
        for _ in range(60):
            cell.tick(1e7, 0.1)
        gains.append(cell.net_ug / 1e7 - 1.0)
        bent = Cell(Settings(noise_ug=0, sensitivity_ppm=0, linearity_ug=50), Streams(seed).fork("cell"))
        for _ in range(60):
            bent.tick(5e6, 0.1)
        bends.append(bent.net_ug - 5e6)
    assert 5e-5 < max(gains) <= 1e-4
    assert -1e-4 <= min(gains) < -5e-5
    assert 25.0 < max(abs(bend) for bend in bends) <= 100.0  # at zero and at the load


# one world, one clock, whoever comes first


@pytest.mark.parametrize("balance_first", [True, False])
def test_gun_and_balance_share_their_time_whichever_opens_first(balance_first: bool) -> None:
    with bench(CALM, "worn-screw", balance_first=balance_first) as at:
        assert at.world.profile.name == "worn-screw"
        before_us = at.gun.status().gun_clock_us
        began_us = at.balance.clock.monotonic_us()
        at.balance.clock.sleep_us(3_000_000)
        at.balance.stable()
        passed_us = at.balance.clock.monotonic_us() - began_us
        assert at.gun.status().gun_clock_us - before_us == pytest.approx(passed_us, abs=50_000)
        at.prime()
        at.shoot(30_000)
        assert at.rig.vessel.caught_nl > 30_000


def test_the_time_of_a_balance_that_was_there_first_goes_on() -> None:
    name = "time-goes-on"
    try:
        balance = open_balance(f"simbalance://?world={name}&faults=jump@40")
        balance.tare()
        balance.clock.sleep_us(30_000_000)
        early_us, early_utc = balance.clock.monotonic_us(), balance.clock.utc()
        gun = connect(f"sim://standard?world={name}&start=2026-03-01T08:00:00Z", keys=lambda _: SIMULATED_KEY)
        assert worlds.find(name).kernel.now_us >= early_us > 30_000_000
        assert balance.clock.monotonic_us() >= early_us
        assert balance.clock.utc() > early_utc  # the calendar is the gun's
        assert abs(balance.stable().mass_mg) < 1  # the tare holds
        gun.clock.sleep_us(10_000_000)
        assert balance.stable().mass_mg == pytest.approx(5, abs=1)  # and a fault comes at its time
    finally:
        worlds.forget(name)


def test_a_run_repeats_behind_the_fence() -> None:
    def run() -> tuple[list[str], str]:
        with bench("draught_per_min=3&cling_nl=300", "worn-screw", seed=7) as at:
            at.prime()
            lines = []
            for _ in range(4):
                at.shoot(25_000)
                with suppress(Unstable):
                    lines.append(at.balance.stable().text)
            return lines, at.world.kernel.trace_hash()

    with fenced():
        assert run() == run()


def test_a_second_port_takes_the_cable_and_other_settings_are_refused() -> None:
    with bench("noise_ug=3") as at:
        name = next(name for name in (f"bench-{n}" for n in range(10_000)) if worlds.exists(name))
        second = open_balance(f"simbalance://?world={name}")
        assert second.identity == at.balance.identity
        with pytest.raises(LinkLost, match="another port"):
            at.balance.stable()
        with pytest.raises(InputError, match=r"noise_ug = 3.0, not 4.0"):
            open_balance(f"simbalance://?world={name}&noise_ug=4")
        with pytest.raises(InputError, match="has seed 1, not 2"):
            open_balance(f"simbalance://?world={name}&seed=2")
        second.close()
        with pytest.raises(LinkLost, match="closed"):
            second.stable()


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("simbalance://bench", "write simbalance://\\?world=NAME"),
        ("simbalance://?noise=3", "'noise' is no option of a simulated balance; options: world, seed, pace, "),
        ("simbalance://?noise_ug=x", "noise_ug = 'x' is no number"),
        ("simbalance://?noise_ug=-1&settle_ms=0", "-1 ug is outside 0 to 100000; settle_ms = 0 ms is outside"),
        ("simbalance://?noise_ug=nan", "noise_ug = nan ug is outside"),
        ("simbalance://?seed=1&seed=2", "given twice"),
        ("simbalance://?seed=-1", "not an integer"),
        ("simbalance://?kind=morse", "none of mtsics, sbi"),
        ("simbalance://?unit=oz", "none of g, mg"),
        ("simbalance://?vessel_mg=90000", "leave nothing of capacity"),
        ("simbalance://?pace=0", "neither max"),
        ("simbalance://?faults=fire@3", "KIND@START_S\\+FOR_S\\*SIZE with one of off, mute"),
        ("simbalance://?faults=off@1.2.3", "number of seconds"),
        ("simbalance://?faults=off@3*5", "off has no size"),
        ("simbalance://?faults=draught@3*0", "outside 1 to 1e"),
    ],
)  # fmt: skip
def test_a_wrong_address_is_one_clear_line(url: str, says: str) -> None:
    with pytest.raises(InputError, match=says) as caught:
        open_balance(url)
    assert "\n" not in str(caught.value)


def test_every_number_of_the_settings_can_be_given() -> None:
    for name, (low, high, _) in RANGES.items():
        value = min(high, max(low, 1_000.0 if name == "capacity_mg" else low))
        extra = "&vessel_mg=0&water_mg=0" if name not in {"vessel_mg", "water_mg"} else ""
        assert getattr(parse(f"simbalance://?{name}={value}{extra}").settings, name) == value


# the faults, as data


# fault -> what a calibration meets while it lasts
MEETS: dict[str, type[BalanceTrouble] | None] = {
    "off": BalanceSilent,
    "mute": BalanceSilent,
    "draught": Unstable,
    "overload": BalanceRefused,
    "vessel": None,
    "jump": None,
    "drop": None,
    "noise": BalanceGarbled,
    "grams": None,
    "milligrams": None,
    "pieces": BalanceRefused,
    "print": None,
}


@pytest.mark.parametrize("kind", ["mtsics", "sbi"])
@pytest.mark.parametrize("fault", sorted(CATALOGUE))
def test_every_fault_is_met_and_got_over(fault: str, kind: str) -> None:
    balance = open_balance(f"simbalance://?seed=3&kind={kind}&faults={fault}@10+40", dialect=kind)
    balance.stable()
    balance.tare()
    balance.clock.sleep_us(12_000_000 - balance.clock.monotonic_us())
    meets = MEETS[fault]
    if meets is None:
        shown = balance.stable()
        if fault == "vessel":
            assert shown.mass_mg < -6_000
        elif fault == "jump":
            assert shown.mass_mg == pytest.approx(5, abs=1)
        else:  # whatever the display shows, the mass is the same
            assert abs(shown.mass_mg) < 1
            assert shown.unit == ("mg" if fault == "milligrams" else "g")
    else:
        with pytest.raises(meets) as caught:
            balance.stable()
        expected = {"overload": Trouble.OVERLOAD, "pieces": Trouble.UNIT, "draught": Trouble.BUSY}
        if fault in expected:
            assert caught.value.trouble is expected[fault]
    balance.clock.sleep_us(60_000_000 - balance.clock.monotonic_us())
    balance.recover()
    balance.tare()
    assert abs(balance.stable().mass_mg) < Decimal("0.2")


def test_switched_off_and_on_between_two_weighings_is_noticed() -> None:
    balance = open_balance("simbalance://?faults=off@10+2")
    balance.stable()
    balance.tare()
    balance.clock.sleep_us(20_000_000)
    with pytest.raises(BalanceRestarted, match="zero and tare are gone") as caught:
        balance.stable()
    assert caught.value.tare_lost


@pytest.mark.parametrize("fault", ["off@10+12", "noise@10+12", "mute@10+12"])
def test_recovering_waits_until_the_balance_is_back(fault: str) -> None:
    balance = open_balance(f"simbalance://?faults={fault}")
    balance.clock.sleep_us(11_000_000 - balance.clock.monotonic_us())
    with pytest.raises(BalanceTrouble):
        balance.immediate()
    balance.recover()
    assert balance.clock.monotonic_us() > 20_000_000
    balance.tare()


def test_a_small_vessel_taken_off_is_underload_when_the_balance_was_zeroed_with_it() -> None:
    balance = open_balance("simbalance://?faults=off@5+1,vessel@30+10")
    balance.clock.sleep_us(25_000_000)
    with pytest.raises(BalanceRestarted):
        balance.stable()
    balance.recover()
    assert abs(balance.stable().mass_mg) < 1
    balance.clock.sleep_us(8_000_000)
    with pytest.raises(BalanceRefused, match="pan or the vessel is missing"):
        balance.stable()


def test_a_drop_that_hangs_falls_later_and_is_weighed_then() -> None:
    with bench(f"{CALM}&cling_nl=4000&faults=drop@60", seed=5) as at:
        at.prime()
        at.shoot(30_000)
        early = at.balance.stable()
        assert at.balance.clock.monotonic_us() < 59_000_000
        at.balance.clock.sleep_us(62_000_000 - at.balance.clock.monotonic_us())
        late = at.balance.stable()
        truth_nl = sum(shot.dispensed_nl for shot in at.world.truth.per_shot if shot.kind == ShotKind.TEST)
        fell_mg = float(late.mass_mg - early.mass_mg)
        assert 0.05 < fell_mg < 4.0
        assert at.rig.vessel.caught_nl == pytest.approx(truth_nl, abs=1e-6)


def test_what_falls_beside_a_missing_vessel_is_lost() -> None:
    with bench(f"{CALM}&faults=vessel@10+30") as at:
        at.prime()
        at.balance.clock.sleep_us(12_000_000 - at.balance.clock.monotonic_us())
        at.shoot(20_000)
        assert at.rig.vessel.caught_nl == 0.0
        at.balance.stable()
        assert at.rig.vessel.missed_nl > 19_000


def test_draughts_come_and_go() -> None:
    balance = open_balance("simbalance://?seed=2&draught_per_min=6&draught_ug=3000")
    stable = []
    for _ in range(300):
        balance.clock.sleep_us(1_000_000)
        stable.append(balance.immediate().stable)
    assert 0.3 < sum(stable) / len(stable) < 0.95
    changes = sum(a is not b for a, b in pairwise(stable))
    assert changes > 8


# its side of MT-SICS, as the manual has it


@pytest.mark.parametrize(
    ("sent", "answer"),
    [
        (b"@\r\n", b'I4 A "S0000001"\r\n'),
        (b"I1\r\n", b'I1 A "01" "2.30" "2.30" "" ""\r\n'),
        (b"I2\r\n", b'I2 A "SIM-BAL 80.00000 g"\r\n'),
        (b"I5\r\n", b'I5 A "000000001A"\r\n'),
        (b"SI\r\n", b"S S    7.00000 g\r\n"),
        (b"S\r\n", b"S S    7.00000 g\r\n"),
        (b"TA\r\n", b"TA A    0.00000 g\r\n"),
        (b"TAC\r\n", b"TAC A\r\n"),
        (b"T\r\n", b"T S    7.00000 g\r\n"),
        (b"TI\r\n", b"TI S    7.00000 g\r\n"),
        (b"Z\r\n", b"Z +\r\n"),  # seven grams are too far from zero
        (b"ZI\r\n", b"ZI +\r\n"),
        (b"Q\r\n", b"ES\r\n"),
        (b"S 3\r\n", b"S L\r\n"),
        (b"X" * 200, b"ET\r\n"),
    ],
)
def test_the_balance_answers_as_the_manual_says(sent: bytes, answer: bytes) -> None:
    rig = parse("simbalance://?seed=1&noise_ug=0&evaporation_ug_s=0&sensitivity_ppm=0&linearity_ug=0").build()
    heard = bytearray()
    rig.host_end = heard.extend
    rig.kernel.run_for(10_000_000)
    rig.receive(sent)
    rig.kernel.run_for(3_000_000)
    shown = air.shown_share(rig.vessel.density, air.air_g_per_ml(20, 101.325, 50))
    assert heard.replace(f"{5 + 2 * shown:.5f}".encode(), b"7.00000") == answer


def test_a_stream_runs_until_the_reset_and_i0_lists_everything() -> None:
    rig = parse("simbalance://?seed=1").build()
    heard = bytearray()
    rig.host_end = heard.extend
    rig.kernel.run_for(10_000_000)
    rig.receive(b"SIR\r\n")
    rig.kernel.run_for(2_000_000)
    assert 15 <= heard.count(b"\r\n") <= 21
    rig.receive(b"@\r\n")
    rig.kernel.run_for(500_000)
    heard.clear()
    rig.kernel.run_for(2_000_000)
    assert not heard
    rig.receive(b"I0\r\n")
    rig.kernel.run_for(2_000_000)
    lines = heard.decode().splitlines()
    assert lines[0] == 'I0 B 0 "@"'
    assert lines[-1] == 'I0 A 0 "ZI"'
    assert all(line.startswith("I0 B ") for line in lines[:-1])


def test_pipelined_commands_are_lost_while_one_waits() -> None:
    rig = parse("simbalance://?seed=1&faults=draught@0.1+60").build()
    heard = bytearray()
    rig.host_end = heard.extend
    rig.kernel.run_for(5_000_000)
    rig.receive(b"S\r\n")
    rig.kernel.run_for(1_000_000)
    rig.receive(b"SI\r\nSI\r\n")
    rig.kernel.run_for(12_000_000)
    assert bytes(heard) == b"S I\r\n"


# the document


def test_the_document_has_every_option_and_every_fault() -> None:
    document = (Path(__file__).resolve().parents[2] / "docs" / "simulator.md").read_text(encoding="utf-8")
    usual = Settings()
    for name, (low, high, unit) in RANGES.items():
        assert f"| `{name}` | {getattr(usual, name):g} {unit} | {low:g} to {high:g} |" in document
    for name, kind in CATALOGUE.items():
        assert f"| `{name}` | {kind.sees} |" in document


# two terminals


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="no pseudo-terminals here")
@pytest.mark.parametrize("kind", ["mtsics", "sbi"])
def test_two_real_serial_ports_are_open_at_once_on_one_world(kind: str) -> None:
    stop, ready = threading.Event(), threading.Semaphore(0)
    names: list[str] = []

    def announce(name: str) -> None:
        names.append(name)
        ready.release()

    def serve() -> None:
        serve_pty(
            "sim://worn-screw?seed=4",
            pace=10.0,
            announce=announce,
            stop=stop,
            balance=f"simbalance://?seed=4&noise_ug=5&evaporation_ug_s=0&kind={kind}",
        )

    server = threading.Thread(target=serve)
    server.start()
    try:
        assert ready.acquire(timeout=10)
        assert ready.acquire(timeout=10)
        gun_port, balance_port = names
        assert gun_port != balance_port
        with (
            open_balance(balance_port, dialect=kind) as balance,
            connect(gun_port, keys=lambda _: SIMULATED_KEY) as gun,
        ):
            assert balance.identity.serial == "S0000004"
            fire(gun, 1, 40_000, ShotKind.PRIME, lambda: balance.clock.sleep_us(5_000))
            before = balance.stable()
            fire(gun, 2, 50_000, ShotKind.TEST, lambda: balance.clock.sleep_us(5_000))
            gained_mg = float(balance.stable().mass_mg - before.mass_mg)
            assert gained_mg == pytest.approx(51.5 * 0.997, abs=0.7)
    finally:
        stop.set()
        server.join(10)


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="no pseudo-terminals here")
def test_a_wrong_balance_is_told_before_anything_is_served() -> None:
    announced: list[str] = []
    with pytest.raises(InputError, match="'noise' is no option"):
        serve_pty(announce=announced.append, stop=threading.Event(), balance="simbalance://?noise=1")
    assert announced == []


def test_a_server_balance_goes_with_a_terminal_only() -> None:
    from click.testing import CliRunner

    from mesogun.cli.sim import sim

    outcome = CliRunner().invoke(sim, ["serve", "--tcp", "--balance"])
    assert isinstance(outcome.exception, InputError)
    assert "--balance goes with --pty" in str(outcome.exception)
