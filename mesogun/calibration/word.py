"""The technician's word in a calibration: to arm, that a fault's cause is removed, that a contact was looked into.

The word to arm is given once for a run and holds until something breaks: a lease that lapsed, a fault, another syringe,
and, because it is kept nowhere, a run that is gone on with. Nothing here arms. Not responsible for how a question looks
(``bench``) or for what follows from a yes (``shooting``).
"""

from __future__ import annotations

from mesogun.calibration.bench import Bench
from mesogun.calibration.books import Books
from mesogun.errors import Refused
from mesogun.record.calibration_events import ContactSettled
from mesogun.record.events import FaultRaised
from mesogun.wire.codes import Fault

_WHERE = "Prime shots go into the waste, test shots into the vessel, nobody's skin near the needle"
_QUESTIONS = {
    "arm": f"Arm the gun for the shots of this calibration? {_WHERE}.",
    "syringe": f"A full syringe is in place. Arm the gun for the next shots? {_WHERE}.",
    "rearm": f"The gun has disarmed before its shot. Arm it again? {_WHERE}.",
}


class Word:
    """What the technician has said, and what is to be asked anew."""

    def __init__(self, bench: Bench, books: Books, operator: str) -> None:
        self._bench = bench
        self._books = books
        self._operator = operator
        self._due: str | None = "arm"

    def ends(self, why: str) -> None:
        """The word to arm holds no longer; ``why`` is the next question: ``rearm`` or ``syringe``."""
        self._due = why

    def to_arm(self) -> None:
        """Ask where the word is due.

        Raises
        ------
        Refused
            Without a yes.
        """
        due = self._due
        if due is None:
            return
        if not self._bench.confirm(due, _QUESTIONS[due]):
            if due == "rearm":
                raise Refused(
                    f"the gun has disarmed before its shot, and nobody has said to arm it again: {self._on()}"
                )
            raise Refused(
                "nobody has said that the gun may be armed: answer yes (--guided), or let the script say it (arm = "
                f"true); {self._on()}"
            )
        self._due = None

    def cause_removed(self, fault: int) -> None:
        """Book a latched fault and ask whether its cause is removed.

        Raises
        ------
        Refused
            Without a yes.
        """
        name = Fault(fault).name
        self.ends("arm")
        if self._books.state.books.fault != name:
            self._books.commit(FaultRaised(name))
        if not self._bench.confirm("fault", f"The gun reports {name}. Is the cause removed?"):
            raise Refused(
                f"the gun reports {name} and holds until a technician has removed the cause and says so: "
                f"{self._on(' --guided')}"
            )

    def contact_settled(self) -> None:
        """Ask about a shot on record that saw skin contact, if there is one that nobody has spoken for.

        Raises
        ------
        Refused
            Without a yes.
        """
        shot = self._books.state.contact
        if shot is None:
            return
        question = (
            f"Shot {shot.shot_no} of this gun saw skin contact, and a calibration shoots into a vessel. Was it looked "
            "into, and is nobody's skin near the needle now?"
        )
        if not self._bench.confirm("contact", question):
            raise Refused(
                f"shot {shot.shot_no} saw skin contact and nobody has said that it was looked into: "
                f"{self._on(' --guided')}"
            )
        self._books.commit(ContactSettled(shot.shot_no, self._operator))

    def no_contact(self) -> None:
        """Stop where a shot has just seen skin contact.

        Raises
        ------
        Refused
            If one has.
        """
        shot = self._books.state.contact
        if shot is not None:
            raise Refused(
                f"shot {shot.shot_no} saw skin contact: calibration shots go into a vessel. It stays on record, the "
                f"gun is stopped; look after whoever was touched, then {self._on(' --guided')}"
            )

    def _on(self, more: str = "") -> str:
        started = self._books.state.started
        what = started.what if started is not None else "volume"
        return f"go on with mesogun calibrate {what} --resume {self._books.run}{more}"
