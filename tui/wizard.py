"""Plan and treat, step by step: protocol, area, subject, gun, numbers, plan; then questions and the judgement.

Whatever is chosen ends as the arguments of one ``mesogun treat`` command, bound to the plan's hash. What was answered
stays when somebody steps back, and who has corrected something is led on to what is still open. Not responsible for
the work behind the steps (``visit``), for questions (``questions``), for judging (``judging``) or for pages.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from rich.text import Text

from mesogun.errors import InputError
from tui.case import Case, Ports, flowing, run
from tui.judging import Judging, told
from tui.pager import Choice, Pager
from tui.questions import STEPS, Questions

if TYPE_CHECKING:
    from mesogun.visit import GunSeen
    from tui.visit import Prepared

__all__ = ["Wizard", "run"]

UNITS = {"mm": "millimetres", "cm": "centimetres", "in": "inches", "m": "metres"}


class Wizard:
    """Visits being prepared on ``pager``, one at a time; ``home`` is where each begins."""

    def __init__(
        self, pager: Pager, home: Callable[[], None], *, folder: Path, journal: str | Path, limits: Path | None,
        ports: Ports, now: Callable[[], datetime],
    ) -> None:  # fmt: skip
        self._pager = pager
        self._home = home
        self._where = (folder, journal, limits)
        self._ports = ports
        self._now = now

    def start(self) -> None:
        """The first step of a new visit."""
        from tui.draft import Desk, Draft

        desk = Desk(*self._where)
        case = Case(self._pager, self._home, desk=desk, draft=Draft(), ports=self._ports, now=self._now)
        Steps(case).begin()


class Steps:
    """The steps up to the plan, and the way from one to the next."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self._pager = case.pager
        self._ways = (
            Choice("Change a number", self.numbers),
            Choice("Change the area", self.choose_area),
            Choice("Change the gun", self.choose_gun),
            Choice("Change the protocol", self.choose_protocol),
        )
        self._judging = Judging(case, self._ways, self.onward)
        self._questions = Questions(case, self.onward)

    def begin(self) -> None:
        """Which protocol?"""
        self.choose_protocol()

    def onward(self) -> None:
        """The next thing that is still open."""
        if self._case.planned:
            self._case.settle()
            if not self._questions.ask_next():
                self._judging.check()
            return
        draft = self._case.draft
        for said, ask in (
            (draft.protocol, self.choose_protocol),
            (draft.area, self.choose_area),
            (draft.subject, self.choose_subject),
            (draft.port, self.choose_gun),
        ):
            if not said:
                ask()
                return
        self.choose_gun()  # looks at the gun again, then makes the plan

    # -- what, where, who ----------------------------------------------------------------------------------------------

    def choose_protocol(self) -> None:
        """Step 1."""
        from tui.visit import protocols

        self._pager.busy("protocol", "Reading the library ...", protocols, self._show_protocols, self._case.home)

    def _show_protocols(self, found: Sequence[tuple[str, str]]) -> None:
        from tui.visit import as_path

        chosen = next((n for n, (name, _) in enumerate(found) if name == self._case.draft.protocol), 0)
        choices = [Choice(title, lambda name=name: self._take_protocol(name)) for name, title in found]  # type: ignore[misc]
        named = "path of the .toml file, then Enter"
        choices.append(
            Choice(
                "From a file (.toml) ...",
                lambda: self._pager.ask_text(named, lambda text: self._take_protocol(as_path(text))),
            )
        )
        words = f"Step 1 of {STEPS}. Which protocol? Each is a template with its sources."
        self._pager.page("protocol", words, choices, self.choose_protocol, chosen=chosen)

    def _take_protocol(self, name: str) -> None:
        from tui.visit import protocol_of

        draft = self._case.draft.for_protocol(name)

        def taken(_found: object) -> None:
            self._case.draft = draft
            self._changed()

        self._pager.attempt("Reading the protocol ...", lambda: protocol_of(draft), taken)

    def _changed(self) -> None:
        """Something that the plan rests on was chosen: plan again where everything for it is there."""
        draft = self._case.draft
        if draft.protocol and draft.area and draft.subject and self._case.planned:
            self._look_for_numbers()
        else:
            self.onward()

    def choose_area(self) -> None:
        """Step 2."""
        from tui.visit import areas, likely_area

        found, now = areas(), self._case.draft.area
        choices = [Choice(name, lambda name=name: self._take_area(name)) for name in found]  # type: ignore[misc]
        choices.append(
            Choice(
                "From a file (.svg .csv .geojson .dxf, photo .json) ...",
                lambda: self._pager.ask_text(
                    "path of the file, then Enter", self._take_area, value="" if now in found else now
                ),
            )
        )
        words = f"Step 2 of {STEPS}. Which area? Examples, or the outline in a file."
        likely = now or likely_area(self._case.draft)
        chosen = found.index(likely) if likely in found else len(found)
        self._pager.page("area", words, choices, self.choose_area, chosen=chosen)

    def _take_area(self, name: str, units: str | None = None) -> None:
        from tui.visit import areas, as_path, outline_of

        path = name if name in areas() else as_path(name)
        draft = replace(self._case.draft, area=path, units=units)

        def taken(_outline: object) -> None:
            self._case.draft = draft
            self._changed()

        def failed(error: Exception) -> None:
            from mesogun.area import UnitsMissing

            if isinstance(error, UnitsMissing):
                self._ask_units(path, str(error))
            else:
                self._pager.complain(str(error))

        self._pager.attempt("Reading the area ...", lambda: outline_of(draft), taken, failed)

    def _ask_units(self, path: str, why: str) -> None:
        choices = [Choice(words, lambda unit=unit: self._take_area(path, unit)) for unit, words in UNITS.items()]  # type: ignore[misc]
        words = f"Step 2 of {STEPS}. {why}\n\nIn which unit was it drawn?"
        self._pager.page("units", words, choices, lambda: self._ask_units(path, why))

    def choose_subject(self) -> None:
        """Step 3."""

        def take(text: str) -> None:
            from mesogun.identity import check_subject

            self._case.draft = self._case.draft.for_subject(check_subject(text))
            self._changed()

        words = f"Step 3 of {STEPS}. Who? A pseudonymous reference, such as S-0042; never a name."
        self._pager.page("subject", words, [], self.choose_subject)
        self._pager.ask_text("reference, then Enter", take, value=self._case.draft.subject)

    # -- with which gun, by whom ---------------------------------------------------------------------------------------

    def choose_gun(self) -> None:
        """Step 4."""
        self._pager.busy("gun", "Looking for guns ...", self._case.ports, self._show_guns, self._case.home)

    def _show_guns(self, plugged_in: Sequence[tuple[str, str]]) -> None:
        from tui.visit import simulated_port

        ports = [(simulated_port(self._case.draft), "the simulated gun"), *plugged_in]
        choices = [Choice(f"{port}  {words}", lambda port=port: self._take_gun(port)) for port, words in ports]  # type: ignore[misc]
        now = self._case.draft.port
        named = "port, such as /dev/ttyUSB0 or COM5, then Enter"
        choices.append(Choice("Another port ...", lambda: self._pager.ask_text(named, self._take_gun, value=now or "")))
        chosen = next((n for n, (port, _) in enumerate(ports) if port == now), 0)
        words = f"Step 4 of {STEPS}. Which gun? Nothing is loaded yet."
        self._pager.page("gun", words, choices, self.choose_gun, chosen=chosen)

    def _take_gun(self, port: str) -> None:
        from tui.visit import look_at_gun

        if not port:
            raise InputError("name the port")

        def looked(found: GunSeen) -> None:
            if port != self._case.draft.port:
                self._case.say(port=port, head=None, who="")
            self._case.looked(found)
            self._who_treats()

        self._pager.attempt("Asking the gun ...", lambda: look_at_gun(port), looked)

    def _who_treats(self) -> None:
        """Where nobody is at the keyboard and the gun is real, somebody says who they are."""
        from mesogun.errors import Refused
        from tui.visit import operator_of, practitioners

        try:
            operator_of(self._case.draft, self._case.gun)
        except Refused:
            people = practitioners()
            if not people:
                raise
            self._ask_who(people)
        else:
            self._look_for_numbers()

    def _ask_who(self, people: Sequence[tuple[str, str]]) -> None:
        def take(reference: str) -> None:
            self._case.say(who=reference)
            self._look_for_numbers()

        choices = [Choice(f"{name}  ({reference})", lambda ref=reference: take(ref)) for reference, name in people]  # type: ignore[misc]
        words = f"Step 4 of {STEPS}. Nobody is at this keyboard (mesogun operator use). Who treats?"
        self._pager.page("operator", words, choices, lambda: self._ask_who(people))

    # -- numbers -------------------------------------------------------------------------------------------------------

    def _look_for_numbers(self, *, stay: bool = False) -> None:
        """Ask for what the protocol leaves to the practitioner, one number at a time; then plan.

        ``stay``: where there is no plan, say so on the page that is shown.
        """
        from tui.visit import heads_for, operator_of, schools_of, with_numbers

        case = self._case
        who = operator_of(case.draft, case.gun).reference
        item, _ = with_numbers(case.draft, case.gun, case.desk, who)
        heads = heads_for(item, case.gun) if case.draft.head is None else ()
        if item.demanded and case.draft.school is None and "school" not in case.draft.passed and schools_of(case.draft):
            self._ask_school()
        elif heads:
            self._ask_head(item.head, heads)
        elif item.demanded:
            self._ask_number(item.demanded[0], len(item.demanded))
        else:
            self._make_plan(stay=stay)

    def _ask_school(self) -> None:
        from tui.visit import schools_of

        def take(name: str | None) -> None:
            self._case.say(school=name)
            self._case.pass_by("school")
            self._look_for_numbers()

        choices = [Choice(f"The {name} school", lambda name=name: take(name)) for name in schools_of(self._case.draft)]  # type: ignore[misc]
        choices.append(Choice("My own numbers", lambda: take(None)))
        words = f"Step 5 of {STEPS}. Schools disagree about this technique. Whose depth and distance?"
        self._pager.page("school", words, choices, self._ask_school)

    def _ask_head(self, meant: str, heads: Sequence[str]) -> None:
        def take(name: str) -> None:
            self._case.say(head=name)
            self._look_for_numbers()

        needles = self._case.gun.caps.needles
        words = (
            f"Step 5 of {STEPS}. The protocol is for the head {meant}, and this gun has {needles} needle"
            f"{'s' if needles != 1 else ''}. Put the head {meant} on and choose the gun again, or plan with another:"
        )
        choices = [Choice(f"Plan with {name}", lambda name=name: take(name)) for name in heads]  # type: ignore[misc]
        choices.append(Choice("Choose the gun again", self.choose_gun))
        self._pager.page("head", words, choices, lambda: self._ask_head(meant, heads))

    def _ask_number(self, key: str, left: int) -> None:
        from tui.visit import demand_of

        more = f" ({left} are still open)" if left > 1 else ""
        why = demand_of(self._case.draft, key)
        words = f"Step 5 of {STEPS}. A number that is yours to give{more}: {named(key)}.\n\n{why}"
        self._pager.page("number", words, [], lambda: self._ask_number(key, left))
        self._pager.ask_text(f"{named(key)}, then Enter", lambda text: self._take_number(key, text))

    def _take_number(self, key: str, text: str, then: Callable[[], None] | None = None) -> None:
        """One number of the practitioner's; an empty one leaves it to the protocol again."""
        from tui.visit import number, operator_of, with_numbers

        case = self._case
        values = {name: value for name, value in case.draft.values.items() if name != key}
        if text:
            values[key] = number(text)
        elif then is None:
            raise InputError("no source gives this number: give yours")
        draft = replace(case.draft, values=values)
        with_numbers(draft, case.gun, case.desk, operator_of(draft, case.gun).reference)  # says what does not fit
        case.draft = draft
        (then or self._look_for_numbers)()

    def numbers(self) -> None:
        """Every number that may be chosen for this plan, to change one."""
        from tui.visit import numbers_of

        case = self._case

        def change(key: str) -> None:
            before = f"{case.draft.values[key]:g}" if key in case.draft.values else ""
            self._pager.ask_text(
                f"{named(key)}, then Enter; empty: leave it to the protocol",
                lambda text: self._take_number(key, text, self._pager.renew),
                value=before,
            )

        lines = numbers_of(case.draft, case.gun, case.desk)
        choices = [Choice(f"{named(key)}: {words}", lambda key=key: change(key)) for key, words in lines]  # type: ignore[misc]
        choices.append(Choice("Plan with these numbers", lambda: self._look_for_numbers(stay=True)))
        words = f"Step 5 of {STEPS}. Choose a number to change; a range is the planner's to choose from."
        self._pager.page("numbers", words, choices, self.numbers, chosen=len(choices) - 1)

    # -- the plan ------------------------------------------------------------------------------------------------------

    def _make_plan(self, *, stay: bool = False) -> None:
        from tui.visit import prepare

        case = self._case
        draft, gun, desk, now = case.draft, case.gun, case.desk, case.now()

        def made(ready: Prepared) -> None:
            case.plan_made(ready)
            self._show_plan()

        failed = None if stay else self._no_plan
        self._pager.attempt("Making the plan ...", lambda: prepare(draft, gun, desk, now), made, failed)

    def _no_plan(self, error: Exception) -> None:
        """The planner says what would work; each of it is one choice away."""
        palette = self._pager.palette
        words = Text.assemble(("There is no such plan:\n\n", f"bold {palette.bad}"), str(error))
        self._pager.page("plan", words, [*self._ways, self._case.home], lambda: self._no_plan(error))

    def _show_plan(self) -> None:
        from tui.mapview import MapView

        self._case.settle()
        pager, ready = self._pager, self._case.ready
        hard = any(violation.hard for violation in ready.early)
        on = Choice(
            "Go on all the same: everything is listed at the end" if hard else "Go on to the questions", self.onward
        )
        words = Text.assemble(
            (f"Step 5 of {STEPS}. The plan.\n\n", pager.palette.text),
            *told(ready.early, pager.palette),
            "\n" if ready.early else "",
            flowing(ready.summary),
        )
        choices = [*self._ways, on] if hard else [on, *self._ways]
        pager.page("plan", words, [*choices, self._case.home], self._show_plan)
        pager.beside(MapView(ready.plan, pager.palette, ink=pager.terminal_ink(), preview=True))


def named(key: str) -> str:
    """A number's dotted key as people say it: ``shot.depth_mm`` is *depth, mm*."""
    name, _, unit = key.partition(".")[2].rpartition("_")
    if not name:
        return unit
    return f"{'volume per point' if name == 'volume' else name}, {'µL' if unit == 'ul' else unit.replace('ml', 'mL')}"
