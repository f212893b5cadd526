"""The same journal on a PostgreSQL server: a real one, made for these tests."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from mesogun.clock import ManualClock
from mesogun.errors import InputError, RecordError
from mesogun.identity import Signer
from mesogun.journal import Fenced, Filter, Journal, JournalBusy, backup, open_journal
from mesogun.record import fold_all
from tests.journal.samples import GUN, OTHER, TREATMENT, loaded, note, shot, treatment
from tests.trace import req

pytestmark = pytest.mark.needs("postgresql")
KEY = Signer.from_seed(bytes(range(32)))

sa.dialects.registry.register("postgresql.libpq", "tests.journal.libpq", "Dialect")
DRIVERS = ["libpq", *(["psycopg"] if importlib.util.find_spec("psycopg") else [])]


class Server:
    """A cluster in a folder of its own, reached through a socket in that folder only."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data = folder / "data"
        # A server refuses to run as root; whoever else is there will do.
        self._user = "nobody" if os.geteuid() == 0 else None
        if self._user:
            shutil.chown(folder, self._user)
        found = shutil.which("initdb")
        assert found
        self._bin = Path(found).resolve().parent
        self.run("initdb", "-D", str(self.data), "-U", "mesogun", "-A", "trust", "-E", "UTF8", "--no-sync")

    def run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [str(self._bin / program), *arguments],
            check=True,
            user=self._user,
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def start(self) -> None:
        options = f"-k {self.folder} -c listen_addresses=''"
        self.run("pg_ctl", "start", "-w", "-D", str(self.data), "-o", options, "-l", str(self.folder / "log"))

    def stop(self, mode: str) -> None:
        self.run("pg_ctl", "stop", "-w", "-D", str(self.data), "-m", mode)

    def url(self, driver: str, database: str) -> str:
        return f"postgresql+{driver}://mesogun@/{database}?host={self.folder}"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with tempfile.TemporaryDirectory(prefix="mesogun-pg-") as name:
        made = Server(Path(name))
        made.start()
        yield made
        made.stop("immediate")


@pytest.fixture(params=DRIVERS)
def url(server: Server, request: pytest.FixtureRequest) -> str:
    """An empty database that nobody else is in."""
    admin = sa.create_engine(server.url("libpq", "postgres"))
    with admin.begin() as connection:
        others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
        connection.exec_driver_sql(f"{others} AND backend_type = 'client backend'")
        connection.exec_driver_sql("DROP SCHEMA public CASCADE")
        connection.exec_driver_sql("CREATE SCHEMA public")
    admin.dispose()
    return server.url(request.param, "postgres")


@pytest.fixture
def journal(url: str) -> Iterator[Journal]:
    with open_journal(url, ManualClock(), signer=KEY) as opened:
        yield opened


def test_what_is_appended_is_there_after_reopening(url: str, journal: Journal) -> None:
    events = treatment()
    assert journal.append(events, treatment=TREATMENT, epoch=journal.take(TREATMENT, "s")) == 10
    with open_journal(url, ManualClock(), read_only=True) as reader:
        rows = list(reader.rows())
        assert [row.event for row in rows] == events
        assert rows == list(journal.rows())
        assert reader.head() == journal.head()
        assert reader.state(TREATMENT) == fold_all(events)
        assert [summary.subject for summary in reader.treatments()] == ["s-0001"]
        assert [row.seq for row in reader.rows(chosen=Filter(gun=GUN, kinds=["ShotRecorded"]))] == [5, 7, 9]
        journal.append([replace(shot(4), outcome="INDETERMINATE")], treatment=OTHER, epoch=None)
        assert reader.doubted() == {OTHER}
        with pytest.raises(RecordError, match="reading only"):
            reader.append([note()], treatment=TREATMENT, epoch=None)


def test_verify_with_checkpoints(url: str, journal: Journal) -> None:
    journal.append(treatment(), treatment=TREATMENT, epoch=None)
    journal.checkpoint()
    verdict = journal.verify(keys=[KEY.public_key], heads=[journal.head()], deep=True)
    assert (verdict.ok, verdict.events, verdict.signed_to) == (True, 10, 10)
    assert journal.totals("s-0001")[0].high_nl > 0
    assert journal.verify(deep=True).ok
    engine = sa.create_engine(url)
    with engine.begin() as thief:
        thief.exec_driver_sql("ALTER TABLE events DISABLE TRIGGER ALL")
        thief.exec_driver_sql("UPDATE events SET treatment = 'x' WHERE seq = 4")
    engine.dispose()
    assert journal.verify().first_bad == 4


