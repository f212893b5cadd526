"""Finding guns: ports whose USB identity says so, and what they answer to HELLO.

A port that does not say that it is a mesogun is shown and never written to, unless somebody names it. Not responsible
for opening a gun for work (``connect``): HELLO ends another host's session, so a port in use is left alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum

from mesogun.clock import Clock
from mesogun.errors import AuthError, LinkTimeout, MesogunError, NoDevice
from mesogun.gun.driver import Gun
from mesogun.link import Link, Transport, open_port
from mesogun.link.usb import PortInfo, list_ports
from mesogun.wire.codes import GunKind
from mesogun.wire.host import KeySource
from mesogun.wire.messages import Caps, Welcome

PROBE_DEADLINE_MS = 1_000
Opener = Callable[[str], tuple[Transport, Clock]]


class Verdict(Enum):
    """What stands behind a port."""

    GUN = "gun"
    UNPAIRED = "gun, not paired here"
    WRONG_KEY = "gun, paired with another key"
    OTHER = "another device"
    SILENT = "no answer"
    UNAVAILABLE = "cannot be opened"
    NOT_ASKED = "not asked"


@dataclass(frozen=True, slots=True)
class Found:
    """One port, what USB says about it and what answered."""

    port: PortInfo
    verdict: Verdict
    detail: str
    welcome: Welcome | None = None
    caps: Caps | None = None


def find_guns(
    keys: KeySource,
    *,
    named: Iterable[str] = (),
    ports: Callable[[], tuple[PortInfo, ...]] = list_ports,
    opener: Opener = open_port,
) -> tuple[Found, ...]:
    """Look at every port of this computer; greet those that say they are guns, and those that were named.

    Parameters
    ----------
    keys
        The pairing key for a gun that answered, or ``None``.
    named
        Ports (or URLs) that may be written to although nothing says that they are guns.
    ports, opener
        What lists and opens ports.
    """
    asked = list(named)
    known = {port.device: port for port in ports()}
    for url in asked:
        known.setdefault(url, PortInfo(url))
    return tuple(
        probe(port, keys, opener=opener)
        if port.says_gun or port.device in asked
        else Found(port, Verdict.NOT_ASKED, "does not say that it is a mesogun; name it with --port to ask")
        for port in known.values()
    )


def probe(port: PortInfo, keys: KeySource, *, opener: Opener = open_port) -> Found:
    """Greet whatever stands behind one port."""
    try:
        transport, clock = opener(port.device)
    except NoDevice as error:
        return Found(port, Verdict.UNAVAILABLE, str(error))
    except MesogunError as error:
        return Found(port, Verdict.OTHER, str(error))
    gun = Gun(Link(transport, clock, keys))
    try:
        welcome = gun.hello(deadline_ms=PROBE_DEADLINE_MS)
        verdict = Verdict.GUN if gun.read_only_reason is None else Verdict.UNPAIRED
        detail = gun.read_only_reason or f"{_kind(welcome)} gun {welcome.device_id:016x}"
        return Found(port, verdict, detail, welcome, gun.caps)
    except AuthError as error:
        return Found(port, Verdict.WRONG_KEY, str(error))
    except LinkTimeout as error:
        return Found(port, Verdict.SILENT, str(error))
    except MesogunError as error:
        return Found(port, Verdict.OTHER, str(error))
    finally:
        gun.close()


def _kind(welcome: Welcome) -> str:
    try:
        return GunKind(welcome.kind).name.lower()
    except ValueError:
        return f"kind {welcome.kind}"
