"""Where the readings of a depth calibration come from: a file, the screen, or lines typed at a terminal.

Not responsible for the command (``calibrate``) or for what is read when (``mesogun.calibration.depth_run``).
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mesogun.calibration.depth_run import Wanted, read_csv
from mesogun.errors import InputError

if TYPE_CHECKING:
    from mesogun.calibration.state import CalibrationState
    from tui.gauge import GaugeFront

Ask = Callable[[Wanted], str]


def reader(
    run: str, readings: Path | None, state: Callable[[], CalibrationState], *, guided: bool | None, as_json: bool
) -> tuple[Ask, GaugeFront | None]:
    """What gives the readings, and the screen where it is one.

    Raises
    ------
    InputError
        If a person is asked for and a file named, or neither.
    """
    if readings is not None:
        if guided:
            raise InputError("--guided asks a person, --readings takes a file: give one of them")
        return from_file(readings), None
    if guided is False:
        raise InputError("nobody reads the gauge in a headless run: give --readings FILE.csv")
    if not as_json and sys.stdin.isatty() and sys.stderr.isatty():
        from tui import GaugeFront

        screen = GaugeFront(run, state)
        return screen.read, screen
    return typed, None


def typed(wanted: Wanted) -> str:
    """One line of standard input."""
    return str(click.prompt(wanted.name, err=True))


def from_file(readings: Path) -> Ask:
    """Readings of a CSV file in the order of the script; a resumed run takes up the file where it stopped."""
    given = read_csv(readings)

    def ask(wanted: Wanted) -> str:
        if wanted.step > len(given):
            raise InputError(f"{readings}: {len(given)} readings, and number {wanted.step} is needed ({wanted.name})")
        reading = given[wanted.step - 1]
        if round(1000 * reading.setting_mm) != wanted.setting_um or reading.outwards is not wanted.outwards:
            raise InputError(f"{readings}: reading {wanted.step} is not the one that is due: {wanted.name}")
        return f"{reading.measured_mm:g}"

    return ask
