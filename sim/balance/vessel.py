"""The vessel under the gun: what the gun's physics really gave lands in it, clings, evaporates.

The gun is held over the vessel for TEST and BENCH shots; PRIME goes into the waste beaker, TREAT into skin. What
drips between shots falls where the shot before it went. Not responsible for weighing.
"""

from __future__ import annotations

from mesogun.wire.codes import ShotKind
from sim.balance import air
from sim.balance.settings import Settings
from sim.firmware.shotlog import Closing, Intent
from sim.firmware.table import Phase
from sim.kernel import Stream
from sim.physics.plant import Plant

CAUGHT = frozenset({int(ShotKind.TEST), int(ShotKind.BENCH)})


class Vessel:
    """Water in a vessel; a witness of the gun.

    ``caught_nl`` is the truth: what landed here since the beginning, before any evaporation.
    """

    def __init__(self, settings: Settings, stream: Stream) -> None:
        self._settings = settings
        self._stream = stream
        self._plant: Plant | None = None
        self._seen_nl = 0.0
        self._over = False
        self._hanging_nl = 0.0
        self._shot_nl = 0.0
        self.on_pan = True
        self.caught_nl = 0.0
        self.missed_nl = 0.0
        self._water_ug = settings.water_mg * 1e3
        self.density = air.water_g_per_ml(settings.temperature_c, settings.pressure_kpa)
        around = air.air_g_per_ml(settings.temperature_c, settings.pressure_kpa, settings.humidity_pct)
        self._shown = air.shown_share(self.density, around)

    def under(self, plant: Plant) -> None:
        """From now on this gun is the one above."""
        plant.sync()
        self._plant = plant
        self._seen_nl = plant.account.left_needle

    @property
    def load_ug(self) -> float:
        """What the pan feels, as a balance in this air would show it, the vessel by its conventional mass."""
        return self._settings.vessel_mg * 1e3 + self._water_ug * self._shown if self.on_pan else 0.0

    def pass_time(self, duration_s: float) -> None:
        """Bring the vessel to now."""
        self._collect()
        lost_ug = self._settings.evaporation_ug_s * duration_s
        self._water_ug = max(0.0, self._water_ug - lost_ug)  # a dry vessel loses nothing more

    def phase_changed(self, _before: Phase, _after: Phase, /) -> None:
        """A phase moves no liquid."""

    def intended(self, intent: Intent, /) -> None:
        """A shot begins: where does it go? A drop that hangs goes with it."""
        self._collect()
        self._over = intent.kind in CAUGHT
        self._shot_nl = 0.0
        hanging_nl, self._hanging_nl = self._hanging_nl, 0.0
        self._land(hanging_nl)

    def closed(self, _intent: Intent, _closing: Closing, /) -> None:
        """The jet ends; a drop may stay at the needle."""
        self._collect()
        if self._over and self._settings.cling_nl:
            self._hanging_nl = min(self._shot_nl, self._stream.uniform(0.0, self._settings.cling_nl))
            self._land(-self._hanging_nl)

    def shake(self) -> None:
        """The drop at the needle falls now."""
        hanging_nl, self._hanging_nl = self._hanging_nl, 0.0
        self._land(hanging_nl)

    def _collect(self) -> None:
        if self._plant is None:
            return
        self._plant.sync()
        left_nl = self._plant.account.left_needle
        new_nl, self._seen_nl = left_nl - self._seen_nl, left_nl
        self._shot_nl += new_nl
        if new_nl:
            self._land(new_nl)

    def _land(self, volume_nl: float) -> None:
        if not self._over:
            return
        if self.on_pan:
            self.caught_nl += volume_nl
            self._water_ug += volume_nl * self.density
        else:
            self.missed_nl += volume_nl
