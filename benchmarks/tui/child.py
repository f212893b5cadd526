"""The measured process: a live dashboard on a scripted treatment, inside a pseudo-terminal.

Arguments: report file, snapshots per second, shots per second, seconds. Counting begins after a warm-up, when the dose
model has been loaded; what the load generator itself uses is told apart by its thread's CPU time.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from pathlib import Path

from mesogun.record import fold, fold_all
from mesogun.treatment import FrontEnd, Phase, Snapshot, Wish
from tests.tui import scenes
from tui import Look, run_live
from tui.front import ScreenFront

WARM_S = 4.0
HEAVY = ("numpy", "scipy", "sqlalchemy", "matplotlib")


def run() -> None:
    reports, rate, shot_rate, seconds = Path(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3]), float(sys.argv[4])
    plan = scenes.make_plan(2.2)
    shown: dict[int, float] = {}
    late: list[float] = []
    stops: list[float] = []
    first: list[float] = []
    lock = threading.Lock()
    mint = ScreenFront.painted

    def painted(self: ScreenFront, snapshot: Snapshot) -> None:
        now = time.monotonic()
        if not first:
            first.append(now)
            loaded = [name for name in HEAVY if name in sys.modules]
            told = {"cpu_s": round(time.process_time(), 3), "loaded": loaded}
            reports.with_suffix(".first").write_text(f"painted {json.dumps(told)}")
        with lock:
            for number in [n for n in shown if n <= snapshot.shot_no]:
                late.append(now - shown.pop(number))
        mint(self, snapshot)

    setattr(ScreenFront, "painted", painted)  # noqa: B010 -- measured from outside

    def stop() -> None:
        stops.append(time.monotonic())
        reports.with_suffix(".stop").write_text(f"{time.monotonic():.6f}")

    def start(front: FrontEnd) -> None:
        state = fold_all(scenes.history(0, magazine=0, plan=plan))
        begin = time.monotonic()
        used_s = made_s = 0.0
        memory_kib = number = step = 0
        counting = False
        while not stops and front.wish() is not Wish.END and time.monotonic() - begin < WARM_S + seconds:
            due = begin + step / rate
            time.sleep(max(0.0, due - time.monotonic()))
            if not counting and time.monotonic() - begin >= WARM_S:
                counting, used_s, made_s, memory_kib = True, time.process_time(), time.thread_time(), resident_kib()
                reports.with_suffix(".warm").write_text("warm")
                with lock:
                    late.clear()
            step += 1
            if step * shot_rate / rate >= number + 1:
                number += 1
                index = (number - 1) % len(plan.shots)
                state = fold(state, scenes.shot(number, index))
                with lock:
                    shown[number] = time.monotonic()
            status = scenes.status(number, clock_us=1_000_000 + step)
            front.show(Snapshot(scenes.TREATMENT, Phase.TREATING, state, status, number, step))
            front.token()
        spent_s, made_s = time.process_time() - used_s, time.thread_time() - made_s
        late.sort()
        found = {
            "shots": number, "painted": len(late), "snapshots": step,
            "p50_ms": round(1e3 * late[len(late) // 2], 1) if late else None,
            "p99_ms": round(1e3 * late[len(late) * 99 // 100], 1) if late else None,
            "screen_percent": round(100 * (spent_s - made_s) / seconds, 1),
            "generator_percent": round(100 * made_s / seconds, 1),
            "grown_kib": resident_kib() - memory_kib,
            "displayed_is_recorded": state.dispensed_nl == 20_000 * number,
        }  # fmt: skip
        reports.write_text(json.dumps(found) + "\n")

    run_live(start, stop, plan=plan, title="measured", limits=scenes.LIMITS, settings=Look(bell=False))


def resident_kib() -> int:
    """Memory that this process holds now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") // 1024


if __name__ == "__main__":
    run()
