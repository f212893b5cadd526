"""Hooks and fixtures for pytest. Not responsible for worlds (``world``), markers (``asked``) or words (``told``).

``@pytest.mark.mesogun(profile=, seed=, faults=, hand=, fence=)`` shapes the simulated gun of a test;
``@pytest.mark.mesogun_hardware`` needs ``--mesogun-port``. Seeds come from the test's name, never from a worker's.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from mesogun.errors import InputError, MesogunError
from mesogun.testing import asked as asking
from mesogun.testing import told

if TYPE_CHECKING:
    from mesogun.gun import Gun
    from mesogun.testing.world import SimWorld

VIRTUAL = {"sim_gun", "sim_world"}
ASKED = pytest.StashKey[asking.Asked]()
WORLDS = pytest.StashKey["list[SimWorld]"]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options, all prefixed."""
    group = parser.getgroup("mesogun", "mesogun: simulated and real guns")
    group.addoption("--mesogun-port", metavar="URL", help="run tests of `gun` on this port instead of the simulator")
    group.addoption(
        "--mesogun-seed", type=int, metavar="N", help="seed of every simulated world (default: by test name)"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Markers, all prefixed; a seed that no world can have is refused at once."""
    config.addinivalue_line("markers", "mesogun(profile, seed, faults, hand, fence): shape this test's simulated gun")
    config.addinivalue_line("markers", "mesogun_hardware: needs a real gun (--mesogun-port)")
    seed = config.getoption("--mesogun-seed")
    if seed is not None and not 0 <= seed < asking.SEEDS:
        raise pytest.UsageError(f"--mesogun-seed {seed} is not an integer from 0 to 2^63 - 1; give one, such as 7")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Hardware tests run only where there is hardware; a marker is read before anything is built for it."""
    port = item.config.getoption("--mesogun-port")
    if item.get_closest_marker("mesogun_hardware") and not port:
        pytest.skip("needs a real gun: give --mesogun-port")
    fixtures = set(getattr(item, "fixturenames", ()))
    uses = fixtures & {*VIRTUAL, "gun", "sim_gun_server"}
    if not uses and item.get_closest_marker("mesogun") is None:
        return
    try:
        asked = asking.read(
            item.nodeid,
            [(mark.args, mark.kwargs) for mark in item.iter_markers("mesogun")],
            seed=item.config.getoption("--mesogun-seed"),
        )
    except InputError as error:
        # a UsageError would end the whole session, and a worker of xdist without a word
        pytest.fail(str(error), pytrace=False)
    if port and "gun" in fixtures:
        if fixtures & VIRTUAL:
            pytest.skip("needs a simulated world beside `gun`, which is the real one of --mesogun-port here")
        if asked.faults is not None:
            pytest.skip("puts faults into a simulated gun, and `gun` is the real one of --mesogun-port here")
    if uses - ({"gun"} if port else set()):
        item.stash[ASKED] = asked


@pytest.hookimpl(hookwrapper=True, trylast=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Iterator[None]:
    """The fence around the body of a test whose world runs in virtual time."""
    worlds = pyfuncitem.stash.get(WORLDS, [])
    asked = pyfuncitem.stash.get(ASKED, None)
    if not worlds or asked is None or not asked.fence or "sim_gun_server" in pyfuncitem.fixturenames:
        yield
        return
    from sim.fence import fenced

    with fenced(vars(pyfuncitem.module) if pyfuncitem.module else None):
        yield


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """On failure, whenever it comes: seed, replay line, breaches and what the faults did."""
    outcome: Any = yield
    report = outcome.get_result()
    asked = item.stash.get(ASKED, None)
    if report.failed and asked is not None:
        worlds: list[SimWorld] = item.stash.get(WORLDS, [])
        trouble = call.excinfo.value if call.excinfo else None
        told.attach(report, told.lines(_from_here(item), asked, worlds, trouble))


def _from_here(item: pytest.Item) -> str:
    path = os.path.relpath(item.path, item.config.invocation_params.dir)
    return path + "".join(item.nodeid.partition("::")[1:])


def _built(request: pytest.FixtureRequest, *, real_time: bool = False) -> SimWorld:
    """The world that the test asked for, with its faults in it; refused in one line."""
    from mesogun.testing.world import open_world, simulator

    try:
        simulator()
    except InputError as error:
        pytest.fail(str(error), pytrace=False)
    asked = request.node.stash[ASKED]
    argument = f"profile={asked.profile!r}"
    try:
        world = open_world(asked.profile, seed=asked.seed, hand=asked.hand, real_time=real_time)
        request.node.stash.setdefault(WORLDS, []).append(world)
        if asked.faults is not None:
            argument = "faults=..."
            world.faults(asked.faults)
    except InputError as error:
        pytest.fail(f"{request.node.nodeid}: mesogun({argument}): {error}", pytrace=False)
    return world


def _checked(world: SimWorld) -> None:
    world.invariants.finish()
    if world.invariants.breaches:
        pytest.fail("; ".join(str(breach) for breach in world.invariants.breaches), pytrace=False)


@pytest.fixture
def sim_world(request: pytest.FixtureRequest) -> Iterator[SimWorld]:
    """A fresh simulated world: time, faults, truth; its invariants are checked when the test has passed."""
    world = _built(request)
    yield world
    with world.fence():
        _checked(world)


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

    try:
        real = connect(port, keys=key_source(Home.open()))
    except MesogunError as error:
        pytest.fail(f"--mesogun-port {port}: {error}", pytrace=False)
    yield real
    real.close()


@pytest.fixture
def sim_gun_server(request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a simulated gun on a loopback TCP port, in real time, for programs that are not Python."""
    from mesogun.testing.server import serving

    world = _built(request, real_time=True)
    with serving(world) as url:
        yield url
    _checked(world)
