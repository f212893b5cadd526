"""A plan in words: what will be done, what was chosen and why, what to look at before starting.

Not responsible for any number in it. Plain text, 100 columns, no colour: for a terminal, a log, a screen reader.
"""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, pairwise

from mesogun.area import Area
from mesogun.area.library import NOTE
from mesogun.dose import Errors, check_depth
from mesogun.plan.doses import dose_summary, expected_cv
from mesogun.plan.model import Plan
from mesogun.units import ml_text, mm_text, ul_text

WIDTH = 100

MANY_SYRINGES = 10

SMALL_REST_PERCENT = 15
"""A last syringe that gives less than this share of a full one is worth a word."""

LOW_COVERAGE = 0.8
"""Below this share of skin within reach, the summary speaks of gaps."""


def summary_text(plan: Plan, area: Area, errors: Errors | None = None, meant_for: Sequence[str] = ()) -> str:
    """The plan as advice in full sentences.

    ``errors`` are those of the forecast (None: the usual ones); ``meant_for`` names the areas that the protocol is for.
    """
    dose = dose_summary(plan)
    sections = (
        ("", (_headline(plan),)),
        ("Area", _area(plan, area)),
        ("Volumes", _volumes(plan)),
        ("Chosen for you, and why", plan.changes),
        ("Path", _path(plan)),
        ("Syringes", _syringes(plan)),
        ("Forecast (a model of fluid right after the visit, not a measurement)", _dose(plan, dose, errors)),
        ("Before you start", (*_meant_for(area, meant_for), *_advice(plan, area, dose))),
    )
    blocks = ["\n".join(_block(title, lines)) for title, lines in ((t, tuple(ls)) for t, ls in sections) if lines]
    return "\n\n".join([*blocks, f"Plan {plan.plan_hash}"]) + "\n"


def _block(title: str, lines: Iterable[str]) -> Iterator[str]:
    if title:
        yield title
    indent = "  " if title else ""
    for line in lines:
        # a number and its unit stay on one line
        bound = re.sub(r"(?<=\d) (?=[^\W\d]|[%µ])", "\u00a0", line)
        wrapped = textwrap.fill(bound, WIDTH, initial_indent=indent, subsequent_indent=indent + ("  " if title else ""))
        yield wrapped.replace("\u00a0", " ")


def _headline(plan: Plan) -> str:
    per_point = _spread([point.volume_nl for point in plan.points])
    what = plan.agent.name or "fluid"
    if plan.agent.concentration is not None:
        what += f" {plan.agent.concentration} {plan.agent.unit}"
    title = plan.protocol_title or "Plan"
    lattice = "hexagonal" if plan.lattice == "hex" else "square"
    return (
        f"{title}. {_count(len(plan.points), 'point')} on {plan.area_name}, {_roughly(plan.spacing_um)} apart on a "
        f"{lattice} lattice, {mm_text(plan.points[0].depth_um)} deep, {per_point} each. "
        f"In all {ml_text(plan.total_nl)} of {what}, in {_count(len(plan.shots), 'shot')}{_heads(plan)}."
    )


def _heads(plan: Plan) -> str:
    if plan.head == "single":
        return ""
    stamps = sum(shot.head != "single" for shot in plan.shots)
    singles = len(plan.shots) - stamps
    tail = f", then {_count(singles, 'single shot')} along the edge after one change of head" if singles else ""
    return f": {_count(stamps, 'stamp')} with the head {plan.head}{tail}"


def _area(plan: Plan, area: Area) -> Iterator[str]:
    left_out = len(plan.exclusions)
    yield f"{area.area_mm2 / 100:.1f} cm² to treat" + (
        f"; {_count(left_out, 'exclusion zone')} left out." if left_out else "."
    )
    asked = dict(plan.request)
    own = dict(json.loads(asked.get("zone_spacings_um", "[]")))
    if len(plan.zones) > 1:
        for zone in plan.zones:
            apart = f", {mm_text(own[zone.name])} apart" if zone.name in own else ""
            yield f"{zone.name}: {_count(zone.points, 'point')}{apart}, {ml_text(zone.total_nl)}."
    if plan.surface != "flat":
        yield f"Laid out on a {plan.surface}, by arc length: wrap the template round, do not project it."
    if json.loads(asked.get("relax_edges", "false")):
        yield "Points along the edges are moved off the lattice to where they cover the skin there better."
    for note in area.notes:
        if note != NOTE and not note.startswith("warning: "):
            yield f"{note[:1].upper()}{note[1:]}."


