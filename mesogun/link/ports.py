"""Opening a port by URL: a transport and the clock that belongs to it.

``/dev/ttyACM0``, ``COM5``; ``socket://127.0.0.1:PORT``; ``capture://FILE``; and every scheme that an installed
package offers in the entry-point group ``mesogun.ports``. Not responsible for finding ports (``mesogun.gun.discover``).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from importlib.metadata import entry_points
from pathlib import Path
from urllib.parse import urlsplit

from mesogun.clock import Clock, RealClock
from mesogun.errors import InputError, MesogunError, NoDevice
from mesogun.link.shadow import shadowed, stranger
from mesogun.link.transport import Transport

GROUP = "mesogun.ports"
Opened = tuple[Transport, Clock]
NETWORK = frozenset({"socket", "rfc2217"})


def open_port(url: str, *, allow_network: bool = False, baud: int = 115_200) -> Opened:
    """Open a port.

    Raises
    ------
    InputError
        If the URL means nothing here, or names a network address beyond this computer without ``allow_network``.
    NoDevice
        If there is no such port, or it cannot be had.
    """
    scheme = url.partition("://")[0] if "://" in url else ""
    if scheme == "capture":
        from mesogun.link.replay import open_replay

        return open_replay(Path(url.removeprefix("capture://")))
    if scheme in NETWORK:
        _check_network(url, allow_network)
    elif scheme:
        return _opener(url, scheme)(url)
    elif not url.strip():
        raise InputError("no port was named; `mesogun gun list` shows what is there, sim:// is always there")
    from mesogun.link.serialport import open_serial

    return open_serial(url, baud), RealClock()


def schemes() -> tuple[str, ...]:
    """Every URL scheme that can be opened here."""
    return tuple(sorted({"capture", *NETWORK, *(point.name for point in entry_points(group=GROUP))}))


def _opener(url: str, scheme: str) -> Callable[[str], Opened]:
    for point in entry_points(group=GROUP, name=scheme):
        try:
            opener: Callable[[str], Opened] = point.load()
        except MesogunError:
            raise
        except Exception as error:  # a broken plug-in may raise anything
            package = point.module.partition(".")[0]
            where = stranger(package)
            if where is not None:
                raise InputError(f"{url}: {shadowed(package, where)}") from error
            raise NoDevice(f"{url}: what is installed for {scheme}:// does not load ({error})") from error
        return opener
    known = ", ".join(f"{name}://" for name in schemes())
    raise InputError(f"{url}: nobody here knows {scheme}://; use a device name or one of {known}")


def _check_network(url: str, allow_network: bool) -> None:
    parts = urlsplit(url)
    try:
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise InputError(f"{url}: {error}; write socket://127.0.0.1:PORT") from None
    if not host or port is None:
        raise InputError(f"{url}: host or port is missing; write socket://127.0.0.1:PORT")
    if allow_network or host == "localhost":
        return
    try:
        loopback = ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        raise InputError(f"{url}: a port on the network is refused unless asked for (allow network); use 127.0.0.1")
