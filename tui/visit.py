"""A visit being prepared: what was said so far, and the work that the wizard needs done for it.

The work is mesogun's own (``mesogun.visit``), the same that ``mesogun treat`` does, with the same limits and the same
record; what comes out is a few files and a command. Not responsible for screens, nor for the final word on what is
allowed: ``mesogun treat`` judges again.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mesogun.errors import InputError, LimitRefused, Refused
from tui.draft import Desk, Draft

if TYPE_CHECKING:
    from mesogun.identity import Operator
    from mesogun.journal import Journal
    from mesogun.limits import Answers, SiteLimits, Violation
    from mesogun.plan import Plan
    from mesogun.protocol import Protocol, Quantity
    from mesogun.visit import GunSeen, Known, Supplies

PER_KG = "treatment_mg_per_kg"
ASKED_LATER = ("screening.", "consent.", "confirm.")
"""Rules that stand open only because the questions come after the plan."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A plan and all that it is judged with; ``early`` is what stands in its way before any question."""

    protocol: Protocol
    plan: Plan
    gun: GunSeen
    operator: Operator
    site: SiteLimits | None
    demonstration: bool
    summary: str
    about: Known
    early: tuple[Violation, ...]
    per_kg: bool


@dataclass(frozen=True, slots=True)
class Found:
    """Everything that stands in the way, or nothing and what should be seen before going on."""

    violations: tuple[Violation, ...] = ()
    notes: tuple[str, ...] = ()


# -- what there is to choose from ----------------------------------------------------------------------------------


def protocols() -> tuple[tuple[str, str], ...]:
    """(id, title) of the bundled protocols."""
    from mesogun.protocol import bundled, bundled_names

    return tuple((name, bundled(name).title) for name in bundled_names())


def areas() -> tuple[str, ...]:
    """The bundled example areas."""
    from mesogun.area import examples

    return tuple(examples())


def likely_area(draft: Draft) -> str:
    """An example area that the protocol is for: the last one that it names, which is the narrowest; else the first."""
    named = [name for name in protocol_of(draft).areas if name in areas()]
    return named[-1] if named else areas()[0]


def as_path(text: str) -> str:
    """A path as people type or drop it: quotes off, ``~`` spelled out."""
    plain = text.strip()
    if len(plain) > 1 and plain[0] == plain[-1] and plain[0] in "'\"":
        plain = plain[1:-1]
    try:
        return str(Path(plain).expanduser())
    except RuntimeError as error:
        raise InputError(f"{plain}: nobody of that name has a home here") from error


def outline_of(draft: Draft) -> Any:
    """The area; ``InputError`` with what would work."""
    from mesogun.visit import read_area

    return read_area(draft.area, draft.units)


def protocol_of(draft: Draft) -> Protocol:
    """The protocol, with the numbers of the school that was chosen."""
    from mesogun.protocol import with_school
    from mesogun.visit import find_protocol

    found = find_protocol(draft.protocol)
    if not found.metered:
        raise Refused(f"{found.refusal}: mesogun course visit records it")
    return found if draft.school is None else with_school(found, draft.school)


def schools_of(draft: Draft) -> tuple[str, ...]:
    """The schools that disagree about the protocol's technique, where it leaves numbers open."""
    from mesogun.protocol.technique import schools

    item = protocol_of(replace(draft, school=None))
    return tuple(one.school for one in schools(item.technique) if one.school is not None) if item.demanded else ()


def look_at_gun(port: str) -> GunSeen:
    """Open the port, read who is there, close it again; whatever stands in the way is a ``MesogunError``."""
    from mesogun.gun import connect, key_source
    from mesogun.identity import Home
    from mesogun.visit import seen

    with connect(port, keys=key_source(Home.open())) as gun:
        return seen(gun)


def operator_of(draft: Draft, gun: GunSeen) -> Operator:
    """Who treats; ``Refused`` where nobody is at the keyboard and the gun is not simulated."""
    from mesogun.visit import operator_for

    return operator_for(draft.who or None, simulated_only=_simulated(gun))


def heads_for(protocol: Protocol, gun: GunSeen) -> tuple[str, ...]:
    """Heads with as many needles as the gun has, where the protocol's head has another number; else none."""
    from mesogun.plan import bundled_heads

    heads = {head.id: len(head.offsets_mm) for head in bundled_heads()}
    if heads.get(protocol.head) == gun.caps.needles:
        return ()
    return tuple(name for name, needles in heads.items() if needles == gun.caps.needles)