@pytest.mark.parametrize("table", ["events", "epochs", "checkpoints", "generations"])
def test_the_server_itself_refuses_to_change_rows(url: str, journal: Journal, table: str) -> None:
    engine = sa.create_engine(url)
    for change in (f"DELETE FROM {table}", f"TRUNCATE {table}"):  # noqa: S608  (names of this test)
        with pytest.raises(sa.exc.DBAPIError), engine.begin() as connection:
            connection.exec_driver_sql(change)
    engine.dispose()


@req("H11")
def test_runners_are_locked_out_and_fenced(url: str, journal: Journal) -> None:
    epoch = journal.take(TREATMENT, "station-1")
    with open_journal(url, ManualClock()) as other:
        with pytest.raises(JournalBusy, match="another station"):
            other.take(TREATMENT, "station-2")
        assert other.take(OTHER, "station-2") == 1
        journal.release(TREATMENT)
        assert other.take(TREATMENT, "station-2") == epoch + 1
        with pytest.raises(Fenced):
            journal.append([loaded(1)], treatment=TREATMENT, epoch=epoch)
        other.append([loaded(1)], treatment=TREATMENT, epoch=epoch + 1)


def test_stations_at_once_make_one_chain(url: str, journal: Journal) -> None:
    def write(name: str) -> None:
        with open_journal(url, ManualClock()) as station:
            for n in range(25):
                station.append([note(f"{name}-{n}")], treatment=name, epoch=None)

    stations = [threading.Thread(target=write, args=(name,)) for name in ("a", "b", "c")]
    for station in stations:
        station.start()
    for station in stations:
        station.join()
    verdict = journal.verify(deep=True)
    assert (verdict.ok, verdict.events) == (True, 75)
    for name in ("a", "b", "c"):
        texts = [getattr(row.event, "text", "") for row in journal.rows(name)]
        assert texts == [f"{name}-{n}" for n in range(25)]


def test_a_backup_of_a_server_is_a_file(journal: Journal, tmp_path: Path) -> None:
    journal.append(treatment(), treatment=TREATMENT, epoch=journal.take(TREATMENT, "s"))
    verdict = backup(journal, tmp_path / "copy", ManualClock(), keys=[KEY.public_key])
    assert verdict.head == journal.head()
    with open_journal(tmp_path / "copy", ManualClock()) as copy:
        assert list(copy.rows()) == list(journal.rows())
        assert copy.verify(deep=True).ok
        assert copy.take(TREATMENT, "s") == 2


def test_no_journal_in_that_database(url: str) -> None:
    with pytest.raises(InputError, match="no journal"):
        open_journal(url, ManualClock(), create=False)


def test_a_foreign_database_stays_untouched(url: str) -> None:
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE events (id integer)")
        connection.exec_driver_sql("CREATE TABLE meta (key text, value text)")
    for read_only in (True, False):
        with pytest.raises(RecordError, match="damaged") as caught:
            open_journal(url, ManualClock(), read_only=read_only)
        assert "\n" not in str(caught.value)
    with engine.begin() as connection:
        assert sorted(sa.inspect(connection).get_table_names()) == ["events", "meta"]
    engine.dispose()


def test_a_server_that_dies_acknowledges_nothing_and_loses_nothing(server: Server, url: str) -> None:
    journal = open_journal(url, ManualClock())
    epoch = journal.take(TREATMENT, "s")
    journal.append([note("kept")], treatment=TREATMENT, epoch=epoch)
    server.stop("immediate")  # as a power cut: no shutdown, recovery at the next start
    try:
        with pytest.raises(RecordError, match="server") as caught:
            journal.append([note("lost")], treatment=TREATMENT, epoch=epoch)
        assert "\n" not in str(caught.value)
        with pytest.raises(RecordError, match="reopen"):
            journal.append([note("lost")], treatment=TREATMENT, epoch=epoch)
        journal.close()
        with pytest.raises(RecordError, match="server"):
            open_journal(url, ManualClock())
    finally:
        server.start()
    with open_journal(url, ManualClock()) as again:
        assert [getattr(row.event, "text", "") for row in again.rows()] == ["kept"]
        assert again.take(TREATMENT, "s") == epoch + 1


def test_a_held_queue_is_busy(url: str) -> None:
    from mesogun.journal import store

    with open_journal(url, ManualClock(), wait_s=0.05) as journal:
        engine = sa.create_engine(url)
        with engine.begin() as holder:
            holder.execute(sa.select(sa.func.pg_advisory_xact_lock(store._APPEND_LOCK)))
            with pytest.raises(JournalBusy, match="nothing was written"):
                journal.append([note()], treatment=TREATMENT, epoch=None)
        engine.dispose()
        assert journal.append([note()], treatment=TREATMENT, epoch=None) == 1
