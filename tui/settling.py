"""What is not known of a treatment, question by question, and what settles it: as ``mesogun journal settle`` does.

Each question ends as the arguments of one command, shown with what will count then. Not responsible for what is open
or may be settled (``mesogun.treatment``), for who and why (``reasoned``) or for pages (``pager``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.text import Text

from mesogun.errors import InputError
from mesogun.units import nl_from_ml, ul_text
from tui import figures
from tui.case import go_on
from tui.guns import Guns
from tui.opening import open_record
from tui.pager import Choice, Pager
from tui.reasoned import Reasoned

if TYPE_CHECKING:
    from mesogun.identity import Operator
    from mesogun.plan.model import Plan
    from mesogun.record import Event
    from mesogun.treatment.unsettled import Question, Unsettled

BAR = 44
NAMED = 4
"""Planned shots that are named one by one; of more, only the number is told."""


def bounds(question: Question) -> str:
    """What of it is counted: ``0 to 0.0205 mL``, to the nanolitre."""
    low_nl, high_nl = question.bounds.low_nl, question.bounds.high_nl
    return f"{figures.exact(low_nl, unit=False)} to {figures.exact(high_nl)}"


def title_of(question: Question) -> str:
    """One line for a list: what is not known."""
    from mesogun.treatment.unsettled import About

    if question.about is About.OUTCOME:
        return f"How much shot {question.shots[0] + 1} gave"
    if question.about is About.VOLUME:
        foreign = question.what == "foreign record"
        return "A shot of another treatment" if foreign else "Volume that no record explains"
    if question.about is About.ENTRIES:
        return (
            "1 loaded shot: fired or not?" if question.count == 1 else f"{question.count} loaded shots: fired or not?"
        )
    return "A gun that was not read since the restore"


def places(question: Question, plan: Plan | None) -> str:
    """The planned shots that a question is about, with their places: ``3 (cheek, x 12 mm, y 30.5 mm)``."""
    told = []
    for index in question.shots[:NAMED]:
        if plan is not None and index < len(plan.shots):
            shot = plan.shots[index]
            told.append(f"{index + 1} ({shot.zone}, x {shot.x_um / 1000:g} mm, y {shot.y_um / 1000:g} mm)")
        else:
            told.append(str(index + 1))
    more = len(question.shots) - NAMED
    return ", ".join(told) + (f" and {more} more" if more > 0 else "")


def explained(question: Question, plan: Plan | None) -> str:
    """What happened, as far as anybody knows, in sentences."""
    from mesogun.treatment.unsettled import About

    gun, at = question.gun, places(question, plan)
    if question.about is About.OUTCOME:
        return (
            f"Gun {gun} was interrupted in its shot {question.shot_no}, shot {at} of the plan. It cannot tell how much "
            "of it went in. Look at the skin. The shot stays counted to its upper end; to give another one there takes "
            "an order in the treatment (redo). No other shot waits for this."
        )
    if question.about is About.ENTRIES:
        return (
            f"Gun {gun} held them, shot {at} of the plan, and was not read since. Its own log tells whether it fired "
            "them: connect it and resume. If the treatment is running now, it settles this by itself. Until then they "
            "count in full, and no other gun is loaded in this treatment."
        )
    if question.about is About.UNREAD:
        return (
            f"The journal was restored from a backup, and gun {gun} had this treatment open. What it gave since then "
            "stands in its own log only: connect it and resume. Until then nothing is loaded into any gun."
        )
    if question.what == "foreign record":
        return (
            f"The log of gun {gun} holds its shot {question.shot_no}, which belongs to a treatment that this journal "
            "does not have. Was it given to this subject? Until somebody says so it counts in full, and nothing more "
            "is loaded in this treatment."
        )
    maybe = f" It may have been shot {at} of the plan." if question.shots else ""
    return (
        f"The running total of gun {gun} went on before its shot {question.shot_no}, and no record says for what."
        f"{maybe} Until somebody says how much of it this subject got it counts in full, and nothing more is loaded in "
        "this treatment."
    )


def typed_nl(text: str, question: Question) -> int:
    """A volume typed in mL.

    Raises
    ------
    InputError
        If it is no number, or not within what the question may hold.
    """
    from mesogun.treatment.settling import check_given

    high = figures.exact(question.bounds.high_nl)
    try:
        volume_nl = nl_from_ml(float(text.removesuffix("mL").strip().replace(",", ".")))
    except ValueError:
        raise InputError(f"{text!r} is no volume in mL") from None
    try:
        return check_given(volume_nl, question.bounds.high_nl, question.shot_no)
    except InputError:
        raise InputError(f"{text} mL is not between 0 and the {high} that it may be") from None


class Settling:
    """The pages about what is not known of one treatment at a time; ``home`` leads back to the beginning."""

    def __init__(
        self,
        pager: Pager,
        home: Choice,
        *,
        url: str | Path,
        guns: Guns,
    ) -> None:
        self._pager = pager
        self._home = home
        self._url = url
        self._guns = guns

    def start(self, treatment: str) -> None:
        """What is not known of this treatment?"""

        def look() -> tuple[Unsettled, Plan | None]:
            from mesogun.plan.model import Plan
            from mesogun.treatment.unsettled import unsettled

            with open_record(self._url) as journal:
                found = unsettled(journal, treatment)
            planned = found.state.planned
            try:
                return found, Plan.from_bytes(planned.plan.encode()) if planned is not None else None
            except InputError:
                return found, None  # a plan of another version has no places that this one could read

        self._pager.busy("to settle", "Reading the journal ...", look, lambda seen: self._list(*seen), self._home)

    def _list(self, found: Unsettled, plan: Plan | None) -> None:
        palette, state = self._pager.palette, found.state
        count = len(found.questions)
        words = Text()
        if not found.questions:
            words.append("Nothing is open here.", f"bold {palette.good}")
        else:
            what = "One thing is not known" if count == 1 else f"{count} things are not known"
            words.append(f"{what} of this treatment.\n\n", f"bold {palette.warn}")
            low, high = state.ledger.low_nl, state.ledger.high_nl
            proved = BAR * low // high if high else 0
            words.append("█" * proved, palette.text)
            words.append("▒" * (BAR - proved), palette.warn)
            words.append(f"\nproved   {figures.exact(low)}\n", palette.text)
            words.append(f"at most  {figures.exact(high)}", f"bold {palette.text}")
            words.append(", counted until it is settled\n\n", palette.text)
            words.append(f"treatment {found.treatment}", palette.quiet)
        width = max((len(title_of(item)) for item in found.questions), default=0)
        choices = [
            Choice(f"{title_of(item):<{width}}  {bounds(item)}", lambda item=item: self._question(found, plan, item))  # type: ignore[misc]
            for item in found.questions
        ]
        self._pager.page("to settle", words, [*choices, self._home], lambda: self._list(found, plan))

    def _question(self, found: Unsettled, plan: Plan | None, question: Question) -> None:
        palette = self._pager.palette
        when = f"since {question.since[:16].replace('T', ' ')} UTC" if question.since else ""
        words = Text.assemble(
            (f"{title_of(question)}\n", f"bold {palette.warn}"),
            (f"{bounds(question)}", f"bold {palette.text}"),
            (f"   {when}\n\n", palette.quiet),
            (explained(question, plan), palette.text),
        )
        again = lambda: self._question(found, plan, question)  # noqa: E731 -- the page itself
        choices = [
            *self._answers(found, question),
            Choice("Back to what is not known", lambda: self._list(found, plan)),
        ]
        self._pager.page("to settle", words, choices, again)

    def _answers(self, found: Unsettled, question: Question) -> list[Choice]:
        """What the command line offers for a question of this kind."""
        from mesogun.treatment.unsettled import About

        high_nl = question.bounds.high_nl
        high = figures.exact(high_nl)
        if question.about is About.VOLUME:
            return [
                Choice("This subject got none of it: 0 mL", lambda: self._given(found, question, 0)),
                Choice(f"All that cannot be excluded: {high}", lambda: self._given(found, question, high_nl)),
                Choice("Another volume ...", lambda: self._ask_volume(found, question)),
            ]
        if question.about is About.OUTCOME:
            return [Choice(f"I have looked: it stays counted to {high}", lambda: self._given(found, question, None))]
        lost = Choice(f"It will never be read again: count {high} in full", lambda: self._lost(found, question))
        if found.state.ended is not None:
            return [lost]
        return [Choice("The gun is here: read it now", lambda: self._read(found)), lost]

    def _ask_volume(self, found: Unsettled, question: Question, fault: str = "") -> None:
        palette = self._pager.palette
        words = Text.assemble(
            ("How much of it did this subject get?\n\n", f"bold {palette.text}"),
            (f"In mL, between 0 and {figures.exact(question.bounds.high_nl)}.", palette.quiet),
        )
        if fault:
            words.append(f"\n\n{fault}", f"bold {palette.warn}")

        def take(text: str) -> None:
            try:
                given_nl = typed_nl(text, question)
            except InputError as error:
                why = str(error)
                self._pager.instead(lambda: self._ask_volume(found, question, why))
            else:
                self._given(found, question, given_nl)

        self._pager.page("to settle", words, [], lambda: self._ask_volume(found, question))
        self._pager.ask_text("mL, then Enter", take)

    # -- the command ---------------------------------------------------------------------------------------------------

    def _given(self, found: Unsettled, question: Question, given_nl: int | None) -> None:
        def decided(operator: Operator, why: str) -> tuple[Text, tuple[str, ...]]:
            from mesogun.treatment.settling import shot_settled

            shot_no, what = question.shot_no, question.what or None
            event = shot_settled(
                found.state, operator, shot_no=shot_no, gun=question.gun, what=what, given_nl=given_nl, why=why
            )
            how_much = (
                () if given_nl is None else ("--what", question.what, "--given-ul", ul_text(given_nl, unit=False))
            )
            chosen = ("--shot", str(shot_no), "--gun", question.gun, *how_much)
            return self._counted(found, question, given_nl, (event,)), self._command(found, operator, why, chosen)

        self._decide(found, question, decided)

    def _lost(self, found: Unsettled, question: Question) -> None:
        def decided(operator: Operator, why: str) -> tuple[Text, tuple[str, ...]]:
            from mesogun.treatment.settling import gun_given_up
            from mesogun.treatment.unsettled import About

            unread = any(item.about is About.UNREAD and item.gun == question.gun for item in found.questions)
            events = gun_given_up(found.state, operator, question.gun, why, unread=unread)
            told = self._counted(found, question, question.bounds.high_nl, events)
            return told, self._command(found, operator, why, ("--lost-gun", question.gun))

        self._decide(found, question, decided)

    def _decide(
        self, found: Unsettled, question: Question, decided: Callable[[Operator, str], tuple[Text, tuple[str, ...]]]
    ) -> None:
        back = Choice("Back to the treatment's questions", lambda: self.start(found.treatment))
        Reasoned(self._pager, title_of(question).rstrip("?").lower(), back, decided).start()

    def _counted(self, found: Unsettled, question: Question, given_nl: int | None, events: Sequence[Event]) -> Text:
        """What is said, and what the treatment counts before and after it, by the fold that the journal uses."""
        from mesogun.record import fold_all

        palette = self._pager.palette
        before, after = found.state.ledger, fold_all(events, found.state).ledger
        said = f"counted to {figures.exact(question.bounds.high_nl)}" if given_nl is None else figures.exact(given_nl)
        text = Text.assemble((f"{title_of(question)}: ", palette.text), (f"{said}\n", f"bold {palette.text}"))
        for name, ledger in (("now  ", before), ("then ", after)):
            interval = f"{figures.exact(ledger.low_nl, unit=False)} to {figures.exact(ledger.high_nl)}"
            text.append(
                f"the treatment counts {name} {interval}\n", palette.quiet if ledger is before else palette.text
            )
        return text

    def _command(self, found: Unsettled, operator: Operator, why: str, chosen: tuple[str, ...]) -> tuple[str, ...]:
        return ("journal", "settle", found.treatment, *chosen, "--operator", operator.reference, "--why", why)

    def _read(self, found: Unsettled) -> None:
        go_on(self._pager, self._guns, found.treatment)
