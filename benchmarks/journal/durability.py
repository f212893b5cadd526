"""Durable events per second, verify, replay and totals: `python -m benchmarks.journal.durability [--rows N] [--dir D]`.

Every figure is printed beside the target it is held to. The bare loop writes and syncs what one commit writes and
syncs, at the end of a growing file, in the same folder and the same run.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from mesogun.clock import RealClock
from mesogun.journal import Journal, open_journal
from tests.journal.samples import loaded, note, shot, treatment

SHOTS = 2_000


def timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def timed_cpu(work: Callable[[], object]) -> tuple[float, str]:
    """Seconds on the wall, and a note of the processor time: on a busy computer the two differ."""
    cpu = time.process_time()
    wall = timed(work)
    return wall, f"(cpu {time.process_time() - cpu:.3f} s)"


def bare_loop_per_s(folder: Path, count: int, size: int) -> float:
    """Appends of ``size`` bytes, each followed by the sync that SQLite on this system uses (fdatasync)."""
    sync = getattr(os, "fdatasync", os.fsync)
    handle = os.open(folder / "bare", os.O_RDWR | os.O_CREAT)

    def loop() -> None:
        for _ in range(count):
            os.write(handle, b"x" * size)
            sync(handle)

    duration = timed(loop)
    os.close(handle)
    return count / duration


def single_per_s(journal: Journal, count: int) -> float:
    epoch = journal.take("single", "bench")
    # As a runner writes: a load, then the record of its shot.
    events = [event for n in range(1, count // 2 + 1) for event in (loaded(n), shot(n))]

    def loop() -> None:
        for event in events:
            journal.append([event], treatment="single", epoch=epoch)

    return len(events) / timed(loop)


def grouped_per_s(journal: Journal, threads: int, each: int) -> float:
    def write() -> None:
        for _ in range(each):
            journal.append([note()], treatment="group", epoch=None)

    workers = [threading.Thread(target=write) for _ in range(threads)]

    def run() -> None:
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()

    return threads * each / timed(run)


def commit_ms_with_reader(path: Path, journal: Journal, count: int) -> tuple[float, float]:
    """99th percentile of a commit alone, and while another process follows the journal."""

    def p99_ms() -> float:
        times = sorted(timed(lambda: journal.append([note()], treatment="w", epoch=None)) for _ in range(count))
        return 1e3 * times[int(0.99 * count)]

    alone = p99_ms()
    code = (
        "import sys\n"
        "from mesogun.clock import RealClock\n"
        "from mesogun.journal import open_journal\n"
        "with open_journal(sys.argv[1], RealClock(), read_only=True) as reader:\n"
        "    print('ready', flush=True)\n"
        "    for row in reader.follow(poll_us=50_000): pass\n"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE, text=True) as watcher:
        assert watcher.stdout is not None
        watcher.stdout.readline()
        watched = p99_ms()
        watcher.kill()
    return alone, watched


def big_journal(path: Path, rows: int) -> None:
    """Treatments of 2,000 shots, ten of them by one subject, until there are ``rows`` rows."""
    with open_journal(path, RealClock()) as journal:
        written = number = 0
        while written < rows:  # whole treatments, so that the last one has ended, too
            number += 1
            subject = "s-0001" if number <= 10 else f"s-{number:04d}"
            events = treatment(subject, SHOTS)
            journal.append(events, treatment=f"{number:016x}", epoch=None)
            written += len(events)
        for each in range(1, number + 1):
            journal.totals("s-0001" if each <= 10 else f"s-{each:04d}")


def report(name: str, value: float, unit: str, target: str, *, good: bool) -> None:
    print(f"{name:<58} {value:>12,.2f} {unit:<9} {target:<22} {'ok' if good else 'MISSED'}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--commits", type=int, default=1_000)
    parser.add_argument("--dir", type=Path, default=None, help="on the disk to be measured")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.dir) as name:
        folder = Path(name)
        path = folder / "durable"
        with open_journal(path, RealClock()) as journal:
            single_per_s(journal, 100)
            wal = path.with_name("durable-wal")
            before = wal.stat().st_size
            single_per_s(journal, 100)
            size = max(4096, (wal.stat().st_size - before) // 100)
            # Alternately, so that both see the same disk; the disk of a shared computer changes from second to second.
            pairs = [
                (bare_loop_per_s(folder, options.commits // 5, size), single_per_s(journal, options.commits // 5))
                for _ in range(5)
            ]
            ratios = sorted(single / bare for bare, single in pairs)
            bare, single = pairs[2]
            report(f"bare loop, {size} bytes and a sync each (3rd of 5)", bare, "1/s", "", good=True)
            report("single events, one transaction each (3rd of 5)", single, "1/s", "", good=True)
            report("ratio, median of 5 pairs", ratios[2], "", ">= 0.7", good=ratios[2] >= 0.7)
            grouped = grouped_per_s(journal, 16, 100)
            report("group commit, 16 threads", grouped, "1/s", ">= 200", good=grouped >= 200)
            alone, watched = commit_ms_with_reader(path, journal, options.commits)
            report("commit, 99th percentile, nobody reading", alone, "ms", "", good=True)
            report("commit, 99th percentile, watched", watched, "ms", "", good=True)
        big = folder / "big"
        print(
            f"writing {options.rows:,} rows ... {timed(lambda: big_journal(big, options.rows)):.0f} s, "
            f"{big.stat().st_size / 1e6:.0f} MB"
        )
        with open_journal(big, RealClock(), read_only=True) as journal:
            duration, cpu = timed_cpu(lambda: print(journal.verify()))
            report(f"verify, {options.rows:,} rows {cpu}", duration, "s", "< 10 s", good=duration < 10)
            duration, cpu = timed_cpu(lambda: print(len(journal.totals("s-0001")), "treatments of the subject"))
            report(f"totals of a subject {cpu}", duration, "s", "< 0.1 s", good=duration < 0.1)
            duration = timed(journal.treatments)
            report("list of treatments", duration, "s", "", good=True)
            name_of = journal.treatments()[0].treatment
            duration, cpu = timed_cpu(lambda: journal.state(name_of))
            report(f"replay of {SHOTS:,} shots {cpu}", duration, "s", "< 0.2 s", good=duration < 0.2)


if __name__ == "__main__":
    main()
