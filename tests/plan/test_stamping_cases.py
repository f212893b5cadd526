"""Stored cases with what an exact solver found (benchmarks/plan/stamping_cases.py makes them)."""

from __future__ import annotations

import json
from pathlib import Path

from mesogun.plan.heads import find, seats
from mesogun.plan.request import Span
from mesogun.plan.stamping import stamps

CASES = json.loads((Path(__file__).parent / "cases" / "stamping.json").read_text(encoding="utf-8"))


def test_shots_are_within_a_tenth_of_the_best_known() -> None:
    ratios = {}
    for case in CASES:
        nodes = [(i, j) for i, j in case["nodes"]]
        seat = seats(find(case["head"]), case["lattice"], Span.exactly(4_000))[:1]
        found = stamps(nodes, seat)
        shots = len(nodes) - (len(seat[0].nodes) - 1) * len(found)
        assert shots >= case["bound"], "better than what is proven impossible: a point is served twice"
        ratios[case["head"], case["lattice"], len(nodes)] = shots / case["shots"]
    assert {key: ratio for key, ratio in ratios.items() if ratio > 1.10} == {}
    assert len(ratios) >= 6
