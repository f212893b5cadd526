"""What people sign with their own keys stands on its row, and forging it shows."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from mesogun.clock import ManualClock
from mesogun.errors import InputError
from mesogun.identity import Home, Role, hand_over
from mesogun.journal import Journal, open_journal, signatures
from mesogun.record.events import HandedOver
from tests.journal.samples import OTHER, TREATMENT, treatment
from tests.journal.tampering import behind
from tests.trace import req

SECRET = "correct horse"  # noqa: S105


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setattr("mesogun.identity.signing._SCRYPT_N", 2**4)
    made = Home(tmp_path / "home")
    made.operators.add("Anna", Role.PRACTITIONER, passphrase=SECRET)
    made.operators.add("Tom", Role.TECHNICIAN, passphrase=SECRET)
    return made


@pytest.fixture
def written(path: Path, home: Home) -> Path:
    """Row 1 is approved by Anna, row 10 (the end) signed by Tom."""
    with open_journal(path, ManualClock()) as journal:
        journal.append(treatment(), treatment=TREATMENT, epoch=None)
        for who, seq, meaning in (("Anna", 1, "approved the plan"), ("Tom", 10, "checked the gun after it")):
            person = home.operators.get(who)
            signer = home.operators.unlock(who, SECRET)
            journal.sign(seq, signer, operator=person.reference, meaning=meaning)
    return path


@req("MG-08", "MG-14")
def test_a_signature_says_who_when_and_what_for(written: Path, home: Home) -> None:
    anna = home.operators.get("Anna")
    with open_journal(written, ManualClock(), read_only=True) as journal:
        (signed,) = journal.signatures(1)
        assert (signed.operator, signed.meaning) == (anna.reference, "approved the plan")
        assert signed.at == "2026-01-05T09:00:00.000Z"
        assert signed.public_key == anna.public_key
        assert [one.seq for one in journal.signatures()] == [1, 10]
        assert journal.verify(people=home.operators.public_keys()).ok


def test_a_rotated_key_still_counts_for_what_it_signed(written: Path, home: Home) -> None:
    home.operators.rotate_key("Anna", "battery staple", passphrase=SECRET, at=ManualClock().utc())
    with open_journal(written, ManualClock(), read_only=True) as journal:
        assert journal.verify(people=home.operators.public_keys()).ok


def test_there_must_be_a_row_to_sign(journal: Journal, home: Home) -> None:
    with pytest.raises(InputError, match="no row 1"):
        journal.sign(1, home.operators.unlock("Anna", SECRET), operator="op-1", meaning="x")
    assert journal.signatures() == ()


@pytest.mark.parametrize(
    ("change", "first_bad", "says"),
    [
        ("UPDATE signatures SET meaning = 'refused the plan' WHERE number = 1", 1, "does not fit"),
        ("UPDATE signatures SET operator = 'op-other' WHERE number = 2", 10, "does not fit"),
        ("UPDATE signatures SET at = '2020' WHERE number = 2", 10, "does not fit"),
        ("UPDATE signatures SET seq = 2 WHERE number = 1", 2, "does not fit"),
        ("UPDATE signatures SET signature = zeroblob(64) WHERE number = 1", 1, "does not fit"),
        ("DELETE FROM signatures WHERE number = 1", 10, "signature 1 is missing"),
        ("UPDATE signatures SET hash = 'text'", 1, "cannot be read"),
    ],
)
def test_a_changed_signature_shows(written: Path, change: str, first_bad: int, says: str) -> None:
    with behind(written) as connection:
        connection.execute(change)
    with open_journal(written, ManualClock(), read_only=True) as journal:
        verdict = journal.verify()
    assert (verdict.ok, verdict.first_bad) == (False, first_bad)
    assert says in verdict.reason


def test_signing_in_another_persons_name_shows(path: Path, home: Home) -> None:
    anna = home.operators.get("Anna")
    with open_journal(path, ManualClock()) as journal:
        journal.append(treatment(), treatment=TREATMENT, epoch=None)
        tom = home.operators.unlock("Tom", SECRET)
        signed = journal.sign(1, tom, operator=anna.reference, meaning="approved the plan")
        assert journal.verify().ok, "by itself it fits"
        verdict = journal.verify(people=home.operators.public_keys())
    assert (verdict.ok, verdict.first_bad) == (False, 1)
    assert f"no known key of {anna.reference}" in verdict.reason
    assert signatures.message("another journal", signed) != signatures.message(journal.journal_id, signed)


@req("MG-08")
def test_a_handover_is_signed_by_who_takes_over(path: Path, home: Home) -> None:
    anna, ben = home.operators.use("Anna"), home.operators.add("Ben", Role.PRACTITIONER, passphrase=SECRET)
    signed = hand_over(home.operators, TREATMENT, "Ben", SECRET, at=ManualClock().utc())
    event = HandedOver(anna.reference, ben.reference, signed.at, signed.public_key.hex(), signed.signature.hex())
    by_ben = home.operators.public_keys()
    for number, (told, first_bad) in enumerate(
        (
            (event, None),
            (HandedOver(anna.reference, ben.reference), None),
            (dataclasses.replace(event, to_operator=anna.reference), 1),
            (dataclasses.replace(event, at="2026-01-06T00:00:00.000Z"), 1),
            (dataclasses.replace(event, signature="no hex"), 1),
        )
    ):
        with open_journal(path.with_name(f"journal-{number}"), ManualClock()) as journal:
            journal.append([told], treatment=TREATMENT, epoch=None)
            verdict = journal.verify(people=by_ben)
            assert verdict.first_bad == first_bad, verdict.reason
    with open_journal(path, ManualClock()) as journal:
        journal.append([event], treatment=OTHER, epoch=None)
        assert "not signed by a known key" in journal.verify(people=by_ben).reason, "another treatment was handed over"
