"""Servers hold: time that a step lets pass, manual time, clients that behave badly, ports and ready files."""

from __future__ import annotations

import json
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from mesogun.errors import InputError, LinkLost
from mesogun.gun import Gun, connect
from mesogun.identity import SIMULATED_KEY
from mesogun.wire.messages import Arm, Load
from sim.doors.control import MAX_STEP_US
from sim.doors.port import attach
from sim.doors.tcp import serve_tcp
from sim.world import World

ROOT = Path(__file__).resolve().parents[2]
CONTROL = ("--control", "0")


class Desk:
    """The other side of a control door."""

    def __init__(self, address: str) -> None:
        host, port = address.removeprefix("control://").split(":")
        self.socket = socket.create_connection((host, int(port)), timeout=20)
        self._lines = self.socket.makefile("rb")

    def line(self, text: str) -> Any:
        self.socket.sendall(text.encode() + b"\n")
        return json.loads(self._lines.readline())

    def ask(self, **asked: Any) -> Any:
        return self.line(json.dumps(asked))

    def close(self) -> None:
        self._lines.close()
        self.socket.close()


class Manual:
    """Transport and clock of a gun in manual time: waiting is stepping, a millisecond at a time."""

    def __init__(self, gun: str, control: str) -> None:
        host, port = gun.removeprefix("socket://").split(":")
        self.socket = socket.create_connection((host, int(port)), timeout=20)
        self.socket.setblocking(False)
        self.desk = Desk(control)

    def monotonic_us(self) -> int:
        return int(self.desk.ask(do="status")["time_us"])

    def utc(self) -> datetime:
        return datetime(2026, 1, 5, tzinfo=UTC) + timedelta(microseconds=self.monotonic_us())

    def sleep_us(self, duration_us: int) -> None:
        assert self.desk.ask(do="step", us=duration_us)["ok"]

    def write(self, data: bytes) -> None:
        self.socket.sendall(data)

    def read(self, max_bytes: int, timeout_us: int) -> bytes:
        left_us = timeout_us
        while True:
            try:
                data = self.socket.recv(max_bytes)
            except BlockingIOError:
                if left_us <= 0:
                    return b""
                self.sleep_us(min(1_000, left_us))
                left_us -= 1_000
            else:
                if not data:
                    raise LinkLost("gone")
                return data

    def close(self) -> None:
        self.socket.close()
        self.desk.close()


@contextmanager
def serving(**options: Any) -> Iterator[list[str]]:
    stop, found = threading.Event(), list[str]()
    ready = threading.Semaphore(0)

    def announce(address: str) -> None:
        found.append(address)
        ready.release()

    def run() -> None:
        serve_tcp("sim://standard?seed=3", control_port=0, announce=announce, stop=stop, **options)
        found.append("ended")

    thread = threading.Thread(target=run)
    thread.start()
    try:
        for _ in range(2):
            assert ready.acquire(timeout=10)
        yield found
    finally:
        stop.set()
        thread.join(10)


@contextmanager
def process(*options: str) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    command = [sys.executable, "-m", "mesogun", "sim", "serve", "--tcp", "--seed", "5", *options]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield server, [server.stdout.readline().strip() for _ in range(1 + ("--control" in options))]
        finally:
            server.terminate()
            server.wait(20)


def greet(port: Any) -> Gun:
    return connect(port, keys=lambda _: SIMULATED_KEY)


def test_a_step_takes_no_real_time_away() -> None:
    with serving(pace=1.0) as found:
        desk, gun = Desk(found[1]), greet(found[0])
        assert desk.ask(do="step", us=3_600_000_000)["ok"]
        gun.status()  # an hour later; not in an hour: the time limit of the test would not wait for it
        before = desk.ask(do="status")["time_us"]
        while desk.ask(do="status")["time_us"] == before:
            pass
        desk.close()
        gun.close()


def test_a_paced_clock_goes_on_from_where_somebody_else_has_moved_time() -> None:
    world = World(seed=1)
    _, clock = attach(world, pace=1.0)
    world.run_for(3_600.0)
    before = clock.monotonic_us()
    assert before >= 3_600_000_000
    while clock.monotonic_us() == before:
        pass
    clock.sleep_us(2_000)


def shot(found: list[str]) -> tuple[str, Any]:
    """One primed shot in manual time, by the real driver; the trace and the truth."""
    line = Manual(found[0], found[1])
    assert line.monotonic_us() == 0
    gun = greet((line, line))
    status = gun.load(Load(1, 0, 0, 2, 25_000, 0))
    gun.arm(Arm(0, 1, 1, 1, 25_000, status.gun_clock_us, status.last_shot_no, 1_000, 1))
    for _ in range(20):
        line.monotonic_us()  # real time goes by, and means nothing here
    line.sleep_us(1_000_000)
    (record,) = gun.log(1)
    assert record.delivered_nl == 25_000
    told = line.desk.ask(do="status"), line.desk.ask(do="truth")
    gun.close()
    line.desk.close()
    return told[0]["trace"], told[1]["shots"]


def test_manual_time_is_deterministic_end_to_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("secrets.randbits", lambda _: 7)  # the host's nonce is a part of what is sent
    told = []
    for _ in range(2):
        with process("--pace", "0", *CONTROL) as (_, found):
            told.append(shot(found))
    assert told[0] == told[1]
    assert len(told[0][1]) == 1


def test_manual_time_stands_still_and_needs_somebody_who_moves_it() -> None:
    with serving(pace=0.0) as found:
        desk = Desk(found[1])
        assert {desk.ask(do="status")["time_us"] for _ in range(50)} == {0}
        assert desk.ask(do="step", us=10)["time_us"] == 10
        desk.close()
    with pytest.raises(InputError, match="needs a control door"):
        serve_tcp(pace=0.0, announce=print, stop=threading.Event())


