"""What ``demo`` and ``treat`` hand to the dashboard, and how STOP ends them."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import pytest

import tui
from mesogun.cli import visit
from mesogun.cli.treat import LOCKSTEP_S, virtual_time
from mesogun.errors import LinkLost, MesogunError, RecordError
from mesogun.gun import Gun
from mesogun.treatment import Note
from tests.cli.command import Command
from tui import ScreenFront

Screen = Callable[[Callable[[ScreenFront], None], Callable[[], None]], None]


def put_in(screen: Screen, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A dashboard that does ``screen``; what it was given otherwise."""
    given: dict[str, Any] = {}

    def run_live(start: Callable[[ScreenFront], None], stop: Callable[[], None], **others: Any) -> None:
        given.update(others)
        screen(start, stop)

    monkeypatch.setattr(tui, "run_live", run_live, raising=False)
    return given


def raising(error: MesogunError, *, press: bool) -> Screen:
    def screen(_: Callable[[ScreenFront], None], stop: Callable[[], None]) -> None:
        if press:
            stop()
        raise error

    return screen


def test_stop_ends_a_demonstration_with_one_line_and_exit_code_4(
    mesogun: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_in(raising(LinkLost("STOP was pressed"), press=True), monkeypatch)
    done = mesogun("demo", "--dashboard", "--out", str(mesogun.folder / "a"))
    assert done.code == 4
    assert done.complaint.startswith("mesogun: stopped by the operator; the record is safe")
    assert str(mesogun.folder / "a" / "journal.db") in done.complaint


def test_stop_is_proved_by_the_guns_own_answer_and_by_nothing_else(
    mesogun: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    proofs: list[bool] = []

    def screen(_: Callable[[ScreenFront], None], stop: Callable[[], None]) -> None:
        stop()
        assert gun(stop).link.stop_status is None, "written is not answered"
        proofs.append(given["prove_stop"]())
        assert given["link"]().replies > 0
        raise LinkLost("STOP was pressed")

    given = put_in(screen, monkeypatch)
    mesogun("demo", "--dashboard", "--out", str(mesogun.folder / "a"))
    assert proofs == [True]


def gun(stop: Callable[[], None]) -> Gun:
    """The gun that ``stop`` stops."""
    found = inspect.getclosurevars(stop).nonlocals["gun"]
    assert isinstance(found, Gun)
    return found


@pytest.mark.parametrize(
    ("error", "press"), [(LinkLost("the cable is out"), False), (RecordError("the disk is full"), True)]
)
def test_what_is_not_the_operators_stop_keeps_its_own_line(
    error: MesogunError, press: bool, mesogun: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_in(raising(error, press=press), monkeypatch)
    done = mesogun("demo", "--dashboard")
    assert done.code == error.exit_code
    assert done.complaint == f"mesogun: {error}"


@pytest.mark.parametrize(("pace", "lockstep_s"), [("max", 0.0), ("1", 0.0), ("10", LOCKSTEP_S)])
def test_the_look_comes_from_the_state_folder_and_fast_time_waits_for_the_screen(
    pace: str, lockstep_s: float, mesogun: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the dashboard ``max`` means 1: people want to see it."""
    given = put_in(raising(LinkLost("enough"), press=False), monkeypatch)
    mesogun("demo", "--dashboard", "--pace", pace)
    assert given["lockstep_s"] == lockstep_s
    saved = given["settings"].picture("<svg/>")
    assert saved.startswith(str(mesogun.folder / "state" / "pictures"))


def test_which_guns_live_in_a_time_of_their_own() -> None:
    assert virtual_time("sim://standard")
    assert virtual_time("sim://standard?pace=10")
    assert not virtual_time("sim://standard?pace=1")
    assert not virtual_time("/dev/ttyACM0")


def test_what_the_operator_orders_on_the_screen_reaches_the_runner(
    mesogun: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    handed: dict[str, Any] = {}
    monkeypatch.setattr(visit, "run", lambda **given: handed.update(given))

    def screen(start: Callable[[ScreenFront], None], stop: Callable[[], None]) -> None:
        front = ScreenFront(stop)
        front.give(Note("warm today"))
        start(front)
        raise LinkLost("enough")

    reference = mesogun("operator", "add", "Ada", "--role", "practitioner").out.strip()
    given = put_in(screen, monkeypatch)
    mesogun("demo", "--dashboard")
    assert handed["orders"]() == Note("warm today")
    assert list(given["operators"]) == [reference]
