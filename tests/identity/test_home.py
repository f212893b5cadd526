"""The folder, the gun keys and the station: who may read them, and what damage looks like."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from mesogun.errors import InputError, RecordError
from mesogun.identity import BENCH_KEY, SIMULATED_KEY, Home, check_subject, new_subject, verify_signature
from tests.identity.conftest import AT

KEY = bytes(range(32))


def test_the_environment_names_the_folder(tmp_path: Path) -> None:
    home = Home.open(environ={"MESOGUN_HOME": str(tmp_path / "mine")})
    assert home.path == tmp_path / "mine"
    assert home.path.is_dir()


def test_an_explicit_path_wins_over_the_environment(tmp_path: Path) -> None:
    assert Home.open(tmp_path / "a", environ={"MESOGUN_HOME": str(tmp_path / "b")}).path == tmp_path / "a"


def test_everything_in_it_is_owner_only(home: Home) -> None:
    home.store_gun_key(7, KEY, by="op-1", at=AT)
    home.signing_key()
    for path in [home.path, *home.path.rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


def test_a_folder_open_to_others_is_refused_not_tightened(tmp_path: Path) -> None:
    path = tmp_path / "open"
    path.mkdir()
    path.chmod(0o755)
    with pytest.raises(InputError, match=r"mode 755.*chmod 700"):
        Home(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o755


def test_a_file_open_to_others_is_refused(home: Home) -> None:
    home.store_gun_key(7, KEY, by="op-1", at=AT)
    (home.path / "guns.json").chmod(0o644)
    with pytest.raises(InputError, match="others can read it"):
        home.gun_key(7)


def test_a_file_where_the_folder_should_be(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("x")
    with pytest.raises(InputError, match="MESOGUN_HOME"):
        Home(tmp_path / "f")


def test_gun_keys_survive_reopening(home: Home) -> None:
    assert home.gun_key(7) is None
    home.store_gun_key(7, KEY, by="op-1", at=AT)
    again = Home(home.path)
    assert again.gun_key(7) == KEY
    assert [(gun.device_id, gun.by, gun.at) for gun in again.guns.list()] == [(7, "op-1", "2026-01-05T09:00:00.000Z")]


def test_a_paired_gun_is_replaced_only_when_asked(home: Home) -> None:
    home.store_gun_key(7, KEY, by="op-1", at=AT)
    with pytest.raises(InputError, match="paired already"):
        home.store_gun_key(7, bytes(32), by="op-1", at=AT)
    home.store_gun_key(7, bytes(32), by="op-1", at=AT, replace=True)
    assert home.gun_key(7) == bytes(32)
    home.guns.forget(7)
    assert home.gun_key(7) is None
    with pytest.raises(InputError, match="not paired"):
        home.guns.forget(7)


@pytest.mark.parametrize("key", [SIMULATED_KEY, BENCH_KEY])
def test_a_published_key_pairs_nothing(home: Home, key: bytes) -> None:
    assert len(key) == 32
    with pytest.raises(InputError, match="published"):
        home.store_gun_key(7, key, by="op-1", at=AT)


@pytest.mark.parametrize("key", [b"", bytes(31), bytes(33)])
def test_a_key_of_another_length_is_refused(home: Home, key: bytes) -> None:
    with pytest.raises(InputError, match="32"):
        home.store_gun_key(7, key, by="op-1", at=AT)


def test_a_key_never_shows_in_repr(home: Home) -> None:
    home.store_gun_key(7, KEY, by="op-1", at=AT)
    assert KEY.hex() not in repr(home.guns.list())
    assert "\\x01\\x02" not in repr(home.guns.list())


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"guns": {"zz": {}}}', '{"guns": {"07": {"key": "00", "by": "", "at": ""}}}']
)
def test_a_damaged_file_is_one_line_and_untouched(home: Home, text: str) -> None:
    path = home.path / "guns.json"
    path.write_text(text)
    path.chmod(0o600)
    with pytest.raises(RecordError, match="damaged") as caught:
        home.gun_key(7)
    assert "\n" not in str(caught.value)
    assert path.read_text() == text


def test_an_interrupted_write_leaves_the_old_file(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    home.store_gun_key(7, KEY, by="op-1", at=AT)

    def fail(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="No space"):
        home.store_gun_key(8, KEY, by="op-1", at=AT)
    assert home.gun_key(8) is None
    assert home.gun_key(7) == KEY
    assert [path.name for path in home.path.iterdir() if path.name.startswith(".guns")] == []


def test_the_station_signs_and_keeps_its_key(home: Home) -> None:
    first = home.signing_key()
    assert Home(home.path).signing_key().public_key == first.public_key
    assert verify_signature(first.public_key, b"m", first.sign(b"m"))
    assert not verify_signature(first.public_key, b"n", first.sign(b"m"))


def test_a_rotated_station_key_stays_trusted(home: Home) -> None:
    old = home.signing_key()
    new = home.station.rotate(AT)
    assert new.public_key != old.public_key
    assert home.signing_key().public_key == new.public_key
    assert set(home.station.trusted_keys()) == {old.public_key, new.public_key}


def test_a_lost_station_key_is_noticed(home: Home) -> None:
    home.signing_key()
    (home.path / "keys" / "station.json").unlink()
    with pytest.raises(RecordError, match="gone"):
        home.signing_key()
    home.station.rotate(AT)
    home.signing_key()


def test_a_seen_head_never_goes_back(home: Home) -> None:
    assert home.station.seen_head("j") is None
    home.station.saw_head("j", 10, "aa", AT)
    home.station.saw_head("j", 9, "bb", AT)
    seen = home.station.seen_head("j")
    assert seen is not None
    assert (seen.seq, seen.hash) == (10, "aa")


def test_importing_identity_loads_nothing_heavy() -> None:
    code = (
        "import sys, mesogun.identity; "
        "print([m for m in ('cryptography', 'platformdirs', 'sqlalchemy', 'numpy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_subject_references_are_random_and_checked() -> None:
    references = {new_subject() for _ in range(100)}
    assert len(references) == 100
    for reference in references:
        assert check_subject(reference) == reference


@pytest.mark.parametrize("text", ["Zyxkowska", "Anna Zyxkowska 1980", "s1", "s-1\n", "ä-12345", "x" * 33 + "1"])
def test_a_name_is_no_reference_and_is_not_repeated(text: str) -> None:
    with pytest.raises(InputError) as caught:
        check_subject(text)
    assert text not in str(caught.value)


def test_a_proposed_key_stands_beside_the_one_in_force_until_one_is_stored(home: Home) -> None:
    new, newer = bytes(32), bytes([9]) * 32
    home.propose_gun_key(7, new, by="op-1", at=AT)
    assert (home.gun_key(7), home.gun_keys(7)) == (None, (new,))
    home.store_gun_key(7, KEY, by="op-1", at=AT)
    assert home.gun_keys(7) == (KEY,)
    home.propose_gun_key(7, new, by="op-1", at=AT)
    home.propose_gun_key(7, newer, by="op-1", at=AT)
    again = Home(home.path)
    assert (again.gun_key(7), again.gun_keys(7)) == (KEY, (KEY, newer, new))
    again.store_gun_key(7, newer, by="op-1", at=AT, replace=True)
    assert home.gun_keys(7) == (newer,)
    assert home.gun_keys(8) == ()
    home.guns.forget(7)
    assert home.gun_keys(7) == ()