def _volumes(plan: Plan) -> Iterator[str]:
    per_shot = "" if plan.head == "single" else f"{_spread([shot.volume_nl for shot in plan.shots])} a shot. "
    yield (
        f"{per_shot}Every shot is a whole number of the gun's steps of {ul_text(plan.step_nl)}. Together they make "
        f"{ml_text(plan.total_nl)} exactly, and on the way the sum is never off by more than half a step."
    )


def _path(plan: Plan) -> Iterator[str]:
    path = plan.path
    kind = "comfortable rows" if plan.order == "comfort" else "the shortest way found"
    above = 100 * (path.ratio - 1)
    least = (
        "no order of these shots is shorter"
        if above < 0.05
        else f"at most {above:.1f} % longer than the shortest possible"
    )
    yield (
        f"{kind.capitalize()}: {path.length_mm:.0f} mm, {least}. {_count(path.turns, 'turn')}, longest move "
        f"{path.longest_jump_mm:.1f} mm."
    )
    if path.lifts:
        shown = ", ".join(f"{index + 1} ({_why_lift(plan, index)})" for index in path.lifts[:8])
        more = " and so on" if len(path.lifts) > 8 else ""
        often = "once" if len(path.lifts) == 1 else f"{len(path.lifts)} times"
        yield f"Lift the gun {often}: before shot {shown}{more}."
    else:
        yield "No move crosses an exclusion zone or leaves the area."
    pace = json.loads(dict(plan.request)["pace"])
    steps = [f"{pace['shot_ms'] / 1000:g} s a shot", f"{pace['travel_um_per_s'] / 1000:g} mm/s between shots"]
    if path.lifts:
        steps.append(f"{pace['lift_ms'] / 1000:g} s a lift")
    if plan.syringe_changes:
        steps.append(f"{pace['syringe_change_ms'] / 1000:g} s a change of syringe")
    yield f"About {_minutes(path.seconds)}, assuming {', '.join(steps[:-1])} and {steps[-1]}."


def _why_lift(plan: Plan, index: int) -> str:
    before, here = plan.shots[index - 1], plan.shots[index]
    if before.head != here.head:
        return f"change to the {here.head} needle" if here.head == "single" else f"change to head {here.head}"
    return f"over to {here.zone}" if before.zone != here.zone else "over skin that is left out"


def _syringes(plan: Plan) -> Iterator[str]:
    volumes = [shot.volume_nl for shot in plan.shots]
    cuts = [0, *plan.syringe_changes, len(volumes)]
    fills = [sum(volumes[a:b]) for a, b in pairwise(cuts)]
    lost = plan.syringe_unusable_nl
    extra = f", plus {ml_text(lost)} each for dead volume, priming and residual" if lost else ""
    alike = [(fill, len(list(same))) for fill, same in groupby(fills)]
    listed = ", ".join(f"{count} of {ml_text(fill)}" if count > 1 else ml_text(fill) for fill, count in alike[:6])
    listed += ", and so on" if len(alike) > 6 else ""
    if len(fills) == 1 and not lost:
        yield f"1 syringe of {ml_text(plan.syringe_nl)}, filled with {listed}."
        return
    yield f"{_count(plan.syringes, 'syringe')} of {ml_text(plan.syringe_nl)}: {listed}{extra}."
    if plan.syringe_changes:
        at_rows = set(plan.path.breaks) | set(plan.path.lifts)
        where = ", ".join(
            f"{index + 1}{' (start of a row)' if index in at_rows else ''}" for index in plan.syringe_changes[:8]
        )
        yield f"Change before shot {where}{' and so on' if len(plan.syringe_changes) > 8 else ''}."


def _dose(plan: Plan, dose: dict[str, float], errors: Errors | None) -> Iterator[str]:
    average = f"{dose['reference_ul_per_cm2']:.0f} µL/cm²"
    reached = f"{100 * dose['coverage']:.0f} % of the area"
    if dose["coverage"] < LOW_COVERAGE:
        yield (
            f"The depots stand apart: {reached} holds fluid at first, the rest none. Averaged over all of it the dose "
            f"is {average}; within the depots it is some {1 / max(dose['coverage'], 1e-3):.2g} times that."
        )
        return
    hot = f"{100 * dose['hot']:.0f} %" if dose["hot"] >= 0.005 else "almost nothing"
    yield (
        f"{reached} comes within reach of a depot. The dose is {average} on average and varies by "
        f"{100 * dose['cv']:.0f} % of that (CV); 90 % of the area gets at least {dose['d90']:.0f} µL/cm² (D90), "
        f"{100 * dose['v100']:.0f} % the average or more (V100), {hot} more than one and a half "
        "times as much."
    )
    named = Errors.typical() if errors is None else errors
    yield (
        f"With a hand that misses by {named.jitter_sd_mm:g} mm (assumed) and shots that scatter by "
        f"{100 * named.volume_cv:.0f} %, expect {100 * expected_cv(plan, named):.0f} % instead of "
        f"{100 * dose['cv']:.0f} %."
    )


