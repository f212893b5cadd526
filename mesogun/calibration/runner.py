"""Carries out a volume calibration: one gun, one balance, one journal, one technician. A short loop around ``decide``.

Every reading, shot and step is on disk before the next thing happens, so a run that stops anywhere goes on there. Not
responsible for what is next (``procedure``), what it means (``results``), or for pages (``mesogun.report``).
"""

from __future__ import annotations

from dataclasses import replace

from mesogun import __version__
from mesogun.calibration import procedure as do
from mesogun.calibration.bench import Bench, Progress
from mesogun.calibration.books import Books
from mesogun.calibration.results import Results, results
from mesogun.calibration.script import Script
from mesogun.calibration.shooting import Shooter
from mesogun.calibration.state import CalibrationState
from mesogun.calibration.steps import (
    DRIFT_S,
    SHOT_S,
    Do,
    GunFacts,
    Phase,
    Step,
    estimated_s,
    quick,
    steps_for,
    steps_text,
)
from mesogun.calibration.weighing import BalanceTrouble, Reading, ReadingSource, Unstable
from mesogun.calibration.writing import (
    CONFIRMED,
    PROVISIONAL,
    calibration_id,
    check_own,
    composed,
    old_block,
    put,
    settle,
    with_days,
)
from mesogun.calibration.zfactor import Environment
from mesogun.errors import CalibrationFailed, GunRefused, InputError, Refused
from mesogun.gun import Gun
from mesogun.gun.calibration import Block
from mesogun.gun.found import reference, text
from mesogun.identity import Action, Operator
from mesogun.journal import Journal
from mesogun.record import calibration_events as ce
from mesogun.record import overrun_bound_nl
from mesogun.wire.codes import GunKind, Reason, ShotKind
from mesogun.wire.messages import Caps

DAY_S = 86_400
LEAST_RESOLUTION = 0.01
"""A digit of more than a hundredth of the smallest shot cannot show a per cent: a choice, refused at the start."""


def gun_facts(caps: Caps) -> GunFacts:
    """What the order of steps needs to know."""
    return GunFacts(
        caps.step_nl, caps.min_volume_nl, caps.max_volume_nl, caps.syringe_nl, caps.dead_volume_nl, caps.needles,
        caps.max_rate_per_min, overrun_bound_nl(caps.syringe_nl, caps.overrun_nl, caps.overrun_ppm),
    )  # fmt: skip