@pytest.mark.parametrize("us", ["86400000001", "-1", "1.5", "true", '"9"', "null", "1e400", "Infinity"])
def test_a_step_that_cannot_be_is_refused_with_the_reason(us: str) -> None:
    with serving(pace=0.0) as found:
        desk = Desk(found[1])
        told = desk.line(f'{{"do": "step", "us": {us}}}')
        assert not told["ok"]
        assert "from 0 to 86400000000 (a simulated day)" in told["error"] or "no number of JSON" in told["error"]
        assert desk.ask(do="step", us=MAX_STEP_US)["time_us"] == MAX_STEP_US
        desk.close()


BAD_LINES = {
    '{"do": "hand", "move": "touch", "force_mn": Infinity}': "no number of JSON",
    '{"do": "hand", "move": "touch", "force_mn": 1e999}': "force_mn must be a whole number",
    '{"do": "hand", "move": "touch", "force_mn": -5}': "force_mn must be a whole number",
    '{"do": "hand", "move": ["touch"]}': "say which move",
    '{"do": ["step"]}': "say what to do",
    "[" * 100_000: "nested too deeply",
    '{"do": "faults", "plan": ' + "[" * 20_000 + "]" * 20_000 + "}": "nested too deeply",
    '{"do": "faults", "plan": [{"fault": "fluid.leak", "at": {"time_us": 0}, "numbers": {"ratio": 1e999}}]}': "outside",
    "{": "not JSON",
    "": "not JSON",
    "\x00\udcff": "not JSON",
    '{"do": "step", "us": ' + "9" * 5_000 + "}": "",
}


def test_no_line_ends_the_server() -> None:
    with serving(pace=1.0) as found:
        desk, gun = Desk(found[1]), greet(found[0])
        for text, says in BAD_LINES.items():
            told = desk.line(text.encode("utf-8", "replace").decode())
            assert told["ok"] is False, text[:60]
            assert says in told["error"], told
            assert "\n" not in told["error"]
        assert desk.ask(do="status")["ok"]
        gun.status()
        desk.close()
        gun.close()


def test_the_hand_changes_the_cell_and_turns_the_stop() -> None:
    world = World("manual-depth", seed=1, hand=False)
    world.gun.panel.battery_mv = 3_100
    with serving(pace=0.0, world=world) as found:
        desk = Desk(found[1])
        assert desk.ask(do="hand", move="battery")["ok"]
        assert world.gun.panel.battery_mv == 4_100
        assert desk.ask(do="hand", move="stop", depth_um=2_500)["ok"]
        assert world.gun.panel.stop_um == 2_500
        assert "outside 200 to 6000 um" in desk.ask(do="hand", move="stop", depth_um=7_000)["error"]
        assert "depth_um must be a whole number" in desk.ask(do="hand", move="stop", depth_um=0.5)["error"]
        desk.close()


def reset(door: socket.socket) -> None:
    """Gone with a RST."""
    door.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    door.close()


def test_clients_that_break_off_end_only_themselves() -> None:
    with serving(pace=1.0) as found:
        for address in found[:2] * 10:
            host, port = address.partition("://")[2].split(":")
            client = socket.create_connection((host, int(port)), timeout=10)
            client.sendall(b'{"do": "truth"}\n' * 50)
            reset(client)
        greedy = Desk(found[1])  # asks, and never reads
        greedy.socket.settimeout(0.2)
        try:
            for _ in range(100):
                greedy.socket.sendall(b'{"do": "status"}\n' * 500)
        except OSError:
            pass
        reset(greedy.socket)
        desk, gun = Desk(found[1]), greet(found[0])
        assert desk.ask(do="status")["ok"]
        assert gun.status().fault == 0
        assert "ended" not in found
        desk.close()
        gun.close()


def test_a_cable_that_is_pulled_leaves_the_server_running() -> None:
    with serving(pace=50.0) as found:
        desk = Desk(found[1])
        plan = [{"fault": "link.unplug", "at": {"time_us": 0}, "numbers": {"for_us": 100_000}}]
        assert desk.ask(do="faults", plan=plan)["ok"]
        desk.ask(do="step", us=2_000_000)
        gun = greet(found[0])
        assert gun.status().fault == 0
        gun.close()
        desk.close()


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--port", "99999"), "--port 99999 is no TCP port"),
        (("--port", "-1"), "--port -1 is no TCP port"),
        (("--control", "70000"), "--control 70000 is no TCP port"),
        (("--pace", "0"), "needs --tcp and --control"),
        (("--pace", "-1", *CONTROL), "neither max nor a number from 0.001 to 10000, nor 0"),
        (("--ready-file", "no-such-folder/ready"), "cannot be written"),
        (("--start", "yesterday"), "not an ISO 8601 time"),
    ],
)
def test_what_cannot_be_served_is_one_line(options: tuple[str, ...], says: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mesogun", "sim", "serve", "--tcp", *options]
    ran = subprocess.run(command, cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True,
                         text=True, timeout=60)  # fmt: skip
    assert ran.returncode == 2
    assert says in ran.stderr
    assert ran.stderr.count("\n") == 1


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_the_ready_file_goes_with_the_server(ending: signal.Signals, tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    with process("--ready-file", str(ready), *CONTROL) as (server, found):
        assert ready.read_text().split() == found
        assert list(tmp_path.iterdir()) == [ready]
        server.send_signal(ending)
        assert server.wait(20) == 0
        assert not ready.exists()


def test_a_ready_file_of_somebody_else_stays(tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    with serving(pace=1.0, ready_file=ready):
        ready.write_text("socket://127.0.0.1:1\n")
    assert ready.read_text() == "socket://127.0.0.1:1\n"
