"""Opening by URL: what is known, what is refused, and why."""

from __future__ import annotations

from importlib.metadata import EntryPoint, EntryPoints
from typing import Any

import pytest

from mesogun.clock import RealClock
from mesogun.errors import InputError, NoDevice
from mesogun.link import open_port, schemes
from mesogun.link import ports as module


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("", "no port was named"),
        ("nowhere://x", "nobody here knows nowhere://"),
        ("socket://10.0.0.7:5000", "refused unless asked for"),
        ("rfc2217://example.org:5000", "refused unless asked for"),
        ("socket://127.0.0.1", "host or port is missing"),
        ("socket://:1", "host or port is missing"),
        ("socket://127.0.0.1:999999", "socket://127.0.0.1:PORT"),
    ],
)
def test_urls_that_mean_nothing(url: str, says: str) -> None:
    with pytest.raises(InputError, match=says):
        open_port(url)


def test_ports_that_are_not_there() -> None:
    with pytest.raises(NoDevice, match="no such port"):
        open_port("/dev/tty-that-is-not-there")
    with pytest.raises(NoDevice, match="Connection refused"):
        open_port("socket://127.0.0.1:9")


def test_plug_ins_bring_their_own_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "sim" in schemes()
    transport, clock = open_port("sim://standard?seed=1")
    assert not isinstance(clock, RealClock)
    transport.close()

    broken = EntryPoint(name="broken", value="no_such_module:x", group=module.GROUP)

    def points(**asked: Any) -> EntryPoints:
        return EntryPoints([broken]).select(**asked)

    monkeypatch.setattr(module, "entry_points", points)
    with pytest.raises(NoDevice, match="does not load"):
        open_port("broken://")
