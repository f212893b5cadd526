"""A small protocol as text, complete and in order, for tests that then break one thing."""

from __future__ import annotations

GOOD = """
format = 1
id = "tiny"
title = "Tiny"
version = "1.2"
indications = ["hydration"]
areas = ["cheek"]
technique = "papule"
target_layer = "dermal"
summary = "A protocol for tests."
screening = [ { id = "pregnancy", ask = "Pregnant?", yes = "blocked", sources = ["s0-overview"] } ]
consent = [ { id = "agreement", text = "Agrees.", sources = ["s2-eurolook"] } ]
preparation = []
aftercare = [ { id = "exercise", text = "None.", hours = 48.0, sources = ["s1-myacare-2024"] } ]

[shot]
depth_mm = { low = 1.0, high = 2.0, source = "mesoderm", grade = "C" }
spacing_mm = { value = 10.0, source = "nct03461198", grade = "A" }
volume_ul = { value = 20, low = 10, high = 40, source = "nct03461198", grade = "A" }
total_ml = { demand = "Follows." }

[agent]
id = "hyaluronic-acid"
name = "Hyaluronic acid"
concentration = 20.0
unit = "mg/mL"
source = "hertz-kleptow-2019"
grade = "A"

[course]
treatments = { value = 3, source = "nct03461198", grade = "A" }
interval_days = { demand = "Not given." }

[[limits]]
kind = "treatment_ml"
hard_high = 3.0
source = "nct03461198"
grade = "A"
"""


def broken(old: str, new: str) -> str:
    """The good text with one thing changed; the thing must be there."""
    assert GOOD.count(old) == 1, old
    return GOOD.replace(old, new)
