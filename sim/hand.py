"""A simulated hand: presses to contact, pulls, releases, moves on; primes into the air; changes empty
syringes and dead cells.

It places each shot near the point that it believes to be next, which is not always the plan's: it leaves points out
and goes over others again, and nobody but the truth ledger knows. It sees only what a person sees: the gun's lights
(phase, waiting for the screen, syringe empty, battery). Not responsible for deciding what is fired: the magazine is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mesogun.wire.codes import Fault, ShotKind
from sim.firmware.gun import Gun
from sim.firmware.shotlog import Closing, Intent
from sim.firmware.table import BUSY, Phase
from sim.habits import Habits
from sim.kernel import Kernel, Stream, Timer


class Hand:
    """One operator's hand on one gun; a witness of its lights."""

    def __init__(
        self, kernel: Kernel, gun: Gun, stream: Stream, habits: Habits | None = None, aim: Stream | None = None
    ) -> None:
        self._kernel = kernel
        self._gun = gun
        self._stream = stream
        self._aim = stream if aim is None else aim
        self.habits = habits or Habits()
        self.active = True
        self.syringes_used = 1
        self._timer: Timer | None = None
        self._pulled_us = 0
        self._new_point = False
        self._largest_nl = 0
        self._low_since_us: int | None = None
        self._dead_since_us: int | None = None
        self.targets: Sequence[
            tuple[int, int]
        ] = ()  # where the planned shots are, in um; nowhere in particular if empty
        self.placed: Callable[[int, float, float, int], None] = lambda *_: None  # shot_no, x_um, y_um, force_mn
        self._slip = 0  # by how many points this hand is ahead of the plan

    def phase_changed(self, _before: Phase, after: Phase, /) -> None:
        """A light changed: look."""
        if self.active and after not in BUSY and self._timer is None:
            self._again(self.habits.look_us)

    def intended(self, intent: Intent, /) -> None:
        """The gun fires; some hands let go too early."""
        habits = self.habits
        self._new_point = False
        self._largest_nl = max(self._largest_nl, intent.volume_nl if intent.kind == ShotKind.TREAT else 0)
        if intent.kind == ShotKind.TREAT:
            self._place(intent)
        if self.active and intent.kind == ShotKind.TREAT:
            if habits.early_release and self._stream.chance(habits.early_release):
                self._kernel.after(int(self._stream.uniform(10_000, 90_000)), "hand", self._gun.release)
            if habits.early_lift and self._stream.chance(habits.early_lift):
                self._kernel.after(int(self._stream.uniform(10_000, 90_000)), "hand", lambda: self._gun.touch(0))

    def _place(self, intent: Intent) -> None:
        habits, stream = self.habits, self._stream
        if habits.skip and stream.chance(habits.skip):
            self._slip += 1
        if habits.repeat and stream.chance(habits.repeat):
            self._slip -= 1
        x_um, y_um = 0.0, 0.0
        if self.targets:
            x_um, y_um = self.targets[min(len(self.targets) - 1, max(0, intent.point_index + self._slip))]
        sd = habits.placement_um
        self.placed(intent.shot_no, self._aim.normal(x_um, sd), self._aim.normal(y_um, sd), self._gun.panel.contact_mn)

    def closed(self, _intent: Intent, _closing: Closing, /) -> None:
        """The gun has beeped."""
        if self.active:
            self._again(self._about(self.habits.release_us))

    def leave(self) -> None:
        """Let go of everything and walk off."""
        self.active = False
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._let_go()

    def come_back(self) -> None:
        """Look at the gun again."""
        self.active = True
        self._again(self.habits.look_us)

    def change_syringe(self) -> None:
        """Mount a fresh syringe now."""
        self.syringes_used += 1
        self._low_since_us = None
        self._gun.change_syringe()

    def _again(self, delay_us: int) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._kernel.after(delay_us, "hand", self._act)

    def _about(self, duration_us: int) -> int:
        jitter = self.habits.jitter
        return int(duration_us * (1.0 + self._stream.uniform(-jitter, jitter)))

    def _act(self) -> None:
        self._timer = None
        gun, machine, habits = self._gun, self._gun.machine, self.habits
        if not self.active or not gun.powered:
            self._let_go()
            if self.active and machine.battery_low():
                self._mind_the_battery()
            return
        if machine.phase in BUSY:
            return  # the beep comes
        if gun.panel.trigger:
            continuing = gun.panel.mode != "single" and machine.phase is Phase.ARMED and machine.magazine
            if continuing and self._kernel.now_us - self._pulled_us < 10 * habits.patience_us:
                self._again(habits.look_us)
                return
            gun.release()
            self._again(self._about(habits.lift_us))
            return
        if machine.phase is Phase.ARMED and machine.magazine and not machine.held_by_lead:
            self._work(machine.magazine[0].kind == ShotKind.TREAT)
        elif gun.panel.contact:
            gun.touch(0)
            self._again(habits.look_us)
        elif machine.phase is Phase.ARMED:
            self._again(habits.look_us)
        elif machine.fault is Fault.BATTERY and machine.battery_low():
            self._mind_the_battery()
        elif machine.phase in {Phase.DISARMED, Phase.FAULT}:
            self._mind_the_syringe()

    def _work(self, into_skin: bool) -> None:
        gun, habits = self._gun, self.habits
        if into_skin and gun.panel.contact and not self._new_point:
            gun.touch(0)
            self._again(self._about(habits.move_us))
            return
        if gun.panel.contact is not into_skin:
            force = int(self._stream.uniform(-1.0, 1.0) * habits.force_spread_mn) + habits.force_mn
            self._new_point = into_skin
            gun.touch(force if into_skin else 0)
            pause = habits.settle_us
            if habits.hesitation and self._stream.chance(habits.hesitation):
                pause *= 10
            self._again(self._about(pause))
            return
        self._pulled_us = self._kernel.now_us
        gun.press()
        if habits.double_press and self._stream.chance(habits.double_press):
            self._kernel.after(self._about(habits.lift_us), "hand", gun.release)
            self._kernel.after(2 * self._about(habits.lift_us), "hand", gun.press)
        self._again(habits.patience_us)  # nothing happened: let go and try again

    def _mind_the_syringe(self) -> None:
        machine = self._gun.machine
        # a gun that waits in the middle of a treatment with little left wants a fresh syringe
        enough_nl = max(
            machine.profile["syringe.low_nl"], 2 * self._largest_nl + machine.profile["syringe.nominal_nl"] / 20
        )
        waiting = not machine.magazine and machine.store.kept.treatment_ref
        spent = machine.fault in {Fault.EMPTY, Fault.SYRINGE}
        low = spent or machine.wants_syringe or (waiting and machine.syringe_left_nl < enough_nl)
        if not low:
            self._low_since_us = None
            if waiting:
                self._again(self.habits.syringe_us // 4)
            return
        if self._low_since_us is None:
            self._low_since_us = self._kernel.now_us
        if self._kernel.now_us - self._low_since_us >= self.habits.syringe_us:
            self.change_syringe()
        else:
            self._again(self.habits.syringe_us // 4)

    def _mind_the_battery(self) -> None:
        """A gun that has died with a low battery is switched on again; another cell when it says what it lacks."""
        if self._dead_since_us is None:
            self._dead_since_us = self._kernel.now_us
        if self._kernel.now_us - self._dead_since_us < self.habits.syringe_us:
            self._again(self.habits.syringe_us // 4)
            return
        self._dead_since_us = None
        if self._gun.powered:
            self._gun.charge()
        else:
            self._gun.power_on()

    def _let_go(self) -> None:
        if self._gun.panel.trigger:
            self._gun.release()
        if self._gun.panel.contact:
            self._gun.touch(0)
