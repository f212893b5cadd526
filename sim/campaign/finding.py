"""How a host of a campaign comes to its gun: by the port that it knows, else by looking through all ports again.

As people do it: the port of last time first; where that is gone, ``gun list``, and the gun is known by its number. Not
responsible for what is done with it.
"""

from __future__ import annotations

from mesogun.errors import NoDevice
from mesogun.gun import Gun, Verdict, connect, find_guns
from mesogun.identity import SIMULATED_KEY
from mesogun.link.usb import PortInfo
from sim.doors.port import attach, port_names
from sim.world import World


class Finder:
    """The gun of one treatment, and where it was last."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.port = world.line.port
        self.moved = 0  # how often it was found under another name

    def connect(self) -> Gun:
        """The gun, not yet greeted by its runner; ``NoDevice`` when it stands behind no port."""
        try:
            return self._open(self.port)
        except NoDevice:
            self.port = self._look()
            self.moved += 1
            return self._open(self.port)

    def _open(self, port: str) -> Gun:
        return connect(attach(self._world, port=port), keys=lambda _: SIMULATED_KEY)

    def _look(self) -> str:
        number = self._world.gun.store.kept.device_id  # as the host's journal has it
        found = find_guns(
            lambda _: SIMULATED_KEY,
            ports=lambda: tuple(PortInfo(name, product="mesogun simulated") for name in port_names(self._world)),
            opener=lambda port: attach(self._world, port=port),
        )
        for each in found:
            if each.verdict is Verdict.GUN and each.welcome is not None and each.welcome.device_id == number:
                return each.port.device
        told = "; ".join(f"{each.port.device}: {each.verdict.value}" for each in found) or "there is no port at all"
        raise NoDevice(f"{self.port}: no such port any more, and the gun is behind no other ({told})")