def with_numbers(draft: Draft, gun: GunSeen, desk: Desk, who: str) -> tuple[Protocol, SiteLimits | None]:
    """The protocol with every number that there is for it, and the limits of the place."""
    from mesogun.limits import load_site
    from mesogun.visit import filled

    clinic = load_site(desk.limits) if desk.limits is not None and desk.limits.exists() else None
    return filled(protocol_of(draft), draft.values, clinic, who=who, demonstration=_simulated(gun))


def practitioners() -> tuple[tuple[str, str], ...]:
    """(reference, name) of those who may treat at this station."""
    from mesogun.identity import Action, Home, may

    people = Home.open().operators.list()
    return tuple((one.reference, one.name) for one in people if not one.retired and may(one.role, Action.TREAT))


def simulated_port(draft: Draft) -> str:
    """The simulated gun that has the protocol's head."""
    from mesogun.visit import gun_profile_for

    return f"sim://{gun_profile_for(protocol_of(draft))}"


def demand_of(draft: Draft, key: str) -> str:
    """Why the protocol has no such number."""
    item = protocol_of(draft)
    if key == "agent.concentration":
        return f"{item.agent.name}, in {item.agent.unit}. {item.agent.demand or ''}"
    return dict(item.quantities())[key].demand or ""


def numbers_of(draft: Draft, gun: GunSeen, desk: Desk) -> tuple[tuple[str, str], ...]:
    """(key, value or range with its source) of the numbers that a person may choose for this plan."""
    item, _ = with_numbers(draft, gun, desk, operator_of(draft, gun).reference)
    source = protocol_of(draft)
    ranges = dict(source.quantities())
    lines = [(key, _told(now, ranges[key])) for key, now in item.quantities() if key.startswith("shot.")]
    if source.agent.unit is not None and source.agent.concentration is None:
        now = item.agent.concentration
        lines.append(
            ("agent.concentration", "-" if now is None else f"{now:g} {item.agent.unit}  ({item.agent.source})")
        )
    return tuple(lines)


def _told(now: Quantity, source: Quantity) -> str:
    """A number or range, and the range that its source leaves where one was chosen within it."""
    spans = [" to ".join(f"{edge:g}" for edge in dict.fromkeys(one.bounds() or ())) for one in (now, source)]
    by = "a demonstration value" if now.grade == "demo" else now.source
    if not spans[0]:
        return "follows from the others"
    if not spans[1] or spans[0] == spans[1]:
        return f"{spans[0]}  ({by})"
    return f"{spans[0]}  ({by}), of {spans[1]}  ({source.source})"


def _simulated(gun: GunSeen) -> bool:
    return gun.kind == "simulated"


# -- the plan, and what stands in its way --------------------------------------------------------------------------


def prepare(draft: Draft, gun: GunSeen, desk: Desk, now: datetime) -> Prepared:
    """Make the plan and hold it against limits and record; a ``MesogunError`` says what would work."""
    from mesogun.limits import limits_for
    from mesogun.plan import summary_text
    from mesogun.visit import PlanOptions, known, plan_for

    operator = operator_of(draft, gun)
    item, site = with_numbers(draft, gun, desk, operator.reference)
    outline = outline_of(draft)
    plan = plan_for(gun.caps, item, outline, PlanOptions(head=draft.head))
    with record(desk) as journal:
        about = known(journal, draft.subject, item.agent.id)
    words = summary_text(plan, outline, None, item.areas)
    per_kg = PER_KG in limits_for(item, site=site, subject=about.subject).kinds()
    ready = Prepared(item, plan, gun, operator, site, _simulated(gun), words, about, (), per_kg)
    early = tuple(
        one
        for one in look(ready, draft, now).violations
        if not one.rule.startswith(ASKED_LATER) and not (per_kg and one.rule == f"{PER_KG}.unknown")
    )
    return replace(ready, early=early)


def look(ready: Prepared, draft: Draft, now: datetime) -> Found:
    """Everything that stands in the way of this plan for this subject, as ``mesogun treat`` will judge it."""
    from mesogun.limits import Weight
    from mesogun.visit import judge, most_given_nl

    about = ready.about
    if draft.weight_kg is not None:
        weight = Weight.recorded(draft.weight_kg, now.date(), ready.operator.reference)
        about = replace(about, subject=replace(about.subject, weight=weight))
    try:
        cleared = judge(
            ready.plan,
            ready.protocol,
            site=ready.site,
            about=about,
            operator=ready.operator,
            answers=answers_of(ready, draft),
            gun_kind=ready.gun.kind,
            now=now,
            upper_nl=most_given_nl(ready.plan, ready.gun.caps),
        )
    except LimitRefused as refusal:
        return Found(getattr(refusal, "violations", ()))
    return Found((), cleared.clearance.warnings)


