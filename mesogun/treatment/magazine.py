"""The gun's magazine from the host's side: commit, then LOAD; UNLOAD, then the log; arm what was painted.

Not responsible for what to load or when (``decide``) or for what is allowed (``mesogun.limits``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from operator import mul

from mesogun.errors import GunRefused, Refused
from mesogun.gun import Gun
from mesogun.limits import ClearedPlan, check_load, check_pause
from mesogun.plan import Plan
from mesogun.record import events as ev
from mesogun.record import loaded_high_nl
from mesogun.treatment.books import Books
from mesogun.treatment.front import Token
from mesogun.treatment.reconcile import unexplained
from mesogun.wire.codes import Reason, ShotKind
from mesogun.wire.messages import Arm, Load, Status

US_PER_MS = 1_000
MOST_UNACKNOWLEDGED = 8
"""Records in the journal that the gun need not know of yet; the next HELLO makes up for a session that ends before."""
LOG_SHARE = 32
"""At most one slot of so many may wait for that, so that a small log is acknowledged record by record."""
OVERTAKEN = (Reason.FAULT, Reason.WRONG_STATE, Reason.STALE_TOKEN)
"""Refusals that say no more than that the gun has moved on since it was last looked at."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One entry to load: what, how deep, and which planned shot it is (0 for priming)."""

    volume_nl: int
    depth_um: int
    shot_index: int


