"""Round trip over a pty to another process, beside a bare pyserial echo in the same run:
`python -m benchmarks.link.roundtrip`.

Both are asked in turn, block by block, because the machine is shared. The gun at the far end is Python too: it checks
and answers each request, which an echo does not.
"""

from __future__ import annotations

import time

import serial

from benchmarks.link.far_end import far_end
from benchmarks.link.report import line, quantile
from mesogun.identity import SIMULATED_KEY
from mesogun.link import Link, open_port
from mesogun.wire.messages import GetStatus

BLOCKS = 40
EACH = 100
STATUS_BYTES = 80


def main() -> None:
    echoed: list[float] = []
    asked: list[float] = []
    with far_end("echo") as echo, far_end("gun") as gun:
        port = serial.Serial(echo.device, 115_200, timeout=1, exclusive=True)
        link = Link(*open_port(gun.device), lambda _: SIMULATED_KEY)
        link.hello()
        message = GetStatus()
        data = b"\x55" * STATUS_BYTES
        for _ in range(BLOCKS):
            for _ in range(EACH):
                start = time.perf_counter_ns()
                port.write(data)
                if port.read(len(data)) != data:
                    raise SystemExit("the echo is broken")
                echoed.append((time.perf_counter_ns() - start) / 1000)
            for _ in range(EACH):
                start = time.perf_counter_ns()
                link.request(message)
                asked.append((time.perf_counter_ns() - start) / 1000)
        port.close()
        link.close()
    bare = quantile(echoed, 0.5)
    ours = quantile(asked, 0.5)
    line(f"bare pyserial echo of {STATUS_BYTES} bytes, p50", bare, "us")
    line("bare pyserial echo, p99", quantile(echoed, 0.99), "us")
    line("STATUS and its answer, p50", ours, "us")
    line("STATUS and its answer, p99", quantile(asked, 0.99), "us")
    fast = quantile(asked, 0.1) / quantile(echoed, 0.1)
    line("ratio of the fastest tenths, where other programs disturb least", fast, "")
    line("ratio of the medians", ours / bare, "", "<= 4", good=ours / bare <= 4)


if __name__ == "__main__":
    main()
