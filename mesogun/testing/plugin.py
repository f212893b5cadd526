"""Hooks and fixtures for pytest. Not responsible for worlds (``world``).

``@pytest.mark.mesogun(profile=, seed=, faults=, hand=)`` shapes the simulated gun of a test;
``@pytest.mark.mesogun_hardware`` needs ``--mesogun-port``. Seeds come from the test's name, never from a worker's.
"""

from __future__ import annotations

import threading
import zlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from mesogun.gun import Gun
    from mesogun.testing.world import SimWorld


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options, all prefixed."""
    group = parser.getgroup("mesogun", "mesogun: simulated and real guns")
    group.addoption("--mesogun-port", metavar="URL", help="run tests of `gun` on this port instead of the simulator")
    group.addoption(
        "--mesogun-seed", type=int, metavar="N", help="seed of every simulated world (default: by test name)"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Markers, all prefixed."""
    config.addinivalue_line("markers", "mesogun(profile, seed, faults, hand): shape the simulated gun of this test")
    config.addinivalue_line("markers", "mesogun_hardware: needs a real gun (--mesogun-port)")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Hardware tests run only where there is hardware."""
    if item.get_closest_marker("mesogun_hardware") and not item.config.getoption("--mesogun-port"):
        pytest.skip("needs a real gun: give --mesogun-port")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """On failure: seed, replay line and what the faults did."""
    outcome: Any = yield
    report = outcome.get_result()
    world: SimWorld | None = getattr(item, "_mesogun_world", None)
    if world is None or not report.failed or report.when != "call":
        return
    lines = [
        f"seed {world.seed}, virtual time {world.now_s:.6f} s, trace {world.world.kernel.trace_hash()}",
        f"replay: pytest '{item.nodeid}' --mesogun-seed {world.seed}",
        *(str(breach) for breach in world.invariants.breaches),
        *(f"fault {entry.fault.name}: {_fired(entry)}" for injector in world.injectors for entry in injector.reports()),
    ]
    report.sections.append(("mesogun", "\n".join(lines)))


def _fired(entry: Any) -> str:
    return "never fired" if entry.fired_us is None else f"fired at {entry.fired_us / 1e6:.6f} s"


def _asked(request: pytest.FixtureRequest) -> dict[str, Any]:
    marker = request.node.get_closest_marker("mesogun")
    asked = dict(marker.kwargs) if marker else {}
    unknown = set(asked) - {"profile", "seed", "faults", "hand"}
    if unknown:
        raise pytest.UsageError(f"marker mesogun: unknown {', '.join(sorted(unknown))}")
    seed = request.config.getoption("--mesogun-seed")
    if seed is None:
        seed = asked.get("seed", zlib.crc32(request.node.nodeid.encode()))
    return asked | {"seed": seed}


@pytest.fixture
def sim_world(request: pytest.FixtureRequest) -> Iterator[SimWorld]:
    """A fresh simulated world: time, faults, truth; its invariants are checked when the test has passed."""
    from mesogun.testing.world import open_world

    asked = _asked(request)
    world = open_world(
        str(asked.get("profile", "standard")), seed=int(asked["seed"]), hand=bool(asked.get("hand", True))
    )
    if asked.get("faults"):
        world.faults(str(asked["faults"]))
    request.node._mesogun_world = world

    yield world
    world.invariants.finish()
    if world.invariants.breaches:
        pytest.fail("; ".join(str(breach) for breach in world.invariants.breaches), pytrace=False)


@pytest.fixture
def sim_gun(sim_world: SimWorld) -> Iterator[Gun]:
    """A greeted driver on a fresh simulated gun, in virtual time."""
    gun = sim_world.connect()
    yield gun
    gun.close()


@pytest.fixture
def gun(request: pytest.FixtureRequest) -> Iterator[Gun]:
    """The gun of ``--mesogun-port`` where given, else a simulated one: one test file for both."""
    port = request.config.getoption("--mesogun-port")
    if port is None:
        yield request.getfixturevalue("sim_gun")
        return
    from mesogun.gun import connect, key_source
    from mesogun.identity import Home

    real = connect(port, keys=key_source(Home.open()))
    yield real
    real.close()


@pytest.fixture
def sim_gun_server(request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a simulated gun on a loopback TCP port, in real time, for programs that are not Python."""
    from mesogun.testing.world import simulator

    simulator()
    from sim.doors.tcp import serve_tcp

    asked = _asked(request)
    stop, ready = threading.Event(), threading.Event()
    found: list[str] = []

    def announce(url: str) -> None:
        found.append(url)
        ready.set()

    url = f"sim://{asked.get('profile', 'standard')}?seed={asked['seed']}"
    server = threading.Thread(
        target=serve_tcp, args=(url,), kwargs={"announce": announce, "stop": stop, "pace": 1.0}, daemon=True
    )
    server.start()
    if not ready.wait(10.0):
        pytest.fail("the simulated gun's server did not start within 10 s")
    yield found[0]
    stop.set()
    server.join(10.0)
