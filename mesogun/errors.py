"""Every error that mesogun raises on purpose, in one tree, with the exit code of the command line.

Not responsible for wording: the place that knows what, where, why and what would work writes the line.

::

    MesogunError                     1   something went wrong
    ├── InputError       (ValueError) 2   you asked wrong: a file, an option, a unit
    ├── NoDevice         (OSError)    3   no such port, port busy, nothing answers, no gun there
    ├── LinkLost         (OSError)    4   the port vanished or the gun fell silent
    │   └── LinkTimeout  (TimeoutError)   no answer within the stated deadline
    ├── WireError                     4   the other end answered wrong
    │   ├── AuthError                     a tag or a key does not fit
    │   └── VersionMismatch               another MG1 schema: read-only
    ├── OutcomeUnknown                4   nobody knows yet whether it happened; ask the gun's log
    ├── Refused                       5   a limit, an interlock or the gun said no
    │   ├── LimitRefused                  with every violation at once
    │   ├── GunRefused                    a session-bound verdict of the gun
    │   └── MustSettle                    an operator must settle something first
    ├── CalibrationFailed             6
    └── RecordError                   7   the journal is damaged, foreign, newer, busy or full

"You asked wrong" is not "the gun answered wrong" is not "nobody knows". ``OutcomeUnknown`` is deliberately
not a ``Refused`` and not a ``LinkLost``: code that handles failure must not catch it by accident.
"""

from __future__ import annotations


class MesogunError(Exception):
    """Base of all errors raised on purpose; ``exit_code`` is what the command line returns."""

    exit_code = 1


class InputError(MesogunError, ValueError):
    """A file, an option or a value that cannot be used; the message says what would work."""

    exit_code = 2


class NoDevice(MesogunError, OSError):
    """There is no usable gun at that port."""

    exit_code = 3


class LinkLost(MesogunError, OSError):
    """The port vanished or the gun fell silent in the middle of a conversation."""

    exit_code = 4


class LinkTimeout(LinkLost, TimeoutError):
    """No answer within the stated deadline."""


class WireError(MesogunError):
    """Well-formed bytes arrived that this host cannot accept."""

    exit_code = 4


class AuthError(WireError):
    """A tag does not verify: wrong key, or somebody else's frame."""


class VersionMismatch(WireError):
    """The gun speaks another schema of MG1; only reading is possible."""


class OutcomeUnknown(MesogunError):
    """A request may or may not have been carried out; only the gun's log can tell."""

    exit_code = 4


class Refused(MesogunError):
    """A limit, an interlock or the gun said no; nothing was done."""

    exit_code = 5


class LimitRefused(Refused):
    """One or more limits would be passed; the message lists every one of them."""


class GunRefused(Refused):
    """The gun's own verdict on exactly this request, bound to this session."""

    def __init__(self, message: str, reason: int) -> None:
        super().__init__(message)
        self.reason = reason


class MustSettle(Refused):
    """The record holds something that only an operator can settle before treatment goes on."""


class CalibrationFailed(MesogunError):
    """A calibration could not be completed or is not valid for this gun, syringe or needle."""

    exit_code = 6


class RecordError(MesogunError):
    """The journal cannot be trusted or cannot be written."""

    exit_code = 7
