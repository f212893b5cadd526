"""How each fault happens: small functions on a world, each of which says whether anything has happened.

A fault holds what it breaks (``held``) and lets go of its own alone. Not responsible for placement (``inject``) or for
faults in the bytes of a parcel (``parcels``).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from mesogun.wire.codes import Fault as Code
from sim.faults.report import Came, Later, Nothing
from sim.firmware.table import Phase
from sim.line import Way

if TYPE_CHECKING:
    from sim.faults.held import Hold
    from sim.faults.inject import Injector
    from sim.faults.plan import Fault

Happens = Callable[["Injector", "Fault"], Came]


def occlude(injector: Injector, _: Fault) -> None:
    """The path closes until somebody clears the fault."""
    injector.until_cleared(injector.held.blocked.take(None))


def narrow(injector: Injector, fault: Fault) -> None:
    """The path becomes narrow."""
    more = injector.needle_resistance * (fault.number("factor") - 1.0)
    injector.until_cleared(injector.held.narrow.take(more))


def intermittent(injector: Injector, fault: Fault) -> None:
    """Closed, open, closed, open."""
    span = _for(fault)
    for step in (0, 2):
        start_us = step * span // 4
        injector.later(start_us, partial(_close, injector, (step + 1) * span // 4 - start_us))


def _close(injector: Injector, for_us: int) -> None:
    if injector.active:
        injector.later(for_us, injector.held.blocked.take(None))


def bubble(injector: Injector, fault: Fault) -> Came:
    """Air in the syringe: soft, and bled off when somebody looks. It comes in at rest: nothing draws it in a stroke."""

    def come_in() -> None:
        injector.held.path(bubble_nl=injector.world.plant.bubble_nl + fault.number("nl"))
        injector.happened(fault)

    injector.at_rest(come_in)
    injector.until_cleared(injector.world.plant.bleed)
    return Later()


def leak(injector: Injector, fault: Fault) -> None:
    """Liquid escapes past the stopper until somebody looks: ``ratio`` times as easily as through the needles."""
    injector.until_cleared(
        injector.leak(fault.number("ratio") / injector.needle_resistance, hidden=fault.beyond_sensors(injector.plan))
    )


def chill(injector: Injector, fault: Fault) -> None:
    """The liquid comes out of a refrigerator: so many kelvin below the temperature of the profile."""
    profile = injector.world.profile
    temperature_c = profile["fluid.temperature_c"] - fault.number("below_k")
    injector.held.cold.take(profile.viscosity_factor(temperature_c))


def blocked_pin(injector: Injector, _: Fault) -> Came:
    """One needle of the head closes; whoever sees the fault puts on another head."""
    if injector.world.plant.open_pins == 0:
        return Nothing("every needle is closed already")
    injector.until_cleared(injector.held.pins.take(None))
    return None


def short_fill(injector: Injector, fault: Fault) -> Came:
    """There is less in the syringe than it says."""
    plant = injector.world.plant
    plant.sync()
    if plant.content <= fault.number("left_nl"):
        return Nothing("no more than that is in the syringe anyway")
    plant.content = fault.number("left_nl")
    injector.world.gun.machine.watch_again()
    return None


def bounce(injector: Injector, fault: Fault) -> Came:
    """The trigger contact chatters."""
    gun = injector.world.gun
    if injector.held.trigger.held:
        return Nothing("the trigger is stuck")
    was = gun.panel.trigger
    for step in range(2 * int(fault.number("count"))):
        level = was ^ (step % 2 == 0)
        injector.later(step * 1_500, partial(gun.chatter, level=level))
    return None


def hold(injector: Injector, fault: Fault, switch: Hold[bool], *, level: bool) -> None:
    """A switch keeps its level for a while."""
    injector.later(_for(fault), switch.take(level))


def let_go(injector: Injector, _: Fault) -> Came:
    """The finger comes off the trigger."""
    gun = injector.world.gun
    before = gun.panel.trigger
    gun.release()
    if before == gun.panel.trigger:
        return Nothing("the trigger is stuck" if before else "nobody was pulling the trigger")
    return None


def lift(injector: Injector, _: Fault) -> Came:
    """The nose comes off the skin, or its switch says so."""
    gun = injector.world.gun
    before = gun.panel.contact
    gun.touch(0)
    if before == gun.panel.contact:
        return Nothing("the contact is stuck" if before else "there was no contact")
    return None


def brownout(injector: Injector, fault: Fault) -> Came:
    """Off, and on again after a while."""
    return injector.cut_supply(_for(fault))


def battery_low(injector: Injector, _: Fault) -> Came:
    """The cell sinks to where the gun shows it."""
    return _sink(injector, injector.world.profile.integer("battery.low_mv") - 1)


def battery_dead(injector: Injector, _: Fault) -> Came:
    """Too little for the motor; somebody changes the cell two seconds after the gun died of it."""
    panel, profile = injector.world.gun.panel, injector.world.profile
    came = _sink(injector, profile.integer("battery.brownout_mv") + 10)

    def change() -> None:
        panel.battery_mv = profile.integer("battery.open_mv")

    if came is None:
        injector.when_dead(2_000_000, change)
    return came


def _sink(injector: Injector, battery_mv: int) -> Came:
    panel = injector.world.gun.panel
    if panel.battery_mv <= battery_mv:
        return Nothing("the battery is lower than that anyway")
    panel.battery_mv = battery_mv
    return None


def pressure(injector: Injector, value_kpa: float) -> None:
    """The sensor says one thing only, until it is repaired when the fault is cleared."""
    injector.until_cleared(injector.held.pressure.take(value_kpa))


def hang(injector: Injector, _: Fault) -> Came:
    """The processor stands still until the watchdog resets it."""
    machine = injector.world.gun.machine
    if not injector.world.gun.powered or machine.hung:
        return Nothing("the gun was off" if not machine.hung else "it hung already")
    machine.hang()
    return None


def trouble(injector: Injector, code: Code) -> Came:
    """A self-test of the gun finds something."""
    gun = injector.world.gun
    if not gun.powered or gun.machine.phase in {Phase.FAULT, Phase.LOCKED} or gun.machine.hung:
        return Nothing(f"the gun was in the state {gun.machine.phase.value}" + " and hung" * gun.machine.hung)
    gun.trouble(code)
    return None


def unplug(injector: Injector, fault: Fault) -> None:
    """The cable is pulled and comes back."""
    injector.later(_for(fault), injector.held.unplugged.take(None))


def renamed(injector: Injector, fault: Fault) -> None:
    """The cable is pulled; when it comes back the computer gives its port another name."""
    back = injector.held.unplugged.take(None)

    def come_back() -> None:
        injector.world.line.rename()
        back()

    injector.later(_for(fault), come_back)


def stale(injector: Injector, fault: Fault) -> Came:
    """Bytes that lay in a buffer come first."""
    line = injector.world.line
    if not line.plugged:
        return Nothing("the cable was out")
    line.inject(Way.TO_HOST, injector.noise(int(fault.number("bytes"))))
    return None


def bench_switch(injector: Injector, _: Fault) -> Came:
    """Somebody moves the bench switch, and back a second later."""
    if injector.world.gun.panel.bench:
        return Nothing("the bench switch was on already")
    injector.later(1_000_000, injector.held.bench.take(None))
    return None


def away(injector: Injector, fault: Fault) -> Came:
    """The hand lets go and comes back."""
    if not injector.world.hand.active:
        return Nothing("no hand is at this gun")
    injector.later(_for(fault), injector.held.away.take(None))
    return None


def _for(fault: Fault) -> int:
    return int(fault.number("for_us"))


HAPPENS: dict[str, Happens] = {
    "link.stale": stale,
    "link.outage": lambda i, f: i.outage(_for(f), f),
    "link.unplug": unplug,
    "link.renamed": renamed,
    "link.write_timeout": lambda i, f: i.host("write_timeout", fault=f),
    "host.kill": lambda i, f: i.host("kill", fault=f),
    "host.pause": lambda i, f: i.host("pause", _for(f), fault=f),
    "host.clock_jump": lambda i, f: i.jump(int(f.number("by_s") * 1e6)),
    "host.disk_full": lambda i, f: i.host("disk_full", fault=f),
    "host.torn_journal": lambda i, f: i.host("torn_journal", fault=f),
    "host.old_backup": lambda i, f: i.host("old_backup", fault=f),
    "host.second_runner": lambda i, f: i.host("second_runner", fault=f),
    "gun.brownout": brownout,
    "gun.reset": lambda i, _: i.cut_supply(0),
    "gun.hang": hang,
    "gun.lost_steps": lambda i, f: i.until_cleared(i.held.slip.take(f.number("share"))),
    "gun.motor_dead": lambda i, _: i.until_cleared(i.held.dead.take(None)),
    "gun.trigger_stuck": lambda i, f: hold(i, f, i.held.trigger, level=True),
    "gun.trigger_dead": lambda i, f: hold(i, f, i.held.trigger, level=False),
    "gun.trigger_bounce": bounce,
    "gun.contact_stuck_on": lambda i, f: hold(i, f, i.held.contact, level=True),
    "gun.contact_stuck_off": lambda i, f: hold(i, f, i.held.contact, level=False),
    "gun.contact_bounce": lift,
    "gun.pressure_stuck_low": lambda i, _: pressure(i, 0.3),
    "gun.pressure_stuck_high": lambda i, _: pressure(i, 0.5 * i.world.profile["sensors.occlusion_kpa"]),
    "gun.torn_write": lambda i, f: i.tear_next(f),
    "gun.memory_stuck": lambda i, _: i.world.gun.store.spoil_next_record(),
    "gun.memory_bad_cell": lambda i, _: i.world.gun.store.spoil("entry_hwm"),
    "gun.battery_low": battery_low,
    "gun.battery_dead": battery_dead,
    "gun.too_hot": lambda i, _: trouble(i, Code.TEMPERATURE),
    "gun.self_test": lambda i, _: trouble(i, Code.SENSOR),
    "gun.bench_switch": bench_switch,
    "fluid.occlusion": occlude,
    "fluid.partial_occlusion": narrow,
    "fluid.intermittent_occlusion": intermittent,
    "fluid.bubble": bubble,
    "fluid.short_fill": short_fill,
    "fluid.wrong_syringe": lambda i, _: trouble(i, Code.SYRINGE),
    "fluid.leak": leak,
    "fluid.blocked_pin": blocked_pin,
    "fluid.cold": chill,
    "hand.early_release": let_go,
    "hand.early_lift": lift,
    "hand.syringe_change": lambda i, _: i.world.hand.change_syringe(),
    "hand.away": away,
}
