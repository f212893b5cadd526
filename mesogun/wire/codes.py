"""The numbers of MG1: operations, states, kinds, outcomes, reasons. Append only; a number never changes its meaning.

Not responsible for what a gun does in a state (``docs/wire.md``) or for wording (``mesogun.link.reasons``).
"""

from __future__ import annotations

from enum import IntEnum, IntFlag

WIRE_MAJOR = 1


class Op(IntEnum):
    """Operations; 0x00-0x0F are frozen for ever."""

    HELLO = 0x00
    CAPS = 0x01
    STATUS = 0x02
    STOP = 0x03
    DISARM = 0x04
    ERROR = 0x05
    LOAD = 0x10
    UNLOAD = 0x11
    ARM = 0x12
    RENEW = 0x13
    LOG = 0x14
    ACK = 0x15
    CLEAR_FAULT = 0x16
    OPEN = 0x17
    CLOSE = 0x18
    CAL_BEGIN = 0x19
    CAL_CHUNK = 0x1A
    CAL_COMMIT = 0x1B
    CAL_READ = 0x1C
    PAIR_BEGIN = 0x20
    PAIR_CONFIRM = 0x21
    EVENT = 0x30


class FrameKind(IntEnum):
    """Bits 4-3 of the head byte."""

    REQ = 0
    RSP = 1
    EVT = 2
    CTL = 3


class GunKind(IntEnum):
    """What a gun is. Data that clearance, approval, screen and report read; never a branch in driver code."""

    CLINICAL = 1
    BENCH = 2
    SIMULATED = 3


class State(IntEnum):
    """The gun's states."""

    DISARMED = 1
    ARMED = 2
    FIRING = 3
    FAULT = 4
    LOCKED = 5


class Flag(IntFlag):
    """Bits of ``status.flags``."""

    BENCH = 1
    SESSION = 2
    CONTACT = 4
    TRIGGER = 8
    PAIRED = 16
    PRIMED = 32
    LOW_BATTERY = 64
    RELEASE_SEEN = 128
    LEAD_HOLD = 256
    LOW_SYRINGE = 512


class Fault(IntEnum):
    """Latched faults, ``status.fault``."""

    NONE = 0
    OCCLUSION = 1
    EMPTY = 2
    STALL = 3
    OVERPRESSURE = 4
    BATTERY = 5
    SENSOR = 6
    MEMORY = 7
    WATCHDOG = 8
    TEMPERATURE = 9
    SYRINGE = 10
    NOT_PRIMED = 11


class ShotKind(IntEnum):
    """What a shot is booked as (G4, G11)."""

    TREAT = 1
    PRIME = 2
    TEST = 3
    BENCH = 4


class Outcome(IntEnum):
    """How a shot ended (G5)."""

    DONE = 1
    PARTIAL = 2
    INDETERMINATE = 3


class ShotFlag(IntFlag):
    """Bits of a shot record's ``flags``."""

    CONTACT_LOST = 1
    CONTACT_SEEN = 2
    OCCLUDED = 4
    EMPTY = 8
    STOPPED = 16
    TRIGGER_RELEASED = 32
    LOW_BATTERY = 64


class Verdict(IntEnum):
    """First byte of every reply."""

    OK = 0
    REFUSED = 1


class Reason(IntEnum):
    """Why a request was refused: evidence, because it is bound to session and request."""

    NONE = 0
    USED = 1
    FULL = 2
    LOG_FULL = 3
    WRONG_STATE = 4
    MISMATCH = 5
    MIXED_KIND = 6
    VOLUME_RANGE = 7
    DEPTH_RANGE = 8
    OTHER_TREATMENT = 9
    NO_CALIBRATION = 10
    CALIBRATION_EXPIRED = 11
    STALE_TOKEN = 12
    LEASE_RANGE = 13
    BEYOND_LOG = 14
    FAULT = 15
    BENCH_MODE = 16
    LOCKED = 17
    FINGERPRINT = 18
    EMPTY_MAGAZINE = 19
    SEQ_END = 20
    CHECKSUM = 21
    NOT_PAIRING = 22
    SYRINGE_SHORT = 23
    NO_SUCH_RECORD = 24
    KIND_RANGE = 25
    NOT_PRIMED = 26


class LinkError(IntEnum):
    """Codes of ERROR: about the line, never evidence about a request (H5)."""

    NO_SESSION = 1
    STALE_SEQ = 2
    BAD_TAG = 3
    UNKNOWN_OP = 4
    BAD_LENGTH = 5
    WRONG_MAJOR = 6


class EventCode(IntEnum):
    """What an EVENT hints at; the truth is pulled (STATUS, LOG)."""

    SHOT_CLOSED = 1
    STATE_CHANGED = 2
    LEASE_EXPIRED = 3
    FAULT = 4
    BOOT = 5
