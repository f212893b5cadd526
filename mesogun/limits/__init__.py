"""What may be given: limits from every origin, screening, clearance, and the check before every magazine entry.

Pure: no clock, no port, no file but the bundled tables. A limit that nobody set is zero; nothing is ever clamped.
Not responsible for planning, for the ledger, for asking people, or for recording what was decided.
"""

from __future__ import annotations

from mesogun.limits.answers import Answers, answers_text, parse_answers, simulated_answers
from mesogun.limits.approval import Approval, check_approval
from mesogun.limits.clear import clear, restore, visit_notes
from mesogun.limits.clearance import Cap, Clearance, ClearedPlan, Override
from mesogun.limits.combine import Edge, Limits, limits_for
from mesogun.limits.consumables import Lot, Part, check_lot, check_parts, expiry
from mesogun.limits.course import CourseState, Stage, course, course_warnings
from mesogun.limits.demo import Demonstration, bundled_demonstration, parse_demonstration
from mesogun.limits.load import check_load, check_pause, shots_that_fit
from mesogun.limits.screening import Answer, Finding, Result, screen
from mesogun.limits.subject import PastTreatment, Subject, SubjectHistory, Weight
from mesogun.limits.tables import (
    Agent,
    SiteLimit,
    SiteLimits,
    SiteSpacing,
    bundled_agents,
    load_site,
    parse_agents,
    parse_site,
)
from mesogun.limits.tell import LimitLine, OverrideCount, limit_lines, override_counts, site_text, with_limit
from mesogun.limits.unmetered import clear_unmetered
from mesogun.limits.violation import ClearanceRefused, Violation

__all__ = [
    "Agent",
    "Answer",
    "Answers",
    "Approval",
    "Cap",
    "Clearance",
    "ClearanceRefused",
    "ClearedPlan",
    "CourseState",
    "Demonstration",
    "Edge",
    "Finding",
    "LimitLine",
    "Limits",
    "Lot",
    "Override",
    "OverrideCount",
    "Part",
    "PastTreatment",
    "Result",
    "SiteLimit",
    "SiteLimits",
    "SiteSpacing",
    "Stage",
    "Subject",
    "SubjectHistory",
    "Violation",
    "Weight",
    "answers_text",
    "bundled_agents",
    "bundled_demonstration",
    "check_approval",
    "check_load",
    "check_lot",
    "check_parts",
    "check_pause",
    "clear",
    "clear_unmetered",
    "course",
    "course_warnings",
    "expiry",
    "limit_lines",
    "limits_for",
    "load_site",
    "override_counts",
    "parse_agents",
    "parse_answers",
    "parse_demonstration",
    "parse_site",
    "restore",
    "screen",
    "shots_that_fit",
    "simulated_answers",
    "site_text",
    "visit_notes",
    "with_limit",
]
