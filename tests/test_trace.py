"""Every requirement has a test, every marker a requirement: ``docs/safety.md`` against the ``req`` markers.

``python -m tests.test_trace --write`` brings the generated columns of ``docs/safety.md`` up to date: it fills in the
test files that show a row, drops "planned" from a row that has tests, and lists the rules of ``docs/wire.md`` by id.
It never calls a row planned that was built: losing its last test is a failure, not an update.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
TESTS = ROOT / "tests"
SAFETY = ROOT / "docs" / "safety.md"
WIRE = ROOT / "docs" / "wire.md"

ROW = re.compile(r"^\| (?P<id>(?:MG-|W-|G|H)\d+) \|(?P<rest>.*)\|\s*$")
CITED = re.compile(r"\b[GH]\d{1,2}\b")
WIRE_HEADING = "## Rules of the wire"
WIRE_INTRO = """
The text of these rules stands in [wire.md](wire.md). A rule that carries out one of the rules above is shown by the
tests of that rule too.

| id | carries out | status | shown by |
|---|---|---|---|
"""


def normal(name: str) -> str:
    """One spelling per id: ``MG-7`` is ``MG-07``."""
    number = int(re.sub(r"\D", "", name))
    return f"MG-{number:02d}" if name.startswith("MG-") else re.sub(r"\d+", str(number), name)


@dataclass(frozen=True, slots=True)
class Row:
    """One requirement; ``text`` is the hand-written part."""

    id: str
    text: str
    status: str
    shown_by: str

    def line(self) -> str:
        return f"| {self.id} | {self.text} | {self.status} | {self.shown_by} |"


def markers(root: Path) -> dict[str, set[str]]:
    """Requirement id to the test files that carry it; decorators and ``pytestmark`` alike."""
    found: dict[str, set[str]] = {}
    for path in sorted(root.rglob("*.py")):
        for name in _names(ast.parse(path.read_text(encoding="utf-8")), path):
            found.setdefault(normal(name), set()).add(path.relative_to(root).as_posix())
    return found


def _names(tree: ast.AST, path: Path) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "req":
            for argument in node.args:
                if not isinstance(argument, ast.Constant) or not isinstance(argument.value, str):
                    raise ValueError(f"{path}:{node.lineno}: req() takes literal ids only")
                yield argument.value


def rows(text: str) -> dict[str, Row]:
    """The requirement rows of ``docs/safety.md``."""
    found: dict[str, Row] = {}
    for line in text.splitlines():
        match = ROW.match(line)
        if match:
            cells = [cell.strip() for cell in match["rest"].split("|")]
            if len(cells) != 3:
                raise ValueError(f"docs/safety.md: row {match['id']} needs 4 cells: {line}")
            row = Row(normal(match["id"]), *cells)
            if row.id in found:
                raise ValueError(f"docs/safety.md: {row.id} stands there twice")
            found[row.id] = row
    return found


def wire_rules(text: str) -> dict[str, tuple[str, ...]]:
    """Rules of ``docs/wire.md`` with the rules of gun and host that each cites."""
    found = {}
    for line in text.splitlines():
        match = ROW.match(line)
        if match and match["id"].startswith("W-"):
            found[match["id"]] = tuple(dict.fromkeys(CITED.findall(match["rest"])))
    return found


def updated(safety: str, wire: str, marked: dict[str, set[str]]) -> str:
    """``docs/safety.md`` with its generated columns brought up to date."""
    old = rows(safety)
    body, _, _ = safety.partition(WIRE_HEADING)
    lines = []
    for line in body.splitlines():
        match = ROW.match(line)
        if not match:
            lines.append(line)
            continue
        lines.append(_with_tests(old[normal(match["id"])], marked.get(normal(match["id"]), set())).line())
    text = "\n".join(lines).rstrip() + "\n\n" + WIRE_HEADING + "\n" + WIRE_INTRO
    for name, cited in wire_rules(wire).items():
        files = set(marked.get(name, set()))
        for rule in cited:
            files |= marked.get(rule, set())
        before = old.get(name, Row(name, "", "planned", ""))
        text += _with_tests(replace(before, text=", ".join(cited)), files).line() + "\n"
    return text


def _with_tests(row: Row, files: set[str]) -> Row:
    status = "built" if files else row.status
    return replace(row, status=status, shown_by="<br>".join(sorted(files)))


SAMPLE = """# Safety

