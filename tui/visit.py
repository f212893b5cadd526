"""A visit being prepared: protocol, area, gun, plan, answers; and the command line that carries it out.

The wizard (``start``) asks; this module holds what was said and does the work with mesogun's own packages, so that
the wizard and ``mesogun treat`` cannot differ; what comes out is a plan file, an answers file and a command.
Not responsible for screens, nor for the final word on what is allowed: ``mesogun treat`` clears again, with history.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mesogun.limits import Answer, Answers
    from mesogun.plan import Plan
    from mesogun.protocol import Protocol

SIMULATED = "sim://standard"
STEP_NL = 100


@dataclass(frozen=True, slots=True)
class GunFacts:
    """What planning needs to know about the gun behind a port."""

    port: str
    kind: str
    serial: str
    step_nl: int
    syringe_nl: int
    dead_volume_nl: int
    overrun_nl: int
    overrun_ppm: int


@dataclass(frozen=True, slots=True)
class Prepared:
    """A plan, and the protocol that it was made from with every number filled in."""

    protocol: Protocol
    plan: Plan
    gun: GunFacts
    demonstration: bool
    summary: str


@dataclass(frozen=True, slots=True)
class Said:
    """What was answered so far: question id to (yes, where the clearance is documented), and consents given."""

    screening: Mapping[str, tuple[bool, str]] = field(default_factory=dict)
    consent: frozenset[str] = frozenset()

    def answered(self, question: str, yes: bool, clearance: str = "") -> Said:
        """One more answer."""
        return replace(self, screening={**self.screening, question: (yes, clearance)})

    def consented(self, rule: str) -> Said:
        """One more consent."""
        return replace(self, consent=self.consent | {rule})


def protocols() -> tuple[tuple[str, str], ...]:
    """(id, title) of the bundled protocols."""
    from mesogun.protocol import bundled, bundled_names

    return tuple((name, bundled(name).title) for name in bundled_names())


def areas() -> tuple[str, ...]:
    """The bundled example areas."""
    from mesogun.area import examples

    return tuple(examples())


def look_at_gun(port: str) -> GunFacts:
    """Open the port, read who is there, close it again.

    Raises
    ------
    MesogunError
        Whatever stands in the way, in one line.
    """
    from mesogun.gun import connect, key_source
    from mesogun.identity import Home
    from mesogun.wire.codes import GunKind

    with connect(port, keys=key_source(Home.open())) as gun:
        caps, kind = gun.caps, GunKind(gun.welcome.kind).name.lower()
    serial = caps.serial.rstrip(b"\0").decode("ascii", "replace")
    return GunFacts(
        port, kind, serial, caps.step_nl, caps.syringe_nl, caps.dead_volume_nl, caps.overrun_nl, caps.overrun_ppm
    )


def prepare(protocol: str, area: str, gun: GunFacts) -> Prepared:
    """Make the plan; a simulated gun may use the bundled demonstration values where the protocol demands numbers.

    Raises
    ------
    MesogunError
        When the protocol, the area or the planner refuses, with what would work.
    """
    from mesogun.area import example, examples, read
    from mesogun.limits import bundled_demonstration
    from mesogun.plan import make_plan, request_from_protocol, summary_text
    from mesogun.protocol import bundled
    from mesogun.record import overrun_bound_nl

    item = bundled(protocol)
    demonstration = gun.kind == "simulated"
    if demonstration:
        item = bundled_demonstration().fill(item)
    outline = example(area) if area in examples() else read(Path(area))
    request = request_from_protocol(
        item,
        step_nl=-(-STEP_NL // gun.step_nl) * gun.step_nl,
        syringe_nl=gun.syringe_nl,
        prime_nl=gun.dead_volume_nl,
        residual_nl=overrun_bound_nl(gun.syringe_nl, gun.overrun_nl, gun.overrun_ppm),
    )
    plan = make_plan(outline, request)
    return Prepared(item, plan, gun, demonstration, summary_text(plan, outline))


def answers_of(ready: Prepared, said: Said, subject: str, *, confirmed: bool) -> Answers:
    """What was said, as the limits want it."""
    from mesogun.limits import Answer, Answers
    from mesogun.limits.screening import COMBINED

    screening: dict[str, Answer] = {
        name: Answer(yes, days=int(note)) if name in COMBINED and note.strip().isdecimal() else Answer(yes, note)
        for name, (yes, note) in said.screening.items()
    }
    plan_hash, name = (ready.plan.plan_hash, subject) if confirmed else ("", "")
    return Answers(screening, said.consent, plan_hash, name)


def outcome_of(ready: Prepared, question: str, *, yes: bool) -> str:
    """What an answer leads to: ``clear``, ``note``, ``clearance`` or ``blocked``."""
    found = next(item for item in ready.protocol.screening if item.id == question)
    return str(found.yes if yes else found.no)


def refusals(ready: Prepared, said: Said, subject: str, now: datetime) -> tuple[str, ...]:
    """Everything that stands in the way of this plan for this subject, as far as can be known without the journal."""
    from mesogun.identity import Home, Operator, Role
    from mesogun.limits import ClearanceRefused, Subject, SubjectHistory, bundled_demonstration, clear, limits_for

    site = bundled_demonstration().site() if ready.demonstration else None
    who = Subject(subject)
    operator = Home.open().operators.current()
    if operator is None and ready.demonstration:
        operator = Operator("op-demo", Role.PRACTITIONER, "Demonstration")
    if operator is None:
        return ("nobody is at the keyboard: mesogun operator add NAME --role practitioner, then operator use NAME",)
    try:
        clear(
            ready.plan,
            ready.protocol,
            limits_for(ready.protocol, site=site, subject=who),
            subject=who,
            history=SubjectHistory(()),
            operator=operator,
            answers=answers_of(ready, said, subject, confirmed=True),
            gun_kind=ready.gun.kind,
            now=now,
        )
    except ClearanceRefused as refusal:
        return tuple(f"{'hard' if v.hard else 'soft'} {v.rule}: {v.message}" for v in refusal.violations)
    return ()


def answers_text(answers: Answers) -> str:
    """An answers file, as ``mesogun treat --answers`` reads it."""
    lines = [
        "format = 1",
        f"confirm_plan = {_quoted(answers.confirmed_plan_hash)}",
        f"confirm_subject = {_quoted(answers.confirmed_subject)}",
        f"consent = [{', '.join(_quoted(name) for name in sorted(answers.consent))}]",
        "",
        "[screening]",
    ]
    for name, answer in answers.screening.items():
        lines.append(f"{_quoted(name)} = {_answer_text(answer)}")
    return "\n".join(lines) + "\n"


def _answer_text(answer: Answer) -> str:
    word = "yes" if answer.yes else "no"
    if answer.days is not None:
        return f'{{ answer = "{word}", days = {answer.days} }}'
    return f'{{ answer = "{word}", clearance = {_quoted(answer.clearance)} }}' if answer.clearance else f'"{word}"'


def _quoted(text: str) -> str:
    safe = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(char if char.isprintable() else " " for char in safe) + '"'


def command(ready: Prepared, said: Said, subject: str, folder: Path) -> tuple[str, ...]:
    """Write plan and answers into ``folder``; the arguments that carry the visit out."""
    from mesogun.identity import Home

    folder.mkdir(parents=True, exist_ok=True)
    plan_file, answers_file = folder / "plan.json", folder / "answers.toml"
    plan_file.write_bytes(ready.plan.to_bytes())
    answers_file.write_text(answers_text(answers_of(ready, said, subject, confirmed=True)), encoding="utf-8")
    arguments = [
        "treat", ready.protocol.id, "--plan", str(plan_file), "--answers", str(answers_file),
        "--port", ready.gun.port, "--subject", subject,
    ]  # fmt: skip
    if ready.demonstration:
        arguments.append("--demo-values")
        if Home.open().operators.current() is None:
            arguments.append("--yes")  # the demonstration operator, whom only a simulated gun knows
    return tuple(arguments)
