"""The production host and the simulated firmware on one stage, with every choice of the world made by a script.

The runner, the driver, the link, the record and the firmware are the real ones. Between them lies a channel of frames,
and wherever the host waits, the script says what happens next: a frame arrives, is lost, doubled, held back or cut; the
trigger is pulled; the gun loses power; the host is killed; the operator presses STOP. Not responsible for which scripts
are tried (``explore.py``).
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from mesogun.errors import LinkLost, MesogunError, OutcomeUnknown, Refused, WireError
from mesogun.gun import Gun
from mesogun.identity import SIMULATED_KEY
from mesogun.journal import Fenced
from mesogun.link import Link
from mesogun.record import events as ev
from mesogun.treatment import Runner, Settings
from mesogun.wire import frame
from mesogun.wire.codes import Op, ShotKind
from mesogun.wire.messages import Arm, Renew
from mesogun.wire.schema import unpack
from sim.campaign.front import CampaignFront
from sim.campaign.memory_journal import MemoryJournal
from sim.campaign.workload import OPERATOR, TREATMENT, cleared_plan, first_events
from sim.firmware.machine import Machine
from sim.firmware.shotlog import Closing, Intent
from sim.firmware.table import BUSY, Phase
from sim.physics.profile import Profile, load
from sim.world import World
from tests.exactly_once.script import Script, SeenBefore

SHOTS = 2
VOLUME_NL = 20_000
LEASE_MS = 2_000
LEASE_US = LEASE_MS * 1000
MOST_HOSTS = 5
MOST_STEPS = 400
RESTART_US = 3_000_000
STROKE_US = 70_000
"""Into the stroke, where some of the volume has left and some has not."""


class Killed(BaseException):
    """The host's process is gone; nothing of it runs any more."""


class Violation(AssertionError):
    """One of the promises is broken; the message says which."""


@cache
def profile() -> Profile:
    return load("standard")


@dataclass
class Parcel:
    """One write of either end, as it travels."""

    data: bytes
    origin: int  # the session it belongs to, as far as its sender knows
    summary: tuple[Any, ...] = field(default=())