def answers_of(ready: Prepared, draft: Draft) -> Answers:
    """What was said, as the limits want it, confirmed for this plan and this subject."""
    from mesogun.limits import Answer, Answers
    from mesogun.limits.screening import COMBINED

    screening = {
        name: Answer(yes, days=int(note)) if name in COMBINED and note.isdecimal() else Answer(yes, note)
        for name, (yes, note) in draft.screening.items()
    }
    consent = frozenset(name for name, agreed in draft.consent.items() if agreed)
    return Answers(screening, consent, ready.plan.plan_hash, draft.subject, overrides=draft.reasons, steps=draft.steps)


def outcome_of(protocol: Protocol, question: str, *, yes: bool) -> str:
    """What an answer leads to: ``clear``, ``note``, ``clearance`` or ``blocked``."""
    found = next(item for item in protocol.screening if item.id == question)
    return str(found.yes if yes else found.no)


def supplies_of(draft: Draft) -> Supplies:
    """What is used up; ``InputError`` for half a lot, a date that is none, and the like."""
    from mesogun.visit import take_supplies

    names = ("lot", "expiry", "opened", "open_for_h")
    said: dict[str, Any] = {name: draft.supplies.get(name) or None for name in names}
    if said["open_for_h"] is not None:
        said["open_for_h"] = number(said["open_for_h"])
    return take_supplies({**said, "part": draft.parts})


def check_supplies(ready: Prepared, draft: Draft, desk: Desk, now: datetime) -> None:
    """``Refused`` with every lot and part that may not be used now, as ``mesogun treat`` will."""
    from mesogun.visit import taken

    with record(desk) as journal:
        taken(
            journal,
            supplies_of(draft),
            agent_id=ready.protocol.agent.id,
            site=ready.site,
            now=now,
            left_nl=ready.gun.left_nl,
            operator=ready.operator.reference,
        )


def number(text: str) -> float:
    """A number as people type it, with a point or a comma; ``InputError`` otherwise."""
    try:
        return float(text.strip().replace(",", "."))
    except ValueError as error:
        raise InputError(f"{text.strip() or 'nothing'}: not a number; write it as in 1.5") from error


@contextmanager
def record(desk: Desk) -> Iterator[Journal | None]:
    """The journal, read only; ``None`` where there is none yet."""
    from mesogun.clock import RealClock
    from mesogun.identity import Home
    from mesogun.journal import journal_at

    url = str(desk.journal)
    if not url or ("://" not in url and not Path(url).exists()):
        yield None
        return
    with journal_at(Home.open(), url, RealClock(), create=False, read_only=True) as journal:
        yield journal


# -- the command ---------------------------------------------------------------------------------------------------


def command(ready: Prepared, draft: Draft, desk: Desk, *, sign: bool = False) -> tuple[str, ...]:
    """The arguments that carry the visit out, with the files that ``write`` writes."""
    folder = desk.folder
    arguments = [
        "treat",
        draft.protocol,
        "--plan",
        str(folder / "plan.json"),
        "--answers",
        str(folder / "answers.toml"),
    ]
    arguments += ["--port", draft.port, "--subject", draft.subject]
    if draft.values:
        arguments += ["--values", str(folder / "values.toml")]
    said = {"school": draft.school, "operator": draft.who, "weight_kg": draft.weight_kg, **draft.supplies}
    for name, text in said.items():
        if text:
            arguments += [f"--{name.replace('_', '-')}", text]
    for part in draft.parts:
        arguments += ["--part", part]
    if sign:
        arguments.append("--sign")
    if ready.demonstration:
        from mesogun.visit import DEMO_OPERATOR

        arguments.append("--demo-values")
        if ready.operator == DEMO_OPERATOR:
            arguments.append("--yes")  # the demonstration operator, whom only a simulated gun knows
    return tuple(arguments)


def write(ready: Prepared, draft: Draft, desk: Desk) -> None:
    """The files that the command names: plan, answers, and the practitioner's numbers where there are any."""
    from mesogun.limits import answers_text

    try:
        desk.folder.mkdir(parents=True, exist_ok=True)
        (desk.folder / "plan.json").write_bytes(ready.plan.to_bytes())
        (desk.folder / "answers.toml").write_text(answers_text(answers_of(ready, draft)), encoding="utf-8")
        if draft.values:
            lines = "".join(f'"{key}" = {value!r}\n' for key, value in draft.values.items())
            (desk.folder / "values.toml").write_text(lines, encoding="utf-8")
    except OSError as error:
        raise InputError(f"{desk.folder}: cannot be written ({error.strerror})") from error
