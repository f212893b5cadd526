"""No name of a person leaves the station's own folder: not in record, log, capture, report, backup or error text."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from tests.cli.command import Command
from tests.trace import req

CANARY = "Zyxkowska"
WORDS = "eight or more"


def leaks(folder: Path, name: bytes) -> list[str]:
    return [str(path) for path in folder.rglob("*") if path.is_file() and name in path.read_bytes()]


@req("MG-08")
def test_no_name_of_an_operator_leaves_the_folder_of_people(mesogun: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mesogun.identity.signing._SCRYPT_N", 2**4)
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{WORDS}\n" * 9))
    assert mesogun("operator", "add", f"Ada {CANARY}", "--role", "practitioner", "--passphrase-stdin").code == 0
    state, where = mesogun.folder / "state", str(mesogun.folder / "capture.jsonl")
    treated = (
        "treat", "face-hydration-ha", "--area", "cheek", "--port", "sim://standard?seed=5&pace=max&world=canary",
        "--subject", "s-1f0c9a2b44d07e35", "--yes", "--demo-values", "--plain", "--capture", where,
        "--passphrase-stdin",
    )  # fmt: skip
    said = [
        mesogun("operator", "use", f"Ada {CANARY}"),
        mesogun(*treated),
        mesogun("journal", "show"),
        mesogun("journal", "export", "--csv"),
        mesogun("journal", "sign", "1", "--meaning", "planned", "--passphrase-stdin"),
        mesogun("journal", "backup", str(mesogun.folder / "copy")),
        mesogun("journal", "restore", str(mesogun.folder / "copy"), str(mesogun.folder / "back")),
        mesogun("journal", "verify"),
    ]
    assert [done.code for done in said] == [0] * len(said), said[1].err
    wrong = [
        mesogun("operator", "add", f"Ada {CANARY}", "--role", "admin"),
        mesogun("operator", "use", f"Ben {CANARY}"),
        mesogun("treat", *treated[1:7], f"Mrs {CANARY}", *treated[8:]),
        mesogun("journal", "note", "00000000000000ee", "x", "--operator", f"Ben {CANARY}"),
    ]
    assert all(done.code for done in wrong)
    for done in (*said, *wrong):
        assert CANARY not in done.out + done.err
    assert "signed by op-" in said[2].out
    assert "confirmed subject, area and plan" in said[2].out
    assert (mesogun.folder / "capture.jsonl").stat().st_size > 10_000
    assert list(state.rglob("*.html"))
    inside = leaks(mesogun.folder / "home", CANARY.encode())
    assert inside, "the station itself knows the name, else this test shows nothing"
    assert leaks(mesogun.folder, CANARY.encode()) == inside
