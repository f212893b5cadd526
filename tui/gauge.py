"""A depth calibration on the screen: which setting, from which side, and how every reading so far lies.

The screen is the one of every calibration (``workbench``). Not responsible for the order of the readings, for what can
be a reading, or for the fit (``mesogun.calibration.depth_run``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from rich.text import Text

from mesogun.errors import Refused
from tui.palette import Palette
from tui.workbench import TechnicianFront

if TYPE_CHECKING:
    from mesogun.calibration.depth import GaugeReading
    from mesogun.calibration.depth_run import DepthScript, Wanted
    from mesogun.calibration.state import CalibrationState

HALF = 15
"""Cells of the picture on each side of no deviation."""
OUT, IN, BOTH = "▸", "◂", "◆"


class GaugeFront(TechnicianFront):
    """A technician at a gauge: reads, types, and sees the readings.

    Parameters
    ----------
    run
        The run's reference.
    state
        What is on record of it now.
    """

    def __init__(self, run: str, state: Callable[[], CalibrationState]) -> None:
        super().__init__({})
        self._run = run
        self._state = state
        self._wanted: Wanted | None = None
        self._parsed: DepthScript | None = None

    def read(self, wanted: Wanted) -> str:
        """Ask for one reading until it is one; before the first one, whether needle and gauge are ready."""
        from mesogun.calibration.bench import Progress
        from mesogun.calibration.depth_run import READING_S, fault_of

        script, question = self._script(), f"{wanted.where}: gauge in mm?"
        if self._wanted is None:
            ready = f"Needle {script.needle} mounted; {script.gauge}: zero it on the nose. Is it done?"
            self.confirm("zero", ready)
        elif wanted.outwards is not self._wanted.outwards:
            question += f"\nThe direction turns: go past {wanted.setting_um / 1000:g} mm and come back."
        self._wanted = wanted
        left_s = READING_S * (wanted.steps - wanted.step + 1)
        self.progress(Progress(self._run, wanted.step, wanted.steps, series_of(wanted, script), left_s))
        fault = ""
        while True:
            expected = f"{wanted.setting_um / 1000:g}"
            typed = self.ask(question, expected=expected, fault=fault).strip().replace(",", ".")
            fault = fault_of(wanted, typed)
            if not fault:
                return typed

    def picture(self, palette: Palette) -> Text:
        """Every reading on record, less its setting."""
        from mesogun.calibration.depth_run import readings_of

        if self._wanted is None:
            return Text()
        script, at = self._script(), self._wanted.setting_um / 1000
        return deviations(readings_of(self._state()), script.settings_mm, script.limit_mm, at, palette)

    def _script(self) -> DepthScript:
        from mesogun.calibration.depth_run import parse_depth

        if self._parsed is None:
            started = self._state().started
            if started is None:
                raise Refused(f"run {self._run} has not begun")
            self._parsed = parse_depth(started.script, "the script in the journal")
        return self._parsed


def series_of(wanted: Wanted, script: DepthScript) -> str:
    """Which series of how many, and which way: all settings once in one direction are a series."""
    number = (wanted.step - 1) // len(script.settings_mm) + 1
    way = "outwards" if wanted.outwards else "back"
    return f"needle {script.needle}: series {number} of {2 * script.repeats}, {way}"


def deviations(
    readings: Sequence[GaugeReading], settings_mm: Sequence[float], limit_mm: float, at_mm: float, palette: Palette
) -> Text:
    """One line for each setting: how far its readings lie from it, by direction; the limits as dotted lines.

    The scale is that of the limit, or of the farthest reading where that lies outside.
    """
    far = max([limit_mm, *(abs(item.measured_mm - item.setting_mm) for item in readings)])
    limit_at = round(HALF * limit_mm / far)
    text = Text()
    text.append(f"\n{'':>9}{-far:<+{HALF}.3g}0{far:>+{HALF}.3g} mm", palette.quiet)
    for setting in sorted(settings_mm):
        cells = [" "] * (2 * HALF + 1)
        for place in (HALF - limit_at, HALF + limit_at):
            cells[place] = "┊"
        cells[HALF] = "│"
        mine = [item for item in readings if item.setting_mm == setting]
        for item in mine:
            place = HALF + round(HALF * (item.measured_mm - setting) / far)
            mark = OUT if item.outwards else IN
            cells[place] = mark if cells[place] not in {OUT, IN, BOTH} - {mark} else BOTH
        here = setting == at_mm
        style = f"bold {palette.accent}" if here else palette.text
        text.append(f"\n{'→' if here else ' '}{setting:>4g} mm ", style)
        for cell in cells:
            text.append(cell, palette.good if cell in {OUT, IN, BOTH} else palette.quiet)
        if mine:
            text.append(f" {mine[-1].measured_mm:.3f}", palette.quiet)
    text.append(f"\n{'':>9}{OUT} from a smaller  {IN} from a larger setting", palette.quiet)
    return text
