"""Handing over on the dashboard: who has a key signs with its passphrase, which is neither shown nor kept."""

from __future__ import annotations

from textual.pilot import Pilot

from mesogun.errors import Refused
from mesogun.identity import Handover
from mesogun.treatment.orders import HandOver
from tests.tui.fakes import Stage, text
from tests.tui.test_orders import opened, orders, play, press, rest
from tui import pages
from tui.forms import told
from tui.palette import DARK

SPELL = "open  sesame "


def signed_by_ben(passphrase: str) -> Handover:
    if passphrase != SPELL:
        raise Refused("the passphrase is wrong, or the key file is damaged")
    return Handover("t", "op-ada", "op-ben", "2026-11-22T12:00:00Z", b"key", b"signature")


def test_who_has_a_key_takes_over_with_its_passphrase_which_nobody_sees() -> None:
    form = opened("handover", ("op-ben", "op-cy"), {"op-ben": signed_by_ben})
    assert [name for name, _ in form.pad] == ["op-ben", "op-cy"]
    assert form.press("op-ben", None) is None
    assert press(form, "enter") is None
    assert list(form.pad) == [], "only what is typed signs"
    assert form.writing
    for typed in ("wrong", "", "open sesame"):
        assert [press(form, key) for key in (*typed, "enter")] == [None] * (len(typed) + 1)
        assert "the passphrase is wrong" in form.fault
        assert form.typed == "", "a wrong one is forgotten"
    for key in SPELL:
        press(form, key)
    assert form.entered == "•" * 13 + "_"
    assert "sesame" not in pages.form(form, DARK, waiting=False).plain
    order = press(form, "enter")
    assert order == HandOver("op-ben", signed_by_ben(SPELL))
    assert "sesame" not in repr(order)
    assert told(order) == "ordered: hand over to op-ben, signed"


def test_who_has_no_key_takes_over_without_a_signature() -> None:
    form = opened("handover", ("op-ben", "op-cy"), {"op-ben": signed_by_ben})
    for key in "op-cy":
        press(form, key)
    assert press(form, "enter") == HandOver("op-cy")


def test_no_letter_of_a_passphrase_is_taken_before_the_gun_rests_and_then_s_is_one() -> None:
    async def scene(stage: Stage, pilot: Pilot[str]) -> None:
        await pilot.press("v")
        await rest(stage, pilot)
        await pilot.press(*"op-ben", "enter", *"sS")
        assert stage.stops == []
        await stage.paint(pilot)
        assert "op-ben signs" in text(stage.app)
        assert "••_" in text(stage.app)
        stage.treat(20)
        await pilot.press("s")
        assert len(stage.stops) == 1, "armed after all: s is STOP again"
        assert orders(stage) == []

    play(scene, operators=("op-ben",), signers={"op-ben": signed_by_ben})
