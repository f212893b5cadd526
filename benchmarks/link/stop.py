"""From the call of STOP to its last byte at the far end: `python -m benchmarks.link.stop [--calls N]`.

The line is full of telemetry at 115200 baud, one thread asks for the status without a pause, one Python thread computes
without a pause, and a third calls STOP. The thread switch interval is short, as a program that holds a gun sets it.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import threading
import time

import serial

from benchmarks.link.far_end import far_end
from benchmarks.link.report import line, quantile
from mesogun.errors import MesogunError
from mesogun.identity import SIMULATED_KEY
from mesogun.link import Link, open_port
from mesogun.wire.host import STOP_BYTES, Phase
from mesogun.wire.messages import GetStatus

SWITCH_S = 0.0005


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=3_000)
    calls = parser.parse_args().calls
    sys.setswitchinterval(SWITCH_S)
    over = threading.Event()

    def compute() -> None:
        number = 1
        while not over.is_set():
            number = number * 3 % 1_000_003

    with far_end("paced") as far, far_end("stamp") as bare:
        plain = serial.Serial(bare.device, 115_200, exclusive=True)
        link = Link(*open_port(far.device), lambda _: SIMULATED_KEY)

        def ask() -> None:
            while not over.is_set():
                with contextlib.suppress(MesogunError):  # STOP cancels whatever is asked; then HELLO again
                    if link.phase is Phase.READY:
                        link.request(GetStatus())
                    else:
                        link.hello()

        threads = [threading.Thread(target=compute), threading.Thread(target=ask)]
        for thread in threads:
            thread.start()
        took_ms: list[float] = []
        bare_ms: list[float] = []
        for number in range(calls):
            while link.phase not in (Phase.READY, Phase.ASKING):
                time.sleep(0.001)
            time.sleep(0.0003 * (number % 17))
            called_us = time.monotonic_ns() // 1000
            link.stop()
            took_ms.append((int(far.printed.readline()) - called_us) / 1000)
            called_us = time.monotonic_ns() // 1000
            plain.write(STOP_BYTES)
            bare_ms.append((int(bare.printed.readline()) - called_us) / 1000)
        over.set()
        for thread in threads:
            thread.join()
        link.close()
        plain.close()
    line(f"STOP, call to last byte at the far end, {calls} calls, p50", quantile(took_ms, 0.5), "ms")
    line("p99", quantile(took_ms, 0.99), "ms")
    worst = quantile(took_ms, 0.999)
    line("p99.9", worst, "ms", "<= 10 ms", good=worst <= 10)
    line("worst", max(took_ms), "ms")
    line("a bare pyserial write of the same bytes beside it, p99.9", quantile(bare_ms, 0.999), "ms")


if __name__ == "__main__":
    main()
