"""Front ends without a screen: a progress bar, plain lines, or JSON lines.

A token is minted after the output has been written and flushed (H12): a reader who stops reading disarms the gun.
Not responsible for the dashboard (``tui``).
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TextIO

from mesogun.record import Mark, TreatmentState
from mesogun.treatment import Phase, Snapshot, Token, Wish
from mesogun.units import ml_text, ul_text
from mesogun.wire.codes import State

BAR = 32
QUIET_US = 700_000


class Headless(ABC):
    """Shows by ``write``; answers every question through ``answer(what, text)``."""

    def __init__(self, stream: TextIO, answer: Callable[[str, str], bool]) -> None:
        self._stream = stream
        self._answer = answer
        self._token: Token | None = None
        self.wanted = Wish.RUN

    def show(self, snapshot: Snapshot) -> None:
        """Write what is due, flush, and only then mint the token."""
        text = self.text(snapshot)
        if text:
            self._stream.write(text)
        self._stream.flush()
        self._token = snapshot.token()

    @abstractmethod
    def text(self, snapshot: Snapshot) -> str:
        """What to write for this snapshot; empty when nothing is due."""

    def token(self) -> Token | None:
        """The newest token, once."""
        token, self._token = self._token, None
        return token

    def wish(self) -> Wish:
        """There is nobody to pause: run, or end where the command says so."""
        return self.wanted

    def confirm(self, what: str, text: str) -> bool | None:
        """Pass the question on."""
        return self._answer(what, text)


class Bar(Headless):
    """A progress bar on a terminal; on anything else, a line for each tenth."""

    def __init__(self, stream: TextIO, answer: Callable[[str, str], bool], *, terminal: bool) -> None:
        super().__init__(stream, answer)
        self._terminal = terminal
        self._tenth = -1

    def text(self, snapshot: Snapshot) -> str:
        """The bar, or the next tenth."""
        done, total = progress(snapshot.state)
        if self._terminal:
            filled = BAR * done // max(total, 1)
            end = "\n" if snapshot.phase is Phase.ENDED else ""
            given = ml_text(snapshot.state.dispensed_nl)
            bar = "█" * filled + "░" * (BAR - filled)
            return f"\r  {bar} {done:>4}/{total} shots  {given:<14}{snapshot.phase:<10}{end}"
        tenth = 10 * done // max(total, 1)
        if tenth == self._tenth:
            return ""
        self._tenth = tenth
        return f"  {done:>4}/{total} shots  {ml_text(snapshot.state.dispensed_nl)}\n"


class Plain(Headless):
    """One line for each shot and for each change, readable by people, screen readers and logs."""

    def __init__(self, stream: TextIO, answer: Callable[[str, str], bool]) -> None:
        super().__init__(stream, answer)
        self._shots = -1
        self._phase: Phase | None = None
        self._written_us = 0

    def text(self, snapshot: Snapshot) -> str:
        """Lines for what is new; a sign of life where nothing was new for a while."""
        lines: list[str] = []
        state = snapshot.state
        if snapshot.phase is not self._phase:
            self._phase = snapshot.phase
            lines.append(f"-- {snapshot.phase}")
        if self._shots < 0:
            self._shots = len(state.shots)
            if state.shots:
                lines.append(f"   {len(state.shots)} shots are on record, {ledger_text(state)}")
        for shot in state.shots[self._shots :]:
            of_plan = str(shot.shot_index + 1) if shot.shot_kind == "TREAT" else "-"
            lines.append(
                f"shot {shot.shot_no}  {shot.shot_kind.lower()} {of_plan}"
                f"  {ul_text(shot.delivered_nl)}  {shot.outcome.lower()}  {ledger_text(state)}"
            )
        self._shots = len(state.shots)
        if not lines and snapshot.read_at_us - self._written_us < QUIET_US:
            return ""
        self._written_us = snapshot.read_at_us
        if not lines and snapshot.status is not None:
            lines.append(f"   {State(snapshot.status.state).name.lower()}, {snapshot.status.magazine} loaded")
        return "".join(f"{line}\n" for line in lines)


class JsonLines(Headless):
    """One JSON object a line for each change of the record; the command prints the last one, the summary."""

    def __init__(self, stream: TextIO, answer: Callable[[str, str], bool]) -> None:
        super().__init__(stream, answer)
        self._shots = 0
        self._phase: Phase | None = None

    def text(self, snapshot: Snapshot) -> str:
        """Objects for what is new."""
        objects: list[dict[str, object]] = []
        state = snapshot.state
        if snapshot.phase is not self._phase:
            self._phase = snapshot.phase
            objects.append({"phase": snapshot.phase.value})
        for shot in state.shots[self._shots :]:
            objects.append(
                {
                    "shot_no": shot.shot_no,
                    "kind": shot.shot_kind.lower(),
                    "shot": shot.shot_index,
                    "outcome": shot.outcome.lower(),
                    "delivered_nl": shot.delivered_nl,
                    "ledger": {"low_nl": state.ledger.low_nl, "high_nl": state.ledger.high_nl},
                }
            )
        self._shots = len(state.shots)
        return "".join(json.dumps(item) + "\n" for item in objects)


def progress(state: TreatmentState) -> tuple[int, int]:
    """Shots of the plan that need no more, and all of them."""
    total = state.planned.shots if state.planned is not None else 0
    done = len(state.outcomes) + sum(1 for index in state.skipped if index not in state.outcomes)
    return done, total


def ledger_text(state: TreatmentState) -> str:
    """The interval for people: ``0.51 to 0.52 mL``."""
    ledger = state.ledger
    return f"given {ml_text(ledger.low_nl, unit=False)} to {ml_text(ledger.high_nl)}"


def marks(state: TreatmentState) -> dict[Mark, int]:
    """How many planned shots carry which mark."""
    counts = dict.fromkeys(Mark, 0)
    for index in range(state.planned.shots if state.planned is not None else 0):
        counts[state.mark(index)] += 1
    return counts
