"""The fence: everything that it refuses, whom it lets through, that it leaves no trace, and where it stands."""

from __future__ import annotations

import _thread
import ast
import json
import logging
import os
import random
import secrets
import socket
import subprocess
import sys
import threading
import time
import uuid
from datetime import date, datetime  # noqa: F401 - for the table
from pathlib import Path
from random import choices as choices_by_name  # noqa: F401 - for the table
from random import randint as randint_by_name  # noqa: F401 - for the table
from secrets import token_hex as token_hex_by_name  # noqa: F401 - for the table
from socket import create_connection as create_connection_by_name  # noqa: F401
from subprocess import Popen as Popen_by_name  # noqa: F401
from threading import Thread as Thread_by_name  # noqa: F401
from time import monotonic as monotonic_by_name
from time import sleep as sleep_by_name
from typing import Any

import numpy as np
import pytest

from sim.campaign import sweep
from sim.campaign.draw import draw
from sim.campaign.run import Treatment, run, run_seed
from sim.faults import FaultPlan
from sim.fence import FenceError, fenced, gate
from sim.world import World

ROOT = Path(__file__).resolve().parents[2]
LEGACY: Any = np.random
CLOCK, STREAM, EVENT = "clock that came with the transport", "streams.fork", "kernel.after"
PASS, LINE, PROGRAM = "virtual time pass", "world's own line", "before or behind the run"
TOUCHES: dict[str, str] = {
    "time.time()": CLOCK,
    "time.time_ns()": CLOCK,
    "time.monotonic()": CLOCK,
    "time.monotonic_ns()": CLOCK,
    "time.perf_counter()": CLOCK,
    "time.perf_counter_ns()": CLOCK,
    "time.process_time()": CLOCK,
    "time.process_time_ns()": CLOCK,
    "time.thread_time()": CLOCK,
    "time.clock_gettime(time.CLOCK_REALTIME)": CLOCK,
    "time.clock_gettime_ns(time.CLOCK_REALTIME)": CLOCK,
    "time.localtime()": CLOCK,
    "time.gmtime(None)": CLOCK,
    "time.ctime()": CLOCK,
    "time.asctime()": CLOCK,
    'time.strftime("%Y")': CLOCK,
    "date.today()": CLOCK,
    "time.sleep(0)": PASS,
    "random.random()": STREAM,
    "random.randint(0, 9)": STREAM,
    "random.uniform(0, 1)": STREAM,
    "random.gauss(0, 1)": STREAM,
    "random.choices((1, 2))": STREAM,
    "random.sample((1, 2), 1)": STREAM,
    "random.shuffle([1, 2])": STREAM,
    "random.getrandbits(8)": STREAM,
    "random.seed(1)": STREAM,
    "random.randbytes(4)": STREAM,
    "randint_by_name(0, 9)": STREAM,
    "choices_by_name((1, 2))": STREAM,
    "random.SystemRandom().random()": STREAM,
    "os.urandom(4)": STREAM,
    "secrets.token_bytes(4)": STREAM,
    "secrets.randbelow(4)": STREAM,
    "token_hex_by_name(4)": STREAM,
    "uuid.uuid1()": STREAM,
    "uuid.uuid4()": STREAM,
    "LEGACY.rand()": STREAM,
    "LEGACY.seed(1)": STREAM,
    "LEGACY.normal()": STREAM,
    "np.random.default_rng()": STREAM,
    "threading.Thread(target=print).start()": EVENT,
    "threading.Timer(0, print).start()": EVENT,
    "threading.Event().wait(0.001)": EVENT,
    "_wait(threading.Condition())": EVENT,
    "socket.socket()": LINE,
    "create_connection_by_name(('127.0.0.1', 9))": LINE,
    "socket.getaddrinfo('localhost', 9)": LINE,
    "_thread.start_new_thread(print, ())": EVENT,
    "Thread_by_name(target=print).start()": EVENT,
    "Popen_by_name([sys.executable])": PROGRAM,
    "os.execv(sys.executable, ['x'])": PROGRAM,
    "os.posix_spawn(sys.executable, ['x'], {})": PROGRAM,
    'socket.create_connection(("127.0.0.1", 9))': LINE,
    'subprocess.Popen([sys.executable, "-c", ""])': PROGRAM,
    'subprocess.run([sys.executable, "-c", ""])': PROGRAM,
    'os.system("true")': PROGRAM,
    "os.fork()": PROGRAM,
}


def _wait(condition: threading.Condition) -> None:
    with condition:
        condition.wait(0.001)