class Magazine:
    """Loads, arms and unloads one gun for one cleared plan."""

    def __init__(self, gun: Gun, books: Books, cleared: ClearedPlan[Plan]) -> None:
        self._gun = gun
        self._books = books
        self._cleared = cleared
        self._points_of = tuple(len(shot.points) for shot in cleared.plan.shots)
        self._acked = 0
        self.refusal: str | None = None

    def load(self, kind: ShotKind, wanted: Sequence[Wanted], entry_hwm: int) -> Status | None:
        """Commit, then LOAD: ``high`` grows before the bytes leave (H2), checked against every limit first.

        A limit that stands in the way ends the loading and is kept in ``refusal``; nothing is ever clamped. Returns
        the gun's newest status, or ``None`` if nothing was loaded.
        """
        found = self._books.found
        entry_no = max(self._books.memory.entry_no, entry_hwm)
        high_nl = self._books.state.ledger.high_nl
        points = self._points_served()
        entries: list[ev.MagazineLoaded] = []
        for item in wanted:
            reserve_nl = loaded_high_nl(item.volume_nl, found.overrun_nl, found.overrun_ppm)
            if kind is ShotKind.TREAT:
                high_nl += reserve_nl
                points += len(self._cleared.plan.shots[item.shot_index].points)
                if self._refused(item.shot_index, high_nl, points):
                    break
            entry_no += 1
            entries.append(
                ev.MagazineLoaded(
                    found.gun,
                    found.memory,
                    entry_no,
                    item.shot_index,
                    kind.name,
                    item.volume_nl,
                    reserve_nl,
                    item.depth_um,
                )
            )
        self._books.commit(entries)
        status: Status | None = None
        for entry in entries:
            try:
                status = self._send(entry, kind)
            except GunRefused as refusal:
                if refusal.reason not in OVERTAKEN:
                    raise
                # The gun changed meanwhile; what was committed and not sent is settled by the next HELLO (H3, H5).
                return self._gun.status()
        return status

    def arm(self, token: Token, *, lease_ms: int, lead: int, poll_ms: int, operator: str) -> Status:
        """Arm exactly what is loaded, with a painted token (G13, G14); a token that came too late arms nothing."""
        needed_ms = self.least_lease_ms(poll_ms)
        if lease_ms < needed_ms:
            raise Refused(
                f"a lease of {lease_ms} ms is too short for this line, where one lost frame costs up to"
                f" {needed_ms} ms: use a faster port, or a longer lease if the gun allows it"
            )
        entries = sorted(self._books.state.open_entries.values(), key=lambda entry: entry.entry_no)
        first, last, count = entries[0].entry_no, entries[-1].entry_no, len(entries)
        total_nl = sum(entry.volume_nl for entry in entries)
        arm = Arm(
            treatment_ref=int(self._books.treatment, 16),
            first_entry_no=first,
            last_entry_no=last,
            count=count,
            total_nl=total_nl,
            painted_clock_us=token.gun_clock_us,
            painted_shot_no=token.shot_no,
            lease_ms=lease_ms,
            lead=lead,
        )
        try:
            status = self._gun.arm(arm)
        except GunRefused as refusal:
            if refusal.reason not in OVERTAKEN:
                raise
            # The picture was too old, or the gun changed meanwhile; look again and decide anew.
            return self._gun.status()
        self._books.commit([ev.Armed(first, last, count, total_nl, lease_ms, lead, operator)])
        return status

    def least_lease_ms(self, poll_ms: int) -> int:
        """What a lease must have left for one lost frame not to disarm the gun (H12)."""
        return 4 * self._gun.link.rto_us // US_PER_MS + poll_ms

    def held(self, token: Token | None, status: Status) -> Token | None:
        """A token that holds the trigger while the shortest time between two shots has not passed.

        With a lead of 1 the gun fires only when its last shot was painted; a token that names the shot before keeps
        the lease and holds the trigger.
        """
        state = self._books.state
        if token is None or not state.shots:
            return token
        last = state.shots[-1]
        if last.shot_no != token.shot_no or last.boot_id != self._books.found.boot_id:
            return token
        since_ms = (status.gun_clock_us - last.start_us) // US_PER_MS
        if check_pause(self._cleared, since_last_shot_ms=since_ms):
            return Token(token.gun_clock_us, token.shot_no - 1)
        return token

    def read_log(self, *, more_follow: bool = False) -> Status:
        """Pull closed records, commit, and only then acknowledge (G12); what cannot be explained ends the loading.

        While ``more_follow``, a few records wait for one acknowledgement together: each costs the gun a durable write,
        and frees nothing before a whole sector is acknowledged.
        """
        self._books.book(list(self._gun.log(self._books.memory.shot_no + 1)))
        status = self._gun.link.heard
        few = min(MOST_UNACKNOWLEDGED, self._gun.caps.log_slots // LOG_SHARE)
        if status is None or not more_follow or self._unacknowledged >= few:
            status = self.acknowledge()
        unexplained(self._books.state)
        return status

    def acknowledge(self) -> Status:
        """Tell the gun how far the journal has its log."""
        status = self._gun.ack(self._books.memory.shot_no)
        self._acked = self._books.memory.shot_no
        return status

    def acknowledge_rest(self) -> None:
        """Tell the gun of the records that still wait for it."""
        if self._unacknowledged:
            self.acknowledge()

    @property
    def _unacknowledged(self) -> int:
        return self._books.memory.shot_no - self._acked

    def unload(self) -> Status:
        """UNLOAD, then the log, then settle what was removed (H5b, H6); what it does not list stays open."""
        unloaded = self._gun.unload()
        status = self.read_log()
        if unloaded.removed_count:
            self._books.commit(
                [
                    ev.EntrySettled(entry.gun, entry.memory, entry.entry_no, "unloaded")
                    for entry in self._books.state.open_entries.values()
                    if unloaded.removed_first <= entry.entry_no <= unloaded.removed_last
                ]
            )
        return status

    def _refused(self, shot_index: int, high_nl: int, points: int) -> bool:
        plan = self._cleared.plan
        largest_nl = max(plan.points[point].volume_nl for point in plan.shots[shot_index].points)
        violations = check_load(self._cleared, high_nl_after=high_nl, largest_point_nl=largest_nl, points_after=points)
        if violations:
            self.refusal = "; ".join(violation.message for violation in violations)
        return bool(violations)

    def _points_served(self) -> int:
        """Points that were or may have been served, redone ones counted again."""
        state, points_of = self._books.state, self._points_of
        fired = map(mul, state.fired.values(), map(points_of.__getitem__, state.fired))
        served: int = sum(fired) + sum(points_of[index] for index in state.open_shots())
        return served

    def _send(self, entry: ev.MagazineLoaded, kind: ShotKind) -> Status:
        ref = int(self._books.treatment, 16)
        try:
            return self._gun.load(Load(entry.entry_no, ref, entry.shot_index, kind, entry.volume_nl, entry.depth_um))
        except GunRefused:
            self._books.commit([ev.EntrySettled(entry.gun, entry.memory, entry.entry_no, "refused")])
            raise
