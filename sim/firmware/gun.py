"""One whole gun: machine, conversation and requests joined; power; and the rule that a power cut ends everything.

The parts do not know each other; this class does. Not responsible for the line or for what surrounds the gun.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from mesogun.errors import InputError
from mesogun.wire.codes import EventCode, Fault, GunKind
from sim.firmware.calibration import Calibration
from sim.firmware.machine import Machine
from sim.firmware.memory import PowerCut
from sim.firmware.pairing import Pairing
from sim.firmware.panel import Panel
from sim.firmware.requests import Requests
from sim.firmware.session import Conversation
from sim.firmware.store import Store
from sim.firmware.table import Happening, Phase
from sim.kernel import Kernel, Stream
from sim.physics.plant import Plant
from sim.physics.profile import Profile


class Gun:
    """The simulated gun as the cable and the hand meet it."""

    def __init__(
        self,
        profile: Profile,
        kernel: Kernel,
        plant: Plant,
        stream: Stream,
        pairing_stream: Stream,
        *,
        kind: GunKind = GunKind.SIMULATED,
        memory_file: Path | None = None,
    ) -> None:
        bare = kind is GunKind.BENCH  # its switch is a wire
        self.panel = Panel(mode=profile.mode, bench=bare, battery_mv=profile.integer("battery.open_mv"))
        self.store = Store(profile, stream, memory_file)
        self.machine = Machine(profile, kernel, plant, self.store, self.panel)
        self.conversation = Conversation(self.machine, kind, self._send)
        self.requests = Requests(self.machine)
        self.conversation.carry_out = self.requests.carry_out
        self.machine.hint = self.conversation.event
        self.machine.forget_session = self._forget
        Calibration(self.machine, self.requests)
        self.pairing = Pairing(self.machine, self.requests, kind, pairing_stream)
        self.out: Callable[[bytes], None] = lambda _: None
        kernel.cut, kernel.on_cut = (PowerCut,), self.power_off

    # the cable

    def receive(self, data: bytes) -> None:
        """Bytes from the host."""
        if self.powered and not self.machine.hung:
            try:
                self.conversation.receive(data)
            except PowerCut:
                self.power_off()

    def _send(self, data: bytes) -> None:
        self.out(data)

    # power

    @property
    def powered(self) -> bool:
        """Whether the supply is on."""
        return self.machine.phase is not Phase.OFF

    def power_on(self) -> None:
        """Switch on: boot."""
        self._run(Happening.POWER)

    def power_off(self) -> None:
        """The supply goes, at once."""
        self.machine.post(Happening.CUT)
        self._forget()

    def _forget(self) -> None:
        """What lives in RAM: the session, and a pairing under way."""
        self.conversation.reset()
        self.pairing.reset()

    # the hand

    def press(self) -> None:
        """Trigger down."""
        self.panel.finger = True
        self.chatter(level=True)

    def release(self) -> None:
        """Trigger up."""
        self.panel.finger = False
        self.chatter(level=False)

    def chatter(self, *, level: bool) -> None:
        """The trigger's switch closes or opens, unless it is stuck."""
        stuck = self.panel.trigger_stuck
        level = level if stuck is None else stuck
        if level != self.panel.trigger:
            self.panel.trigger = level
            self._post(Happening.TRIGGER if level else Happening.RELEASE)

    def stick_trigger(self, level: bool | None) -> None:
        """The trigger's switch keeps a level that no hand can change any more; ``None`` repairs it."""
        self.panel.trigger_stuck = level
        self.chatter(level=self.panel.finger)

    def stick_contact(self, level: bool | None) -> None:
        """The contact switch keeps a level, whatever it stands on; ``None`` repairs it."""
        self.panel.contact_stuck = level
        self.touch(self.panel.contact_mn)

    def touch(self, force_mn: int) -> None:
        """The nose presses on skin with a force; the sensor has a threshold."""
        self.panel.contact_mn = force_mn
        stuck = self.panel.contact_stuck
        contact = force_mn >= self.machine.profile["sensors.contact_mn"] if stuck is None else stuck
        if contact != self.panel.contact:
            self.panel.contact = contact
            self._post(Happening.TOUCH if contact else Happening.LIFT)

    def change_syringe(self, content_nl: int | None = None) -> None:
        """Take the syringe off and mount another: empties the magazine, disarms, forgets priming (G1)."""
        machine = self.machine
        content = machine.profile.integer("syringe.nominal_nl") if content_nl is None else content_nl

        def notice() -> None:
            machine.primed_nl = 0
            machine.mounted(content)
            machine.wants_syringe = False
            self.panel.display = ""

        self._post(Happening.EMPTY)
        machine.stop_reseating()
        machine.plant.mount(content)
        machine.when_idle(notice)

    def set_stop(self, depth_um: int) -> None:
        """Turn the depth stop by hand; no sensor reads it, so no record knows."""
        profile = self.machine.profile
        if profile.depth != "manual":
            raise InputError(f"gun {profile.name} sets its depth by motor; it has no stop to turn")
        least, most = profile.integer("shot.min_depth_um"), profile.integer("shot.max_depth_um")
        if not least <= depth_um <= most:
            raise InputError(f"depth stop {depth_um} um is outside {least} to {most} um of gun {profile.name}")
        self.panel.stop_um = depth_um

    def charge(self) -> None:
        """Another cell, or this one charged: as the profile begins."""
        self.panel.battery_mv = self.machine.profile.integer("battery.open_mv")
        self.panel.drained_uv = 0.0

    def set_bench(self, bench: bool) -> None:
        """The bench switch: empties the magazine, disarms, ends session and pairing (G1, W-14)."""
        if self.panel.bench == bench or self.conversation.kind is GunKind.BENCH:
            return
        self.panel.bench = bench
        if self.powered:
            self.machine.bench = bench
            self.conversation.end()
            self.pairing.reset()
            self._post(Happening.EMPTY)
            self.machine.hint(EventCode.STATE_CHANGED)

    def trouble(self, fault: Fault) -> None:
        """A self-test finds something."""
        self._post(Happening.TROUBLE, fault)

    def _post(self, event: Happening, cause: int = 0) -> None:
        if self.powered:
            self._run(event, cause)

    def _run(self, event: Happening, cause: int = 0) -> None:
        """Let the firmware work; when the supply fails inside, everything after it does not happen."""
        try:
            self.machine.post(event, cause)
        except PowerCut:
            self.power_off()