@pytest.mark.parametrize("touch", TOUCHES)
def test_each_way_to_the_real_world_is_refused_with_a_hint(touch: str) -> None:
    with fenced(), pytest.raises(FenceError, match="unrepeatable") as caught:
        eval(touch)  # noqa: S307 - the table above
    assert TOUCHES[touch] in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_is_handed_a_time_or_a_seed_is_no_trespass() -> None:
    with fenced():
        assert time.gmtime(0).tm_year == 1970
        assert time.strftime("%Y", time.gmtime(0)) == "1970"
        assert random.Random(7).random() == random.Random(7).random()
        assert np.random.default_rng(7).random() == np.random.default_rng(7).random()
        assert not threading.Event().is_set()


def test_names_that_a_module_bound_before_are_guarded_where_its_names_are_given() -> None:
    assert monotonic_by_name() > 0
    with fenced(globals()), pytest.raises(FenceError, match=r"time\.monotonic"):
        monotonic_by_name()
    assert monotonic_by_name is time.monotonic
    with fenced(globals()), pytest.raises(FenceError, match=r"time\.sleep"):
        sleep_by_name(0)


def test_everything_is_as_before_when_the_fence_is_down() -> None:
    def snapshot() -> list[object]:
        holders: tuple[Any, ...] = (
            time, random, os, secrets, uuid, threading, threading.Condition, LEGACY, socket, socket.socket, subprocess,
            subprocess.Popen, _thread,
        )  # fmt: skip
        return [
            *({name: value for name, value in vars(holder).items() if not name.startswith("__")} for holder in holders),
            dict(vars(random._inst)),
        ]

    before = snapshot()
    for _ in range(2):
        with pytest.raises(ZeroDivisionError), fenced(), fenced():
            raise ZeroDivisionError
        assert snapshot() == before
    assert time.monotonic() > 0


def test_fences_nest_and_a_gate_is_a_way_through() -> None:
    with gate():  # without a fence there is nothing to pass
        time.time_ns()
    with fenced():
        with fenced():
            pass
        with gate():
            assert time.time_ns() > 0
            assert secrets.token_hex(2)
        with pytest.raises(FenceError):
            time.time_ns()


def test_a_stranger_who_takes_a_place_meanwhile_keeps_it() -> None:
    kept = time.time_ns
    with fenced():
        patch = pytest.MonkeyPatch()
        patch.setattr(time, "time_ns", lambda: 5)
        assert time.time_ns() == 5  # handed in by the test: repeatable
    assert time.time_ns() == 5
    patch.undo()  # gives back the guard that stood there
    assert time.time_ns() > 5
    with fenced(), pytest.raises(FenceError):
        time.time_ns()
    assert time.time_ns is kept


def test_other_threads_are_left_alone() -> None:
    go, done, seen = threading.Event(), threading.Lock(), list[float]()
    done.acquire()

    def other() -> None:
        go.wait(5)
        time.sleep(0)
        inner = threading.Thread(target=lambda: seen.append(time.monotonic() + random.random()))
        inner.start()
        inner.join()
        done.release()

    thread = threading.Thread(target=other)
    thread.start()
    with fenced():
        go.set()
        assert done.acquire(timeout=5)
        with pytest.raises(FenceError):
            time.monotonic()
    thread.join()
    assert len(seen) == 1


def test_two_threads_each_have_their_own_fence() -> None:
    told: list[str] = []

    def other() -> None:
        with fenced():
            try:
                time.monotonic()
            except FenceError:
                told.append("refused")
        told.append(str(time.monotonic() > 0))

    thread = threading.Thread(target=other)
    thread.start()
    thread.join()
    assert told == ["refused", "True"]
    assert time.monotonic() > 0


def test_who_only_watches_may_look(caplog: pytest.LogCaptureFixture) -> None:
    with fenced():
        logging.getLogger("stranger").warning("a line with the time of the day")
    assert "time of the day" in caplog.text


def test_loading_a_module_is_no_trespass(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "reads_the_clock.py").write_text("import time, uuid\nSTARTED = time.time()\nNAME = uuid.uuid4()\n")
    monkeypatch.syspath_prepend(tmp_path)
    with fenced():
        module = __import__("reads_the_clock")
    assert module.STARTED > 0


