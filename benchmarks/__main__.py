"""Run every benchmark module that has a ``main``: ``python -m benchmarks [NAME ...]`` (a part of the name will do)."""

from __future__ import annotations

import importlib
import os
import pkgutil
import platform
import sys

import benchmarks


def main() -> None:
    wanted = sys.argv[1:]
    sys.argv = sys.argv[:1]
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()}")
    for found in pkgutil.walk_packages(benchmarks.__path__, "benchmarks."):
        if found.name.endswith("__main__") or (wanted and not any(part in found.name for part in wanted)):
            continue
        run = getattr(importlib.import_module(found.name), "main", None)
        if run is not None:
            print(f"\n== {found.name}", flush=True)
            run()


if __name__ == "__main__":
    main()
