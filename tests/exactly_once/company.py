"""A stage with more than one of everything: hosts, runners, guns, copies of the journal; and a record that vanishes.

Each is a fault with a budget of its own, as those of ``Stage`` are:

- ``rival``: another program greets the gun in between; it primes, or acknowledges what it read, and goes.
- ``second``: a second runner takes over the treatment in the same journal while the first one goes on; ``turn`` gives
  the line back and forth between the two.
- ``restore``: the host dies and its journal is restored from a backup.
- ``swap``: the gun is unplugged, perhaps fired once more, and another one is plugged in.
- ``vanish``: a closed record is gone from the gun's memory, so that the counters do not add up.
- ``bench``: somebody moves the bench switch.

Two runners are two threads of which exactly one runs at any time. Not responsible for what one host and one gun can do
to each other (``stage.py``).
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass, field

from mesogun.errors import LinkLost, MesogunError
from mesogun.gun import Gun
from mesogun.identity import SIMULATED_KEY
from mesogun.link import Link
from mesogun.record import events as ev
from mesogun.wire.codes import ShotKind
from mesogun.wire.messages import Arm, Load
from sim.campaign.memory_journal import MemoryJournal
from sim.campaign.workload import OPERATOR, TREATMENT
from sim.firmware.machine import Machine
from sim.firmware.shotlog import Intent
from sim.world import World
from tests.exactly_once.script import Script
from tests.exactly_once.stage import Killed, Stage, profile

RIVAL_PRIME_NL = 30_000
BACKUPS = {"newest": 1, "older": 3, "oldest": 10_000}
"""How many commits a backup lacks."""


@dataclass
class Actor:
    """One of two runners: its gun, whether it is dead, and its turn."""

    host: Gun | None = None
    dead: bool = False
    ended: bool = False
    go: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))


class Port:
    """A rival's own line to the gun, without loss."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._heard: deque[bytes] = deque()
        self._out, world.gun.out = world.gun.out, self._heard.append

    def write(self, data: bytes) -> None:
        self._world.gun.receive(data)

    def read(self, max_bytes: int, timeout_us: int) -> bytes:
        del max_bytes
        self._world.kernel.run_for(min(timeout_us, 1_000) if self._heard else timeout_us)
        return self._heard.popleft() if self._heard else b""

    def close(self) -> None:
        self._world.gun.out = self._out