def _advice(plan: Plan, area: Area, dose: dict[str, float]) -> Iterator[str]:
    yield from _depths(plan, area)
    yield from plan.warnings
    volumes = [shot.volume_nl for shot in plan.shots]
    if plan.syringe_changes:
        last_nl = sum(volumes[plan.syringe_changes[-1] :])
        usable_nl = plan.syringe_nl - plan.syringe_unusable_nl
        if last_nl * 100 <= SMALL_REST_PERCENT * usable_nl:
            yield (
                f"The last syringe gives only {ml_text(last_nl)}: for a total of {ml_text(plan.total_nl - last_nl)}, "
                f"{_count(plan.syringes - 1, 'syringe')} would do."
            )
    if plan.syringes > MANY_SYRINGES:
        usable_nl = sum(volumes) // MANY_SYRINGES + plan.syringe_unusable_nl
        larger = ml_text(-(-usable_nl // 10**6) * 10**6)
        yield (
            f"{plan.syringes} syringes are many for one visit. With syringes of {larger} or more it "
            f"would be {MANY_SYRINGES} or fewer; or check whether the total is what you mean."
        )
    if dose["coverage"] < LOW_COVERAGE:
        yield (
            f"At {_roughly(plan.spacing_um)} the depots do not meet. For separate papules that is right; for an even "
            "layer, allow a smaller spacing."
        )
    if NOTE in area.notes:
        yield (f"This is an {NOTE}. For a person, draw the outline on the skin, or trace a photo with a scale in it.")
    yield "Compare the 50 mm ruler of the printed template with a real one before marking skin."


SITES = {
    "forehead": "forehead",
    "cheek": "zygoma",
    "jowls": "submandibular",
    "submental": "submandibular",
    "periorbital": "eyelid",
    "neck": "neck",
    "abdomen": "abdomen",
    "thigh": "thigh",
    "arm": "arm",
    "buttocks": "buttock",
    "hips": "waist",
}
"""Sites with a measured skin thickness, by the names that areas and zones go by."""


PART_OF = {
    "forehead": ("face",),
    "periorbital": ("face",),
    "cheek": ("face",),
    "jowls": ("face",),
    "submental": ("face",),
    "face": ("cheek",),
    "thigh": ("thighs", "legs", "limbs"),
    "arm": ("arms", "limbs"),
    "hips": ("hip",),
    "scalp": (),
    "neck": (),
    "decolletage": (),
    "abdomen": (),
    "buttocks": (),
}
"""Names that an outline may go by, and what protocols call the area that it lies in."""


def _meant_for(area: Area, meant_for: Sequence[str]) -> Iterator[str]:
    """A word where an outline is named after a place that the protocol does not speak of."""
    name = area.name.lower().removeprefix("left-").removeprefix("right-")
    if meant_for and name in PART_OF and not {name, *PART_OF[name]} & set(meant_for):
        listed = ", ".join(meant_for)
        yield f"The protocol is for {listed}, and this outline is called {area.name}: its numbers may not hold there."


def _depths(plan: Plan, area: Area) -> Iterator[str]:
    """A word where the depth is not in the layer aimed at, on mean thicknesses, for areas named after a site."""
    names = [area.name, *(zone.name for zone in area.zones)]
    bare = [name.lower().removeprefix("left-").removeprefix("right-") for name in names]
    verdicts = {
        site: check_depth(plan.points[0].depth_um / 1000, site, plan.layer)
        for site in dict.fromkeys(SITES[name] for name in bare if name in SITES)
    }
    wrong = [site for site, verdict in verdicts.items() if not verdict.ok]
    if wrong:
        others = f" The same goes for {', '.join(wrong[1:])}." if wrong[1:] else ""
        yield (
            f"{verdicts[wrong[0]].message}.{others} People differ from means: measure, or choose the depth for the "
            "skin before you."
        )


def _spread(volumes_nl: list[int]) -> str:
    low, high = min(volumes_nl), max(volumes_nl)
    return ul_text(low) if low == high else f"{ul_text(low, unit=False)} to {ul_text(high)}"


def _roughly(length_um: int) -> str:
    """A length as one says it: to a tenth of a millimetre, unless somebody chose it more finely."""
    return mm_text(length_um if length_um % 50 == 0 else round(length_um, -2))


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _minutes(seconds: int) -> str:
    return f"{round(seconds / 60)} minutes" if seconds >= 90 else f"{seconds} seconds"
