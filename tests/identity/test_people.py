"""Operators: roles, keys under passphrases, rotation, handing over, and that names stay at home."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable

import pytest

from mesogun.errors import InputError, RecordError, Refused
from mesogun.identity import (
    Action,
    Handover,
    Home,
    Operator,
    Role,
    hand_over,
    may,
    signing,
    verify_handover,
    verify_signature,
)
from mesogun.identity import operators as operators_module
from tests.identity.conftest import AT
from tests.trace import req

REAL_COST = signing._SCRYPT_N
CANARY = "Zyxkowska-Canary"
SECRET = "correct horse"  # noqa: S105
OTHER = "battery staple"


def test_add_list_use_current(home: Home) -> None:
    assert home.operators.current() is None
    anna = home.operators.add("Anna", Role.PRACTITIONER, at=AT)
    tom = home.operators.add("Tom", Role.TECHNICIAN)
    assert anna.reference.startswith("op-")
    assert home.operators.current() is None
    assert home.operators.use("Anna") == anna
    assert Home(home.path).operators.current() == anna
    assert home.operators.use(tom.reference) == tom
    assert home.operators.list() == (anna, tom)
    assert anna.added_at == "2026-01-05T09:00:00.000Z"


@req("MG-09")
def test_the_whole_table_of_roles() -> None:
    permitted = {(role, action) for role, action in itertools.product(Role, Action) if may(role, action)}
    treating = {Action.TREAT, Action.OVERRIDE_SOFT, Action.APPROVE_PROTOCOL, Action.SETTLE}
    assert {role for role, action in permitted if action in treating} == {Role.PRACTITIONER}
    assert {role for role, action in permitted if action in {Action.CALIBRATE, Action.TEST}} == {Role.TECHNICIAN}
    people = {Action.MANAGE_PEOPLE, Action.MANAGE_KEYS}
    assert {role for role, action in permitted if action in people} == {Role.ADMIN}
    assert {action for role, action in permitted if role is Role.VIEWER} == {Action.VIEW}
    assert {role for role, action in permitted if action is Action.VIEW} == set(Role)
    # No action overrides a hard limit, so no role has it.
    assert not [action for action in Action if "hard" in action.value]


@req("MG-08")
@pytest.mark.parametrize("role", [Role.VIEWER, Role.TECHNICIAN, Role.ADMIN])
def test_a_refusal_says_who_may(role: Role) -> None:
    with pytest.raises(Refused, match=f"a {role.value} may not override a soft limit; who may: practitioner"):
        Operator("op-1", role, "x").require(Action.OVERRIDE_SOFT)


def test_a_retired_operator_may_nothing(home: Home) -> None:
    anna = home.operators.add("Anna", Role.PRACTITIONER, passphrase=SECRET)
    home.operators.use("Anna")
    anna = home.operators.retire("Anna")
    assert home.operators.current() is None
    with pytest.raises(Refused, match="retired"):
        anna.require(Action.VIEW)
    with pytest.raises(Refused, match="retired"):
        home.operators.use("Anna")
    with pytest.raises(Refused, match="retired"):
        home.operators.unlock("Anna", SECRET)
    assert anna.public_key in home.operators.public_keys()


def test_once_there_is_an_admin_only_an_admin_manages(home: Home) -> None:
    home.operators.add("Ada", Role.ADMIN)
    with pytest.raises(Refused, match="only an admin"):
        home.operators.add("Bob", Role.VIEWER)
    home.operators.use("Ada")
    bob = home.operators.add("Bob", Role.VIEWER)
    with pytest.raises(Refused, match="a viewer may not manage people"):
        home.operators.set_role("Bob", Role.ADMIN, by=bob)
    forged = Operator(bob.reference, Role.ADMIN, "Bob")
    with pytest.raises(Refused, match="a viewer may not manage people"):
        home.operators.set_role("Bob", Role.ADMIN, by=forged)
    assert home.operators.set_role("Bob", Role.TECHNICIAN).role is Role.TECHNICIAN


def test_the_last_admin_stays(home: Home) -> None:
    home.operators.add("Ada", Role.ADMIN)
    home.operators.use("Ada")
    with pytest.raises(Refused, match="without an admin"):
        home.operators.retire("Ada")
    with pytest.raises(Refused, match="without an admin"):
        home.operators.set_role("Ada", Role.VIEWER)
    assert home.operators.list()[0].role is Role.ADMIN


@pytest.mark.parametrize("name", ["", "  ", "a\x1b[2Jb", "\x00"])
def test_a_name_that_cannot_be_shown(home: Home, name: str) -> None:
    with pytest.raises(InputError, match="printable"):
        home.operators.add(name, Role.VIEWER)


def test_a_double_name_is_refused(home: Home) -> None:
    first = home.operators.add("Anna  B", Role.VIEWER)
    with pytest.raises(InputError, match="already"):
        home.operators.add(" Anna B ", Role.VIEWER)
    with pytest.raises(InputError, match="another operator's reference"):
        home.operators.add(first.reference, Role.VIEWER)


def test_a_signing_key_opens_only_with_its_passphrase(home: Home) -> None:
    anna = home.operators.add("Anna", Role.PRACTITIONER, passphrase=SECRET)
    signer = home.operators.unlock("Anna", SECRET)
    assert anna.public_key == signer.public_key
    assert verify_signature(signer.public_key, b"plan", signer.sign(b"plan"))
    before = {path: path.read_bytes() for path in home.path.rglob("*.json")}
    with pytest.raises(Refused, match="forgotten passphrase cannot be recovered"):
        home.operators.unlock("Anna", "wrong horse")
    assert before == {path: path.read_bytes() for path in home.path.rglob("*.json")}


def test_the_price_of_a_guess(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signing, "_SCRYPT_N", REAL_COST)
    anna = home.operators.add("Anna", Role.PRACTITIONER, passphrase=SECRET)
    stored = json.loads((home.path / "keys" / f"{anna.reference}.json").read_text())
    assert (stored["kdf"]["n"], stored["kdf"]["r"]) == (2**15, 8)
    home.operators.unlock("Anna", SECRET)


def test_the_seed_is_not_on_disk_in_the_open(home: Home) -> None:
    anna = home.operators.add("Anna", Role.PRACTITIONER, passphrase=SECRET)
    stored = json.loads((home.path / "keys" / f"{anna.reference}.json").read_text())
    seed = home.operators.unlock("Anna", SECRET)._seed().hex()
    assert "seed" not in stored
    assert seed not in json.dumps(stored)
    assert SECRET not in json.dumps(stored)


def test_a_short_passphrase_adds_nobody(home: Home) -> None:
    with pytest.raises(InputError, match="at least 8"):
        home.operators.add("Anna", Role.VIEWER, passphrase="x" * 7)
    assert home.operators.list() == ()


def test_no_key_is_said(home: Home) -> None:
    home.operators.add("Anna", Role.VIEWER)
    with pytest.raises(InputError, match="no signing key"):
        home.operators.unlock("Anna", SECRET)


@pytest.mark.parametrize(
    "damage",
    [
        {"public": "00"},
        {"kdf": {}},
        {"sealed": "zz"},
        {"nonce": ""},
        {"kdf": {"name": "scrypt", "n": 2**40, "r": 8, "p": 1}},
    ],
)
def test_a_damaged_key_file_is_a_damaged_record_or_a_refusal(home: Home, damage: dict[str, object]) -> None:
    anna = home.operators.add("Anna", Role.VIEWER, passphrase=SECRET)
    path = home.path / "keys" / f"{anna.reference}.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | damage))
    with pytest.raises((RecordError, Refused)) as caught:
        home.operators.unlock("Anna", SECRET)
    assert "\n" not in str(caught.value)


def test_rotation_with_the_old_passphrase_is_endorsed(home: Home) -> None:
    old = home.operators.add("Anna", Role.PRACTITIONER, passphrase=SECRET)
    new = home.operators.rotate_key("Anna", "battery staple", passphrase=SECRET, at=AT)
    (former,) = new.former_keys
    assert old.public_key == former.public_key != new.public_key
    assert former.endorsement is not None
    assert new.public_key is not None
    message = operators_module.endorsement_message(new.reference, new.public_key)
    assert verify_signature(former.public_key, message, former.endorsement)
    assert set(home.operators.public_keys()) == {former.public_key, new.public_key}
    with pytest.raises(Refused):
        home.operators.unlock("Anna", SECRET)
    home.operators.unlock("Anna", "battery staple")


def test_rotation_of_a_forgotten_passphrase_needs_an_admin_and_is_not_endorsed(home: Home) -> None:
    home.operators.add("Ada", Role.ADMIN)
    home.operators.use("Ada")
    home.operators.add("Anna", Role.PRACTITIONER, passphrase=SECRET)
    home.operators.use("Anna")
    with pytest.raises(Refused, match="may not manage keys; who may: admin"):
        home.operators.rotate_key("Anna", "battery staple", at=AT)
    home.operators.use("Ada")
    anna = home.operators.rotate_key("Anna", "battery staple", at=AT)
    assert [former.endorsement for former in anna.former_keys] == [None]


def test_handing_over_is_signed_by_who_takes(home: Home) -> None:
    anna = home.operators.add("Anna", Role.PRACTITIONER, passphrase=SECRET)
    ben = home.operators.add("Ben", Role.PRACTITIONER, passphrase=OTHER)
    home.operators.use("Anna")
    handover = hand_over(home.operators, "t-1", "Ben", OTHER, at=AT)
    assert (handover.giver, handover.taker) == (anna.reference, ben.reference)
    assert home.operators.current() == ben
    assert verify_handover(handover, home.operators.public_keys())
    for other in (
        {"treatment": "t-2"},
        {"taker": anna.reference},
        {"at": "2027"},
        {"public_key": anna.public_key},
    ):
        fields = {name: getattr(handover, name) for name in handover.__slots__} | other
        assert not verify_handover(Handover(**fields), home.operators.public_keys())


@pytest.mark.parametrize(
    ("taker", "passphrase", "why"),
    [
        ("Ben", "wrong passphrase", "does not open"),
        ("Tom", SECRET, "technician may not treat"),
        ("Anna", SECRET, "already"),
    ],
)
def test_a_refused_handover_changes_nobody(home: Home, taker: str, passphrase: str, why: str) -> None:
    anna = home.operators.add("Anna", Role.PRACTITIONER, passphrase=SECRET)
    home.operators.add("Ben", Role.PRACTITIONER, passphrase=SECRET)
    home.operators.add("Tom", Role.TECHNICIAN, passphrase=SECRET)
    home.operators.use("Anna")
    with pytest.raises(Refused, match=why):
        hand_over(home.operators, "t-1", taker, passphrase, at=AT)
    assert home.operators.current() == anna


def test_no_name_in_errors_or_repr(home: Home) -> None:
    person = home.operators.add(CANARY, Role.ADMIN, passphrase=SECRET)
    texts = [repr(person), str(person), repr(home.operators.list())]
    calls: list[Callable[[], object]] = [
        lambda: home.operators.add(CANARY, Role.VIEWER, by=person),
        lambda: home.operators.get(CANARY + "x"),
        lambda: home.operators.unlock(CANARY, "wrong horse"),
        lambda: home.operators.retire(CANARY, by=person),
        lambda: home.operators.set_role(CANARY, Role.VIEWER),
        lambda: home.operators.use("not " + CANARY),
        lambda: hand_over(home.operators, "t", CANARY, SECRET, at=AT),
    ]
    for call in calls:
        with pytest.raises((InputError, Refused)) as caught:
            call()
        texts.append(str(caught.value))
    assert not [text for text in texts if CANARY in text]


@pytest.mark.parametrize("text", ["", "{}", '{"operators": [{}], "current": null}', '{"operators": 3, "current": 1}'])
def test_a_damaged_list_is_said(home: Home, text: str) -> None:
    path = home.path / "operators.json"
    path.write_text(text)
    path.chmod(0o600)
    with pytest.raises(RecordError, match="damaged"):
        home.operators.list()
