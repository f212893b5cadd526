"""What a gun's refusal means to a person: what stands in the way and what would work.

Not responsible for when a gun refuses (``docs/wire.md``).
"""

from __future__ import annotations

from mesogun.wire.codes import Reason

_SENTENCES: dict[Reason, str] = {
    Reason.NONE: "no reason was given; update the gun's firmware",
    Reason.USED: "the entry number was used before; take one above the gun's high-water mark",
    Reason.FULL: "the magazine is full; load again after the next shot",
    Reason.LOG_FULL: "the shot log has no room; read it and acknowledge what is recorded",
    Reason.WRONG_STATE: "not possible in the gun's present state; look at its status",
    Reason.MISMATCH: "what was named does not match what the gun holds; read its status and ask again",
    Reason.MIXED_KIND: "the magazine holds shots of another kind; unload it first",
    Reason.VOLUME_RANGE: "the volume is outside the gun's range or no whole number of steps; ask its capabilities",
    Reason.DEPTH_RANGE: "the depth is outside the gun's range; ask its capabilities",
    Reason.OTHER_TREATMENT: "the gun belongs to another open treatment; settle and close that one first",
    Reason.NO_CALIBRATION: "no calibration is in force; calibrate the gun",
    Reason.CALIBRATION_EXPIRED: "the calibration has expired; calibrate the gun",
    Reason.STALE_TOKEN: "the screen's word is too old or from another time; paint again, then ask",
    Reason.LEASE_RANGE: "the lease is outside the gun's range; ask its capabilities",
    Reason.BEYOND_LOG: "that shot is not closed yet or does not exist; acknowledge only what was read",
    Reason.FAULT: "a fault is latched; look at the gun, then clear it",
    Reason.BENCH_MODE: "the gun is in bench mode, which never treats; switch it off on the gun",
    Reason.LOCKED: "the gun's memory is damaged and it has locked itself; it needs service",
    Reason.FINGERPRINT: "the gun has another message table; update the older of the two",
    Reason.EMPTY_MAGAZINE: "the magazine is empty; load before arming",
    Reason.SEQ_END: "the session's sequence numbers are used up; open a new one",
    Reason.CHECKSUM: "the data do not match their checksum; write them again",
    Reason.NOT_PAIRING: "the gun is not in pairing mode; press its pairing button, within 60 s",
    Reason.SYRINGE_SHORT: "the syringe does not hold that much; change it",
    Reason.NO_SUCH_RECORD: "there is no closed record at or above that number",
    Reason.KIND_RANGE: "the gun cannot fire shots of that kind now",
    Reason.NOT_PRIMED: "the needle is not primed since the syringe was changed; prime first",
}


def sentence(reason: int) -> str:
    """One clause for a reason code; a code from a newer gun is shown as a number."""
    try:
        return _SENTENCES[Reason(reason)]
    except ValueError:
        return f"reason {reason}, which this host does not know; update it"
