"""What is asked of a gun, and which requirement of ``docs/wire.md`` each answer shows.

Not responsible for how frames come and go (``host.py``). Nothing is ever armed: the gun moves
nothing. One entry number is used up; no treatment is opened, no record given up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from mesogun.clock import Clock
from mesogun.conformance.host import RawHost, Unanswered
from mesogun.errors import WireError
from mesogun.gun import Check, Result
from mesogun.link import Transport
from mesogun.wire import messages as m
from mesogun.wire.codes import Flag, FrameKind, LinkError, Op, Reason, ShotKind, Verdict
from mesogun.wire.frame import Frame, encode
from mesogun.wire.host import STOP_BYTES, KeySource

UNKNOWN_OP = 0x7E
OTHER_FINGERPRINT = m.FINGERPRINT ^ 1

Question = Callable[[RawHost], bool]


def judge(opened: tuple[Transport, Clock], keys: KeySource) -> tuple[Check, ...]:
    """Ask everything; the port is given back at the end.

    Raises
    ------
    LinkTimeout, AuthError
        If nobody answers HELLO, or no key fits: then there is nothing to judge.
    """
    transport, clock = opened
    host = RawHost(transport, clock, keys)
    try:
        host.hello()
        return tuple(_asked(host))
    finally:
        transport.close()


def _asked(host: RawHost) -> Iterator[Check]:
    for name, question in QUESTIONS:
        host.hello()
        try:
            good = question(host)
        except (Unanswered, WireError, ValueError, KeyError) as error:
            yield Check(name, Result.FAILED, f"{error}", "see docs/wire.md")
            continue
        found = "as it must be" if good else "answered otherwise"
        yield Check(name, Result.OK if good else Result.FAILED, found, "" if good else "see docs/wire.md")


def _error(reply: object, code: LinkError) -> bool:
    return isinstance(reply, m.Error) and reply.code == code


def _refused(reply: object, reason: Reason) -> bool:
    return getattr(reply, "verdict", None) == Verdict.REFUSED and getattr(reply, "reason", None) == reason


def _accepted(reply: object) -> bool:
    return not isinstance(reply, m.Error) and getattr(reply, "verdict", None) == Verdict.OK


def _unknown(host: RawHost) -> bool:
    return _error(host.reply(encode(Frame(FrameKind.REQ, UNKNOWN_OP, 1, b""))), LinkError.UNKNOWN_OP) and _error(
        host.reply(encode(Frame(FrameKind.REQ, Op.STATUS, 1, b"\1"))), LinkError.BAD_LENGTH
    )


def _damage(host: RawHost) -> bool:
    good = encode(host.built(m.GetStatus()))
    bad = good[:5] + bytes([good[5] ^ 0x40]) + good[6:]
    return host.silent(bad) and host.silent(b"\xff" * 400) and _accepted(host.reply(good))


def _tags(host: RawHost) -> bool:
    old = host.key, host.session
    untagged = _error(host.ask(m.Disarm(), tagged=False), LinkError.BAD_TAG)
    replies_tagged = host.tagged
    host.hello()
    new = host.key, host.session
    host.key, host.session = old
    replayed = encode(host.built(m.Disarm()))
    host.key, host.session = new
    return untagged and replies_tagged and _error(host.reply(replayed), LinkError.BAD_TAG) and host.tagged


def _same_nonce(host: RawHost) -> bool:
    first, again = host.hello(7), host.hello(7)
    other = host.hello(8)
    return (first.session, first.gun_nonce) == (again.session, again.gun_nonce) != (other.session, other.gun_nonce)


def _repeated(host: RawHost) -> bool:
    data = encode(host.built(m.Disarm()))
    first, again = host.reply(data), host.reply(data)
    return _accepted(first) and _accepted(again) and again.status.gun_clock_us > first.status.gun_clock_us


def _stale(host: RawHost) -> bool:
    host.ask(m.Disarm(), seq=5)
    return _error(host.ask(m.Disarm(), seq=4), LinkError.STALE_SEQ)


def _end_of_numbers(host: RawHost) -> bool:
    return _refused(host.ask(m.Disarm(), seq=0xFFFF_FF00), Reason.SEQ_END)


def _nothing_to_arm(host: RawHost) -> bool:
    status = host.ask(m.GetStatus()).status
    arm = m.Arm(0, 1, 1, 1, 1, status.gun_clock_us, status.last_shot_no, 1_000, 1)
    renew = m.Renew(status.gun_clock_us, status.last_shot_no, 1_000)
    return _refused(host.ask(arm), Reason.EMPTY_MAGAZINE) and _refused(host.ask(renew), Reason.WRONG_STATE)


def _entry_numbers(host: RawHost) -> bool:
    caps = host.ask(m.GetCaps())
    entry = m.Load(caps.status.entry_hwm + 1, 0, 0, ShotKind.PRIME, caps.min_volume_nl, caps.min_depth_um)
    loaded = _accepted(host.ask(entry)) and _accepted(host.ask(entry))
    removed = host.ask(m.Unload())
    listed = (removed.removed_first, removed.removed_last, removed.removed_count) == (entry.entry_no, entry.entry_no, 1)
    return loaded and listed and _refused(host.ask(entry), Reason.USED)


def _log(host: RawHost) -> bool:
    beyond = host.ask(m.GetStatus()).status.last_shot_no + 1
    no_record = _refused(host.ask(m.GetLog(beyond)), Reason.NO_SUCH_RECORD)
    return no_record and _refused(host.ask(m.Ack(beyond)), Reason.BEYOND_LOG)


def _versions(host: RawHost) -> bool:
    major = _error(host.ask(m.GetStatus(), major=2), LinkError.WRONG_MAJOR)
    host.hello(fingerprint=OTHER_FINGERPRINT)
    return major and _refused(host.ask(m.Unload()), Reason.FINGERPRINT) and _accepted(host.ask(m.Disarm()))


def _stop(host: RawHost) -> bool:
    stopped = host.reply(STOP_BYTES)
    signed = host.tagged
    other_major = host.reply(encode(Frame(FrameKind.CTL, Op.STOP, 9, b"", None, 5)))
    gone = _error(host.ask(m.Disarm()), LinkError.NO_SESSION)
    over = not stopped.status.flags & Flag.SESSION and stopped.status.magazine == 0
    return signed and over and other_major.verdict == Verdict.OK and gone


QUESTIONS: tuple[tuple[str, Question], ...] = (
    ("W-5 unknown and ill-sized requests", _unknown),
    ("W-3, W-7 damage and noise", _damage),
    ("W-9, W-10 tags and replay", _tags),
    ("W-11, W-19, W-20 HELLO", _same_nonce),
    ("W-16, W-21 a repeated request", _repeated),
    ("section 4, old numbers", _stale),
    ("W-23 the end of the numbers", _end_of_numbers),
    ("W-34, W-37 nothing to arm", _nothing_to_arm),
    ("W-31, W-41 entry numbers", _entry_numbers),
    ("W-46, W-47 the log's end", _log),
    ("W-27 other versions", _versions),
    ("W-24 STOP", _stop),
)
