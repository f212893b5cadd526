"""A key that is easy to find, looked for wherever a gun, a pairing or a failure leaves words or bytes."""

from __future__ import annotations

import base64
import logging
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mesogun.errors import AuthError, OutcomeUnknown
from mesogun.gun import Gun, connect, info_text, key_source
from mesogun.gun.pairing import Pairing
from mesogun.identity import Home
from mesogun.link import Link
from mesogun.link.capture import capturing
from mesogun.wire.codes import GunKind
from sim.doors.port import attach
from sim.world import World
from tests.trace import req

CANARY = b"canary: if you can read this, it leaked"[:32]
AT = datetime(2026, 1, 5, 9, tzinfo=UTC)


def spelled(key: bytes) -> Iterator[str]:
    """The ways in which 32 bytes may stand in a text."""
    yield key.hex()
    yield key.hex(" ")
    yield base64.b64encode(key).decode()[:40]
    yield repr(key)[2:20]
    yield str(list(key))[1:60]
    yield str(int.from_bytes(key, "little"))
    yield str(int.from_bytes(key, "big"))


def leaks(texts: list[str], keys: list[bytes]) -> list[str]:
    return [text for text in texts for key in keys for shape in spelled(key) if shape in text]


def words(error: BaseException) -> str:
    """What anybody may print of an error: its line, its traceback, the reprs on the way."""
    return "".join(traceback.format_exception(error))


@req("W-13")
def test_the_search_finds_what_it_looks_for() -> None:
    for shape in spelled(CANARY):
        assert leaks([f"x {shape} y"], [CANARY])


@req("W-13")
def test_no_key_stands_in_any_capture_log_text_or_error(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    world = World("standard", seed=5, hand=False, kind=GunKind.CLINICAL)
    world.gun.store.put("key", CANARY, 1)
    home = Home(tmp_path / "home")
    device = world.gun.store.kept.device_id
    home.store_gun_key(device, CANARY, by="op-1", at=AT)
    texts: list[str] = []

    def keep(key: bytes) -> None:
        home.propose_gun_key(device, key, by="op-1", at=AT)

    with Gun(Link(*capturing(attach(world), tmp_path / "a.capture"), key_source(home))) as gun:
        gun.hello()
        texts += [info_text(gun), repr(gun.welcome), repr(gun.stats), repr(gun), repr(gun.link), repr(home.guns.list())]
        world.gun.pairing.press()
        pairing = Pairing.begin(gun)
        world.gun.pairing.press()
        texts += [repr(pairing), repr(pairing._agreement)]
        new = pairing.confirm(world.gun.panel.display, keep, deadline_ms=1_000)
        session = gun.link._machine._key
        with pytest.raises(AuthError) as caught:
            pairing.confirm("0000-0000", keep)
        texts.append(words(caught.value))
        world.gun.power_off()
        world.gun.power_on()
        with pytest.raises(OutcomeUnknown) as unknown:
            gun.disarm()
        texts.append(words(unknown.value))
        with pytest.raises(AuthError) as caught:
            gun.hello(keys=lambda _: CANARY)
        texts.append(words(caught.value))
    home.store_gun_key(device, CANARY, by="op-1", at=AT, replace=True)
    with pytest.raises(AuthError) as caught:  # the station's key is the old one again
        connect(attach(world), keys=key_source(home))
    texts += [words(caught.value), caplog.text, (tmp_path / "a.capture").read_text()]
    assert session is not None
    assert leaks(texts, [CANARY, new, session]) == []
