"""Every fault of the catalogue: it fires, and what the catalogue says of it is what one sees. No exception."""

from __future__ import annotations

import pytest

from mesogun.errors import InputError
from mesogun.wire.codes import Fault as Code
from mesogun.wire.codes import Flag, Outcome, ShotFlag, State
from sim.faults import CATALOGUE, Fault, FaultPlan, Injector
from sim.faults.effects import HAPPENS
from sim.faults.parcels import BYTES
from sim.world import World
from tests.sim.looks import (
    ARMED,
    INSERT,
    STROKE,
    Look,
    booked,
    counts,
    higher,
    nothing_fires,
    rests,
    shows,
)
from tests.sim.sights import (
    another_name,
    another_syringe,
    bench,
    dies,
    disk_full,
    fenced,
    found_again,
    held_down,
    jumped,
    killed,
    lapses,
    locked,
    lost_then_back,
    no_answer,
    nothing_moves,
    paused,
    rebuilt,
    restarts,
    torn,
    torn_write,
    unseen_leak,
)
from tests.trace import req

SEEN: dict[str, tuple[str, list[Look]]] = {}


def seen(name: str, sees: str, *looks: Look) -> None:
    """What the catalogue must say of a fault, word for word, and what shows that it is so."""
    assert name not in SEEN
    SEEN[name] = sees, list(looks)


seen("link.drop", "a retransmission, at most", *counts({"resends": 1}, {"resends": 1}))
seen("link.duplicate", "a late answer in the link figures", *counts({"late": 1}, {"late": 1}))
for _broken in ("flip", "insert", "truncate"):
    seen(
        f"link.{_broken}",
        "a retransmission; on the way to the host damage in the link figures, too",
        *counts({"resends": 1}, {"resends": 1, "damaged_frames": 1}),
    )
seen(
    "link.delay",
    "a retransmission and a late answer in the link figures; a lapsed lease if it is long",
    *counts({"resends": 1, "late": 1}, {"resends": 1, "late": 1}),
    lambda name: lapses(name, "by_us"),
)
seen("link.split", "nothing", *counts({}, {}))
seen(
    "link.hold_back",
    "a retransmission and a late answer in the link figures",
    *counts({"resends": 1, "late": 1}, {"resends": 1, "late": 1}),
)
seen("link.stale", "damage in the link figures", counts({"damaged_frames": 1}, {})[0])
seen(
    "link.echo", "an echo in the link figures; nothing when it is the gun that hears itself", *counts({"echoes": 1}, {})
)
seen(
    "link.outage",
    "retransmissions; if it lasts, no answer and a lapsed lease",
    counts({"resends": 1}, {})[0],
    no_answer,
    lapses,
)
seen("link.unplug", "link lost; reconnect", lost_then_back)
seen(
    "link.renamed",
    "link lost; no such port any more: `gun list` finds the gun under another name",
    another_name,
    found_again,
)
seen("link.write_timeout", "the port takes no bytes: link lost; reconnect", lost_then_back)
seen("host.kill", "the program is gone; resume shows what the break did", killed)
seen("host.pause", "a lapsed lease: the gun disarmed", paused)
seen("host.clock_jump", "link lost, because the clock was set; times on the record jump", jumped)
seen("host.disk_full", "the journal cannot be written: the gun is stopped", disk_full)
seen("host.torn_journal", "the program is gone; the last transaction is missing after a restart", torn)
seen(
    "host.old_backup",
    "the program is gone; the journal comes back from a backup and is rebuilt from the gun's log",
    rebuilt,
)
seen("host.second_runner", "this runner is fenced: it stops", fenced)
for _cut in ("brownout", "reset"):
    seen(f"gun.{_cut}", "the gun restarts; a shot under way is INDETERMINATE", restarts)
seen(
    "gun.hang",
    "fault WATCHDOG; a shot under way is INDETERMINATE",
    booked(Outcome.INDETERMINATE, code=Code.WATCHDOG, state=State.FAULT),
    rests(Code.WATCHDOG),
)
seen(
    "gun.lost_steps",
    "fault STALL, PARTIAL",
    booked(Outcome.PARTIAL, code=Code.STALL, state=State.FAULT, at=INSERT),
    booked(Outcome.PARTIAL, code=Code.STALL, state=State.FAULT),
)
seen(
    "gun.motor_dead",
    "fault STALL, PARTIAL; of 0 if it was dead before",
    booked(Outcome.PARTIAL, code=Code.STALL, state=State.FAULT),
    booked(Outcome.PARTIAL, code=Code.STALL, state=State.FAULT, at=INSERT, nl=0),
)


def cut_short(flag: ShotFlag) -> Look:
    return booked(Outcome.PARTIAL, flag)


