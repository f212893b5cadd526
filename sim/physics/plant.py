"""The things that move: lead screw, piston, needles in or out of the skin, and what really happened to every nL.

This is the physical truth. Firmware reaches it only through motor commands and sensor readings; it is not
responsible for what anybody believes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from sim.kernel import Kernel, Stream
from sim.physics import fluid
from sim.physics.profile import Profile
from sim.physics.stopper import Stopper

ATMOSPHERE_KPA = 101.325
BUBBLE_STEP_S = 1e-3  # a path with air in it is linear for so long
AGED = 10  # a syringe that is put on has stood for so many times the ageing of its stopper


@dataclass(slots=True)
class Account:
    """Where the liquid went, in nL since the world began; every value only grows."""

    displaced: float = 0.0
    left_needle: float = 0.0
    in_tissue: float = 0.0
    on_skin: float = 0.0
    leaked: float = 0.0
    air_out: float = 0.0


class Plant:
    """Screw, syringe, needles and skin."""

    def __init__(self, profile: Profile, kernel: Kernel, stream: Stream) -> None:
        self.profile = profile
        self._kernel = kernel
        self._stream = stream
        self.account = Account()
        self._compliance = profile.compliance_nl_per_kpa
        self.gain = 1.0 + profile["calibration.gain_error_ppm"] / 1e6
        self.viscosity_factor = 1.0
        self.open_pins = profile.integer("needle.count")
        self.blocked = False  # an occlusion of the whole path
        self.extra_resistance = 0.0  # a partial one, in kPa s/nL
        self.leak = profile["syringe.leak_nl_per_kpa_s"]
        self.bubble_nl = 0.0
        self.motor_dead = False  # commanded, does not turn
        self.lost_share = 0.0  # share of the steps that the screw loses
        self.pressure = 0.0
        self.peak = 0.0
        self.bleb = 0.0
        self.in_skin = False
        self.entered = 1.0
        self.content = 0.0
        self.air = 0.0
        self._flow = 0.0
        self._at_us = kernel.now_us
        self._play = 0.0
        self._stopper = Stopper.of(profile)
        self._ahead = 0.0  # how far the screw is ahead of the stopper; below zero it stands back in its play
        self._stuck = 0.0  # how far it has to go on before the stopper follows
        self._rest_from_us = 0
        self._path: fluid.Path | None = None
        self.encoder_nl = 0.0  # what the encoder of the screw counts, in believed nL
        self._believed_rate = 0.0
        self.mount(profile["syringe.nominal_nl"])

    # the syringe

    def mount(self, content_nl: float) -> None:
        """A fresh syringe with so much liquid; needle and dead space hold air."""
        self.sync()
        stored = self.stored_nl  # leaves when the old syringe is taken off; a vacuum draws air
        self._spend(max(0.0, stored), into_skin=False)
        self.account.displaced -= min(0.0, stored)
        self.pressure = 0.0
        self.bubble_nl = 0.0
        self._path = None
        self.content = content_nl
        self.air = self.profile["syringe.dead_space_nl"]
        self._ahead = self._stuck = 0.0
        self._rest_from_us = self._kernel.now_us - round(AGED * self._stopper.ageing_s * 1e6)

    @property
    def path(self) -> fluid.Path:
        """The path as it is now."""
        if self._path is None:
            self._path = self._path_at(self.pressure)
        return self._path

    def _path_at(self, pressure: float) -> fluid.Path:
        needle = self.profile.needle_kpa_s_per_nl(self.viscosity_factor)
        blocked = self.blocked or self.open_pins == 0
        resistance = math.inf if blocked else needle / self.open_pins + self.extra_resistance
        compliance = self._compliance
        if self.bubble_nl:  # Boyle, linearised at this pressure
            compliance += self.bubble_nl * ATMOSPHERE_KPA / (ATMOSPHERE_KPA + pressure) ** 2
        tissue, stiffness = 0.0, 0.0
        if self.in_skin:
            tissue = self.profile["tissue.pressure_kpa"]
            # every needle has a bleb of its own; a needle that closes in a shot leaves its share to the others
            stiffness = self.profile["tissue.stiffness_kpa_per_ul"] / 1e3 / max(1, self.open_pins)
        return fluid.Path(resistance, compliance, self.leak, tissue, stiffness)

    def change(self, **attributes: float | bool) -> None:
        """Change the path (occlusion, leak, bubble, pins) at this moment."""
        self.sync()
        stored = self.stored_nl
        for name, value in attributes.items():
            setattr(self, name, value)
        self._path = None
        self.pressure = self._pressure_of(stored)  # stored volume stays what it is

    def bleed(self) -> None:
        """Somebody lets the air out, and what it held under pressure goes with it: into the air, into nobody."""
        self.sync()
        if not self.bubble_nl:
            return
        self.account.leaked += self.stored_nl
        self.pressure = 0.0
        self.bubble_nl = 0.0
        self._path = None

    @property
    def stored_nl(self) -> float:
        """What the pressure holds: elastic walls, and the bubble by Boyle's law."""
        return self._stored_at(self.pressure)

    def _stored_at(self, p: float) -> float:
        elastic = self._compliance * p
        return elastic + self.bubble_nl * p / (ATMOSPHERE_KPA + p) if self.bubble_nl else elastic

    def _pressure_of(self, stored: float) -> float:
        c, b, p0 = self._compliance, self.bubble_nl, ATMOSPHERE_KPA
        if not b:
            return stored / c
        half = (c * p0 + b - stored) / (2.0 * c)
        return math.sqrt(half * half + stored * p0 / c) - half

    # needles

    def insert(self) -> None:
        """The needles enter untouched skin."""
        self.sync()
        self.in_skin = True
        self.bleb = 0.0
        self.entered = min(
            1.0, self._stream.normal(self.profile["tissue.entered_mean"], self.profile["tissue.entered_sd"])
        )
        self._path = None

    def withdraw(self) -> None:
        """The needles leave; what is still stored drips on the skin."""
        self.sync()
        self.in_skin = False
        self.bleb = 0.0
        self._path = None

    # the screw

    def run(self, believed_nl_s: float, stroke_nl: float = 0.0) -> None:
        """Turn the screw at a believed flow; negative retracts. The piston follows with gain, play, stiction, losses.

        In a stroke the stopper creeps by up to ``syringe.play_nl`` to and fro, which never adds up.
        """
        self.sync()
        before = self._flow
        self._believed_rate = 0.0 if self.motor_dead else believed_nl_s
        self._flow = self._believed_rate * self.gain
        if self._flow * before <= 0.0:
            self._stuck = self._until_loose() if self._flow else 0.0
        if stroke_nl and self._believed_rate:
            play = self._stream.uniform(0.0, self.profile["syringe.play_nl"])
            self._flow *= 1.0 + (play - self._play) / stroke_nl
            self._play = play

    def halt(self) -> None:
        """Stop the screw at once."""
        self.sync()
        if self._flow and not self._stuck:  # a stopper that has not moved rests on
            self._rest_from_us = self._kernel.now_us
        self._believed_rate = self._flow = self._stuck = 0.0

    @property
    def now_us(self) -> int:
        """The time of this world."""
        return self._kernel.now_us

    @property
    def flow(self) -> float:
        """True flow of the piston now, nL/s; negative goes back."""
        return self._flow

    @property
    def running(self) -> bool:
        """Whether the screw turns."""
        return self._believed_rate != 0.0

    # time

    def sync(self) -> None:
        """Bring the state to the kernel's time."""
        now_us = self._kernel.now_us
        if now_us <= self._at_us:
            return
        duration = (now_us - self._at_us) / 1e6
        self._at_us = now_us
        if self._flow:
            self._travel(duration)
        elif self.in_skin or abs(self.pressure) >= 1e-9:
            found = None if self.bubble_nl else fluid.relax(self.path, self.pressure, self.bleb, duration)
            if found is None:
                self._travel(duration)
            else:
                bleb, (self.pressure, self.bleb) = self.bleb, found
                self._spend(self.bleb - bleb, into_skin=self.in_skin)
                self.peak = max(self.peak, self.pressure)

    def until_pressure(self, limit_kpa: float, within_us: int) -> int | None:
        """Microseconds until a pressure is reached with the screw running on, ``None`` if not within that time."""
        self.sync()
        flow, within = self._flow * (1.0 - self.lost_share), within_us / 1e6
        pressure, bleb, stuck = self.pressure, self.bleb, 0.0
        if self._stuck and self._flow > 0.0:
            stuck = self._stuck / self._flow
            pressure, bleb, _ = fluid.advance(self.path, pressure, bleb, 0.0, stuck)
            pressure = self._pressure_of(self._stored_at(pressure) + self._jump_nl())
        if stuck > within:
            return None
        if self.bubble_nl:
            found = self._time_past_bubble(limit_kpa, pressure, bleb, flow, within - stuck)
        else:
            found = fluid.time_to_pressure(self.path, pressure, bleb, flow, within - stuck, limit_kpa)
        return None if found is None else math.ceil((stuck + found) * 1e6)

    def _time_past_bubble(
        self, limit_kpa: float, pressure: float, bleb: float, flow: float, within: float
    ) -> float | None:
        # air stiffens as it is pressed together, so the path of this moment would give a time that is far too long
        gone = 0.0
        while pressure < limit_kpa:
            step = min(BUBBLE_STEP_S, within - gone)
            if step <= 0.0:
                return None
            after, bleb, _ = self._step_past_bubble(pressure, bleb, flow, step)
            if after >= limit_kpa:
                return gone + step * (limit_kpa - pressure) / (after - pressure)
            pressure, gone = after, gone + step
        return gone

    def _step_past_bubble(self, pressure: float, bleb: float, flow: float, step: float) -> tuple[float, float, float]:
        _, grown, leaked = fluid.advance(self._path_at(pressure), pressure, bleb, flow, step)
        # the step was linear; what is stored is exact
        stored = self._stored_at(pressure) + flow * step - leaked - (grown - bleb)
        return self._pressure_of(stored), grown, leaked

    def until_empty_us(self) -> int | None:
        """Microseconds until the piston reaches the end, ``None`` while it does not move forward."""
        self.sync()
        if self._flow <= 0:
            return None
        return math.ceil((self._stuck + max(0.0, self.content)) / self._flow * 1e6)

    def _travel(self, duration: float) -> None:
        flow = self._flow
        if self._stuck:  # the screw takes up its play and loads the drive before the stopper follows
            alone = min(duration, self._stuck / abs(flow))
            self._ahead += flow * alone
            self.encoder_nl += self._believed_rate * alone
            self._flow_for(0.0, alone)
            duration -= alone
            self._stuck -= abs(flow) * alone
            if duration > 0.0 or self._stuck <= 0.0:
                self._break_loose()
        if flow > 0.0:
            moving = min(duration, max(0.0, self.content) / flow)
            self.encoder_nl += self._believed_rate * moving * (1.0 - self.lost_share)
            self._flow_for(flow * (1.0 - self.lost_share), moving)
            duration -= moving
            flow = 0.0
        else:
            self.encoder_nl += self._believed_rate * duration
        self._flow_for(flow, duration)

    def _until_loose(self) -> float:
        grip = self._stopper.grip_nl((self._kernel.now_us - self._rest_from_us) / 1e6)
        if self._flow > 0.0:
            return max(0.0, grip - self._ahead)
        return max(0.0, self._ahead + self.profile.backlash_nl + grip)

    def _jump_nl(self) -> float:
        # what the drive holds more than gliding needs, when the stopper breaks loose
        held = self._ahead if self._flow > 0.0 else -self.profile.backlash_nl - self._ahead
        return max(0.0, held + self._stuck - self._stopper.gliding_nl(abs(self._flow)))

    def _break_loose(self) -> None:
        self._stuck = 0.0
        jump = min(self._jump_nl(), max(0.0, self.content)) if self._flow > 0.0 else -self._jump_nl()
        self._ahead -= jump
        stored = self.stored_nl + jump
        self.account.displaced += jump
        self.content -= jump
        self.pressure = self._pressure_of(stored)
        self.peak = max(self.peak, self.pressure)
        if self.bubble_nl:
            self._path = None

    def _flow_for(self, flow: float, duration: float) -> None:
        if duration <= 0.0:
            return
        if self.bubble_nl:
            self._flow_past_bubble(flow, duration)
            return
        pressure, bleb, leaked = fluid.advance(self.path, self.pressure, self.bleb, flow, duration)
        self._book(flow * duration, leaked, bleb)
        self.pressure = pressure
        self.peak = max(self.peak, pressure)

    def _flow_past_bubble(self, flow: float, duration: float) -> None:
        moving = flow or self.pressure > 0.1
        pieces = max(1, math.ceil(duration / BUBBLE_STEP_S)) if moving else 1
        for _ in range(pieces):
            step = duration / pieces
            pressure, bleb, leaked = self._step_past_bubble(self.pressure, self.bleb, flow, step)
            self._path = None
            self._book(flow * step, leaked, bleb)
            self.pressure = pressure
            self.peak = max(self.peak, pressure)

    def _book(self, displaced: float, leaked: float, bleb: float) -> None:
        self.account.displaced += displaced
        self.content -= displaced
        self.account.leaked += leaked
        self._spend(bleb - self.bleb, into_skin=self.in_skin)
        self.bleb = bleb

    def _spend(self, volume: float, *, into_skin: bool) -> None:
        account = self.account
        if self.air > 0.0 and volume > 0.0:
            air = min(self.air, volume)
            self.air -= air
            account.air_out += air
            volume -= air
        account.left_needle += volume
        if into_skin:
            account.in_tissue += volume * self.entered
            account.on_skin += volume * (1.0 - self.entered)
        else:
            account.on_skin += volume

    def imbalance_nl(self) -> float:
        """Displaced minus (left + leaked + air + stored): zero but for rounding."""
        self.sync()
        account = self.account
        return account.displaced - account.left_needle - account.leaked - account.air_out - self.stored_nl
