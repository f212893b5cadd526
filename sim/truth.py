"""The truth ledger: what really left the needles and what really stayed, shot by shot. Nobody in the world can see it.

Not responsible for what the firmware books (its log) or what the host believes (its interval).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from mesogun.wire.codes import ShotKind
from mesogun.wire.values import quick
from sim.firmware.shotlog import Closing, Intent
from sim.firmware.table import Phase
from sim.physics.plant import Plant
from sim.physics.skin import true_depth_um


@quick
@dataclass(frozen=True, slots=True)
class ShotTruth:
    """One shot as it really was: from its INTENT to the INTENT of the next, drip included."""

    shot_no: int
    entry_no: int
    treatment_ref: int
    point_index: int
    kind: int
    commanded_nl: int
    dispensed_nl: float
    delivered_nl: float
    at_us: int
    booked_nl: int | None = None
    outcome: int | None = None
    x_um: float | None = None  # where it really went; the record has the plan's
    y_um: float | None = None
    true_depth_um: float | None = None


class Truth:
    """All shots of this world, in order; a witness of the gun. ``note`` hears of every value that a trace must hold."""

    def __init__(self, plant: Plant, note: Callable[[str, int], None] = lambda _label, _value: None) -> None:
        self._plant = plant
        self._note = note
        self._shots: list[ShotTruth] = []
        self._left = 0.0
        self._stayed = 0.0
        self._treating = False  # whether the last shot is of kind TREAT
        self._depth_um = 0
        self._before_nl = 0.0  # dispensed by all TREAT shots but the last
        self.stop_um: Callable[[], int | None] = lambda: None  # a depth stop that a person has set

    def phase_changed(self, _before: Phase, after: Phase, /) -> None:
        """Nothing is booked by a phase; what stands in the path and what has left by then is noted."""
        plant = self._plant
        plant.sync()
        self._note(after.value, round(plant.pressure * 1e3))
        self._note("left", round(plant.account.left_needle * 1e3))
        self._note("displaced", round(plant.account.displaced * 1e3))

    def intended(self, intent: Intent, /) -> None:
        """A new shot begins; the one before has had all its drip."""
        self._plant.sync()
        self._finish()
        if self._treating:
            self._before_nl += self._shots[-1].dispensed_nl
        self._treating = intent.kind == ShotKind.TREAT
        account = self._plant.account
        self._depth_um = intent.depth_um
        self._left, self._stayed = account.left_needle, account.in_tissue
        self._shots.append(
            ShotTruth(
                intent.shot_no, intent.entry_no, intent.treatment_ref, intent.point_index, intent.kind,
                intent.volume_nl, 0.0, 0.0, self._plant.now_us,
            )
        )  # fmt: skip

    def place(self, shot_no: int, x_um: float, y_um: float, force_mn: int) -> None:
        """The hand put this shot there, and pressed that hard."""
        if self._shots and self._shots[-1].shot_no == shot_no:
            stop_um = self.stop_um()
            set_um = self._depth_um if stop_um is None else stop_um
            depth_um = true_depth_um(self._plant.profile, set_um, force_mn)
            self._shots[-1] = replace(self._shots[-1], x_um=x_um, y_um=y_um, true_depth_um=depth_um)

    def closed(self, intent: Intent, closing: Closing, /) -> None:
        """The firmware has booked it."""
        self._note("booked", closing.delivered_nl)
        for at in range(len(self._shots) - 1, -1, -1):
            if self._shots[at].shot_no == intent.shot_no:
                booked, outcome = closing.delivered_nl, closing.outcome
                self._shots[at] = replace(self._shots[at], booked_nl=booked, outcome=outcome)
                return

    def _finish(self) -> None:
        if self._shots:
            self._shots[-1] = self._live(self._shots[-1])

    def _live(self, shot: ShotTruth) -> ShotTruth:
        account = self._plant.account
        return replace(
            shot, dispensed_nl=account.left_needle - self._left, delivered_nl=account.in_tissue - self._stayed
        )

    @property
    def per_shot(self) -> tuple[ShotTruth, ...]:
        """Every shot up to now; the last one still grows."""
        self._plant.sync()
        self._finish()
        return tuple(self._shots)

    @property
    def finished(self) -> list[ShotTruth]:
        """Every shot but the last: nothing more can come of them."""
        return self._shots[:-1]

    @property
    def dispensed_now_nl(self) -> float:
        """The same as :attr:`dispensed_nl`, in constant time."""
        if not self._treating:
            return self._before_nl
        self._plant.sync()
        return self._before_nl + self._plant.account.left_needle - self._left

    @property
    def dispensed_nl(self) -> float:
        """What left the needles in shots of kind TREAT."""
        return sum(shot.dispensed_nl for shot in self.per_shot if shot.kind == ShotKind.TREAT)

    @property
    def delivered_nl(self) -> float:
        """What stayed in tissue."""
        return sum(shot.delivered_nl for shot in self.per_shot if shot.kind == ShotKind.TREAT)

    @property
    def wasted_nl(self) -> float:
        """What left the needles in any other shot: priming, tests, bench."""
        return sum(shot.dispensed_nl for shot in self.per_shot if shot.kind != ShotKind.TREAT)
