"""``python -m benchmarks.tui [map|first|live|events|stop|soak ...]``: the dashboard's numbers, on this machine.

The dashboard runs in a pseudo-terminal whose other end answers position reports, so "painted" includes the way to the
terminal and back. The load generator runs in the same process, so its share is in the CPU figure.
"""

from __future__ import annotations

import json
import math
import statistics
import sys
import tempfile
import time
from pathlib import Path

from tests.tui.terminal import Terminal

SIZE = (120, 40)


def bench_map() -> None:
    """One more shot on a map of 100 x 50 cells: CPU time, and bytes of the cells that changed."""
    from rich.console import Console

    from mesogun.record import TreatmentState, fold
    from tests.tui import scenes
    from tui.dosemap import DoseMap
    from tui.ground import fit
    from tui.mapview import MapView
    from tui.palette import DARK
    from tui.view import ViewMaker

    plan = scenes.make_plan(2.2)
    console = Console(color_system="truecolor", force_terminal=True, width=200)
    views = ViewMaker(plan, title="", source="LIVE", limits=scenes.LIMITS)
    to = fit(plan, 100, 50)
    board = MapView(plan, DARK)
    board.use(to, DoseMap(plan, to))
    times: list[float] = []
    sizes: list[int] = []
    state = TreatmentState()
    for event in scenes.history(300, magazine=6, plan=plan):
        state = fold(state, event)
        if type(event).__name__ != "ShotRecorded":
            continue
        view = views.view(state, scenes.status(len(state.shots)), phase="", age_us=0)
        begin = time.process_time()
        spans = board.changed(view, state)
        strips = [board.draw_line(line, 100).crop(first, last + 1) for line, (first, last) in spans.items()]
        times.append(1e3 * (time.process_time() - begin))
        sizes.append(sum(len(strip.render(console)) for strip in strips))
    first, times, sizes = times[0], sorted(times[1:]), sorted(sizes[1:])
    print(f"map of 100 x 50 cells, one shot more ({len(plan.shots)} planned): {statistics.median(times):.2f} ms of CPU")
    print(f"  median, {times[len(times) * 99 // 100]:.2f} ms p99; {statistics.median(sizes) / 1024:.1f} KiB median,")
    print(f"  {sizes[-1] / 1024:.1f} KiB at most; the first frame {first:.1f} ms")


def _run(rate: float, shots: float, seconds: float) -> None:
    with tempfile.TemporaryDirectory() as folder:
        reports = Path(folder) / "reports"
        arguments = ["benchmarks.tui.child", str(reports), str(rate), str(shots), str(seconds)]
        with Terminal(arguments, reports, size=SIZE, draw=False) as terminal:
            terminal.reports = reports.with_suffix(".warm")
            terminal.read(60, "warm")
            terminal.reports, before = reports, terminal.received
            terminal.read(seconds + 30, "p99_ms")
            rate_kib = (terminal.received - before) / 1024 / seconds
            print(f"{rate:g} snapshots/s, {shots:g} shots/s, {seconds:g} s, {SIZE[0]}x{SIZE[1]}:")
            print(f"  {terminal.told().strip()}  {rate_kib:.0f} KiB/s to the terminal")


def bench_first() -> None:
    """From the start of the process to the first painted frame, imports of Python included."""
    found, cpu_s, loaded = [], [], set()
    for _ in range(5):
        with tempfile.TemporaryDirectory() as folder:
            reports = Path(folder) / "reports"
            begin = time.monotonic()
            arguments = ["benchmarks.tui.child", str(reports), "20", "5", "60"]
            with Terminal(arguments, reports.with_suffix(".first"), size=SIZE, draw=False) as terminal:
                terminal.read(30, "painted")
                found.append(time.monotonic() - begin)
                told = json.loads(terminal.told().partition(" ")[2])
                cpu_s.append(told["cpu_s"])
                loaded.update(told["loaded"])
    print(f"process start to first painted frame: {statistics.median(found):.2f} s median of {len(found)},")
    print(f"  of it {statistics.median(cpu_s):.2f} s of CPU; loaded: {', '.join(sorted(loaded)) or 'nothing heavy'}")


STOPS = 40  # each in a process of its own: the first STOP of a treatment is the one that counts
READY_S = 2.5  # behind the first frame: until then the dose model is loaded, and nothing can be armed yet


def bench_stop() -> None:
    """From the key at the terminal to the call of STOP, while 1,000 snapshots/s arrive."""
    found = []
    for _ in range(STOPS):
        with tempfile.TemporaryDirectory() as folder:
            reports = Path(folder) / "reports"
            arguments = ["benchmarks.tui.child", str(reports), "1000", "100", "60"]
            with Terminal(arguments, reports.with_suffix(".stop"), size=SIZE, draw=False) as terminal:
                terminal.reports = reports.with_suffix(".first")
                terminal.read(30, "painted")
                terminal.read(READY_S)
                terminal.reports = reports.with_suffix(".stop")
                pressed = terminal.press("s")
                terminal.read(5, ".")
                found.append(1e3 * (float(terminal.told()) - pressed))
    found.sort()
    p99 = found[max(0, math.ceil(0.99 * len(found)) - 1)]
    told = f"{statistics.median(found):.1f} ms median, {p99:.1f} ms p99, {found[-1]:.1f} ms worst of {STOPS}"
    print(f"STOP key to STOP call under load: {told}")


def main() -> None:
    chosen = sys.argv[1:] or ["map", "first", "live", "events", "stop"]
    for name in chosen:
        if name == "map":
            bench_map()
        elif name == "first":
            bench_first()
        elif name == "live":
            _run(20, 5, 10)
            _run(100, 100, 10)
        elif name == "events":
            _run(1000, 100, 10)
        elif name == "stop":
            bench_stop()
        elif name == "soak":
            _run(1000, 2, 600)