class Stage:
    """One execution. ``play`` runs it to its end and checks the promises after every step."""

    def __init__(
        self, script: Script, *, only: frozenset[int] | None = None, depth: int = SHOTS, hot: bool = False
    ) -> None:
        self.script = script
        self.hot = hot  # reboot, kill and STOP only while TREAT shots are armed or fired
        self.only = only  # operations whose frames the line may harm; all of them if None
        self.depth = depth
        self.world = World(profile(), seed=5, hand=False)
        self.machine = self.world.gun.machine
        self.conversation = self.world.gun.conversation
        self.world.gun.out = self._from_gun
        self.machine.witnesses.append(self)
        self.cleared = cleared_plan(SHOTS, VOLUME_NL, 1_000_000, needles=1, overrun_nl=700)
        self.journal = MemoryJournal(TREATMENT, self.cleared.clearance.hard_total_nl)
        self.journal.append(first_events(self.cleared), treatment=TREATMENT, epoch=None)
        self.to_gun: deque[Parcel] = deque()
        self.to_host: deque[Parcel] = deque()
        self.held: list[tuple[str, Parcel]] = []
        self.host: Gun | None = None
        self.dead = False
        self.hosts = 0
        self.steps = 0
        self.nonces = 0
        self.intents: dict[int, int] = {}
        self.points: dict[int, int] = {}
        self.stopped = False
        self.not_ours: set[tuple[str, int]] = set()  # gun and shot that no record of this treatment can show
        self.blind = False  # whether the journal cannot know yet what the gun has given
        self.lease_until_us = 0
        self.noted = ""
        self.seen: SeenBefore | None = None
        self.pulled_at_us = -1

    # the promises

    def intended(self, intent: Intent) -> None:
        self.intents[intent.entry_no] = self.intents.get(intent.entry_no, 0) + 1
        if self.intents[intent.entry_no] > 1:
            self._broken(f"entry {intent.entry_no} was fired twice")
        if intent.kind == ShotKind.TREAT:
            self.points[intent.point_index] = self.points.get(intent.point_index, 0) + 1
            if self.points[intent.point_index] > 1:
                self._broken(f"point {intent.point_index} was served twice, and nobody ordered it")
        if self.stopped:
            self._broken("a shot after STOP, without HELLO")

    def phase_changed(self, before: Phase, after: Phase) -> None:
        """Nothing is promised about phases alone."""

    def closed(self, intent: Intent, closing: Closing) -> None:
        """Records are compared at the end."""

    def _broken(self, what: str) -> None:
        # inside the firmware an exception would be taken for a power cut or worse: note it, raise outside
        self.noted = self.noted or what

    def check(self) -> None:
        if self.noted:
            raise Violation(self.noted)
        truth_nl = self.truth_nl()
        ledger = self.journal.state.ledger
        if not self.blind and not ledger.low_nl - 1 <= truth_nl <= ledger.high_nl + 1:
            raise Violation(f"the truth, {truth_nl:.0f} nL, lies outside [{ledger.low_nl}, {ledger.high_nl}] nL")
        limit_nl = self.cleared.clearance.hard_total_nl
        if max(truth_nl, self.high_nl()) > limit_nl:
            raise Violation(f"the limit of {limit_nl} nL is passed")
        armed = self.machine.phase is Phase.ARMED
        if armed and self.machine.clock_us > self.lease_until_us:
            raise Violation("armed beyond the lease of everything that was ever painted")

    def truth_nl(self) -> float:
        """What left the needles in treatment shots."""
        return self.world.truth.dispensed_now_nl

    def machines(self) -> list[Machine]:
        """Every gun that took part."""
        return [self.machine]

    def high_nl(self) -> int:
        """The most that may have been given, as far as this journal can tell."""
        return self.journal.state.ledger.high_nl

    def check_end(self) -> None:
        for machine in self.machines():
            gun = f"{machine.store.kept.device_id:016x}"
            recorded = {
                row.event.shot_no
                for row in self.journal.rows()
                if isinstance(row.event, ev.ShotRecorded | ev.ForeignRecorded) and row.event.gun == gun
            }
            missing = set(range(1, machine.store.log.last_shot_no + 1)) - recorded
            missing -= {shot_no for not_ours, shot_no in self.not_ours if not_ours == gun}
            if missing:
                raise Violation(f"records lost: {sorted(missing)}")
        if self.journal.state.ended is None:
            raise Violation(f"it never settles: {self.outcome}")
        if set(self.points) != set(range(SHOTS)):
            raise Violation(f"points never served: {sorted(set(range(SHOTS)) - set(self.points))}")
        if self.journal.state.open_entries:
            raise Violation("entries are left open")

    # the host's life

    most_hosts = MOST_HOSTS

    outcome = "not played"

    def play(self) -> None:
        """Hosts come and go until the treatment is done."""
        while self.journal.state.ended is None and self.hosts < self.most_hosts:
            self.live()
            self.check()
            self._pause()
        self.journal.on_append = None
        self.check_end()

    def live(self) -> None:
        """One host, from its start to its end."""
        self.hosts += 1
        self.dead = False
        gun = Gun(Link(self, self, lambda _: SIMULATED_KEY, nonce=self._nonce))
        self.host = gun
        runner = Runner(
            gun=gun,
            journal=self.journal,  # type: ignore[arg-type] # the same promises, without a disk
            cleared=self.cleared,
            treatment=TREATMENT,
            front=CampaignFront(),
            operator=OPERATOR,
            station="stage",
            settings=Settings(lease_ms=LEASE_MS, magazine_depth=self.depth, lead=SHOTS),
        )
        self.journal.on_append = self._alive
        try:
            runner.run()
            self.outcome = "done"
        except Killed:
            if self.seen is not None:
                raise self.seen from None
            self.outcome = "killed"
        except (LinkLost, OutcomeUnknown, WireError, Refused, Fenced) as error:
            self.outcome = f"{type(error).__name__}: {error}"
        except MesogunError as error:
            raise Violation(f"an error that nobody foresaw: {error}") from error
        self.dead = True

    def _pause(self) -> None:
        """Between two hosts time passes, or not; whatever is still on its way may arrive meanwhile."""
        waiting = self.machine.phase in BUSY or self.to_gun or self.held
        if waiting and self._choose(["later", "at once"]) == "at once":
            return
        self.world.kernel.run_for(RESTART_US)
        self._finish_stroke()
        self.check()
        while self.to_gun or self.held:
            options = ["gun"] if self.to_gun else ["on"]
            options += [f"release {at}" for at in range(len(self.held))]
            choice = self._choose(options)
            if choice == "on":
                return
            self._apply(choice)
            self.check()
            if self._fireable():
                self._apply("fire")
                self._finish_stroke()
                self.check()

    def _choose(self, options: list[str]) -> str:
        try:
            return self.script.choose(options, self.fingerprint)
        except SeenBefore as seen:
            self.seen, self.dead = seen, True  # what the dying host still writes is of no interest
            raise

    def _alive(self) -> None:
        if self.dead:
            raise Killed

    def _nonce(self) -> int:
        self.nonces += 1
        return self.nonces

    # the transport and the clock, as the link sees them

    def write(self, data: bytes) -> None:
        self._alive()
        if self.script.left("kill") and self._may_end() and self._choose(["send", "kill"]) == "kill":
            self.script.spend("kill")
            self.dead = True
            raise Killed
        session = self.host.link._machine.session if self.host is not None else 0
        self.to_gun.append(Parcel(data, session, _summary(data)))
        self._note_lease(data)

    def read(self, max_bytes: int, timeout_us: int) -> bytes:
        del max_bytes
        end_us = self.world.kernel.now_us + timeout_us
        while True:
            self._alive()
            self.steps += 1
            if self.steps > MOST_STEPS:
                raise Violation(f"no end after {MOST_STEPS} steps: {self.outcome}")
            choice = self._choose(self._options())
            data = self._apply(choice)
            self.check()
            if choice == "wait":
                self.world.kernel.run_until(end_us)
                self.check()
                return b""
            if data:
                return data

    def close(self) -> None:
        """The port is given back; the channel stays as it is."""

    def monotonic_us(self) -> int:
        return self.world.kernel.now_us

    def utc(self) -> datetime:
        return self.world.utc()

    def sleep_us(self, duration_us: int) -> None:
        self._alive()
        self.world.kernel.run_for(duration_us)
        self._finish_stroke()
        self.check()

    # what may happen

    def _options(self) -> list[str]:
        """The first is what happens when nothing goes wrong; a hand and a line that are slower cost no budget."""
        options: list[str] = []
        if self.machine.phase in BUSY:
            options.append("finish")
        elif self._fireable():
            options.append("fire")
        if self.to_gun:
            options += ["gun", *self._faults("gun")]
        elif self.to_host:
            options += ["host", *self._faults("host")]
        elif not options:
            options.append("wait")
        if self._may_end():
            options += [name for name in ("reboot", "kill", "stop") if self.script.left(name)]
            options += self._moves()
        return options + [f"release {at}" for at in range(len(self.held))]

    def _moves(self) -> list[str]:
        """What else may happen; nothing on this stage."""
        return []

    def _move(self, choice: str) -> None:
        raise ValueError(f"nobody knows how to {choice}")

    def _may_end(self) -> bool:
        treating = self.machine.armed_kind == ShotKind.TREAT and self.machine.phase in {*BUSY, Phase.ARMED}
        return treating or not self.hot

    def _faults(self, way: str) -> list[str]:
        parcel = (self.to_gun if way == "gun" else self.to_host)[0]
        if self.only is not None and (not parcel.summary or parcel.summary[0] not in self.only):
            return []
        return [f"{name} {way}" for name in ("lose", "double", "hold", "cut") if self.script.left(name)]

    def _fireable(self) -> bool:
        machine = self.machine
        ready = machine.phase is Phase.ARMED and bool(machine.magazine) and not machine.held_by_lead
        return ready and self.pulled_at_us != self.world.kernel.now_us

    def _apply(self, choice: str) -> bytes:
        name, _, rest = choice.partition(" ")
        if name in {"reboot", "kill", "stop", "lose", "double", "hold", "cut"}:
            self.script.spend(name)
        queue = self.to_gun if rest == "gun" else self.to_host
        match name:
            case "gun":
                self._deliver(self.to_gun.popleft())
            case "host":
                return self.to_host.popleft().data
            case "lose":
                queue.popleft()
            case "double":
                queue.append(queue[0])
            case "hold":
                self.held.append((rest, queue.popleft()))
            case "cut":
                parcel = queue[0]
                queue[0] = Parcel(parcel.data[: len(parcel.data) // 2], parcel.origin, parcel.summary[:2])
            case "release":
                way, parcel = self.held.pop(int(rest))
                (self.to_gun if way == "gun" else self.to_host).appendleft(parcel)
            case "fire":
                self._pull()
            case "finish":
                self._finish_stroke()
            case "wait":
                pass
            case "reboot":
                self._reboot()
            case "kill":
                self.dead = True
                raise Killed
            case "stop":
                if self.host is not None:
                    self.host.stop()
            case _:
                self._move(choice)
        return b""

    def _deliver(self, parcel: Parcel) -> None:
        before = self.conversation.session
        self.world.gun.receive(parcel.data)
        self.world.kernel.run_for(1_000)
        if parcel.summary and parcel.summary[0] == Op.STOP:
            self.stopped = True
        if self.conversation.session is not None and self.conversation.session is not before:
            self.stopped = False

    def _from_gun(self, data: bytes) -> None:
        summary = _summary(data)
        if summary and summary[0] != Op.EVENT:  # hints prove nothing, and would only make more states
            session = self.conversation._opened
            self.to_host.append(Parcel(data, session, summary))
            if summary[0] == Op.HELLO:
                self.stopped = False

    def _note_lease(self, data: bytes) -> None:
        for item in frame.FrameReader().feed(data):
            if isinstance(item, frame.Frame) and item.op in (Op.ARM, Op.RENEW):
                token: Any = unpack(Arm if item.op == Op.ARM else Renew, item.payload)
                until_us = token.painted_clock_us + token.lease_ms * 1000
                self.lease_until_us = max(self.lease_until_us, until_us)

    def _pull(self) -> None:
        gun = self.world.gun
        self.pulled_at_us = self.world.kernel.now_us
        treat = self.machine.magazine[0].kind == ShotKind.TREAT
        gun.touch(2_000 if treat else 0)
        gun.press()
        self.world.kernel.run_for(STROKE_US)

    def _finish_stroke(self) -> None:
        for _ in range(40):
            if self.machine.phase not in BUSY:
                break
            self.world.kernel.run_for(50_000)
        self.world.gun.release()
        self.world.gun.touch(0)

    def _reboot(self) -> None:
        gun = self.world.gun
        gun.power_off()
        gun.release()
        gun.touch(0)
        self.world.kernel.run_for(50_000)
        self.lease_until_us = 0
        self.stopped = False
        gun.power_on()

    # what makes two moments the same

    def fingerprint(self) -> tuple[object, ...]:
        """Everything but time: two moments with the same one have the same future, up to how long a lease still lasts.

        Sequence and session numbers count from the newest, so that a host that waits and asks again comes back to
        where it was.
        """
        machine, kept, log = self.machine, self.machine.store.kept, self.machine.store.log
        session = self.conversation.session
        state = self.journal.state
        link = self.host.link._machine if self.host is not None else None
        seq = 0 if link is None else link._seq
        newest = self.conversation._opened

        def seen(parcel: Parcel) -> tuple[object, ...]:
            age = newest - parcel.origin
            op, number, *rest = parcel.summary or (None, 0)
            return (age, op, number - seq if age == 0 else number if age < 0 else None, *rest)

        return (
            tuple(sorted((key[2], value.shot_index) for key, value in state.open_entries.items())),
            tuple((shot.shot_no, shot.outcome, shot.entry_no) for shot in state.shots),
            (state.armed, state.ended, len(state.blocks)),
            (kept.entry_hwm, kept.acked_shot_no, kept.treatment_ref, log.last_shot_no, log.closed_shot_no),
            tuple(entry.entry_no for entry in machine.magazine),
            (machine.phase, machine.primed, machine.release_seen, machine.held_by_lead, machine.fault),
            machine.clock_us < machine.lease_end_us,
            None if session is None else (newest - session.number, session.last_seq - seq, session.waiting),
            None if link is None else (link.phase, newest - link.session, link._pending and link._pending[1].op),
            tuple(map(seen, self.to_gun)),
            tuple(map(seen, self.to_host)),
            tuple((way, *seen(parcel)) for way, parcel in self.held),
            (self.stopped, self.dead, self.hosts, kept.boot_id),
        )


def _summary(data: bytes) -> tuple[Any, ...]:
    """Operation, sequence number and verdict of the first frame in ``data``."""
    for item in frame.FrameReader().feed(data):
        if isinstance(item, frame.Frame):
            return (item.op, item.seq, item.payload[:2] if item.kind else b"", len(data))
    return ()
