"""Make the pictures and the sample output that README and docs show, from real runs: ``make pictures``.

Not responsible for what is shown: every picture is what the commands themselves give.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import threading
from functools import partial
from pathlib import Path

from mesogun.cli import demo, people, planning, treat, visit
from mesogun.clock import ManualClock
from mesogun.gun import connect
from mesogun.journal import open_journal
from mesogun.treatment import Snapshot
from mesogun.wire.codes import State
from tui import Look, ScreenFront, picture_live
from tui.scale import Ink

DOCS = Path(__file__).resolve().parent
ROOT = DOCS.parent
PICTURES = DOCS / "pictures"
MARK = "<!-- demo -->"
SHOWN_SHOT = 78
"""The shot of the demonstration at which the pictures of the dashboard are taken."""
TRACE = 200


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


class Still(ScreenFront):
    """A seam that stops the simulated world at one shot, in the middle of a stroke, so that one can look at it."""

    def __init__(self) -> None:
        super().__init__(lambda: None, ticks=ManualClock())
        self.there = threading.Event()
        self.gone_on = threading.Event()
        self.pressures_pa: list[int] = []

    def show(self, snapshot: Snapshot) -> None:
        """Keep the trace; at the shot, wait."""
        super().show(snapshot)
        self.painted(snapshot)
        if snapshot.status is not None:
            self.pressures_pa.append(snapshot.status.pressure_pa)
            if snapshot.shot_no >= SHOWN_SHOT and snapshot.status.state == State.FIRING:
                self.there.set()
                self.gone_on.wait()

    def confirm(self, what: str, text: str) -> bool | None:  # noqa: ARG002 -- the seam's signature
        """Whoever demonstrates says yes."""
        return True


def dashboard(folder: Path) -> dict[str, str]:
    """The dashboard in the middle of the demonstration, with the gun at the other end: name of the picture, SVG."""
    protocol, site, _ = planning.demonstrated(visit.find_protocol(demo.PROTOCOL))
    front = Still()
    with (
        connect(
            f"sim://{planning.gun_profile_for(protocol)}?seed=1&pace=max&start={demo.START}", keys=people.gun_keys()
        ) as gun,
        open_journal(folder / "dashboard.db", gun.clock) as journal,
    ):
        begun = treat.start(
            gun=gun, record=journal, protocol=protocol, outline=planning.read_area(demo.AREA), given=None,
            chosen=planning.PlanOptions(), subject=demo.SUBJECT, operator=people.DEMO_OPERATOR, answers=None, yes=True,
            site=site, demonstration=True,
        )  # fmt: skip
        run = partial(visit.run, gun=gun, journal=journal, begun=begun, front=front, operator=people.DEMO_OPERATOR)
        worker = threading.Thread(target=run)
        worker.start()
        front.there.wait()
        trace, plan = front.pressures_pa[-TRACE:], begun.cleared.plan
        found = {
            # tmux has 256 colours unless somebody tells it more.
            "dashboard-small": picture_live(front, plan, trace=trace, size=(80, 24), ink=Ink.CUBE),
            "dashboard": picture_live(front, plan, trace=trace, size=(120, 36)),
            "dashboard-light": picture_live(
                front, plan, trace=trace, size=(110, 30), settings=Look(theme="meso-light")
            ),
            "dashboard-plain": picture_live(front, plan, trace=trace, size=(80, 24), settings=Look(theme="meso-mono")),
        }
        front.gone_on.set()
        worker.join()
    return found


def main() -> None:
    """Make them all."""
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["MESOGUN_HOME"] = str(folder / "home")
        mesogun("plan", "face-mesolift", "--area", "cheek", "--plot", str(PICTURES / "plan.png"), folder=folder)
        table, progress = mesogun("demo", "--out", str(folder / "demo"), folder=folder)
        mesogun("sim", "scenario", "occlusion", "--plot", str(PICTURES / "occlusion.png"), folder=folder)
        for title, picture in dashboard(folder).items():
            (PICTURES / f"{title}.svg").write_text(picture, encoding="utf-8")
        shown = progress.splitlines()[:2] + table.splitlines()
        text = "\n".join(shown).replace(f"{folder}/demo", "~/.local/state/mesogun/demos/demo-1")
    readme = ROOT / "README.md"
    block = f"{MARK}\n```text\n$ mesogun demo\n{text}\n```\n{MARK}"
    old = readme.read_text(encoding="utf-8")
    pattern = re.compile(rf"{re.escape(MARK)}(?:\n```text\n.*?```\n{re.escape(MARK)})?", re.DOTALL)
    readme.write_text(pattern.sub(lambda _: block, old, count=1), encoding="utf-8")


if __name__ == "__main__":
    main()