def test_a_script_that_runs_while_it_is_loaded_is_fenced_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "runs_when_loaded.py").write_text(
        "import time\nfrom sim.fence import fenced\nwith fenced():\n    time.time()\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(FenceError):
        __import__("runs_when_loaded")


# where it stands


def trespassing(treatment: Treatment) -> None:
    def reach() -> None:
        random.random()

    treatment.world.kernel.at(1_000, "trespass", reach)


def test_campaign_treatments_are_fenced() -> None:
    treatment = Treatment(draw(3), FaultPlan())
    trespassing(treatment)
    treatment.safety()
    assert [breach.name for breach in treatment.invariants.breaches] == ["only our errors"]
    assert "random.random inside a simulated run" in treatment.invariants.breaches[0].detail


def test_a_drawn_run_is_fenced() -> None:
    def prepare(world: World) -> None:
        def reach(_what: str, _data: bytes) -> None:
            uuid.uuid4()

        world.host_gate = reach

    assert run(draw(3), plan=FaultPlan()).good
    told = run(draw(3), plan=FaultPlan(), prepare=prepare)
    assert told.breaches[0].name == "only our errors"
    assert "os.urandom inside a simulated run" in told.breaches[0].detail


def test_the_sweep_is_fenced() -> None:
    treatment = sweep.reference(FaultPlan())
    trespassing(treatment)
    treatment.safety()
    assert [breach.name for breach in treatment.invariants.breaches] == ["only our errors"]


def test_a_journal_on_disk_has_its_gate_and_the_hosts_nonces_come_from_the_seed() -> None:
    assert run_seed(20, journal="sqlite").good

    def said(seed: int) -> list[bytes]:
        treatment = Treatment(draw(seed), FaultPlan())
        heard: list[bytes] = []
        inner = treatment.world.line.gun_end

        def listen(data: bytes) -> None:
            heard.append(data)
            inner(data)

        treatment.world.line.gun_end = listen
        treatment.safety()
        return heard

    assert said(4) == said(4)  # every byte, nonces and tags included
    assert said(4) != said(5)


# what a fence cannot see at run time is looked for in the text

CLOCKWORK = {"time", "random", "secrets", "uuid"}
REAL_TIME = {
    "mesogun/clock.py",  # the real clock, handed in by real ports
    "sim/doors/serve.py",  # servers run in real time
    "tests/sim/test_fence.py",
}


def looks_up(text: str) -> list[str]:
    """What a fence would miss: the calendar of the C type, names bound before, generators without a seed."""
    found = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and node.module in CLOCKWORK and node.level == 0:
            found.append(f"{node.lineno}: from {node.module} import")
        if isinstance(node, ast.ImportFrom) and node.module == "os":
            found += [f"{node.lineno}: from os import urandom" for name in node.names if name.name == "urandom"]
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        holder, name = ast.unparse(node.func.value).rpartition(".")[2], node.func.attr
        if holder in {"datetime", "date"} and name in {"now", "utcnow", "today"}:
            found.append(f"{node.lineno}: {holder}.{name}()")
        if (holder, name) in {("random", "Random"), ("random", "default_rng")} and not node.args + node.keywords:
            found.append(f"{node.lineno}: {holder}.{name}() without a seed")
    return found


@pytest.mark.parametrize(
    "text",
    [
        "from time import monotonic", "def f():\n    from random import random as r", "from os import urandom",
        "from secrets import token_hex", "import datetime\ndatetime.datetime.now(datetime.UTC)",
        "from datetime import datetime\ndatetime.utcnow()", "from datetime import date\nday = date.today()",
        "import random\nrandom.Random()", "import numpy as np\nnp.random.default_rng()",
    ],
)  # fmt: skip
def test_the_search_finds_what_it_is_for(text: str) -> None:
    assert len(looks_up(text)) == 1


def test_nothing_on_the_way_of_a_run_looks_up_the_calendar_or_binds_a_clock() -> None:
    code = (
        "import sys, json\n"
        "from sim.campaign.run import run_seed\n"
        "from mesogun.testing import open_world\n"
        "run_seed(20, journal='sqlite')\n"
        "open_world(seed=1).connect().status()\n"
        "print(json.dumps([m.__file__ for n, m in sys.modules.items() if n.split('.')[0] in ('sim', 'mesogun')]))"
    )
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = {Path(name).relative_to(ROOT) for name in json.loads(ran.stdout)}
    assert len(loaded) > 60
    searched = loaded | {path.relative_to(ROOT) for path in (ROOT / "sim").rglob("*.py")}
    found = {
        path.as_posix(): told
        for path in sorted(searched)
        if path.as_posix() not in REAL_TIME and (told := looks_up((ROOT / path).read_text(encoding="utf-8")))
    }
    assert found == {}


def test_the_calendar_of_datetime_cannot_be_fenced_which_the_document_says() -> None:
    with fenced():
        datetime.now()  # noqa: DTZ005 - should Python ever ask time.time for it, the document can be changed
    assert "`datetime.now`" in (ROOT / "docs" / "simulator.md").read_text(encoding="utf-8")
