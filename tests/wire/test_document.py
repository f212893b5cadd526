"""docs/wire.md against the message table, the worked bytes and the tests that claim its requirements."""

from __future__ import annotations

import re
from pathlib import Path

from mesogun.wire import auth, frame
from mesogun.wire.codes import FrameKind, Op
from mesogun.wire.host import STOP_BYTES
from mesogun.wire.tables import filled

ROOT = Path(__file__).parent.parent.parent
TEXT = (ROOT / "docs" / "wire.md").read_text(encoding="utf-8")
REQUIREMENTS = re.findall(r"^\| (W-\d+) \|", TEXT, re.MULTILINE)


def test_the_tables_are_those_of_the_code() -> None:
    assert filled(TEXT) == TEXT


def test_requirements_are_numbered_without_gaps() -> None:
    assert [f"W-{number}" for number in range(1, len(REQUIREMENTS) + 1)] == REQUIREMENTS
    assert len(REQUIREMENTS) >= 50


def test_every_must_is_numbered() -> None:
    prose = [line for line in TEXT.splitlines() if "MUST" in line and not line.startswith("| W-")]
    assert prose == [line for line in prose if line.startswith("`tests/gun/minimal_gun.py`. MUST,")]


def test_every_requirement_has_a_test() -> None:
    shown = set()
    for path in (ROOT / "tests").rglob("test_*.py"):
        for marker in re.findall(r"@?req\(([^)]*)\)", path.read_text(encoding="utf-8")):
            shown |= set(re.findall(r"W-\d+", marker))
    assert [number for number in REQUIREMENTS if number not in shown] == []
    assert shown <= set(REQUIREMENTS)


def test_every_rule_of_the_gun_is_carried_in() -> None:
    carried = {int(number) for group in re.findall(r"\((G[\dG, ]+)\)", TEXT) for number in re.findall(r"\d+", group)}
    assert carried >= set(range(1, 16))


def test_it_is_at_most_twelve_pages() -> None:
    assert len(TEXT.split()) <= 12 * 500


def test_the_worked_bytes_of_stop() -> None:
    worked = re.search(r"always the same:\n`([0-9a-f ]+)`", TEXT)
    assert worked is not None
    assert bytes.fromhex(worked[1]) == STOP_BYTES


def test_the_worked_session() -> None:
    key = auth.session_key(bytes(range(32)), host_nonce=1, gun_nonce=2, device_id=3, boot_id=4, session=5)
    worked = re.search(r"S = `([0-9a-f]+)`\n`([0-9a-f]+)`; DISARM with seq 1 is `([0-9a-f ]+)`", TEXT)
    assert worked is not None
    assert key.hex() == worked[1] + worked[2]
    disarm = frame.Frame(FrameKind.REQ, Op.DISARM, 1, b"")
    assert frame.encode(auth.sealed(key, auth.TO_GUN, 5, disarm)) == bytes.fromhex(worked[3])