RELEASED, LIFTED = ShotFlag.TRIGGER_RELEASED, ShotFlag.CONTACT_LOST
seen("gun.trigger_stuck", "no further shot until the trigger was seen released", held_down)
seen(
    "gun.trigger_dead",
    "nothing fires; a shot under way is PARTIAL with trigger released",
    nothing_fires(3e6),
    cut_short(RELEASED),
)
seen("gun.trigger_bounce", "a shot under way is PARTIAL with trigger released", cut_short(RELEASED))
seen("gun.contact_stuck_on", "contact shown all the time", shows(Flag.CONTACT, numbers={"for_us": 3e6}))
seen(
    "gun.contact_stuck_off",
    "no contact shown, nothing fires; a shot under way is PARTIAL with contact lost",
    shows(Flag.CONTACT, on=False, numbers={"for_us": 3e6}),
    nothing_fires(3e6),
    cut_short(LIFTED),
)
seen("gun.contact_bounce", "a shot under way is PARTIAL with contact lost", cut_short(LIFTED))
seen(
    "gun.pressure_stuck_low",
    "fault SENSOR, INDETERMINATE",
    booked(Outcome.INDETERMINATE, code=Code.SENSOR, state=State.FAULT),
)
seen(
    "gun.pressure_stuck_high",
    "fault SENSOR: nothing fires, a shot under way is INDETERMINATE",
    rests(Code.SENSOR),
    booked(Outcome.INDETERMINATE, code=Code.SENSOR, state=State.FAULT),
)
seen("gun.torn_write", "the gun restarts; no counter goes back", torn_write)
seen("gun.memory_stuck", "fault MEMORY, nothing moves", nothing_moves)
seen(
    "gun.memory_bad_cell",
    "the gun is LOCKED after its next start, unless a LOAD came before that",
    locked,
    lambda name: locked(name, loads=True),
)
seen("gun.battery_low", "low battery shown", shows(Flag.LOW_BATTERY))
seen("gun.battery_dead", "the gun dies under its motor, INDETERMINATE; it comes back with another cell", dies)
for _name, _code in (
    ("gun.too_hot", Code.TEMPERATURE),
    ("gun.self_test", Code.SENSOR),
    ("fluid.wrong_syringe", Code.SYRINGE),
):
    seen(
        _name,
        f"fault {_code.name}; a shot under way is PARTIAL",
        rests(_code),
        booked(Outcome.PARTIAL, code=_code, state=State.FAULT),
    )
seen(
    "gun.bench_switch",
    "bench mode shown; the magazine is empty; a shot under way is PARTIAL",
    bench,
    cut_short(ShotFlag.STOPPED),
)
OCCLUDED = booked(Outcome.PARTIAL, ShotFlag.OCCLUDED, Code.OCCLUSION, State.FAULT)
seen("fluid.occlusion", "fault OCCLUSION, PARTIAL", OCCLUDED)
seen(
    "fluid.partial_occlusion",
    "a higher pressure and a slower shot, or fault OCCLUSION, PARTIAL",
    higher(numbers={"factor": 2.0}, slow=True),
    OCCLUDED,
)
seen(
    "fluid.intermittent_occlusion",
    "a higher pressure, or fault OCCLUSION, PARTIAL",
    higher(numbers={"for_us": 40_000.0}),
    OCCLUDED,
)
seen(
    "fluid.bubble",
    "fault SYRINGE, INDETERMINATE",
    booked(Outcome.INDETERMINATE, code=Code.SYRINGE, state=State.FAULT, at=ARMED),
)
seen(
    "fluid.short_fill",
    "fault EMPTY, PARTIAL",
    booked(Outcome.PARTIAL, ShotFlag.EMPTY, Code.EMPTY, State.FAULT),
)
seen(
    "fluid.leak",
    "fault SYRINGE, INDETERMINATE",
    booked(Outcome.INDETERMINATE, code=Code.SYRINGE, state=State.FAULT),
    unseen_leak,
)
seen(
    "fluid.blocked_pin",
    "a higher pressure; fault OCCLUSION, PARTIAL if it was the only needle",
    higher(profile="five-pin"),
    OCCLUDED,
)
seen("fluid.cold", "a higher pressure", higher())
seen("hand.early_release", "PARTIAL with trigger released", cut_short(RELEASED))
seen("hand.early_lift", "PARTIAL with contact lost", cut_short(LIFTED))
seen(
    "hand.syringe_change",
    "the magazine is empty; a shot under way is PARTIAL; prime again",
    another_syringe,
    cut_short(ShotFlag.STOPPED),
)
seen(
    "hand.away",
    "nothing fires for a while; a shot under way is PARTIAL",
    nothing_fires(5e6),
    booked(Outcome.PARTIAL),
)


@req("MG-15", "MG-17", "MG-18", "MG-23", "MG-33", "G5")
@pytest.mark.parametrize("name", sorted(CATALOGUE))
def test_a_fault_fires_and_is_seen_as_the_catalogue_says(name: str) -> None:
    sees, looks = SEEN[name]
    assert CATALOGUE[name].sees == sees
    assert looks
    for look in looks:
        look(name)


def test_every_fault_is_in_the_catalogue_and_knows_how_to_happen() -> None:
    assert len(CATALOGUE) >= 55
    assert set(SEEN) == set(CATALOGUE) == set(BYTES) | set(HAPPENS)
    assert {name for name, effect in CATALOGUE.items() if effect.parcels} == set(BYTES)
    assert all(other in CATALOGUE for effect in CATALOGUE.values() for other in (*effect.excludes, *effect.masked_by))
    assert {effect.until for effect in CATALOGUE.values()} == {"", "cleared", "good"}
    assert not any(effect.until for effect in CATALOGUE.values() if "for_us" in effect.numbers)


@pytest.mark.parametrize("name", sorted(name for name, effect in CATALOGUE.items() if effect.host))
def test_a_world_without_a_journal_refuses_what_needs_one(name: str) -> None:
    world = World("standard", seed=7)
    before = world.line.tamper, world.host_gate, list(world.gun.machine.witnesses)
    with pytest.raises(InputError, match=rf"fault {name} needs a host .* mesogun sim campaign") as caught:
        Injector(world, FaultPlan((Fault(name, STROKE),)))
    assert "\n" not in str(caught.value)
    assert (world.line.tamper, world.host_gate, list(world.gun.machine.witnesses)) == before
