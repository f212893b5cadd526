"""Who may take a treatment over at this station, and whose key signs it."""

from __future__ import annotations

import io

import pytest

from mesogun.cli.people import DEMO_OPERATOR, takers
from mesogun.clock import ManualClock
from mesogun.errors import Refused
from mesogun.identity import Home, Role, verify_handover
from tests.cli.command import Command


@pytest.fixture
def station(mesogun: Command, monkeypatch: pytest.MonkeyPatch) -> Home:
    """Ann treats and is at the keyboard; Ben treats and has a key; Cy treats; Tom is a technician with a key."""
    for name, role, words in (("Ben", "practitioner", "old words\n"), ("Tom", "technician", "other words\n")):
        monkeypatch.setattr("sys.stdin", io.StringIO(words))
        assert mesogun("operator", "add", name, "--role", role, "--passphrase-stdin").code == 0
    home = Home.open()
    for name in ("Ann", "Cy"):
        home.operators.add(name, Role.PRACTITIONER)
    home.operators.use("Ann")
    return home


def test_who_may_treat_takes_over_and_a_key_signs_it(station: Home) -> None:
    ann, ben, cy = (station.operators.get(name) for name in ("Ann", "Ben", "Cy"))
    references, signers = takers("t-1", ann, ManualClock())
    assert set(references) == {ann.reference, ben.reference, cy.reference}
    assert list(signers) == [ben.reference]
    with pytest.raises(Refused, match="does not open"):
        signers[ben.reference]("other words")
    assert station.operators.current() == ann
    signed = signers[ben.reference]("old words")
    assert (signed.treatment, signed.giver, signed.taker) == ("t-1", ann.reference, ben.reference)
    assert verify_handover(signed, station.operators.public_keys())
    assert station.operators.current() == ben


def test_nobody_signs_for_an_operator_who_is_not_at_the_keyboard(station: Home) -> None:
    for operator in (DEMO_OPERATOR, station.operators.get("Cy")):
        references, signers = takers("t-1", operator, ManualClock())
        assert len(references) == 3
        assert not signers
