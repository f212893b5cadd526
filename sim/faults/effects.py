"""How each fault happens: small functions on a world. Link faults turn one parcel of bytes into others.

Not responsible for placement (``inject``).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from mesogun.wire.codes import Fault as Code
from sim.line import Parcel, Way

if TYPE_CHECKING:
    from sim.faults.inject import Injector
    from sim.faults.plan import Fault

Bytes = Callable[["Injector", "Fault", Way, bytes], list[Parcel]]
Happens = Callable[["Injector", "Fault"], None]


def flip(injector: Injector, fault: Fault, _: Way, data: bytes) -> list[Parcel]:
    """Flip some bits anywhere in the parcel."""
    broken = bytearray(data)
    for _bit in range(int(fault.number("bits"))):
        bit = injector.stream.integer(len(broken) * 8)
        broken[bit // 8] ^= 1 << bit % 8
    return [(0, bytes(broken))]


def insert(injector: Injector, fault: Fault, _: Way, data: bytes) -> list[Parcel]:
    """Put random bytes somewhere into the parcel."""
    at = injector.stream.integer(len(data) + 1)
    return [(0, data[:at] + injector.noise(int(fault.number("bytes"))) + data[at:])]


def truncate(injector: Injector, _: Fault, __: Way, data: bytes) -> list[Parcel]:
    """Lose the rest of the parcel."""
    return [(0, data[: injector.stream.integer(len(data))])]


def split(injector: Injector, _: Fault, __: Way, data: bytes) -> list[Parcel]:
    """Two pieces with a pause between them."""
    at = injector.stream.integer(len(data) + 1)
    return [(0, data[:at]), (2_000, data[at:])]


def echo(injector: Injector, _: Fault, way: Way, data: bytes) -> list[Parcel]:
    """The bytes come back to whoever sent them, too."""
    other = Way.TO_HOST if way is Way.TO_GUN else Way.TO_GUN
    injector.world.line.inject(other, data)
    return [(0, data)]


BYTES: dict[str, Bytes] = {
    "link.drop": lambda *_: [],
    "link.duplicate": lambda _i, _f, _w, data: [(0, data), (0, data)],
    "link.flip": flip,
    "link.insert": insert,
    "link.truncate": truncate,
    "link.delay": lambda _i, fault, _w, data: [(int(fault.number("by_us")), data)],
    "link.split": split,
    "link.hold_back": lambda injector, _f, way, data: injector.hold_back(way, data),
    "link.echo": echo,
}


def occlude(injector: Injector, _: Fault) -> None:
    """The path closes until somebody clears the fault."""
    injector.path(blocked=True)
    injector.until_cleared(lambda: injector.path(blocked=False))


def narrow(injector: Injector, fault: Fault) -> None:
    """The path becomes narrow."""
    injector.path(extra_resistance=injector.needle_resistance * (fault.number("factor") - 1.0))
    injector.until_cleared(lambda: injector.path(extra_resistance=0.0))


def intermittent(injector: Injector, fault: Fault) -> None:
    """Closed, open, closed, open."""
    span = int(fault.number("for_us"))
    for step in range(4):
        injector.later(step * span // 4, partial(injector.path, blocked=step % 2 == 0))


def bubble(injector: Injector, fault: Fault) -> None:
    """Air in the syringe: soft, and bled off when somebody looks. It comes in at rest: nothing draws it in a stroke."""
    injector.at_rest(lambda: injector.path(bubble_nl=fault.number("nl")))
    injector.until_cleared(injector.world.plant.bleed)


def leak(injector: Injector, fault: Fault) -> None:
    """Liquid escapes past the stopper until somebody looks: ``ratio`` times as easily as through the needles."""
    injector.path(leak=fault.number("ratio") / injector.needle_resistance)
    injector.hide_leak(hidden=fault.beyond_sensors(injector.plan))
    injector.until_cleared(injector.mend_leak)


def chill(injector: Injector, fault: Fault) -> None:
    """The liquid comes out of a refrigerator: so many kelvin below the temperature of the profile."""
    profile = injector.world.profile
    temperature_c = profile["fluid.temperature_c"] - fault.number("below_k")
    injector.path(viscosity_factor=profile.viscosity_factor(temperature_c))


def blocked_pin(injector: Injector, _: Fault) -> None:
    """One needle of the head closes; whoever sees the fault puts on another head."""
    needles = injector.world.profile.integer("needle.count")
    injector.path(open_pins=max(0, injector.world.plant.open_pins - 1))
    injector.until_cleared(lambda: injector.path(open_pins=needles))


def short_fill(injector: Injector, fault: Fault) -> None:
    """There is less in the syringe than it says."""
    plant = injector.world.plant
    plant.sync()
    plant.content = min(plant.content, fault.number("left_nl"))
    injector.world.gun.machine.watch_again()


def bounce(injector: Injector, fault: Fault) -> None:
    """The trigger contact chatters."""
    gun = injector.world.gun
    for step in range(2 * int(fault.number("count"))):
        level = gun.panel.trigger ^ (step % 2 == 0)
        injector.later(step * 1_500, gun.press if level else gun.release)


def stick(injector: Injector, fault: Fault, *, trigger: bool | None = None, contact: bool | None = None) -> None:
    """A switch keeps its level for a while."""
    gun = injector.world.gun
    gun.stick(trigger=trigger, contact=contact)
    injector.later(int(fault.number("for_us")), gun.stick)


def brownout(injector: Injector, fault: Fault) -> None:
    """Off, and on again after a while."""
    injector.world.gun.power_off()
    injector.later(int(fault.number("for_us")), injector.power_back)


def battery_dead(injector: Injector, _: Fault) -> None:
    """Too little for the motor; somebody changes the cell two seconds after the gun died."""
    panel, profile = injector.world.gun.panel, injector.world.profile
    panel.battery_mv = profile.integer("battery.brownout_mv") + 10
    injector.when_off(2_000_000, lambda: setattr(panel, "battery_mv", profile.integer("battery.open_mv")))


def stuck_cell(injector: Injector, _: Fault) -> None:
    """A byte of the next log slot takes no value any more."""
    injector.world.gun.store.spoil_next_record()


def pressure(injector: Injector, value_kpa: float) -> None:
    """The sensor says one thing only, until it is repaired when the fault is cleared."""
    panel = injector.world.gun.panel
    panel.pressure_stuck_kpa = value_kpa
    injector.world.gun.machine.watch_again()
    injector.until_cleared(lambda: setattr(panel, "pressure_stuck_kpa", None))


def motor(injector: Injector, *, dead: bool, lost: float) -> None:
    """The screw does not follow, until it is repaired when the fault is cleared."""
    plant = injector.world.plant
    plant.sync()
    plant.motor_dead, plant.lost_share = dead, lost

    def repair() -> None:
        plant.motor_dead, plant.lost_share = False, 0.0

    injector.until_cleared(repair)


def unplug(injector: Injector, fault: Fault) -> None:
    """The cable is pulled and comes back."""
    line = injector.world.line
    line.plugged = False
    injector.later(int(fault.number("for_us")), lambda: setattr(line, "plugged", True))


def bench_switch(injector: Injector, _: Fault) -> None:
    """Somebody moves the bench switch, and back a second later."""
    gun = injector.world.gun
    gun.set_bench(bench=True)
    injector.later(1_000_000, lambda: gun.set_bench(bench=False))


def away(injector: Injector, fault: Fault) -> None:
    """The hand lets go and comes back."""
    hand = injector.world.hand
    if hand.active:
        hand.leave()
        injector.later(int(fault.number("for_us")), hand.come_back)


HAPPENS: dict[str, Happens] = {
    "link.stale": lambda i, f: i.world.line.inject(Way.TO_HOST, i.noise(int(f.number("bytes")))),
    "link.outage": lambda i, f: i.outage(int(f.number("for_us"))),
    "link.unplug": unplug,
    "link.write_timeout": lambda i, _: i.host("write_timeout"),
    "host.kill": lambda i, _: i.host("kill"),
    "host.pause": lambda i, f: i.host("pause", int(f.number("for_us"))),
    "host.clock_jump": lambda i, f: i.jump(int(f.number("by_s") * 1e6)),
    "host.disk_full": lambda i, _: i.host("disk_full"),
    "host.torn_journal": lambda i, _: i.host("torn_journal"),
    "host.old_backup": lambda i, _: i.host("old_backup"),
    "host.second_runner": lambda i, _: i.host("second_runner"),
    "gun.brownout": brownout,
    "gun.reset": lambda i, _: i.reset(),
    "gun.hang": lambda i, _: i.world.gun.machine.hang(),
    "gun.lost_steps": lambda i, f: motor(i, dead=False, lost=f.number("share")),
    "gun.motor_dead": lambda i, _: motor(i, dead=True, lost=0.0),
    "gun.trigger_stuck": lambda i, f: stick(i, f, trigger=True),
    "gun.trigger_dead": lambda i, f: stick(i, f, trigger=False),
    "gun.trigger_bounce": bounce,
    "gun.contact_stuck_on": lambda i, f: stick(i, f, contact=True),
    "gun.contact_stuck_off": lambda i, f: stick(i, f, contact=False),
    "gun.contact_bounce": lambda i, _: i.world.gun.touch(0),
    "gun.pressure_stuck_low": lambda i, _: pressure(i, 0.3),
    "gun.pressure_stuck_high": lambda i, _: pressure(i, 0.5 * i.world.profile["sensors.occlusion_kpa"]),
    "gun.torn_write": lambda i, f: i.tear_next(int(f.number("keep"))),
    "gun.memory_stuck": stuck_cell,
    "gun.memory_bad_cell": lambda i, _: i.world.gun.store.spoil("entry_hwm"),
    "gun.battery_low": lambda i, _: setattr(
        i.world.gun.panel, "battery_mv", i.world.profile.integer("battery.low_mv") - 1
    ),
    "gun.battery_dead": battery_dead,
    "gun.too_hot": lambda i, _: i.world.gun.trouble(Code.TEMPERATURE),
    "gun.self_test": lambda i, _: i.world.gun.trouble(Code.SENSOR),
    "gun.bench_switch": bench_switch,
    "fluid.occlusion": occlude,
    "fluid.partial_occlusion": narrow,
    "fluid.intermittent_occlusion": intermittent,
    "fluid.bubble": bubble,
    "fluid.short_fill": short_fill,
    "fluid.wrong_syringe": lambda i, _: i.world.gun.trouble(Code.SYRINGE),
    "fluid.leak": leak,
    "fluid.blocked_pin": blocked_pin,
    "fluid.cold": chill,
    "hand.early_release": lambda i, _: i.world.gun.release(),
    "hand.early_lift": lambda i, _: i.world.gun.touch(0),
    "hand.syringe_change": lambda i, _: i.world.hand.change_syringe(),
    "hand.away": away,
}
