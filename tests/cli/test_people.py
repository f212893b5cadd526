"""``mesogun operator``: admins retire people, change roles, and replace keys."""

from __future__ import annotations

import io
import json

import pytest

from mesogun.identity import Home, fingerprint, verify_signature
from mesogun.identity.operators import endorsement_message
from tests.cli.command import Command


@pytest.fixture
def station(mesogun: Command, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Ada, the admin, is at the keyboard; Ben treats and has a key."""
    monkeypatch.setattr("sys.stdin", io.StringIO("old words\n"))
    assert mesogun("operator", "add", "Ben", "--role", "practitioner", "--passphrase-stdin").code == 0
    assert mesogun("operator", "add", "Ada", "--role", "admin").code == 0
    assert mesogun("operator", "use", "Ada").code == 0
    return mesogun


def row(mesogun: Command, name: str) -> dict[str, object]:
    (found,) = [row for row in json.loads(mesogun("operator", "list", "--json").out) if row["name"] == name]
    return dict(found)


def test_a_retired_operator_cannot_be_used(station: Command) -> None:
    assert station("operator", "retire", "Ben").code == 0
    assert row(station, "Ben")["retired"]
    assert station("operator", "use", "Ben").code == 5


def test_an_admin_gives_another_role(station: Command) -> None:
    assert station("operator", "role", "Ben", "technician").code == 0
    assert row(station, "Ben")["role"] == "technician"


def test_the_last_admin_stays(station: Command) -> None:
    assert station("operator", "role", "Ada", "viewer").code == 5
    assert station("operator", "retire", "Ada").code == 5


@pytest.mark.parametrize("words", [("retire", "Ada"), ("role", "Ben", "admin"), ("rotate", "Ben", "--forgotten")])
def test_only_an_admin_may(words: tuple[str, ...], station: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("new words\n"))
    passphrase = ("--passphrase-stdin",) if words[0] == "rotate" else ()
    done = station("operator", *words, *passphrase, "--by", "Ben")
    assert done.code == 5
    assert "may not" in done.complaint


def test_the_old_key_signs_the_new_one(station: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    station("operator", "use", "Ben")
    monkeypatch.setattr("sys.stdin", io.StringIO("old words\nnew words\n"))
    done = station("operator", "rotate", "Ben", "--passphrase-stdin")
    assert done.code == 0, done.err
    ben = Home.open().operators.get("Ben")
    assert ben.public_key is not None
    (former,) = ben.former_keys
    assert former.endorsement is not None
    message = endorsement_message(ben.reference, ben.public_key)
    assert verify_signature(former.public_key, message, former.endorsement)
    assert Home.open().operators.unlock("Ben", "new words").public_key == ben.public_key


def test_a_forgotten_passphrase_needs_the_admin_and_leaves_no_endorsement(
    station: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("new words\n"))
    assert station("operator", "rotate", "Ben", "--forgotten", "--passphrase-stdin").code == 0
    (former,) = Home.open().operators.get("Ben").former_keys
    assert former.endorsement is None


def test_a_wrong_passphrase_changes_nothing(station: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    before = Home.open().operators.get("Ben").public_key
    monkeypatch.setattr("sys.stdin", io.StringIO("other words\nnew words\n"))
    assert station("operator", "rotate", "Ben", "--passphrase-stdin").code == 5
    assert Home.open().operators.get("Ben").public_key == before


def test_a_passphrase_that_is_not_there_is_said_to_be_missing(
    station: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("old words\n"))
    done = station("operator", "rotate", "Ben", "--passphrase-stdin")
    assert done.code == 2
    assert "passphrase" in done.complaint
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    assert "--passphrase-stdin" in station("operator", "rotate", "Ben").complaint


def test_the_list_says_who_can_sign(mesogun: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    assert mesogun("operator", "list").err == "nobody yet: mesogun operator add NAME --role practitioner\n"
    monkeypatch.setattr("sys.stdin", io.StringIO("eight or more\n"))
    mesogun("operator", "add", "Ada", "--role", "practitioner", "--passphrase-stdin")
    mesogun("operator", "add", "Tom", "--role", "technician")
    ada, tom = mesogun("operator", "list").out.splitlines()
    public = Home.open().operators.get("Ada").public_key
    assert public is not None
    assert fingerprint(public) in ada
    assert "no signing key" in tom
