"""What is asked of a person before a treatment: weight, screening, consent, preparation, and what is used up.

Every answer stays when somebody steps back. Not responsible for what follows from an answer (``mesogun.limits``) or
for the order of the wizard's steps (``wizard``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from rich.text import Text

from mesogun.errors import InputError
from tui.case import Case
from tui.pager import LONGEST, Choice

STEPS = 6


class Questions:
    """The pages with questions; ``onward`` is asked for after each answer."""

    def __init__(self, case: Case, onward: Callable[[], None]) -> None:
        self._case = case
        self._pager = case.pager
        self._onward = onward
        self._step = ""

    def ask_next(self) -> bool:
        """Show the first page that is still open; whether there was one."""
        case, draft, protocol = self._case, self._case.draft, self._case.ready.protocol
        if case.ready.per_kg and draft.weight_kg is None and "weight" not in draft.passed:
            self.weight()
            return True
        for question in protocol.screening:
            if question.id not in draft.screening:
                self.screening(question.id)
                return True
        for rule in protocol.consent:
            if rule.id not in draft.consent:
                self.consent(rule.id)
                return True
        for name, ask in (("preparation", self.preparation), ("supplies", self.supplies)):
            if name not in draft.passed:
                ask()
                return True
        return False

    def _pass(self, page: str) -> None:
        self._case.pass_by(page)
        self._onward()

    # -- weight, screening, consent ------------------------------------------------------------------------------------

    def weight(self) -> None:
        """The weight, for limits per kg."""
        known = self._case.ready.about.subject.weight

        def take(text: str) -> None:
            from mesogun.limits import Weight
            from tui.visit import number

            kg = f"{number(text):g}"
            Weight.recorded(kg, self._case.now().date(), self._case.ready.operator.reference)
            self._case.say(weight_kg=kg)
            self._onward()

        words = f"Step 6 of {STEPS}. A limit counts per kilogram of body weight."
        if known is None:
            self._pager.page("weight", f"{words} No weight is on record: measure it today.", [], self.weight)
            before = self._case.draft.weight_kg or ""
            self._pager.ask_text("weight in kg, measured today, then Enter", take, value=before)
            return
        choices = [
            Choice(f"{known.kg:g} kg, measured on {known.measured_on}, still holds", lambda: self._pass("weight")),
            Choice("Measured today ...", lambda: self._pager.ask_text("weight in kg, then Enter", take)),
        ]
        self._pager.page("weight", words, choices, self.weight)

    def screening(self, name: str) -> None:
        """One question."""
        from mesogun.limits.screening import COMBINED
        from tui.visit import outcome_of

        case, palette = self._case, self._pager.palette
        questions = case.ready.protocol.screening
        number = next(n for n, question in enumerate(questions) if question.id == name)
        asked, before = questions[number], case.draft.screening.get(name)
        days = name in COMBINED

        def take(yes: bool) -> None:
            if outcome_of(case.ready.protocol, name, yes=yes) != "clearance":
                go(yes, "")
                return
            where = "where is the clearance documented? (letter, date, who)"
            if days:
                where = "how many days lie between the two? (a number; the clinic's rule decides)"
            kept = before[1] if before is not None and before[0] == yes else ""
            self._pager.ask_text(where, lambda text: go(yes, checked(text)), value=kept, longest=LONGEST)

        def checked(text: str) -> str:
            if days and not text.isdecimal():
                raise InputError(f"{text or 'nothing'}: not a number of days")
            if not text:
                raise InputError("a clearance needs words: which letter, from when, by whom; Esc to answer otherwise")
            return text

        def go(yes: bool, clearance: str) -> None:
            case.say(screening={**case.draft.screening, name: (yes, clearance)})
            self._onward()

        words = Text.assemble(
            (f"Step 6 of {STEPS}. Question {number + 1} of {len(questions)}.\n\n", palette.quiet),
            (f"{asked.ask}\n", f"bold {palette.text}"),
            (f"\n{asked.note}\n" if asked.note else "", palette.quiet),
            (f"\nyes leads to {asked.yes}, no to {asked.no}; source {', '.join(asked.sources)}", palette.quiet),
        )
        choices = [Choice("Yes", lambda: take(yes=True)), Choice("No", lambda: take(yes=False))]
        chosen = None if before is None else int(not before[0])
        self._pager.page("screening", words, choices, lambda: self.screening(name), chosen=chosen)

    def consent(self, name: str) -> None:
        """One item of consent."""
        case, palette = self._case, self._pager.palette
        rules = case.ready.protocol.consent
        number = next(n for n, rule in enumerate(rules) if rule.id == name)

        def take(agreed: bool) -> None:
            case.say(consent={**case.draft.consent, name: agreed})
            self._onward()

        words = Text.assemble(
            (f"Step 6 of {STEPS}. Consent {number + 1} of {len(rules)}.\n\n", palette.quiet),
            (rules[number].text, f"bold {palette.text}"),
        )
        choices = [
            Choice("Yes, the subject has agreed to this", lambda: take(agreed=True)),
            Choice("No", lambda: take(agreed=False)),
        ]
        said = case.draft.consent.get(name)
        chosen = None if said is None else int(not said)
        self._pager.page("consent", words, choices, lambda: self.consent(name), chosen=chosen)

    # -- what was done and what is used --------------------------------------------------------------------------------

    def preparation(self) -> None:
        """The steps of preparation that were carried out, each with what belongs on record."""
        case, rules = self._case, self._case.ready.protocol.preparation

        def done(name: str) -> None:
            def take(note: str) -> None:
                case.say(steps={**case.draft.steps, name: note})
                self._pager.renew()

            self._step = name
            if name in case.draft.steps:
                case.say(steps={step: note for step, note in case.draft.steps.items() if step != name})
                self._pager.renew()
                return
            self._pager.ask_text("product, amount, time, or nothing; then Enter", take, longest=LONGEST)

        choices = [Choice("Go on", lambda: self._pass("preparation"))]
        for rule in rules:
            note = case.draft.steps.get(rule.id)
            mark = "[ ]" if note is None else "[x]"
            choices.append(
                Choice(f"{mark} {rule.text}{f'  ({note})' if note else ''}", lambda name=rule.id: done(name))  # type: ignore[misc]
            )
        words = f"Step 6 of {STEPS}. What was done before? Choose each step that belongs on record, then go on."
        chosen = next((n for n, rule in enumerate(rules, 1) if rule.id == self._step), 0)
        self._pager.page("preparation", words, choices, self.preparation, chosen=chosen)

    def supplies(self) -> None:
        """The lot in the syringe and the parts on the gun, where they are to be on record."""
        case, pager = self._case, self._pager
        draft = case.draft
        lot = draft.supplies.get("lot", "")

        def without() -> None:
            case.say(supplies={}, parts=())
            pager.renew()

        def part(text: str) -> None:
            self._say_supplies(parts=(*case.draft.parts, text))
            pager.renew()

        named = f"Lot {lot}, expiry {draft.supplies.get('expiry', '')}: name another ..." if lot else "Name the lot ..."
        choices = [
            Choice("Go on", self._supplies_done),
            Choice(named, self._ask_lot),
            Choice("A needle or another part ...", lambda: pager.ask_text("kind:serial, as in needle:A1234", part)),
        ]
        if lot and "opened" not in draft.supplies:
            choices.append(Choice("The vial was opened before now ...", self._ask_opened))
        if draft.supplies or draft.parts:
            choices.append(Choice("Take all of this back", without))
        lines = [f"{name.replace('_', ' ')} {text}" for name, text in draft.supplies.items()] + list(draft.parts)
        words = (
            f"Step 6 of {STEPS}. What is used? The lot in the syringe with its expiry, a needle, a nozzle. It goes on "
            "record; what is expired or used up is refused."
        )
        said = f"\n\n{'; '.join(lines)}" if lines else ""
        pager.page("supplies", f"{words}{said}", choices, self.supplies)

    def _say_supplies(self, **said: object) -> None:
        """Take it only if it reads as ``mesogun treat`` will read it."""
        from tui.visit import supplies_of

        draft = replace(self._case.draft, **said)  # type: ignore[arg-type]
        supplies_of(draft)
        self._case.draft = draft

    def _ask_lot(self) -> None:
        pager, before = self._pager, self._case.draft.supplies

        def code(lot: str) -> None:
            if not lot:
                raise InputError("a lot needs the code that is printed on the vial")
            pager.ask_text(
                f"expiry of lot {lot}: YYYY-MM-DD, YYYY-MM or the barcode's YYMMDD",
                lambda text: expires(lot, text),
                value=before.get("expiry", ""),
            )

        def expires(lot: str, text: str) -> None:
            from mesogun.limits import expiry

            expiry(text)
            self._say_supplies(supplies={"lot": lot, "expiry": text})
            pager.renew()

        pager.ask_text("the lot on the vial, then Enter", code, value=before.get("lot", ""))

    def _ask_opened(self) -> None:
        pager, before = self._pager, self._case.draft.supplies

        def opened(at: str) -> None:
            pager.ask_text("for how many hours may it be used, from its label?", lambda text: hours(at, text))

        def hours(at: str, text: str) -> None:
            self._say_supplies(supplies={**before, "opened": at, "open_for_h": text})
            pager.renew()

        pager.ask_text("opened when? as in 2026-01-05T09:00", opened)

    def _supplies_done(self) -> None:
        from tui.visit import check_supplies

        case = self._case
        ready, draft, desk, now = case.ready, case.draft, case.desk, case.now()
        self._pager.attempt(
            "Looking at the record ...",
            lambda: check_supplies(ready, draft, desk, now),
            lambda _nothing: self._pass("supplies"),
        )
