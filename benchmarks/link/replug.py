"""A thousand times unplugged and plugged in again, on a pty and on a simulated cable:
`python -m benchmarks.link.replug [--cycles N]`.

Reconnected means: the port is open, HELLO answered, the log read from the last shot on. Nothing may be left behind.
"""

from __future__ import annotations

import argparse
import os
import pty
import threading
import time
import tty
from collections.abc import Callable
from pathlib import Path

from benchmarks.link.report import line, quantile
from mesogun.errors import LinkLost
from mesogun.gun import Gun, connect
from mesogun.identity import SIMULATED_KEY
from mesogun.wire.messages import FINGERPRINT
from sim.doors.port import attach
from sim.world import World
from tests.gun.minimal_gun import MinimalGun


class Socket:
    """A USB socket: a pty that is there or not, with the same minimal gun behind it each time."""

    def __init__(self) -> None:
        self.gun = MinimalGun(SIMULATED_KEY, FINGERPRINT)
        self.name = ""

    def plug(self) -> None:
        self._master, slave = pty.openpty()
        tty.setraw(slave)
        self.name = os.ttyname(slave)
        self._hangup, self._told = os.pipe()
        self._thread = threading.Thread(target=self._serve, args=(self._master, self._hangup))
        self._thread.start()
        self._slave = slave

    def unplug(self) -> None:
        os.write(self._told, b"x")
        self._thread.join()
        for end in (self._slave, self._master, self._hangup, self._told):
            os.close(end)

    def _serve(self, master: int, hangup: int) -> None:
        import select

        while True:
            ready, _, _ = select.select([master, hangup], [], [])
            if hangup in ready:
                return
            self.gun.now_us += 1_000
            answer = self.gun.feed(os.read(master, 512))
            if answer:
                os.write(master, answer)


def left_behind() -> tuple[int, int]:
    return threading.active_count(), len(list(Path("/proc/self/fd").iterdir()))


def cycle(gun: Gun, unplug: Callable[[], None], plug: Callable[[], Callable[[], Gun]]) -> tuple[float, Gun]:
    gun.status()
    unplug()
    try:
        gun.status()
    except LinkLost:
        gun.close()
    else:
        raise SystemExit("nobody noticed that the cable was gone")
    connect_again = plug()
    start = time.perf_counter()
    gun = connect_again()
    list(gun.log(gun.welcome.status.last_shot_no))
    return (time.perf_counter() - start) * 1000, gun


def run(name: str, gun: Gun, unplug: Callable[[], None], plug: Callable[[], Callable[[], Gun]], cycles: int) -> None:
    took_ms, gun = cycle(gun, unplug, plug)
    before = left_behind()
    times = [took_ms]
    for _ in range(cycles - 1):
        took_ms, gun = cycle(gun, unplug, plug)
        times.append(took_ms)
    threads, descriptors = (after - was for after, was in zip(left_behind(), before, strict=True))
    gun.close()
    line(f"{name}: {cycles} cycles, port back to reconciled, p50", quantile(times, 0.5), "ms")
    line(f"{name}: worst", max(times), "ms", "<= 500 ms", good=max(times) <= 500)
    line(f"{name}: threads left behind", threads, "", "0", good=threads == 0)
    line(f"{name}: descriptors left behind", descriptors, "", "0", good=descriptors == 0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cycles", type=int, default=1_000)
    cycles = parser.parse_args().cycles
    socket = Socket()

    def plug_pty() -> Callable[[], Gun]:
        socket.plug()
        return lambda: connect(socket.name, keys=lambda _: SIMULATED_KEY)

    run("pty", plug_pty()(), socket.unplug, plug_pty, cycles)
    socket.unplug()
    world = World("standard", seed=3, hand=False)

    def pull() -> None:
        world.line.plugged = False

    def plug_sim() -> Callable[[], Gun]:
        world.line.plugged = True
        return lambda: connect(attach(world), keys=lambda _: SIMULATED_KEY)

    run("sim", plug_sim()(), pull, plug_sim, cycles)


if __name__ == "__main__":
    main()