| id | requirement | status | shown by |
|---|---|---|---|
| MG-01 | One. | built | a.py |
| H2 | Two. | planned |  |

## Rules of the wire
"""


@pytest.fixture(scope="module")
def marked() -> dict[str, set[str]]:
    return markers(TESTS)


@pytest.fixture(scope="module")
def listed() -> dict[str, Row]:
    return rows(SAFETY.read_text(encoding="utf-8"))


def test_the_listed_requirements_are_complete(listed: dict[str, Row]) -> None:
    expected = {f"MG-{n:02d}" for n in range(1, 36)} | {f"H{n}" for n in range(1, 17)} | {f"G{n}" for n in range(1, 16)}
    assert expected <= set(listed)
    assert all(row.text for name, row in listed.items() if name in expected)


def test_no_marker_is_an_orphan(marked: dict[str, set[str]], listed: dict[str, Row]) -> None:
    orphans = {name: sorted(files) for name, files in marked.items() if name not in listed}
    assert not orphans, f"markers of requirements that docs/safety.md does not list: {orphans}"


def test_no_built_requirement_is_uncovered(marked: dict[str, set[str]], listed: dict[str, Row]) -> None:
    cited = wire_rules(WIRE.read_text(encoding="utf-8"))
    uncovered = [
        name
        for name, row in listed.items()
        if row.status != "planned" and not any(name_ in marked for name_ in (name, *cited.get(name, ())))
    ]
    assert not uncovered, f"built, and no test shows them: {uncovered}"
    assert {row.status for row in listed.values()} <= {"built", "planned"}


def test_the_table_is_up_to_date(marked: dict[str, set[str]]) -> None:
    safety = SAFETY.read_text(encoding="utf-8")
    fresh = updated(safety, WIRE.read_text(encoding="utf-8"), marked)
    assert safety == fresh, "docs/safety.md is stale; run: python -m tests.test_trace --write"


def test_an_update_adds_tests_and_never_excuses_a_lost_one() -> None:
    wire = "| W-1 | gun | MUST halt. (G6) |\n| W-2 | gun | MUST wait. |\n"
    text = updated(SAMPLE, wire, {"H2": {"b.py"}, "G6": {"g.py"}})
    assert rows(text) == {
        "MG-01": Row("MG-01", "One.", "built", ""),
        "H2": Row("H2", "Two.", "built", "b.py"),
        "W-1": Row("W-1", "G6", "built", "g.py"),
        "W-2": Row("W-2", "", "planned", ""),
    }
    assert updated(text, wire, {"H2": {"b.py"}, "G6": {"g.py"}}) == text


def test_markers_are_found_wherever_they_stand(tmp_path: Path) -> None:
    (tmp_path / "test_x.py").write_text(
        'pytestmark = req("G1")\n@req("MG-7", "H2")\nclass A:\n    @req("W-3")\n    def test_a(self): ...\n'
    )
    assert markers(tmp_path) == {name: {"test_x.py"} for name in ("G1", "MG-07", "H2", "W-3")}
    (tmp_path / "test_y.py").write_text("@req(NAME)\ndef test_b(): ...\n")
    with pytest.raises(ValueError, match="literal ids"):
        markers(tmp_path)


@pytest.mark.parametrize("line", ["| MG-01 | One. | built |", "| MG-1 | Once more. | built | |"])
def test_a_malformed_or_repeated_row_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match="docs/safety"):
        rows(SAMPLE + line)


if __name__ == "__main__":
    if sys.argv[1:] != ["--write"]:
        raise SystemExit("usage: python -m tests.test_trace --write")
    content = updated(SAFETY.read_text(encoding="utf-8"), WIRE.read_text(encoding="utf-8"), markers(TESTS))
    SAFETY.write_text(content, encoding="utf-8")
