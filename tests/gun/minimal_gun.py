"""A working minimal gun, written from docs/wire.md alone: it imports nothing of mesogun.

One needle, perfect hydraulics, factory calibration. ``feed`` takes bytes and returns bytes, ``pull`` is the trigger.
"""

from __future__ import annotations

import hashlib
import hmac
import struct
import zlib
from typing import Any

HELLO, CAPS, STATUS, STOP, DISARM, ERROR, LOAD, UNLOAD, ARM, RENEW, LOG, ACK, CLEAR, OPEN, CLOSE = (
    *range(6), *range(0x10, 0x19),
)  # fmt: skip
NO_SESSION, STALE_SEQ, BAD_TAG, UNKNOWN_OP, BAD_LENGTH, WRONG_MAJOR = range(1, 7)
CAL_READ = 0x1C
DISARMED, ARMED = 1, 2
TREAT, PRIME = 1, 2
USED, FULL, LOG_FULL, WRONG_STATE, MISMATCH, MIXED, VOLUME, DEPTH, OTHER = range(1, 10)
FINGERPRINT, EMPTY, SEQ_END, SHORT, NO_RECORD, KIND_RANGE, NOT_PRIMED = 18, 19, 20, 23, 24, 25, 26
STALE_TOKEN, LEASE_RANGE, BEYOND_LOG = 12, 13, 14
FORMATS = {HELLO: "<QI", CAPS: "<", STATUS: "<", DISARM: "<", LOAD: "<IQIBIH", UNLOAD: "<", ARM: "<QIIHIQIHB",
           RENEW: "<QIH", LOG: "<I", ACK: "<I", CLEAR: "<H", OPEN: "<Q", CLOSE: "<Q", CAL_READ: "<H"}  # fmt: skip
READS = (CAPS, STATUS, LOG, CAL_READ)
SIZES = {op: struct.calcsize(form) for op, form in FORMATS.items()}
SLOTS, MAGAZINE, DEAD_NL, SYRINGE_NL = 64, 8, 40_000, 3_000_000


def stuff(raw: bytes) -> bytes:
    return b"\0" + b"".join(bytes([len(run) + 1]) + run for run in raw.split(b"\0")) + b"\0"


def unstuff(data: bytes) -> bytes:
    raw, at = b"", 0
    while at < len(data):
        end = at + data[at]
        if end > len(data) or data[at] == 0xFF:
            return b""
        raw += data[at + 1 : end] + b"\0"
        at = end
    return raw[:-1]


