"""A calibration on the screen: which step of how many, what is to be done, what was read, and a place to answer.

The run works in one thread and asks; the screen answers in another. Not responsible for the steps
(``mesogun.calibration``), nor for anything that must be on record before the next thing happens: a run that is left
here goes on where it stopped.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from rich.text import Text
from textual import events
from textual.driver import Driver
from textual.widgets import Input

from mesogun.errors import MesogunError, Refused
from mesogun.wire.codes import State
from tui.frames import MOST_OUTSTANDING, Painter
from tui.pager import Choice, Pager
from tui.painted import PaintedDriver, painted_driver
from tui.palette import Palette
from tui.settings import Look, look
from tui.terminal import must_be_terminal

if TYPE_CHECKING:
    from mesogun.calibration.bench import Progress
    from mesogun.calibration.steps import Step
    from mesogun.wire.messages import Status

T = TypeVar("T")
PERIOD_S = 0.1
PAINT_S = 0.5
"""How long a frame may take to the terminal; later it counts as not painted."""
STALE_S = 2.0
"""The gun's word is shown for so long; then nothing is, because nobody has asked it since."""
KEPT_LINES = 6
BAR = 20
FAR = 5.0
"""A value so many times larger or smaller than proposed is asked for twice: a slipped point, or a key that bounced
(CHI+MED, Guidelines for number entry interface design for infusion devices).
"""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the run wants to know: yes or no, or, with ``proposed``, a text.

    ``expected`` is what a reading is compared with that is not proposed, because Enter alone must not make one;
    ``fault`` is why the last answer to it was none.
    """

    text: str
    proposed: str | None = None
    expected: str = ""
    fault: str = ""


class TechnicianFront:
    """A bench for ``mesogun.calibration.runner`` whose technician sits at the screen.

    Parameters
    ----------
    proposals
        What is proposed for each condition: name, and value as text.
    """

    def __init__(self, proposals: Mapping[str, str]) -> None:
        self._proposals = dict(proposals)
        self._lock = threading.Lock()
        self._answered = threading.Event()
        self._asked: Asked | None = None
        self._answer = ""
        self._leaving = False
        self._painted = threading.Event()
        self.unpainted: Status | None = None
        self._gun = ""
        self._heard_s = -STALE_S
        self.step: Progress | None = None
        self.lines: deque[str] = deque(maxlen=KEPT_LINES)

    # -- the run's side ------------------------------------------------------------------------------------------------

    def environment(self, step: Step) -> tuple[str, str, str, str]:
        """Ask for water, air, pressure and humidity, one after the other."""
        del step
        water, air, pressure, humidity = (self.ask(name, proposed) for name, proposed in self._proposals.items())
        return water, air, pressure, humidity

    def person(self, step: Step) -> bool:
        """Ask until it is done or given up."""
        return self._wait_for(Asked(f"{step.name}. Is it done?")) == "yes"

    def confirm(self, what: str, text: str) -> bool:
        """Ask for a word; whoever does not give it leaves."""
        del what
        return self._wait_for(Asked(text)) == "yes"

    def shown(self, status: Status) -> bool:
        """Wait until a frame with the gun's newest word is on the terminal; not longer than a frame may take (H12)."""
        self._stay()
        self._painted.clear()
        self._gun = f"gun {State(status.state).name.lower()}, {status.magazine} loaded, {status.last_shot_no} fired"
        self._heard_s = time.monotonic()
        self.unpainted = status
        seen = self._painted.wait(PAINT_S)
        self.unpainted = None
        self._stay()
        return seen

    def ask(self, question: str, proposed: str = "", expected: str = "", fault: str = "") -> str:
        """Ask for a text, such as what a balance shows."""
        return self._wait_for(Asked(question, proposed, expected, fault))

    def told(self, line: str) -> None:
        """One line that a person should see now; the same one again is nothing new."""
        if not self.lines or self.lines[-1] != line:
            self.lines.append(line)

    def progress(self, progress: Progress) -> None:
        """A step is about to begin; not if the technician has left."""
        self._stay()
        if progress.note:
            self.told(f"{progress.name}: {progress.note}")
        self.step = progress

    def _wait_for(self, asked: Asked) -> str:
        with self._lock:
            self._answered.clear()
            self._asked = asked
        self._stay()
        self._answered.wait()
        self._stay()
        return self._answer

    def _stay(self) -> None:
        if self._leaving:
            raise Refused("the technician has left; what was measured is on record")

    # -- the screen's side ---------------------------------------------------------------------------------------------

    @property
    def asked(self) -> Asked | None:
        """What is being asked now."""
        return self._asked

    def picture(self, palette: Palette) -> Text:
        """What has been measured so far, where a run has a picture of it."""
        del palette
        return Text()

    @property
    def gun(self) -> str:
        """The gun's newest word; empty once it is stale (H13)."""
        return self._gun if time.monotonic() - self._heard_s < STALE_S else ""

    def painted(self, status: Status) -> None:
        """A frame that shows ``status`` has left for the terminal."""
        if status is self.unpainted:
            self._painted.set()

    def answer(self, asked: Asked, text: str) -> None:
        """Answer exactly this question."""
        with self._lock:
            if self._asked is asked:
                self._asked, self._answer = None, text
                self._answered.set()

    def leave(self) -> None:
        """The technician goes; the run stops before its next step."""
        self._leaving = True
        self._answered.set()
        self._painted.set()


