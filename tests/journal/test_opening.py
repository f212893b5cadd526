"""What is refused before anything is written: foreign, newer, damaged, shared, locked, full; and the settings."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from mesogun.clock import ManualClock
from mesogun.errors import InputError, RecordError
from mesogun.identity import Signer
from mesogun.journal import JournalBusy, engine, open_journal, place, schema
from tests.journal.samples import TREATMENT, note, treatment
from tests.journal.tampering import behind

KEY = Signer.from_seed(bytes(range(32)))
FIXTURES = Path(__file__).parent / "fixtures"


def made(path: Path) -> Path:
    with open_journal(path, ManualClock()) as journal:
        journal.append(treatment(), treatment=TREATMENT, epoch=None)
    return path


def refused(path: Path | str, **options: Any) -> str:
    with pytest.raises((RecordError, InputError)) as caught:
        open_journal(path, ManualClock(), **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_settings_are_wal_and_full(path: Path) -> None:
    with open_journal(path, ManualClock()) as journal:
        for pragma, value in (("journal_mode", "wal"), ("synchronous", 2), ("fullfsync", 1)):
            assert journal.writer.exec_driver_sql(f"PRAGMA {pragma}").scalar_one() == value
        journal.writer.rollback()


@pytest.mark.parametrize(
    ("setting", "found"), [("synchronous = NORMAL", "synchronous 1"), ("synchronous = OFF", "synchronous 0")]
)
def test_a_setting_overridden_behind_our_back_is_refused(path: Path, setting: str, found: str) -> None:
    made(path)

    def override(connection: sqlite3.Connection, _: object) -> None:
        connection.execute(f"PRAGMA {setting}")

    sa.event.listen(sa.Engine, "connect", override)
    try:
        assert found in refused(path)
    finally:
        sa.event.remove(sa.Engine, "connect", override)


def test_a_file_system_that_cannot_do_wal_is_refused(path: Path) -> None:
    made(path)
    # unix-dotfile locks by making files and has no shared memory, as some shares and phones do.
    with sqlite3.connect(path) as plain:
        plain.execute("PRAGMA journal_mode = DELETE")
    plain.close()
    dotfile = engine.sqlite_engine(path, read_only=False, wait_s=0, vfs="unix-dotfile")
    with dotfile.connect() as connection, pytest.raises(RecordError, match="journal_mode delete"):
        engine.check_durable(connection, "j")
    dotfile.dispose()


def test_a_new_journal_is_owner_only_and_leaves_nothing_beside_it(path: Path) -> None:
    open_journal(path, ManualClock()).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(files(path.parent)) == [path.name]


def test_folders_are_made(tmp_path: Path) -> None:
    open_journal(tmp_path / "a" / "b" / "j", ManualClock()).close()
    assert (tmp_path / "a" / "b" / "j").is_file()


def test_a_journal_interrupted_while_being_made_leaves_no_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(path: Path) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(place, "sync_file", fail)
    assert "Input/output error" in refused(path)
    assert files(path.parent) == {}


@pytest.mark.parametrize(
    "url", ["", "  ", ":memory:", "sqlite://", "sqlite:///:memory:", "mysql://host/db", "http://x/y", "://", "a\0b"]
)
def test_what_cannot_be_a_journal(url: str) -> None:
    with pytest.raises(InputError) as caught:
        open_journal(url, ManualClock())
    assert "\n" not in str(caught.value)


def test_a_url_of_a_file_is_that_file(tmp_path: Path) -> None:
    made(tmp_path / "j")
    with open_journal(f"sqlite:///{tmp_path / 'j'}", ManualClock(), create=False) as journal:
        assert journal.head().seq == 10


def test_a_password_in_a_url_is_not_repeated() -> None:
    with pytest.raises((InputError, RecordError)) as caught:
        open_journal("postgresql://user:CANARY@127.0.0.1:1/db", ManualClock())
    assert "CANARY" not in str(caught.value)


@pytest.mark.parametrize("options", [{"create": False}, {"read_only": True}])
def test_no_journal_there(path: Path, options: dict[str, bool]) -> None:
    assert "no journal" in refused(path, **options)
    assert files(path.parent) == {}


def test_a_folder_is_no_journal(tmp_path: Path) -> None:
    assert "not a file" in refused(tmp_path)


@pytest.mark.parametrize("content", [b"", b"x", b"SQLite format 3\0", b"%PDF-1.7 " * 100, b"\0" * 8192])
def test_a_foreign_file_stays_untouched(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    assert "no journal" in refused(path)
    assert files(path.parent) == {path.name: content}


def test_another_programs_database_stays_untouched(path: Path) -> None:
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE events (seq INTEGER PRIMARY KEY)")
    other.close()
    before = files(path.parent)
    assert "another program" in refused(path)
    assert files(path.parent) == before


@pytest.mark.parametrize(("version", "says"), [(99, "newer"), (0, "damaged")])
@pytest.mark.parametrize("read_only", [True, False])
def test_another_version_stays_untouched(path: Path, version: int, says: str, *, read_only: bool) -> None:
    made(path)
    with behind(path) as connection:
        connection.execute(f"PRAGMA user_version = {version}")
    before = files(path.parent)
    assert says in refused(path, read_only=read_only)
    assert files(path.parent) == before


@pytest.mark.parametrize("size", [100, 4095, 4096 * 3 + 1])
def test_a_file_that_was_cut_stays_untouched(path: Path, size: int) -> None:
    content = made(path).read_bytes()[:size]
    path.write_bytes(content)
    assert "cut off" in refused(path)
    assert files(path.parent) == {path.name: content}


@settings(max_examples=40)
@given(st.integers(0, 4095), st.binary(min_size=1, max_size=200))
def test_damage_in_the_first_page_is_an_error_of_ours(
    tmp_path_factory: pytest.TempPathFactory, offset: int, damage: bytes
) -> None:
    path = tmp_path_factory.mktemp("damaged") / "j"
    content = bytearray((FIXTURES / "v1.mesogun").read_bytes())
    content[offset : offset + len(damage)] = damage
    path.write_bytes(content)
    says = "fine"
    try:
        with open_journal(path, ManualClock(), read_only=True) as journal:
            journal.verify()
            journal.treatments()
    except (RecordError, InputError) as error:
        says = str(error)
    assert "\n" not in says


def test_a_damaged_file_is_refused_in_one_line(path: Path) -> None:
    content = bytearray(made(path).read_bytes())
    content[100:4096] = bytes(3996)
    path.write_bytes(content)
    assert "damaged" in refused(path)
    assert path.read_bytes() == bytes(content)


@pytest.fixture
def locked(path: Path) -> Iterator[sqlite3.Connection]:
    made(path)
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    yield holder
    holder.close()


def test_a_locked_journal_is_busy_and_recovers(path: Path, locked: sqlite3.Connection) -> None:
    with open_journal(path, ManualClock(), wait_s=0) as journal:
        with pytest.raises(JournalBusy, match="nothing was written"):
            journal.append([note()], treatment=TREATMENT, epoch=None)
        with pytest.raises(JournalBusy):
            journal.take(TREATMENT, "s")
        assert journal.head().seq == 10
        locked.execute("ROLLBACK")
        assert journal.append([note()], treatment=TREATMENT, epoch=None) == 11
        assert journal.take(TREATMENT, "s") == 1


def test_closing_a_locked_journal_hides_nothing_and_leaves_the_end_unsigned(path: Path) -> None:
    made(path)
    holder = sqlite3.connect(path, isolation_level=None)

    def work() -> None:
        with open_journal(path, ManualClock(), signer=KEY, wait_s=0) as journal:
            journal.append([note()], treatment=TREATMENT, epoch=None)
            holder.execute("BEGIN IMMEDIATE")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        work()
    holder.close()
    with open_journal(path, ManualClock(), signer=KEY) as journal:
        assert journal.verify().signed_to == 10
    with open_journal(path, ManualClock(), read_only=True) as journal:
        assert journal.verify(keys=[KEY.public_key]).signed_to == 11


def test_a_full_file_stops_cleanly_and_recovers(path: Path) -> None:
    with open_journal(path, ManualClock()) as journal:
        journal.append([note()], treatment=TREATMENT, epoch=None)
        # SQLite's own way of saying that there is no more room; a real full disk is in test_powercut.
        pages = journal.writer.exec_driver_sql("PRAGMA page_count").scalar_one()
        journal.writer.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
        journal.writer.rollback()
        with pytest.raises(RecordError, match="disk is full"):
            journal.append([note("x" * 50_000)], treatment=TREATMENT, epoch=None)
        assert journal.head().seq == 1
        journal.writer.exec_driver_sql(f"PRAGMA max_page_count = {pages + 100}")
        journal.writer.rollback()
        assert journal.append([note("x" * 50_000)], treatment=TREATMENT, epoch=None) == 2
        assert journal.verify().ok


def test_a_read_only_file_is_said(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite opens a file that it cannot write to for reading and says so at the first write; so do we."""
    made(path)
    connect = sqlite3.connect

    def connect_read_only(database: str, **options: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(database.replace("mode=rw", "mode=ro"), **options)
        return connection

    monkeypatch.setattr(sqlite3, "connect", connect_read_only)
    with open_journal(path, ManualClock()) as journal, pytest.raises(RecordError, match="read-only"):
        journal.append([note()], treatment=TREATMENT, epoch=None)


def test_a_journal_on_a_read_only_medium_can_be_read(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made(path)
    monkeypatch.setattr(os, "access", lambda *_: False)
    before = files(path.parent)
    with open_journal(path, ManualClock(), read_only=True) as journal:
        assert journal.verify().events == 10
        assert files(path.parent) == before, "no WAL, no shared memory"


def test_a_reader_leaves_nothing_behind(path: Path) -> None:
    made(path)
    before = files(path.parent)
    with open_journal(path, ManualClock(), read_only=True) as journal:
        assert journal.verify().events == 10
        with pytest.raises(sa.exc.OperationalError, match="readonly"):
            journal.writer.exec_driver_sql("DELETE FROM meta")
    assert files(path.parent) == before


@pytest.mark.parametrize("how", ["moved", "removed", "replaced"])
def test_a_file_taken_away_while_open_takes_no_more_rows(path: Path, tmp_path: Path, how: str) -> None:
    made(tmp_path / "other")
    with open_journal(path, ManualClock()) as journal:
        epoch = journal.take(TREATMENT, "s")
        journal.append([note()], treatment=TREATMENT, epoch=epoch)
        path.rename(tmp_path / "moved")
        if how == "removed":
            (tmp_path / "moved").unlink()
        if how == "replaced":
            shutil.copy(tmp_path / "other", path)
        for _ in range(2):
            with pytest.raises(RecordError, match="moved, removed or replaced"):
                journal.append([note()], treatment=TREATMENT, epoch=epoch)


def test_a_link_and_its_file_are_one_journal(path: Path, tmp_path: Path) -> None:
    made(path)
    (tmp_path / "link").symlink_to(path)
    with open_journal(path, ManualClock()) as direct, open_journal(tmp_path / "link", ManualClock()) as linked:
        direct.take(TREATMENT, "s")
        with pytest.raises(JournalBusy):
            linked.take(TREATMENT, "s")


def test_a_lock_that_cannot_be_made_is_said(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_journal(path, ManualClock()) as journal:

        def fail(*_: object) -> int:
            raise OSError(13, "Permission denied")

        monkeypatch.setattr(os, "open", fail)
        with pytest.raises(RecordError, match="lock cannot be made"):
            journal.take(TREATMENT, "s")
        monkeypatch.undo()


MOUNTS = r"""24 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda1 rw
36 24 0:32 / /mnt/clinic\040share rw,relatime shared:20 - cifs //server/share rw,vers=3.1.1
37 24 0:33 / /mnt/clinic\040share/fast rw - ext4 /dev/sdb1 rw
38 24 0:34 / /home rw,relatime - nfs4 server:/home rw
39 38 0:35 / /home/local rw - xfs /dev/sdc1 rw
40 24 0:36 / /over rw - ext4 /dev/sdd1 rw
41 24 0:37 / /over rw - fuse.sshfs me@host: rw
a line that is none
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/var/lib/j", "ext4"),
        ("/mnt/clinic share/j", "cifs"),
        ("/mnt/clinic share/fast/j", "ext4"),
        ("/mnt/clinic sharednot/j", "ext4"),
        ("/home/x/j", "nfs4"),
        ("/home/local/j", "xfs"),
        ("/over/j", "fuse.sshfs"),
    ],
)
def test_the_file_system_is_that_of_the_deepest_mount(path: str, kind: str) -> None:
    assert place.mounted_as(Path(path), MOUNTS) == kind


def test_a_network_share_is_refused_before_anything_is_made(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(place, "filesystem_of", lambda _: "nfs4")
    assert "network share (nfs4)" in refused(path)
    assert files(path.parent) == {}


HEADS = {
    1: "e75c204539d48ce544a0afad630b16c6c1e00e49daa807385131b6366daf4663",
    2: "e67d0f1f57967ca528d0aaceea4b1c1bfbb5e9740a8a12213121dc6db80b32f4",
}


def test_a_file_of_each_older_version_is_kept() -> None:
    assert sorted(HEADS) == list(range(1, schema.VERSION))
    assert {path.name for path in FIXTURES.iterdir()} == {f"v{version}.mesogun" for version in HEADS}


@pytest.mark.parametrize("version", HEADS)
def test_an_old_journal_opens_in_this_version(path: Path, version: int) -> None:
    shutil.copy(FIXTURES / f"v{version}.mesogun", path)
    with sqlite3.connect(path) as plain:
        before = plain.execute("SELECT * FROM events ORDER BY seq").fetchall()
    plain.close()
    with open_journal(path, ManualClock()) as journal:
        assert journal.verify(deep=True).ok
        assert journal.head().hash == HEADS[version]
        assert [summary.subject for summary in journal.treatments()] == ["s-0001", "s-0002"]
        assert journal.generation().number == 1
        assert journal.signatures() == ()
        assert journal.append([note()], treatment=TREATMENT, epoch=None) == 21
        assert journal.take(TREATMENT, "s") == 2
    with sqlite3.connect(path) as plain:
        assert plain.execute("SELECT * FROM events WHERE seq <= 20 ORDER BY seq").fetchall() == before
        assert plain.execute("PRAGMA user_version").fetchone() == (schema.VERSION,)
        assert plain.execute("SELECT value FROM meta WHERE key = 'version'").fetchone() == (str(schema.VERSION),)
    plain.close()


@pytest.mark.parametrize("version", HEADS)
def test_an_old_journal_can_be_read_without_being_changed(path: Path, version: int) -> None:
    shutil.copy(FIXTURES / f"v{version}.mesogun", path)
    before = path.read_bytes()
    with open_journal(path, ManualClock(), read_only=True) as journal:
        assert journal.verify(deep=True).events == 20
        assert [summary.subject for summary in journal.treatments()] == ["s-0001", "s-0002"]
        with pytest.raises(RecordError, match="older mesogun"):
            journal.signatures()
    assert path.read_bytes() == before


def test_the_version_is_in_the_file_itself_after_an_update(path: Path) -> None:
    """A program that looks at the header alone must see the new version, whatever is still in the WAL."""
    shutil.copy(FIXTURES / "v1.mesogun", path)
    with open_journal(path, ManualClock()):
        assert path.read_bytes()[60:64] == schema.VERSION.to_bytes(4, "big")


def test_a_program_of_another_version_updating_meanwhile_does_no_harm(path: Path) -> None:
    shutil.copy(FIXTURES / "v1.mesogun", path)
    with open_journal(path, ManualClock()) as first, open_journal(path, ManualClock()) as second:
        first.append([note()], treatment=TREATMENT, epoch=None)
        second.append([note()], treatment=TREATMENT, epoch=None)
        assert first.verify(deep=True).events == 22
