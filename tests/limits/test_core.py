"""The part that decides stays pure, small and apart from everything that operates."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import mesogun.limits
from tests.trace import req

FOLDER = Path(mesogun.limits.__file__).parent
FORBIDDEN = {"serial", "sqlite3", "sqlalchemy", "socket", "threading", "asyncio", "time", "random", "os", "subprocess"}
ALLOWED_OURS = ("mesogun.errors", "mesogun.units", "mesogun.clock", "mesogun.identity", "mesogun.limits")
ALLOWED_MORE = ("mesogun.protocol", "mesogun.record", "mesogun.plan", "mesogun.dose")


def code_lines(path: Path) -> int:
    """Lines that hold code: no blank line, no comment, no docstring."""
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    docs = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
            docs |= set(range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1))
    lines = enumerate(text.splitlines(), 1)
    return sum(1 for n, line in lines if n not in docs and line.strip() and not line.strip().startswith("#"))


@req("MG-31")
def test_what_decides_imports_nothing_that_operates() -> None:
    for path in FOLDER.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            for name in names:
                assert name.split(".")[0] not in FORBIDDEN, (path.name, name)
                if name.startswith("mesogun"):
                    assert name.startswith(ALLOWED_OURS + ALLOWED_MORE), (path.name, name)


@req("MG-31")
def test_the_rules_stay_small_enough_to_be_read() -> None:
    decide_nothing = {"__init__.py", "demo.py", "tell.py"}
    counts = {path.name: code_lines(path) for path in FOLDER.glob("*.py") if path.name not in decide_nothing}
    assert sum(counts.values()) < 1_500, counts
    assert min(counts.values()) > 0


@req("MG-07")
def test_no_rule_clamps() -> None:
    clamp = re.compile(r"\bmin\((?:\w+\.)*(?:total_nl|volume_nl|high_nl\w*|asked)\s*,|\bclip\(|\bclamp\(")
    assert clamp.search("min(plan.total_nl, cap)")
    for path in FOLDER.glob("*.py"):
        assert not clamp.search(path.read_text(encoding="utf-8")), path.name
