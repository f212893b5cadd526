"""Treatment protocols: text to validated, frozen values, each number with its source and grade.

Not responsible for what may be given (``mesogun.limits``), for points on skin (``mesogun.plan``), nor for the
files themselves (``protocols``). Never the bytes between host and gun: that is the wire.
"""

from __future__ import annotations

from mesogun.protocol.bound import Bound, Kind
from mesogun.protocol.citation import bundled_bibliography
from mesogun.protocol.document import AgentUse, Course, Protocol, Question, Rule, Shot, Source
from mesogun.protocol.library import bundled, bundled_names
from mesogun.protocol.load import load, parse
from mesogun.protocol.quantity import Grade, Quantity
from mesogun.protocol.schema import json_schema
from mesogun.protocol.supply import supply, with_school
from mesogun.protocol.technique import Technique, schools, techniques

__all__ = [
    "AgentUse",
    "Bound",
    "Course",
    "Grade",
    "Kind",
    "Protocol",
    "Quantity",
    "Question",
    "Rule",
    "Shot",
    "Source",
    "Technique",
    "bundled",
    "bundled_bibliography",
    "bundled_names",
    "json_schema",
    "load",
    "parse",
    "schools",
    "supply",
    "techniques",
    "with_school",
]
