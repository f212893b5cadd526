"""Safeguards taken away, one at a time: with any of them gone a campaign must find a violation.

It proves the alarm, not the gun: a safeguard whose removal nobody notices is either useless or untested. Not
responsible for what the safeguards are for (``docs/wire.md``, ``docs/safety.md``).
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from mesogun.record import events as ev
from mesogun.treatment import Runner
from mesogun.wire.codes import Outcome, ShotKind
from mesogun.wire.messages import Status
from sim.campaign.draw import draw
from sim.campaign.run import Treatment
from sim.faults import At, Fault, FaultPlan
from sim.firmware.table import Happening

Remove = Callable[[Treatment], None]


@dataclass(frozen=True, slots=True)
class Found:
    """How soon the removal was noticed; ``seed`` is ``None`` when it was not."""

    safeguard: str
    rule: str
    seed: int | None
    breach: str


def _hello_keeps_magazine(treatment: Treatment) -> None:
    conversation, machine = treatment.world.gun.conversation, treatment.world.gun.machine
    hello, stop = conversation._hello, conversation._stop

    def keep(frame: Any) -> None:
        held = list(machine.magazine)
        hello(frame)
        machine.magazine[:] = held

    def keep_too(frame: Any) -> None:
        held = list(machine.magazine)
        stop(frame)
        machine.magazine[:] = held

    conversation._hello, conversation._stop = keep, keep_too  # type: ignore[method-assign]


def _boot_forgets_open_intent(treatment: Treatment) -> None:
    log = treatment.world.gun.store.log
    read = log.read

    def forget() -> None:
        intent = read()
        if intent is not None:
            del log.records[intent.shot_no]
            log.last_shot_no -= 1

    log.read = forget  # type: ignore[method-assign]


def _entry_stays(treatment: Treatment) -> None:
    machine = treatment.world.gun.machine
    begin = machine.begin

    def again() -> None:
        entry = machine.magazine[0]
        begin()
        machine.magazine.insert(0, entry)

    machine.begin = again  # type: ignore[method-assign]


def _guard(name: str, answer: bool) -> Remove:
    return lambda treatment: setattr(treatment.world.gun.machine, name, lambda: answer)


def _no_lease_end(treatment: Treatment) -> None:
    treatment.world.gun.machine._lease_out = lambda: None  # type: ignore[method-assign]


def _ready_without(*ignored: str) -> Remove:
    def remove(treatment: Treatment) -> None:
        machine = treatment.world.gun.machine
        kind = type(machine)
        patched = type("Ablated", (kind,), {name: property(lambda _: False) for name in ignored})
        machine.__class__ = patched

    return remove


def _no_contact_guard(treatment: Treatment) -> None:
    machine, panel = treatment.world.gun.machine, treatment.world.gun.panel
    ready, post = machine.ready, machine.post

    def blind() -> bool:
        if not machine.magazine:
            return False
        was, panel.contact = panel.contact, machine.magazine[0].kind == ShotKind.TREAT
        try:
            return ready()
        finally:
            panel.contact = was

    def deaf(event: Happening, cause: int = 0) -> None:
        if event is not Happening.LIFT:
            post(event, cause)

    machine.ready, machine.post = blind, deaf  # type: ignore[method-assign]


def _no_occlusion_limit(treatment: Treatment) -> None:
    panel = treatment.world.gun.panel
    panel.__class__ = type("Blind", (type(panel),), {"__slots__": (), "pressure_limit": lambda *_: None})


def _trust_encoder_blindly(treatment: Treatment) -> None:
    machine = treatment.world.gun.machine

    def done() -> None:
        machine.plant.halt()
        machine._shot().whole = True
        machine._settle()

    machine.stroke_done = done  # type: ignore[method-assign]


def _never_doubt(treatment: Treatment) -> None:
    treatment.world.gun.machine._judge_pressure = lambda shot: None  # type: ignore[method-assign] # noqa: ARG005


def _no_overrun(treatment: Treatment) -> None:
    journal = treatment.journal
    append = journal.append
    over_nl = treatment.world.profile.integer("calibration.overrun_nl")

    def bare(events: Any, *, treatment: str, epoch: int | None) -> int:
        changed = [
            replace(event, high_nl=event.volume_nl - over_nl // 2) if isinstance(event, ev.MagazineLoaded) else event
            for event in events
        ]
        return append(changed, treatment=treatment, epoch=epoch)

    journal.append = bare  # type: ignore[method-assign]


def _load_before_journal(treatment: Treatment) -> None:
    journal = treatment.journal
    append = journal.append
    late: list[Any] = []

    def after(events: Any, *, treatment: str, epoch: int | None) -> int:
        held = [event for event in events if isinstance(event, ev.MagazineLoaded)]
        others = [event for event in events if not isinstance(event, ev.MagazineLoaded)]
        if held:
            late.extend(held)
            return 0
        waiting = list(late)
        late.clear()
        return append([*waiting, *others], treatment=treatment, epoch=epoch)

    journal.append = after  # type: ignore[method-assign]
    started = treatment.one_life

    def fresh() -> None:
        late.clear()  # what was never written dies with the program
        started()

    treatment.one_life = fresh  # type: ignore[method-assign]


def _acknowledge_first(treatment: Treatment) -> None:
    def change(runner: Runner) -> None:
        magazine = runner._run.magazine
        gun, books, read = magazine._gun, magazine._books, magazine.read_log

        def hasty(*, more_follow: bool = False) -> Status:
            last = gun.status().closed_shot_no
            if last > books.memory.shot_no:
                gun.ack(last)
            return read(more_follow=more_follow)

        magazine.read_log = hasty  # type: ignore[method-assign]

    treatment.on_runner.append(change)


def _limit_on_what_is_known(treatment: Treatment) -> None:
    def change(runner: Runner) -> None:
        magazine = runner._run.magazine
        refused = magazine._refused

        def proved(shot_index: int, high_nl: int, points: int) -> bool:  # noqa: ARG001
            next_nl = treatment.cleared.plan.shots[shot_index].volume_nl
            return refused(shot_index, runner.state.ledger.low_nl + next_nl, points)

        magazine._refused = proved  # type: ignore[method-assign]

    treatment.on_runner.append(change)


def _indeterminate_is_nothing(treatment: Treatment) -> None:
    journal = treatment.journal
    append = journal.append

    def trusting(events: Any, *, treatment: str, epoch: int | None) -> int:
        changed = [
            replace(event, high_nl=event.delivered_nl)
            if isinstance(event, ev.ShotRecorded) and event.outcome == Outcome.INDETERMINATE.name
            else event
            for event in events
        ]
        return append(changed, treatment=treatment, epoch=epoch)

    journal.append = trusting  # type: ignore[method-assign]


def _no_watchdog(treatment: Treatment) -> None:
    treatment.world.gun.machine._watchdog = lambda: None  # type: ignore[method-assign]


def _magazine_survives_boot(treatment: Treatment) -> None:
    machine = treatment.world.gun.machine
    lose, wake = machine.lose_everything, machine.wake
    held: list[Any] = []

    def keep() -> None:
        held[:] = machine.magazine
        lose()

    def restore() -> None:
        wake()
        machine.magazine[:] = held

    machine.lose_everything, machine.wake = keep, restore  # type: ignore[method-assign]


def _stop_does_nothing(treatment: Treatment) -> None:
    treatment.world.gun.machine.cut_short = lambda: None  # type: ignore[method-assign]


SAFEGUARDS: dict[str, tuple[str, Remove]] = {
    "HELLO and STOP empty the magazine": ("G6, G9", _hello_keeps_magazine),
    "two-phase record: boot closes an open INTENT": ("G5", _boot_forgets_open_intent),
    "an INTENT consumes the entry": ("G5", _entry_stays),
    "the magazine is lost at boot": ("G1", _magazine_survives_boot),
    "lease expiry ends the stroke": ("G13", _no_lease_end),
    "the gun waits for the screen": ("G13", _ready_without("held_by_lead")),
    "contact is required throughout": ("G11", _no_contact_guard),
    "whatever stops a stroke halts the screw": ("G10", _stop_does_nothing),
    "pressure limit": ("MG-18", _no_occlusion_limit),
    "OUTCOME waits until the flow has died": ("G5", _guard("still_flowing", answer=False)),
    "pressure is let off after an occlusion": ("MG-18", _guard("under_pressure", answer=False)),
    "a stroke without resistance is doubted": ("MG-22", _never_doubt),
    "the encoder is compared with the steps": ("MG-17", _trust_encoder_blindly),
    "watchdog": ("MG-2", _no_watchdog),
    "high grows by the overrun bound": ("H2", _no_overrun),
    "journal before LOAD": ("H2", _load_before_journal),
    "acknowledge after commit": ("H9, G12", _acknowledge_first),
    "limit on the upper end": ("H2", _limit_on_what_is_known),
    "INDETERMINATE is an interval": ("H8", _indeterminate_is_nothing),
}


def hunt(safeguard: str, *, seeds: int = 500, start: int = 0) -> Found:
    """Take one safeguard away; the first seed that notices, as drawn or with the host killed in a stroke."""
    rule, remove = SAFEGUARDS[safeguard]
    for seed in range(start, start + seeds):
        drawn = draw(seed)
        killed = FaultPlan((Fault("host.kill", At("phase", 2 + seed % 2, phase="stroke")),))
        # the second: large shots and a screen that may lag, so that much can happen behind a dead host
        for world, plan in ((drawn, drawn.plan), (replace(drawn, lead=6, shots=8, volume_nl=40_000), killed)):
            treatment = Treatment(world, plan)
            remove(treatment)
            treatment.safety()
            treatment.liveness()
            breaches = treatment.invariants.breaches
            if breaches:
                return Found(safeguard, rule, seed, breaches[0].name)
    return Found(safeguard, rule, None, "")


def hunt_all(*, seeds: int = 500, jobs: int = 1) -> list[Found]:
    """Every safeguard in the order of the table."""
    if jobs == 1:
        return [hunt(safeguard, seeds=seeds) for safeguard in SAFEGUARDS]
    with ProcessPoolExecutor(max_workers=jobs) as pool:
        return list(pool.map(partial(hunt, seeds=seeds), SAFEGUARDS))


def as_markdown(found: list[Found]) -> str:
    """The table for the documentation."""
    lines = ["| safeguard taken away | rule | first seed | what broke |", "|---|---|---|---|"]
    lines += [
        f"| {item.safeguard} | {item.rule} | {'none' if item.seed is None else item.seed} | {item.breach} |"
        for item in found
    ]
    return "\n".join(lines) + "\n"
