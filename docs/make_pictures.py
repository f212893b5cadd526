"""Make the pictures and the sample output that README and docs show, from real runs: ``make pictures``.

Not responsible for what is shown: every picture is what the commands themselves give.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from mesogun.clock import RealClock
from mesogun.journal import open_journal
from tui import picture_of
from tui.follow import Entry

DOCS = Path(__file__).resolve().parent
ROOT = DOCS.parent
PICTURES = DOCS / "pictures"
MARK = "<!-- demo -->"
SHOWN = 0.6
"""How far into the demonstration the picture of the dashboard is."""


def mesogun(*words: str, folder: Path) -> tuple[str, str]:
    """Run the command; what it wrote to standard output and to standard error."""
    environment = {**os.environ, "MESOGUN_STATE": str(folder), "MESOGUN_HOME": str(folder / "home"), "NO_COLOR": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "mesogun", *words],
        capture_output=True,
        text=True,
        check=True,
        env=environment,
        cwd=ROOT,
    )
    return done.stdout, done.stderr


def dashboard(journal: Path) -> str:
    """The dashboard as it stood in the middle of the demonstration, as SVG."""
    with open_journal(str(journal), RealClock(), create=False, read_only=True) as record:
        entries = [Entry(row.seq, row.at, row.event) for row in record.rows()]
    return picture_of(entries, share=SHOWN, size=(110, 30))


def main() -> None:
    """Make them all."""
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        mesogun("plan", "face-mesolift", "--area", "cheek", "--plot", str(PICTURES / "plan.png"), folder=folder)
        table, progress = mesogun("demo", "--out", str(folder / "demo"), folder=folder)
        mesogun("sim", "scenario", "occlusion", "--plot", str(PICTURES / "occlusion.png"), folder=folder)
        (PICTURES / "dashboard.svg").write_text(dashboard(folder / "demo" / "journal.db"), encoding="utf-8")
        shown = progress.splitlines()[:2] + table.splitlines()
        text = "\n".join(shown).replace(f"{folder}/demo", "~/.local/state/mesogun/demos/demo-1")
    readme = ROOT / "README.md"
    block = f"{MARK}\n```text\n$ mesogun demo\n{text}\n```\n{MARK}"
    old = readme.read_text(encoding="utf-8")
    pattern = re.compile(rf"{re.escape(MARK)}(?:\n```text\n.*?```\n{re.escape(MARK)})?", re.DOTALL)
    readme.write_text(pattern.sub(lambda _: block, old, count=1), encoding="utf-8")


if __name__ == "__main__":
    main()
