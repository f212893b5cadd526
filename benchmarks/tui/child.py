"""The measured process: a live dashboard on a scripted treatment, inside a pseudo-terminal.

Arguments: report file, snapshots per second, shots per second, seconds.
"""

from __future__ import annotations

import json
import resource
import sys
import threading
import time
from pathlib import Path

from mesogun.record import fold, fold_all
from mesogun.treatment import FrontEnd, Phase, Snapshot, Wish
from tests.tui import scenes
from tui import Look, run_live
from tui.front import ScreenFront


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
            reports.with_suffix(".first").write_text("painted")
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
        used = resource.getrusage(resource.RUSAGE_SELF)
        memory = [used.ru_maxrss]
        number = step = 0
        while not stops and front.wish() is not Wish.END and time.monotonic() - begin < seconds:
            due = begin + step / rate
            time.sleep(max(0.0, due - time.monotonic()))
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
        after = resource.getrusage(resource.RUSAGE_SELF)
        spent = after.ru_utime + after.ru_stime - used.ru_utime - used.ru_stime
        memory.append(after.ru_maxrss)
        late.sort()
        found = {
            "shots": number, "painted": len(late), "snapshots": step,
            "p50_ms": round(1e3 * late[len(late) // 2], 1) if late else None,
            "p99_ms": round(1e3 * late[len(late) * 99 // 100], 1) if late else None,
            "cpu_percent": round(100 * spent / (time.monotonic() - begin), 1),
            "grown_kib": memory[1] - memory[0],
            "displayed_is_recorded": state.dispensed_nl == 20_000 * number,
        }  # fmt: skip
        reports.write_text(json.dumps(found) + "\n")

    run_live(start, stop, plan=plan, title="measured", limits=scenes.LIMITS, settings=Look(bell=False))


if __name__ == "__main__":
    run()
