"""Damaged frames against the frame reader, and what 32 bits promise: `python -m benchmarks.link.mutants [--count N]`.

`make soak` runs ten million of them.
"""

from __future__ import annotations

import argparse
import random
import time

from benchmarks.link.report import line
from tests.wire.mutate import accepted_mutants

SOAK = 10_000_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=SOAK // 20)
    count = parser.parse_args().count
    start = time.perf_counter()
    accepted = accepted_mutants(count, random.Random(2026))
    took = time.perf_counter() - start
    line(f"{count:,} mutated frames, accepted that nobody sent", len(accepted), "", "0", good=not accepted)
    line("judged", count / took, "1/s")
    # Random damage passes a 32-bit check once in 2^32; a tagged frame must also hit 64 bits that nobody can compute.
    print(f"expected by chance among {SOAK:,}: {SOAK / 2**32:.1e} without a tag, {SOAK / 2**96:.1e} with one")
    damaged_per_h = 3600 * 20 * 2 * 0.01  # twenty requests a second, and one frame in a hundred damaged
    years = 2**32 / damaged_per_h / 8766
    line("years on such a line (1 % of frames damaged) per frame let through", years, "years")


if __name__ == "__main__":
    main()
