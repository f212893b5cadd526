"""A journal that cannot be used: one line, an exit code, and the file as it was."""

from __future__ import annotations

import contextlib
import io
import sqlite3
from pathlib import Path

import pytest

from mesogun.clock import ManualClock
from mesogun.identity import Home, Role
from mesogun.journal import open_journal
from tests.cli.command import Command
from tests.journal.samples import TREATMENT, treatment

WORDS = "eight or more"
LOOKING = (("list",), ("show",), ("verify",), ("export",), ("settle",), ("note", TREATMENT, "x"))


def newer(path: Path) -> None:
    good(path)
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 99")


def cut(path: Path) -> None:
    good(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def foreign(path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE events (seq INTEGER)")


def text(path: Path) -> None:
    path.write_text("Dear diary", encoding="utf-8")


def good(path: Path) -> None:
    with open_journal(path, ManualClock()) as record:
        record.append(treatment(), treatment=TREATMENT, epoch=None)


@pytest.fixture
def station(mesogun: Command, monkeypatch: pytest.MonkeyPatch) -> Command:
    """A practitioner without a signing key at the keyboard."""
    monkeypatch.setattr("mesogun.identity.signing._SCRYPT_N", 2**4)
    home = Home.open()
    home.operators.add("Ada", Role.PRACTITIONER)
    home.operators.use("Ada")
    return mesogun


@pytest.mark.parametrize("words", LOOKING, ids=lambda words: words[0])
@pytest.mark.parametrize("made", [newer, cut, foreign, text])
def test_a_journal_that_cannot_be_used_stays_as_it_is(made: object, words: tuple[str, ...], station: Command) -> None:
    path = station.folder / "bad"
    assert callable(made)
    made(path)
    before = path.read_bytes()
    done = station("journal", *words, "--journal", str(path))
    assert done.code == 7
    assert str(path) in done.complaint
    assert path.read_bytes() == before


@pytest.mark.parametrize("url", ["gopher://x/y", "sqlite://", "postgresql://", "mysql://h/d", "/"])
def test_a_wrong_url_is_one_line(url: str, station: Command) -> None:
    done = station("journal", "list", "--journal", url)
    assert done.code == 2
    assert done.complaint


@pytest.mark.parametrize(("typed", "key", "code"), [("not my words", True, 5), ("any words", False, 2), ("", True, 2)])
def test_a_missing_key_and_a_forgotten_passphrase_sign_nothing(
    typed: str, key: bool, code: int, station: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = station.folder / "good"
    good(path)
    if key:
        Home.open().operators.add("Ben", Role.PRACTITIONER, passphrase=WORDS)
        Home.open().operators.use("Ben")
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{typed}\n"))
    done = station("journal", "sign", "1", "--meaning", "x", "--passphrase-stdin", "--journal", str(path))
    assert done.code == code
    assert done.complaint
    with open_journal(path, ManualClock(), read_only=True) as record:
        assert record.signatures() == ()
        assert record.head().seq == 10