class MinimalGun:
    def __init__(self, key: bytes, fingerprint: int, kind: int = 3, device_id: int = 0xC0FFEE) -> None:
        self.key, self.fingerprint, self.kind, self.device_id = key, fingerprint, kind, device_id
        self.nvm: dict[str, Any] = {"nvm_id": 0xABCDEF, **dict.fromkeys(("boot", "hwm", "acked", "open", "last"), 0)}
        self.nvm |= {"log": {}, "shot": 0, "total": 0, "fired": 0}
        self.syringe_nl = SYRINGE_NL
        self.reboot()

    def reboot(self) -> None:
        self.nvm["boot"] += 1
        self.buffer, self.session, self.sessions, self.last_seq = b"", 0, 0, 0
        self.key_now: bytes | None = None  # of the newest session since boot, open or not
        self.open_session = False
        self.greeted: tuple[int | None, bytes] = (None, b"")
        self.cached: tuple[bytes, tuple[int, bytes]] = (b"", (0, b""))
        self.magazine: list[tuple[int, ...]] = []
        self.primed_nl = 0
        self.state, self.lease_end, self.painted, self.lead, self.painted_us = DISARMED, 0, 0, 1, 0
        self.released, self.trigger, self.foreign, self.now_us = False, False, False, 0

    def new_syringe(self) -> None:
        self.syringe_nl, self.primed_nl, self.magazine, self.state = SYRINGE_NL, 0, [], DISARMED

    def pull(self) -> bool:
        """The trigger: fires the next entry if armed, within the lease, after a release. True if it fired."""
        self.status()
        held = self.lead and self.nvm["shot"] - self.painted >= self.lead if self.state == ARMED else True
        if held or not self.released or not self.magazine:
            return False
        nvm = self.nvm
        entry, treatment, point, kind, volume, depth = self.magazine.pop(0)
        nvm["shot"] += 1  # INTENT: numbered and the entry consumed before motion
        nvm["fired"], nvm["total"] = entry, nvm["total"] + volume
        self.syringe_nl -= volume
        self.primed_nl += volume if kind == PRIME else 0
        nvm["log"][nvm["shot"]] = struct.pack("<IIQIBBHIIHQIQHIHQ", nvm["shot"], entry, treatment, point, kind, 1, 0,
            volume, volume, depth, nvm["total"], nvm["boot"], self.now_us, 120, 150_000, 900, 77)  # fmt: skip
        return True

    def feed(self, data: bytes) -> bytes:
        self.buffer += data
        *frames, self.buffer = self.buffer.split(b"\0")
        self.buffer = self.buffer[-254:]
        return b"".join(self.answer(unstuff(frame)) for frame in frames if frame)

    def answer(self, raw: bytes) -> bytes:
        if len(raw) < 18 or zlib.crc32(raw[:-4]) != struct.unpack("<I", raw[-4:])[0]:
            return b""  # damage is dropped in silence
        head, op, seq = struct.unpack("<BBI", raw[:6])
        payload, tag = raw[6:-12], raw[-12:-4]
        kind, tagged = head >> 3 & 3, head & 4
        if head & 3 or (not tagged and tag != bytes(8)):
            return b""
        if kind != 0:  # whatever is no request is ignored, unless it is STOP
            return self.stop(seq) if kind == 3 and op == STOP and not payload else b""
        if head >> 5 != 1:
            return self.reply(ERROR, seq, bytes(2) + self.status() + bytes([WRONG_MAJOR, op]))
        if op not in FORMATS or len(payload) != SIZES[op]:
            return self.error(op, seq, BAD_LENGTH if op in FORMATS else UNKNOWN_OP)
        fields = struct.unpack(FORMATS[op], payload)
        if op == HELLO:
            return self.hello(*fields)
        if op in READS:
            return self.reply(op, seq, self.read(op, *fields))
        if not self.open_session or self.key_now is None:
            return self.error(op, seq, NO_SESSION)
        if not tagged or not hmac.compare_digest(tag, self.tag(self.key_now, b"H", raw[:-12])):
            return self.error(op, seq, BAD_TAG)
        if seq > self.last_seq:
            self.last_seq = seq
            refusal = SEQ_END if seq >= 0xFFFFFF00 else FINGERPRINT if self.foreign and op != DISARM else 0
            self.cached = raw, (refusal, bytes(10 * (op == UNLOAD))) if refusal else self.execute(op, *fields)
        if self.cached[0] != raw:
            return self.error(op, seq, STALE_SEQ)
        reason, extra = self.cached[1]  # a repeated seq gets the verdict again, and is not executed
        return self.reply(op, seq, bytes([reason != 0, reason]) + self.status() + extra)

    def reply(self, op: int, seq: int, payload: bytes) -> bytes:
        key = None if op == ERROR and payload[-2] == NO_SESSION else self.key_now
        body = struct.pack("<BBI", 1 << 5 | 1 << 3 | (key is not None) << 2, op, seq) + payload
        raw = body + (self.tag(key, b"G", body) if key else bytes(8))
        return stuff(raw + struct.pack("<I", zlib.crc32(raw)))

    def error(self, op: int, seq: int, code: int) -> bytes:
        return self.reply(ERROR, seq, bytes(2) + self.status() + bytes([code, op]))

    def tag(self, key: bytes, direction: bytes, body: bytes) -> bytes:
        return hmac.digest(key, direction + struct.pack("<I", self.session) + body, "sha256")[:8]

    def hello(self, host_nonce: int, fingerprint: int) -> bytes:
        if self.greeted[0] == host_nonce:  # again: the same answer with a fresh status, no new session
            return self.reply(HELLO, 0, bytes(2) + self.status() + self.greeted[1])
        self.state, dropped, self.magazine = DISARMED, len(self.magazine), []
        self.sessions += 1
        nvm, self.session = self.nvm, (self.nvm["boot"] << 16 | self.sessions) & 0xFFFFFFFF
        mix = struct.pack("<II", nvm["boot"], self.sessions)
        gun_nonce = struct.unpack("<Q", hmac.digest(self.key, b"MG1 gun nonce" + mix, "sha256")[:8])[0]
        seed = struct.pack("<QQQII", host_nonce, gun_nonce, self.device_id, nvm["boot"], self.session)
        self.key_now = hmac.digest(self.key, b"MG1 session" + seed, hashlib.sha256)
        self.open_session, self.foreign = True, fingerprint != self.fingerprint
        self.last_seq, self.cached = 0, (b"", (0, b""))
        oldest = min(nvm["log"], default=nvm["shot"] + 1)
        before = nvm["total"] - sum(struct.unpack_from("<I", nvm["log"][n], 28)[0] for n in nvm["log"])
        welcome = struct.pack("<QBQIIQQIQIHQQQI", self.device_id, self.kind, nvm["nvm_id"],
            nvm["boot"], self.session, host_nonce, gun_nonce, oldest, before, nvm["acked"], dropped, nvm["open"],
            nvm["last"], 77, self.fingerprint)  # fmt: skip
        self.greeted = host_nonce, welcome
        return self.reply(HELLO, 0, bytes(2) + self.status() + welcome)

    def stop(self, seq: int) -> bytes:
        self.state, self.magazine, self.greeted = DISARMED, [], (None, b"")
        self.open_session = False
        return self.reply(STOP, seq, bytes(2) + self.status())

    def read(self, op: int, *fields: Any) -> bytes:
        if op == LOG:
            found = min((n for n in self.nvm["log"] if n >= fields[0]), default=0)
            record = self.nvm["log"][found] if found else bytes(70)
            return bytes([not found, 0 if found else NO_RECORD]) + self.status() + record
        if op == CAPS:
            return bytes(2) + self.status() + struct.pack("<16s16sIHIIIIHHHHHBIIHHIIQII", b"minimal", b"M-1", 1, 1, 0,
                100, 1_000, 300_000, 500, 6_000, MAGAZINE, SLOTS, 600, 1, SYRINGE_NL, DEAD_NL, 200, 5_000, 500, 10_000,
                77, 20_000, 40_000)  # fmt: skip
        nothing_stored = struct.pack("<QHI32s", 77, 0, 0, b"") if op == CAL_READ else b""
        return bytes(2) + self.status() + nothing_stored

    def execute(self, op: int, *f: Any) -> tuple[int, bytes]:
        """(reason, extra payload): reason 0 is OK."""
        nvm, magazine = self.nvm, self.magazine
        if op in (LOAD, ARM):
            return (self.load if op == LOAD else self.arm)(*f), b""
        if op == RENEW:
            if self.state != ARMED or self.now_us >= self.lease_end:
                return WRONG_STATE, b""
            if not 200 <= f[2] <= 5_000 or self.stale(*f):
                return LEASE_RANGE if not 200 <= f[2] <= 5_000 else STALE_TOKEN, b""
            self.lease_end, self.painted, self.painted_us = f[0] + f[2] * 1000, f[1], f[0]
        elif op == UNLOAD:
            removed = [entry[0] for entry in magazine]
            self.state, self.magazine = DISARMED, []
            return 0, struct.pack("<IIH", *((removed[0], removed[-1]) if removed else (0, 0)), len(removed))
        elif op == DISARM:
            self.state = DISARMED
        elif op == ACK and f[0] <= nvm["shot"]:
            nvm["acked"] = max(nvm["acked"], f[0])
        elif self.state != DISARMED or (op == CLOSE and magazine) or op == CLEAR:  # this gun has no faults
            return BEYOND_LOG if op == ACK else WRONG_STATE, b""
        elif op == OPEN and f[0] and nvm["open"] in (0, f[0]):
            nvm["open"] = f[0]
        elif op == CLOSE and f[0] and nvm["open"] == f[0]:
            nvm["open"], nvm["last"] = 0, f[0]
        elif op != CLOSE or not f[0] or nvm["last"] != f[0]:
            return BEYOND_LOG if op == ACK else OTHER, b""
        return 0, b""

    def load(self, *entry: int) -> int:
        number, treatment, _, kind, volume, depth = entry
        if number <= self.nvm["hwm"]:
            return 0 if entry in self.magazine else USED
        unacked = sum(n > self.nvm["acked"] for n in self.nvm["log"])
        for wrong, reason in (
            (len(self.magazine) >= MAGAZINE, FULL), (SLOTS - unacked < len(self.magazine) + 2, LOG_FULL),
            (kind not in (TREAT, PRIME), KIND_RANGE), (self.magazine and self.magazine[0][3] != kind, MIXED),
            (treatment != self.nvm["open"] if kind == TREAT or treatment else False, OTHER),
            (not 1_000 <= volume <= 300_000 or volume % 100, VOLUME), (not 500 <= depth <= 6_000, DEPTH),
            (sum(entry[4] for entry in self.magazine) + volume > self.syringe_nl, SHORT),
        ):  # fmt: skip
            if wrong:
                return reason
        self.nvm["hwm"] = number
        self.magazine.append(entry)
        return 0

    def arm(self, *f: int) -> int:
        (*asked, clock_us, shot, lease_ms, lead), held = f, self.magazine
        if self.state != DISARMED:
            return WRONG_STATE
        if not held:
            return EMPTY
        if lead < 1 or asked != [held[0][1], held[0][0], held[-1][0], len(held), sum(entry[4] for entry in held)]:
            return MISMATCH
        if not 200 <= lease_ms <= 5_000:
            return LEASE_RANGE
        if self.stale(clock_us, shot, lease_ms):
            return STALE_TOKEN
        if held[0][3] == TREAT and self.primed_nl < DEAD_NL:
            return NOT_PRIMED
        self.state, self.lead, self.released = ARMED, lead, not self.trigger
        self.lease_end, self.painted, self.painted_us = clock_us + lease_ms * 1000, shot, clock_us
        return 0

    def stale(self, clock_us: int, shot: int, lease_ms: int) -> bool:
        over = clock_us + lease_ms * 1000 <= self.now_us
        return over or not self.painted_us <= clock_us <= self.now_us or shot > self.nvm["shot"]

    def status(self) -> bytes:
        if self.state == ARMED and self.now_us >= self.lease_end:
            self.state = DISARMED
        left = max(0, self.lease_end - self.now_us) // 1000 if self.state == ARMED else 0
        flags = 2 * self.open_session | 16 | 32 * (self.primed_nl >= DEAD_NL) | 128
        nvm = self.nvm
        return struct.pack("<QBHHIIIIIHQHIIHH", self.now_us, self.state, flags, 0, nvm["shot"], nvm["shot"],
            nvm["fired"], nvm["hwm"], self.magazine[0][0] if self.magazine else 0, len(self.magazine), nvm["total"],
            left, self.syringe_nl, 0, 0, 3_900)  # fmt: skip
