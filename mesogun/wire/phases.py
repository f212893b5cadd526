"""The table of the host's side: phases, cues, which leads where, and what can come of received bytes.

::

    COLD ──HELLO──> GREETING ──WELCOME──> READY ──ASK──> ASKING
      ^                │                    ^              │
      └─ERROR/GIVE_UP──┘                    └─REPLY/GIVE_UP┘      ERROR, DROP -> COLD
    any phase ──STOP──> STOPPED ──HELLO──> GREETING

Not responsible for bytes or keys (``host.py``).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

from mesogun.errors import MesogunError
from mesogun.wire.messages import Status
from mesogun.wire.values import quick


class Phase(Enum):
    """Where the conversation stands, seen from the host."""

    COLD = "no session"
    GREETING = "HELLO is out"
    READY = "session, nothing pending"
    ASKING = "one request is out"
    STOPPED = "STOP is out; only HELLO leads back"

    __hash__ = object.__hash__  # members are singletons; Enum hashes their names, in Python, at every look-up


class Cue(Enum):
    """What can happen to a conversation."""

    HELLO = "the caller opens a session"
    ASK = "the caller asks"
    STOP = "the caller stops"
    WELCOME = "the gun accepted HELLO"
    REPLY = "the gun answered the pending request"
    ERROR = "the gun says that the session is dead, or HELLO was answered wrong"
    GIVE_UP = "the deadline passed"
    DROP = "the port failed, or the computer slept"

    __hash__ = object.__hash__


TRANSITIONS: dict[tuple[Phase, Cue], Phase] = {
    (Phase.COLD, Cue.HELLO): Phase.GREETING,
    (Phase.COLD, Cue.STOP): Phase.STOPPED,
    (Phase.COLD, Cue.DROP): Phase.COLD,
    (Phase.GREETING, Cue.WELCOME): Phase.READY,
    (Phase.GREETING, Cue.ERROR): Phase.COLD,
    (Phase.GREETING, Cue.GIVE_UP): Phase.COLD,
    (Phase.GREETING, Cue.DROP): Phase.COLD,
    (Phase.GREETING, Cue.STOP): Phase.STOPPED,
    (Phase.READY, Cue.HELLO): Phase.GREETING,
    (Phase.READY, Cue.ASK): Phase.ASKING,
    (Phase.READY, Cue.DROP): Phase.COLD,
    (Phase.READY, Cue.STOP): Phase.STOPPED,
    (Phase.ASKING, Cue.REPLY): Phase.READY,
    (Phase.ASKING, Cue.ERROR): Phase.COLD,
    (Phase.ASKING, Cue.GIVE_UP): Phase.READY,
    (Phase.ASKING, Cue.DROP): Phase.COLD,
    (Phase.ASKING, Cue.STOP): Phase.STOPPED,
    (Phase.STOPPED, Cue.HELLO): Phase.GREETING,
    (Phase.STOPPED, Cue.STOP): Phase.STOPPED,
    (Phase.STOPPED, Cue.DROP): Phase.STOPPED,
}


@quick
@dataclass(frozen=True, slots=True)
class Answered:
    """The reply to the pending request, bound to session, sequence and operation."""

    reply: Any


@dataclass(frozen=True, slots=True)
class Failed:
    """The pending request can no longer be answered in this session; ``error`` says why. Never evidence (H5)."""

    error: MesogunError


@quick
@dataclass(frozen=True, slots=True)
class Hint:
    """An event of the gun; worth a look, proves nothing."""

    code: int
    status: Status


@dataclass(frozen=True, slots=True)
class Stopped:
    """The gun confirmed STOP under the key of the session that it ended."""

    status: Status


Happening = Answered | Failed | Hint | Stopped


@dataclass(slots=True)
class Counters:
    """What came in that was not an answer; numbers only grow."""

    frames: int = 0
    damaged: int = 0
    garbage_bytes: int = 0
    untrusted: int = 0
    late: int = 0
    hints: int = 0
    echoes: int = 0
    foreign: int = 0
