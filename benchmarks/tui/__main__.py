"""``python -m benchmarks.tui``: see ``measure``."""

from benchmarks.tui.measure import main

main()