class Workbench(Pager):
    """The screen of one run; ``over`` says whether the run has ended by itself.

    ``painter`` knows when a frame has left, by default the terminal's driver; without one nothing was ever painted.
    """

    def __init__(
        self,
        title: str,
        front: TechnicianFront,
        over: Callable[[], bool],
        theme: str,
        *,
        painter: Painter | None = None,
    ) -> None:
        super().__init__(theme)
        self._painter = painter
        self._title = title
        self._front = front
        self._over = over
        self._shown: Asked | None = None
        self._doubted: str | None = None
        self._fault = ""
        self._leaves = False

    def get_driver_class(self) -> type[Driver]:
        """The platform's driver, with reports of what has been painted."""
        return painted_driver(super().get_driver_class())

    def on_mount(self) -> None:
        """Look at the run again and again."""
        if self._painter is None and isinstance(self._driver, PaintedDriver):
            self._painter = self._driver
        self._work_page()
        self.set_interval(PERIOD_S, self.look)

    def look(self) -> None:
        """Bring the page up to date; leave with the run."""
        if self._over():
            self.exit(None)
            return
        painter, status = self._painter, self._front.unpainted
        if painter is not None and painter.outstanding >= MOST_OUTSTANDING:
            return  # the terminal takes nothing: queueing more would only block this loop
        asked = self._front.asked
        if asked is not self._shown and not self._leaves:
            self._shown = asked
            self._doubted, self._fault = None, asked.fault if asked is not None else ""
            self._work_page()
        elif not self._leaves:
            self.say(self._words())
        if painter is not None and status is not None and not self._leaves:
            self.call_after_refresh(painter.after_painted, lambda: self._front.painted(status))

    def _work_page(self) -> None:
        asked = self._shown
        choices: list[Choice] = []
        if asked is not None and asked.proposed is None:
            choices = [Choice("Yes", lambda: self._front.answer(asked, "yes")), Choice("No", self._ask_to_leave)]
        self.begin()
        self.page(self._title, self._words(), choices, self._work_page)
        if asked is not None and asked.proposed is not None:
            self.ask_text("value, then Enter", lambda text: self._take(asked, text))
            self.query_one("#entry", Input).value = asked.proposed

    def _words(self) -> Text:
        palette, at = self.palette, self._front.step
        text = Text()
        if at is not None:
            filled = BAR * (at.step - 1) // max(1, at.steps)
            minutes = max(1, round(at.left_s / 60))
            text.append(f"{at.name}\n", f"bold {palette.text}")
            text.append(f"step {at.step} of {at.steps}  ", palette.text)
            text.append("█" * filled, palette.good)
            text.append("░" * (BAR - filled), palette.quiet)
            text.append(f"  about {minutes} min left\n", palette.quiet)
        if gun := self._front.gun:
            text.append(f"{gun}\n", palette.text)
        if self._shown is not None:
            text.append(f"\n{self._shown.text}\n", f"bold {palette.accent}")
        if self._fault:
            text.append(f"{self._fault}\n", f"bold {palette.warn}")
        text.append(self._front.picture(palette))
        for number, line in enumerate(reversed(self._front.lines)):
            text.append(f"\n{line}", palette.quiet if number or self._shown is not None else f"bold {palette.text}")
        return text

    def _take(self, asked: Asked, text: str) -> None:
        self._fault = doubt(asked, text) if text != self._doubted else ""
        if self._fault:
            self._doubted = text
            self.say(self._words())
            return
        self._front.answer(asked, text)

    # -- leaving -------------------------------------------------------------------------------------------------------

    def on_key(self, event: events.Key) -> None:
        """Q asks first; every other key is left to the handler of the class behind this one."""
        if event.key == "q" and not self.typing and not self._leaves:
            event.stop()
            event.prevent_default()
            self._ask_to_leave()

    def go_back(self) -> None:
        """Esc does not undo a step: it asks whether to leave."""
        if not self._leaves:
            self._ask_to_leave()

    def _ask_to_leave(self) -> None:
        self._leaves = True
        words = "Leave this calibration here? What was measured is on record, and the run can be resumed at this step."
        choices = [Choice("Yes, leave it", self._leave), Choice("No, go on", self._stay)]
        self.page(self._title, words, choices, self._ask_to_leave)

    def _leave(self) -> None:
        self._front.leave()
        self.exit(None)

    def _stay(self) -> None:
        self._leaves = False
        self._work_page()


def doubt(asked: Asked, text: str) -> str:
    """Why a value is asked for once more; empty if it is not."""
    if not text:
        return "nothing was entered; Enter again if that is meant"
    known = asked.proposed or asked.expected
    try:
        near, value = float(known), float(text.replace(",", "."))
    except ValueError:
        return ""  # no number is known beforehand, or none was typed: the run itself says what it takes
    if value and near and not 1 / FAR < value / near < FAR:
        how = "was proposed" if asked.proposed else "is expected"
        return f"{text} is far from the {known} that {how}; Enter again if that is meant"
    return ""


def run_workbench(front: TechnicianFront, work: Callable[[], T], *, title: str, settings: Look | None = None) -> T:
    """Run ``work``, whose bench is ``front``, in a thread with the screen in front of it; its result.

    Raises
    ------
    InputError
        Without a terminal.
    Refused
        When the technician has left.
    BaseException
        Whatever ``work`` raised, after the screen has been closed.
    """
    must_be_terminal()
    chosen = settings if settings is not None else look()
    found: list[T] = []
    failed: list[BaseException] = []

    def run() -> None:
        try:
            found.append(work())
        except BaseException as error:  # noqa: BLE001 -- handed to the caller once the screen is closed
            failed.append(error)

    worker = threading.Thread(target=run, name="calibration", daemon=True)
    worker.start()
    app = Workbench(title, front, lambda: not worker.is_alive(), chosen.theme)
    try:
        app.run()
    finally:
        front.leave()
        worker.join()
    if failed:
        raise failed[0]
    if app.return_code:
        raise MesogunError("the screen failed (its report is above); what was measured is on record: resume the run")
    return found[0]