class Company(Stage):
    """``kinds`` is what may happen here beside what ``Stage`` knows."""

    most_hosts = 9  # a gun that is swapped back needs a host more, and so does each of two runners

    def __init__(self, script: Script, *, depth: int = 2, hot: bool = False) -> None:
        super().__init__(script, depth=depth, hot=hot)
        self.away: World | None = None
        self.away_lease_us = 0
        self.away_stopped = False
        self.fitted = 0  # which of two guns is plugged in
        self.marks: list[int] = []
        self.actors = [Actor()]
        self.now = self.actors[0]
        self.failure: BaseException | None = None
        self.rivals = 0

    # what may happen

    def _moves(self) -> list[str]:
        left = self.script.left
        moves: list[str] = []
        if left("rival"):
            moves += ["rival greets", "rival primes", "rival acknowledges"]
        if left("second") and len(self.actors) == 1:
            moves.append("second")
        if left("turn") and self._other() is not None:
            moves.append("turn")
        if left("restore") and len(self.actors) == 1:
            moves += [f"restore {which}" for which, missing in BACKUPS.items() if self._knowable(self._kept(missing))]
        if left("swap") and len(self.actors) == 1 and self._knowable(len(list(self.journal.rows())), self.machine):
            moves += ["swap", "swap fired"] if self._fireable() else ["swap"]
        if left("vanish") and self._unread() is not None:
            moves.append("vanish")
        if left("bench"):
            moves.append("bench")
        return moves

    def _move(self, choice: str) -> None:
        name, _, how = choice.partition(" ")
        self.script.spend(name)
        match name:
            case "rival":
                self._rival(how)
            case "second":
                self._begin_second()
            case "turn":
                other = self._other()
                if other is not None:
                    self._hand_to(other)
            case "restore":
                self._restore(BACKUPS[how])
            case "swap":
                if how:
                    self._pull()
                    self._finish_stroke()
                self._swap()
                raise LinkLost("the cable is unplugged")
            case "vanish":
                self._vanish()
            case "bench":
                self.world.gun.set_bench(bench=True)

    # a rival with a line of its own

    def _rival(self, how: str) -> None:
        self.rivals += 1
        port = Port(self.world)
        gun = Gun(Link(port, self, lambda _: SIMULATED_KEY, nonce=lambda: 1_000_000 + self.rivals))
        try:
            status = gun.hello().status
            self.stopped = False
            if how == "primes":
                entry_no = status.entry_hwm + 1
                gun.load(Load(entry_no, 0, 0, ShotKind.PRIME, RIVAL_PRIME_NL, 1_000))
                clock_us = gun.status().gun_clock_us
                token = Arm(0, entry_no, entry_no, 1, RIVAL_PRIME_NL, clock_us, status.last_shot_no, 1_000, 1)
                self.lease_until_us = max(self.lease_until_us, clock_us + 1_000_000)
                gun.arm(token)
                self._pull()
                self._finish_stroke()
                gun.unload()
                if not self.machine.store.kept.treatment_ref:  # before the treatment was opened, or behind its end
                    self.not_ours.add((self._name(), self.machine.store.log.last_shot_no))
            elif how == "acknowledges":
                gun.ack(gun.status().closed_shot_no)
        except MesogunError:
            pass  # a gun in fault or without power; the rival goes away again
        finally:
            port.close()

    # a second runner in the same journal

    def _other(self) -> Actor | None:
        return next((actor for actor in self.actors if actor is not self.now and not actor.ended), None)

    def _begin_second(self) -> None:
        second = Actor()
        self.actors.append(second)
        threading.Thread(target=self._second_life, args=(second,), daemon=True).start()
        self._hand_to(second)

    def _second_life(self, me: Actor) -> None:
        me.go.acquire()
        try:
            self._resumed()
            self.live()
        except BaseException as error:  # noqa: BLE001 -- whatever ends this execution is raised in the first thread
            self.failure = self.failure or error
        me.ended = True
        first = self.actors[0]
        self.now, self.host, self.dead = first, first.host, first.dead
        first.go.release()

    def _hand_to(self, other: Actor) -> None:
        """The other runner goes on, until it hands back."""
        me = self.now
        me.host, me.dead = self.host, self.dead
        self.now, self.host, self.dead = other, other.host, other.dead
        other.go.release()
        me.go.acquire()
        self._resumed()

    def _resumed(self) -> None:
        if self.failure is not None:
            self.dead = True
            raise self.failure

    def play(self) -> None:
        try:
            super().play()
        finally:
            self._see_out()

    def live(self) -> None:
        super().live()
        if self.now is self.actors[0]:
            self._wait_for_second()
        if self.failure is not None:
            raise self.failure

    def _wait_for_second(self) -> None:
        self.now.ended = True
        other = self._other()
        if other is not None:
            self._hand_to(other)
        self.now.ended = False
        del self.actors[1:]

    def _see_out(self) -> None:
        """No thread is left behind: one that still waits is told that everything is over."""
        other = self._other()
        if other is not None and self.now is self.actors[0]:
            self.failure = self.failure or Killed()
            other.go.release()
            self.now.go.acquire()

    # the journal's past

    def _alive(self) -> None:
        super()._alive()
        rows = sum(1 for _ in self.journal.rows())
        if not self.marks or self.marks[-1] != rows:
            self.marks.append(rows)

    def _restore(self, missing: int) -> None:
        rows, kept = list(self.journal.rows()), self._kept(missing)
        self.journal = MemoryJournal(TREATMENT, self.cleared.clearance.hard_total_nl)
        self.journal.restore(rows[:kept])
        self.marks = [mark for mark in self.marks if mark <= kept]
        self._forget_primings()
        self.blind = True
        self.dead = True
        raise Killed

    def _kept(self, missing: int) -> int:
        return self.marks[max(0, len(self.marks) - missing)]

    def _knowable(self, kept: int, leaving: Machine | None = None) -> bool:
        """Whether a journal of so many rows has met every gun that is not here and has treated.

        The hole of a backup from before a gun was met: while that gun is away, nothing in the world tells of its shots,
        and another gun gives them again (docs/reliability.md).
        """
        gone = [leaving] if leaving is not None else [] if self.away is None else [self.away.gun.machine]
        met = {row.event.gun for row in list(self.journal.rows())[:kept] if isinstance(row.event, ev.GunFound)}
        return all(
            f"{machine.store.kept.device_id:016x}" in met
            for machine in gone
            if any(intent.kind == ShotKind.TREAT for intent, _ in machine.store.log.records.values())
        )

    def _forget_primings(self) -> None:
        """What was primed before a journal met a gun is in no dose, and that journal has nothing to ask for it by."""
        met = {row.event.gun for row in self.journal.rows() if isinstance(row.event, ev.GunFound)}
        for machine in self.machines():
            gun = f"{machine.store.kept.device_id:016x}"
            if gun not in met:
                records = machine.store.log.records
                self.not_ours |= {(gun, no) for no, (intent, _) in records.items() if intent.kind != ShotKind.TREAT}

    def check(self) -> None:
        if self.blind and any(isinstance(row.event, ev.Armed) for row in self.journal.rows(after=self.marks[-1])):
            self.blind = False
        super().check()

    # another gun

    def _swap(self) -> None:
        now_us = self.world.kernel.now_us
        other = self.away or World(profile(), seed=6, hand=False)
        self.away, self.world = self.world, other
        self.fitted = 1 - self.fitted
        other.kernel.run_until(now_us)
        self.machine, self.conversation = other.gun.machine, other.gun.conversation
        other.gun.out = self._from_gun
        if self not in self.machine.witnesses:
            self.machine.witnesses.append(self)
        self.to_gun.clear()
        self.to_host.clear()
        self.held.clear()
        # a gun that comes back still has the lease and the STOP that it went with
        self.lease_until_us, self.away_lease_us = self.away_lease_us, self.lease_until_us
        self.stopped, self.away_stopped = self.away_stopped, self.stopped

    def truth_nl(self) -> float:
        away = 0.0 if self.away is None else self.away.truth.dispensed_now_nl
        return super().truth_nl() + away

    def machines(self) -> list[Machine]:
        return [self.machine, self.away.gun.machine] if self.away is not None else [self.machine]

    def _name(self) -> str:
        return f"{self.machine.store.kept.device_id:016x}"

    def high_nl(self) -> int:
        """Volume without a record is found, not loaded: it may lie above a limit, and then blocks."""
        return super().high_nl() - sum(block.ledger.high_nl for block in self.journal.state.blocks)

    def intended(self, intent: Intent) -> None:
        if self.fitted:  # numbers of another gun
            super().intended(Intent(*(intent.shot_no, -intent.entry_no), *_rest(intent)))
        else:
            super().intended(intent)

    # a record that is gone

    def _unread(self) -> int | None:
        log = self.machine.store.log
        pair = log.records.get(log.closed_shot_no)
        if pair is None or pair[1] is None or pair[0].kind != ShotKind.TREAT:
            return None
        read = {shot.shot_no for shot in self.journal.state.shots if shot.gun == self._name()}
        return None if log.closed_shot_no in read else log.closed_shot_no

    def _vanish(self) -> None:
        shot_no = self._unread()
        if shot_no is not None:
            del self.machine.store.log.records[shot_no]
            self.not_ours.add((self._name(), shot_no))

    # between two hosts

    def _pause(self) -> None:
        super()._pause()
        self.world.gun.set_bench(bench=False)
        if self.outcome.startswith("MustSettle"):
            self._settle()
        if self.away is not None and "connect that gun" in self.outcome:  # the operator does what the line says
            self._swap()

    def _settle(self) -> None:
        """What an operator does, with the gun's record of it in hand."""
        for block in self.journal.state.blocks:
            told = ev.Settled(
                block.what, block.gun, block.memory, block.shot_no, block.ledger.low_nl, block.ledger.high_nl,
                OPERATOR, "as the counters say",
            )  # fmt: skip
            self.journal.on_append = None
            self.journal.append([told], treatment=TREATMENT, epoch=None)

    def fingerprint(self) -> tuple[object, ...]:
        other = self._other()
        link = None if other is None or other.host is None else other.host.link._machine
        away = None if self.away is None else self.away.gun.machine
        return (
            *super().fingerprint(),
            self.fitted,
            None if away is None else (away.phase, len(away.magazine), away.store.log.last_shot_no),
            len(self.actors),
            self.now is self.actors[0],
            None if link is None else (link.phase, link._pending and link._pending[1].op),
            (self.blind, self.machine.bench, len(self.not_ours)),
        )


def _rest(intent: Intent) -> tuple[int, ...]:
    from sim.firmware.shotlog import intent_values

    return intent_values(intent)[2:]
