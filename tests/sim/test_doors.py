"""Every door leads to the same gun: in process, paced, pyserial, pty, TCP, control."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from mesogun.errors import InputError, LinkLost
from mesogun.gun import Gun, connect
from mesogun.identity import SIMULATED_KEY
from mesogun.wire.codes import State
from sim import world as worlds
from sim.doors import address
from sim.doors.port import open_port
from sim.doors.serve import serve_pty
from sim.doors.tcp import serve_tcp


def greet(port: str) -> Gun:
    return connect(port, keys=lambda _: SIMULATED_KEY)


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("sim://nobody", "known profiles: fine, five-pin"),
        ("sim://standard?sed=1", "'sed' is no option"),
        ("sim://standard?seed=x", "seed 'x' is not an integer"),
        ("sim://standard?seed=1&seed=2", "given twice"),
        ("sim://standard?pace=0", "pace '0' is neither max"),
        ("sim://standard?hand=left", "neither auto nor none"),
        ("sim://standard?mode=rapid", "none of single"),
        ("sim://standard?start=yesterday", "not an ISO 8601 time"),
        ("sim://standard?start=2026-01-05T09:00:00", "no time zone"),
        ("com://standard", "would start with sim://"),
    ],
)
def test_a_wrong_address_is_one_clear_line(url: str, says: str) -> None:
    with pytest.raises(InputError, match=says) as caught:
        open_port(url)
    assert "\n" not in str(caught.value)


def test_a_named_world_is_shared_and_the_gun_outlives_the_port() -> None:
    name = "shared-in-test"
    try:
        first = greet(f"sim://standard?seed=3&world={name}")
        first.open_treatment(9)
        second = greet(f"sim://standard?world={name}")
        assert second.welcome.open_treatment == 9
        assert second.welcome.session == first.welcome.session + 1
        with pytest.raises(LinkLost):
            first.status()
        with pytest.raises(InputError, match="exists with seed 3"):
            open_port(f"sim://standard?seed=4&world={name}")
        assert worlds.find(name).seed == 3
    finally:
        worlds.forget(name)
    with pytest.raises(InputError, match="no world called"):
        worlds.find(name)


def test_the_seed_decides_who_the_gun_is_and_memory_survives_in_a_file(tmp_path: Path) -> None:
    one, two = greet("sim://standard?seed=5"), greet("sim://standard?seed=5")
    assert one.welcome.device_id == two.welcome.device_id
    assert greet("sim://standard?seed=6").welcome.device_id != one.welcome.device_id
    url = f"sim://standard?seed=5&nvm={tmp_path / 'gun.nvm'}"
    first = greet(url)
    first.open_treatment(77)
    again = greet(url)
    assert again.welcome.open_treatment == 77
    assert again.welcome.boot_id == first.welcome.boot_id + 1
    (tmp_path / "gun.nvm").write_bytes(b"something else")
    with pytest.raises(InputError, match="not the memory"):
        open_port(url)


def test_virtual_time_moves_only_by_waiting_and_a_pace_follows_the_real_clock() -> None:
    transport, clock = open_port("sim://standard?seed=1")
    assert clock.monotonic_us() == 0
    transport.read(1_000, 50_000)  # the boot event
    assert transport.read(10, 2_000_000) == b""
    assert 2_000_000 <= clock.monotonic_us() <= 2_100_000
    _, paced = open_port("sim://standard?seed=1&pace=1000")
    before = paced.monotonic_us()
    paced.sleep_us(5_000_000)  # 5 ms of real time
    assert paced.monotonic_us() - before >= 5_000_000


def test_pyserial_opens_a_gun_by_url() -> None:
    serial: Any = pytest.importorskip("serial")
    if "sim.doors" not in serial.protocol_handler_packages:
        serial.protocol_handler_packages.append("sim.doors")
    with serial.serial_for_url("sim://standard?seed=3", timeout=1) as port:
        assert port.read(1) == b"\0"
        assert port.in_waiting > 50
        port.reset_input_buffer()
        assert port.read(5) == b""
        assert port.write(b"\0") == 1
    with pytest.raises(serial.SerialException, match="known profiles"):
        serial.serial_for_url("sim://nobody")


@contextmanager
def serving(target: Any, **options: Any) -> Iterator[list[str]]:
    stop, found = threading.Event(), list[str]()
    wanted = 2 if options.get("control_port") is not None else 1
    ready = threading.Semaphore(0)

    def announce(address: str) -> None:
        found.append(address)
        ready.release()

    thread = threading.Thread(
        target=target, args=("sim://standard?seed=3",), kwargs=options | {"announce": announce, "stop": stop}
    )
    thread.start()
    try:
        for _ in range(wanted):
            assert ready.acquire(timeout=10)
        yield found
    finally:
        stop.set()
        thread.join(10)


def test_a_killed_program_finds_the_pty_gun_as_it_left_it() -> None:
    with serving(serve_pty, pace=20.0) as found:
        first = greet(found[0])
        first.open_treatment(4)
        first.close()  # gone without a word
        second = greet(found[0])
        assert second.welcome.open_treatment == 4
        second.close()


def test_tcp_and_control_door(tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    with serving(serve_tcp, pace=20.0, control_port=0, ready_file=ready) as found:
        assert ready.read_text().split() == found
        gun = greet(found[0])
        host, port = found[1].removeprefix("control://").split(":")
        with socket.create_connection((host, int(port)), timeout=10) as desk, desk.makefile("rw") as lines:

            def ask(**asked: Any) -> Any:
                lines.write(json.dumps(asked) + "\n")
                lines.flush()
                return json.loads(lines.readline())

            assert ask(do="status")["phase"] == "disarmed"
            before = ask(do="status")["time_us"]
            assert ask(do="step", us=5_000_000)["time_us"] >= before + 5_000_000
            plan = [{"fault": "gun.too_hot", "at": {"time_us": 0}}]
            assert ask(do="faults", plan=plan)["ok"]
            ask(do="step", us=10_000)
            assert ask(do="faults")["faults"][0]["fired_us"] is not None
            assert ask(do="truth")["dispensed_nl"] == 0
            assert "no fault called" in ask(do="faults", plan=[{"fault": "x", "at": {"time_us": 0}}])["error"]
            assert "one of" in ask(do="import os")["error"]
            assert "one of" in ask(do="hand", move="dance")["error"]
        assert gun.status().state == State.FAULT
        gun.close()
        taken = int(found[0].rpartition(":")[2])
        with pytest.raises(InputError, match="cannot be had"):
            serve_tcp(port=taken, announce=lambda _: None, stop=threading.Event())


def test_defaults_of_an_address() -> None:
    assert address.parse("sim://") == address.Address()
    assert address.parse("sim://soft?pace=10").pace == 10.0