class Calibrator:
    """One run. Build it, then ``start`` or ``resume``, then ``run``."""

    def __init__(
        self,
        *,
        gun: Gun,
        balance: ReadingSource,
        how: str,
        journal: Journal,
        run: str,
        bench: Bench,
        operator: Operator,
        station: str,
    ) -> None:
        operator.require(Action.CALIBRATE)
        self._gun = gun
        self._balance = balance
        self._how = how
        self._bench = bench
        self._operator = operator.reference
        self._station = station
        self._books = Books(journal, run)
        self._shooter = Shooter(gun, self._books, bench, operator.reference)
        self._begun_us = gun.clock.monotonic_us()
        self._said = 0

    @property
    def state(self) -> CalibrationState:
        """What is on record."""
        return self._books.state

    def run(self, script: Script | None, what: str) -> Results:
        """Carry the run to its end, or on from where it stopped; ``script`` is for a new one.

        Raises
        ------
        CalibrationFailed
            If the gun cannot be calibrated or does not hold it; what was measured stays on record.
        BalanceTrouble, LinkLost, OutcomeUnknown, Refused
            If something stopped it; go on with the same run.
        """
        self._books.take(self._station)
        try:
            if self.state.started is None:
                self._start(script, what)
            elif self.state.ended is not None:
                raise Refused(f"run {self._books.run} has ended ({self.state.ended.how}); begin a new one")
            else:
                self._resume()
            while not isinstance(action := do.decide(self.state), do.Finish):
                self._act(action)
            return self._finish()
        finally:
            self._books.release()

    # beginning

    def _start(self, script: Script | None, what: str) -> None:
        if script is None:
            raise InputError(f"there is no run {self._books.run} to go on with")
        caps, welcome = self._gun.caps, self._gun.welcome
        facts = gun_facts(caps)
        series = quick(script.series) if what == "check" else script.series
        steps = steps_for(series, facts, adjust=what == "volume")
        self._check_mounted(script)
        self._books.commit(
            ce.CalibrationStarted(
                operator=self._operator,
                what=what,
                script=script.text,
                script_sha256=script.sha256,
                gun=reference(welcome.device_id),
                memory=reference(welcome.nvm_id),
                gun_kind=GunKind(welcome.kind).name.lower(),
                model=text(caps.model),
                serial=text(caps.serial),
                firmware=caps.firmware,
                syringe=script.head.syringe,
                syringe_nl=caps.syringe_nl,
                needle=script.head.needle,
                needles=caps.needles,
                calibration=reference(caps.calibration_id),
                steps=steps_text(steps),
                estimated_s=estimated_s(steps, series),
                software=__version__,
                station=self._station,
            )
        )
        self._shooter.meet()
        self._find_balance()

    def _resume(self) -> None:
        started = self.state.started
        if started is None or self.state.script is None:
            raise InputError(f"run {self._books.run} is no volume calibration; it cannot be gone on with here")
        here = reference(self._gun.welcome.device_id)
        if here != started.gun:
            raise Refused(f"run {self._books.run} is about gun {started.gun}, this is gun {here}: connect that one")
        if self._gun.caps.firmware != started.firmware:
            raise Refused("the gun's firmware was replaced since this run began: begin a new calibration")
        self._check_mounted(self.state.script)
        step = self.state.current
        if step is not None and (self.state.shots or self.state.after) and step.do in {Do.SHOOT, Do.BLANK}:
            self._books.commit(ce.WeighingVoided(step.number, "the run stopped between the shot and its weighing"))
        self._books.commit(ce.CalibrationResumed(self._operator, __version__))
        self._shooter.meet()
        self._find_balance()
        settle(self._gun, self._books)
        check_own(self._gun, self._books)

    def _check_mounted(self, script: Script) -> None:
        caps, head = self._gun.caps, script.head
        if round(1000.0 * head.syringe_ul) != caps.syringe_nl or head.needles != caps.needles:
            raise Refused(
                f"the script is for {head.syringe} of {head.syringe_ul:g} µL and {head.needles} needle(s); the gun has "
                f"{caps.syringe_nl / 1000:g} µL and {caps.needles}: wrong syringe or head; mount the right one, or use "
                "the script that belongs to this one"
            )

    def _find_balance(self) -> None:
        identity = self._balance.identity
        earlier = self.state.balances[-1] if self.state.balances else None
        if earlier is not None and earlier.serial and earlier.serial != identity.serial:
            raise Refused(
                f"this run was begun on balance {earlier.serial}, this is {identity.serial or 'one without a number'}: "
                "connect that one, or begin again"
            )
        self._books.commit(ce.BalanceFound(self._how, identity.model, identity.serial, identity.software))

    # one action

    def _act(self, action: do.Action) -> None:
        step = self.state.current
        if step is not None and step.number != self._said:
            self._said = step.number
            self._say(step)
        match action:
            case do.AskEnvironment(step):
                self._environment(step)
            case do.AskPerson(step):
                self._person(step)
            case do.PrimeNeedle(step):
                self._shooter.prime(step.number)
                self._complete(step)
            case do.ChangeSyringe(step):
                self._syringe(step)
            case do.RunDown(step):
                self._run_down(step)
            case do.Weigh(step, place):
                self._weigh(step, place)
            case do.FireShots(step, shots):
                self._fire(step, shots)
            case do.Void(step, why):
                self._void(step, why)
            case do.Complete(step):
                self._complete(step)
            case do.Adjust(step):
                self._adjust(step)
            case do.Confirm(step):
                self._confirm(step)

    def _say(self, step: Step, note: str = "") -> None:
        script = self.state.script
        left = self.state.steps[step.number - 1 :]
        left_s = estimated_s(left, script.series) if script is not None else 0
        self._bench.progress(Progress(self._books.run, step.number, len(self.state.steps), step.name, left_s, note))

    def _complete(self, step: Step, note: str = "") -> None:
        self._books.commit(ce.CalibrationStepDone(step.number, step.name, self._operator, note))

    def _void(self, step: Step, why: str) -> None:
        self._books.commit(ce.WeighingVoided(step.number, why))
        self._say(step, f"void, to be done again: {why}")
        if self.state.streak >= do.MOST_VOIDS:
            raise CalibrationFailed(
                f"{do.MOST_VOIDS} weighings in a row were void, the last because {why}. Remove the cause, then go on "
                f"with mesogun calibrate volume --resume {self._books.run}"
            )

    def _environment(self, step: Step) -> None:
        water, air, pressure, humidity = self._bench.environment(step)
        Environment(float(water), float(air), float(pressure), float(humidity))
        when = "start" if step.phase is Phase.PREPARE else "end"
        self._books.commit(ce.EnvironmentMeasured(step.number, when, water, air, pressure, humidity, self._operator))

    def _person(self, step: Step) -> None:
        if step.do is Do.REST and self.state.script is not None:
            self._gun.clock.sleep_us(round(self.state.script.series.rest_s * 1e6))
        elif not self._bench.person(step):
            raise Refused(f"step {step.number} was not done: {step.do.value}; go on with --resume {self._books.run}")
        if step.do is Do.CONDITION:
            self._balance.tare()
        self._complete(step)

    def _syringe(self, step: Step) -> None:
        ahead = self.state.steps[step.number :]
        until = next((at for at, other in enumerate(ahead) if other.do is Do.SYRINGE), len(ahead))
        needed_nl = sum(other.set_nl * other.shots for other in ahead[:until]) + self._gun.caps.dead_volume_nl
        if self._gun.status().syringe_left_nl < needed_nl:
            self._change_syringe(step, needed_nl)
        self._complete(step)

    def _change_syringe(self, step: Step, needed_nl: int) -> None:
        self._shooter.empty_rest(step.number)
        if not self._bench.person(replace(step, do=Do.SYRINGE)):
            raise Refused(f"the syringe was not changed; go on with --resume {self._books.run}")
        self._shooter.new_syringe(needed_nl)

    def _run_down(self, step: Step) -> None:
        ahead = self.state.steps[step.number :]
        until = next((at for at, other in enumerate(ahead) if other.series != step.series), len(ahead))
        facts = gun_facts(self._gun.caps)
        self._shooter.run_down(sum(other.set_nl for other in ahead[:until]) + facts.reserve_nl, step.number)
        self._complete(step)

    def _weigh(self, step: Step, place: str) -> None:
        if step.do is Do.BLANK and place == "after":
            self._gun.clock.sleep_us(round(SHOT_S * 1e6))
        if place.startswith("drift"):
            self._gun.clock.sleep_us(round(DRIFT_S * 1e6))
        try:
            reading = self._balance.immediate() if place.startswith("drift") else self._balance.stable()
        except Unstable as trouble:
            if trouble.tare_lost:
                self._retare()
            self._void(step, str(trouble))
            return
        except BalanceTrouble as trouble:
            self._recover(step, trouble)
            return
        if not reading.stable and not place.startswith("drift"):
            self._void(step, "the balance called its reading unstable")
            return
        self._check_resolution(reading)
        self._books.commit(
            ce.Weighed(
                step.number, place, self._now_ms(), str(reading.mass_mg), str(reading.resolution_mg), reading.stable
            )
        )

    def _check_resolution(self, reading: Reading) -> None:
        smallest_mg = min(step.set_nl * step.shots for step in self.state.steps if step.set_nl) / 1000.0
        if float(reading.resolution_mg) > LEAST_RESOLUTION * smallest_mg:
            raise CalibrationFailed(
                f"the balance shows steps of {reading.resolution_mg} mg, which is too coarse for weighings of "
                f"{smallest_mg:g} mg: use a finer balance, or weigh groups (series.group)"
            )

    def _recover(self, step: Step, trouble: BalanceTrouble) -> None:
        """The reading is lost, the run is not: come back into step, tare, do this weighing again."""
        if trouble.tare_lost:
            self._retare()
        self._void(step, str(trouble))

    def _retare(self) -> None:
        self._balance.recover()
        self._balance.tare()

    def _fire(self, step: Step, shots: int) -> None:
        clock = self._gun.clock
        pause_us = round(60e6 / step.rate_per_min) if step.rate_per_min else 0
        for number in range(shots):
            due_us = clock.monotonic_us() + pause_us
            try:
                self._shooter.fire(ShotKind.TEST, step.set_nl, step.number)
            except GunRefused as refusal:
                if refusal.reason != Reason.SYRINGE_SHORT:
                    raise
                # Weighings that were done again took more than was planned for this syringe.
                self._void(step, "the syringe ran short; a full one is mounted")
                self._change_syringe(step, step.set_nl * step.shots + self._gun.caps.dead_volume_nl)
                self._shooter.prime(step.number)
                return
            if pause_us and number + 1 < shots:
                clock.sleep_us(max(0, due_us - clock.monotonic_us()))

    def _now_ms(self) -> int:
        return round(self._gun.clock.utc().timestamp() * 1000)

    # the correction

    def _adjust(self, step: Step) -> None:
        found = results(self.state)
        if found.correction is None:
            self._end("refused", found.why_not)
            raise CalibrationFailed(f"{found.why_not}. Nothing was written; the gun is as it was")
        script, started = self.state.script, self.state.started
        if script is None or started is None:
            raise InputError("a run without a script adjusts nothing")
        number = calibration_id(self._books.run, PROVISIONAL)
        settle(self._gun, self._books)
        if not any(item.calibration == f"{number:016x}" for item in self.state.written_blocks):
            _, _, old = old_block(self._gun)
            offset_nl, gain_ppm = composed(found.correction, old)
            today = self._now_ms() // 1000 // DAY_S
            new = Block(
                device_id=int(started.gun, 16),
                firmware=started.firmware,
                made_day=today,
                due_day=today + script.head.valid_d,
                syringe_nl=started.syringe_nl,
                needles=started.needles,
                syringe=script.head.syringe,
                needle=script.head.needle,
                offset_nl=offset_nl,
                gain_ppm=gain_ppm,
                low_nl=round(1000 * found.correction.low_ul),
                high_nl=round(1000 * found.correction.high_ul),
                depth_offset_um=old.depth_offset_um if old is not None and old.needle == script.head.needle else 0,
                depth_gain_ppm=old.depth_gain_ppm if old is not None and old.needle == script.head.needle else 0,
            )
            put(self._gun, self._books, number, new, self._operator)
        self._complete(step, f"correction: {found.correction.model.value}")

    def _confirm(self, step: Step) -> None:
        found = results(self.state)
        if not found.conforms(Phase.AS_LEFT):
            failed = "; ".join(
                f"{mean.set_ul:g} µL: error {mean.error_ul:+.3f} ± {mean.budget.expanded_uncertainty():.3f} µL "
                f"({mean.systematic.value}), spread {mean.spread_ul:.3f} µL ({mean.random.value})"
                for mean in found.of(Phase.AS_LEFT)
            )
            self._complete(step, "not confirmed")
            self._end("refused", f"as left, the gun does not hold its limits: {failed}")
            return
        settle(self._gun, self._books)
        number = calibration_id(self._books.run, CONFIRMED)
        if not any(item.calibration == f"{number:016x}" for item in self.state.written_blocks):
            provisional = Block.from_bytes(bytes.fromhex(self.state.written_blocks[-1].new))
            new = with_days(provisional, provisional.made_day, provisional.due_day, confirmed=True)
            put(self._gun, self._books, number, new, self._operator)
        self._complete(step, "confirmed")

    # the end

    def _end(self, how: str, why: str) -> None:
        minutes = (self._gun.clock.monotonic_us() - self._begun_us) / 60e6
        self._books.commit(ce.CalibrationEnded(how, why, f"{minutes:.1f}", self._operator))

    def _finish(self) -> Results:
        if self.state.ended is None:
            self._end("complete", "")
        return results(self.state)
