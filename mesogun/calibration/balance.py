"""A balance on a port: one command at a time, every call with a total deadline, a weight or a typed error.

It changes no setting of the balance. The reset ``@`` at opening clears a tare that stood (decision 1101); after that
nothing is reset unasked: once the conversation is out of step (noise, silence, a restart) every call is refused until
:meth:`Balance.recover`, because the reset that follows loses the tare and the caller has to know.

Not responsible for the bytes of a dialect (``mtsics``, ``sbi``) or for what the weights are used for.
"""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Protocol, Self

from mesogun.calibration import mtsics, sbi
from mesogun.calibration.readings import (
    Done,
    Failed,
    Garbled,
    Heard,
    Info,
    PoweredUp,
    Stray,
    Trouble,
    WasReset,
    Weight,
)
from mesogun.calibration.weighing import (
    BalanceGarbled,
    BalanceRefused,
    BalanceRestarted,
    BalanceSilent,
    BalanceTrouble,
    Identity,
    Reading,
    Unstable,
)
from mesogun.clock import Clock
from mesogun.errors import InputError, MesogunError, Refused
from mesogun.link.ports import open_port
from mesogun.link.transport import Transport

BAUD = 9_600  # as these balances leave the factory: Mettler-Toledo 11780711
DEADLINE_MS = 30_000  # longer than the balances' own time for finding a stable value; a choice
PROMPT_MS = 2_000  # for what is answered at once; a choice
LEAST_MS, MOST_MS = 2 * PROMPT_MS, 600_000
RETRY_US = 100_000  # between two tries for a stable value; a choice
QUIET_US = 300_000  # silence after which nothing more of a disturbance is on its way; a choice
MAX_READ = 4_096
ZERO_DIGITS = 20  # how far from 0 a display may stand that was just set to 0, in its last digits; a choice


class Dialect(Protocol):
    """A sans-IO conversation, as ``mtsics.Dialogue`` has it."""

    silent: frozenset[str]  # commands that are never answered

    @property
    def out_of_step(self) -> bool:
        """Whether only the reset may be sent."""
        ...

    def send(self, command: str) -> bytes:
        """The bytes of a command."""
        ...

    def receive(self, data: bytes) -> list[Heard]:
        """What bytes mean."""
        ...

    def timed_out(self) -> Failed:
        """The deadline of the open command has passed."""
        ...

    def quiet(self) -> None:
        """The line was silent for long."""
        ...


DIALECTS: dict[str, Callable[[], Dialect]] = {"mtsics": mtsics.Dialogue, "sbi": sbi.Dialogue}


class Balance:
    """One balance on one open port; a :class:`~mesogun.calibration.weighing.ReadingSource`.

    ``name`` is how messages call it. Building it says nothing to the balance; :func:`open_balance` greets it.
    """

    def __init__(
        self,
        transport: Transport,
        clock: Clock,
        dialogue: Dialect,
        *,
        name: str = "balance",
        dialect: str = "mtsics",
        deadline_ms: int = DEADLINE_MS,
    ) -> None:
        if not LEAST_MS <= deadline_ms <= MOST_MS:
            raise InputError(f"a deadline of {deadline_ms} ms is none; it lies from {LEAST_MS} to {MOST_MS} ms")
        self._transport = transport
        self._clock = clock
        self._dialogue = dialogue
        self._name = name
        self._deadline_us = deadline_ms * 1_000
        self._identity = Identity(dialect)

    @property
    def identity(self) -> Identity:
        """Model, serial number, software and dialect, as the balance told when it was greeted."""
        return self._identity

    @property
    def clock(self) -> Clock:
        """The clock that came with the port; ``Reading.at_us`` is its time."""
        return self._clock

    def greet(self) -> None:
        """Reset, then ask who it is. Another balance than before is refused."""
        try:
            serial, model, software = self._who()
        except BalanceRestarted:  # it has just come up: there was no tare yet to lose
            serial, model, software = self._who()
        if self._identity.serial not in {"", serial}:
            raise Refused(
                f"{self._name}: this is balance {serial}, not {self._identity.serial}; connect the balance that the "
                "calibration was begun with, or begin again"
            )
        self._identity = Identity(self._identity.dialect, model, serial, software)

    def recover(self) -> None:
        """Reset after a trouble, and make sure that it is the same balance; the tare is gone.

        Tried again until the deadline: a balance that was switched on needs its time, and noise ends.

        Raises
        ------
        BalanceTrouble
            If it does not answer by then.
        Refused
            If it is another balance.
        """
        end_us = self._clock.monotonic_us() + self._deadline_us - LEAST_MS * 1_000  # the last try may take so long
        while True:
            try:
                self.greet()
            except BalanceTrouble:
                if self._clock.monotonic_us() >= end_us:
                    raise
            else:
                return

    def stable(self) -> Reading:
        """The next stable weight (``S``), asked again while the balance finds none, until the deadline.

        Raises
        ------
        Unstable
            If there was none; if the balance itself gave no answer, it was reset and the tare is lost.
        BalanceTrouble
            One of its other kin for every other way in which there is no weight.
        """
        end_us = self._clock.monotonic_us() + self._deadline_us - PROMPT_MS * 1_000
        while True:
            asked_us = self._clock.monotonic_us()
            try:
                return self._weight("S", end_us)
            except Unstable:
                now_us = self._clock.monotonic_us()
                # a try that the deadline would cut off costs the tare and finds nothing
                if self._dialogue.out_of_step or now_us + max(now_us - asked_us, PROMPT_MS * 1_000) >= end_us:
                    raise
                self._clock.sleep_us(RETRY_US)

    def immediate(self) -> Reading:
        """The weight now (``SI``), with the balance's opinion whether it is stable."""
        return self._weight("SI", self._soon_us())

    def zero(self) -> None:
        """Set zero at the next stable value (``Z``)."""
        self._settled("Z")

    def tare(self) -> None:
        """Tare at the next stable value (``T``)."""
        self._settled("T")

    def close(self) -> None:
        """Give the port back; the balance is left as it is."""
        self._transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # one command

    def _weight(self, command: str, end_us: int) -> Reading:
        heard = self._ask(command, end_us)
        if not isinstance(heard, Weight):
            raise self._wrong(command, heard)
        at_us = self._clock.monotonic_us()
        return Reading(heard.mass_mg, heard.unit, heard.stable, heard.text, at_us, heard.resolution_mg)

    def _settled(self, command: str) -> None:
        end_us = self._clock.monotonic_us() + self._deadline_us - PROMPT_MS * 1_000
        if command not in self._dialogue.silent:
            heard = self._ask(command, end_us)
            if not isinstance(heard, Done | Weight):
                raise self._wrong(command, heard)
            return
        self._before(command)
        self._transport.write(self._dialogue.send(command))
        while abs((reading := self.stable()).mass_mg) > ZERO_DIGITS * reading.resolution_mg:
            if self._clock.monotonic_us() >= end_us:
                raise BalanceRefused(
                    f"{self._name}: {command} was not carried out, the display shows {reading.text!r}; look at the "
                    "balance, then try again",
                    Trouble.LOGICAL,
                )

    def _ask_info(self, command: str, end_us: int) -> str:
        """What the balance says about itself; a model that does not know the question says nothing."""
        try:
            heard = self._ask(command, end_us)
        except BalanceRefused as refused:
            if refused.trouble in {Trouble.SYNTAX, Trouble.LOGICAL}:
                return ""
            raise
        if not isinstance(heard, Info):
            raise self._wrong(command, heard)
        return " ".join(field for line in heard.lines for field in line)

    def _who(self) -> tuple[str, str, str]:
        end_us = self._soon_us()
        return self._reset(end_us), self._ask_info("I2", end_us), self._ask_info("I3", end_us)

    def _reset(self, end_us: int) -> str:
        """Let the line fall quiet and whatever was on its way go; then ``@`` until its answer comes clean."""
        garbled: BalanceGarbled | None = None
        while True:
            while (data := self._transport.read(MAX_READ, QUIET_US)) and self._clock.monotonic_us() < end_us:
                self._dialogue.receive(data)
            if not data:
                self._dialogue.quiet()
            if garbled is not None and self._clock.monotonic_us() >= end_us:
                raise garbled
            self._transport.write(self._dialogue.send("@"))
            try:
                heard = self._await("@", end_us, old_lines=True)
            except BalanceGarbled as error:  # the answer may be lost in it: once more, when the line is quiet
                garbled = error
                continue
            if not isinstance(heard, WasReset):
                raise self._wrong("@", heard)
            return heard.serial_number

    def _ask(self, command: str, end_us: int) -> Heard:
        self._before(command)
        self._transport.write(self._dialogue.send(command))
        return self._await(command, end_us)

    def _before(self, command: str) -> None:
        """In step, and nothing that came unasked says otherwise."""
        if self._dialogue.out_of_step:
            raise BalanceGarbled(
                f"{self._name}: {command} not asked, because an old answer may still arrive; recover() resets the "
                "balance, then tare and weigh again"
            )
        for heard in self._dialogue.receive(self._transport.read(MAX_READ, 0)):
            self._judge(command, heard)

    def _await(self, command: str, end_us: int, *, old_lines: bool = False) -> Heard:
        """The one answer; ``old_lines`` lets lines pass that were on their way before a reset."""
        while (left_us := end_us - self._clock.monotonic_us()) > 0:
            answer: Heard | None = None
            for heard in self._dialogue.receive(self._transport.read(MAX_READ, left_us)):
                if isinstance(heard, Stray) and old_lines:
                    continue
                if answer is not None and isinstance(heard, Stray):
                    raise BalanceGarbled(
                        f"{self._name}: two answers to {command} ({heard.text!r} is the second); stop automatic "
                        "printing on the balance, then weigh again"
                    )
                answer = self._judge(command, heard) or answer
            if answer is not None:
                return answer
        self._dialogue.timed_out()
        raise self._silence(command)

    def _judge(self, command: str, heard: Heard) -> Heard | None:
        """An answer, or ``None`` for a line that means nothing here; every trouble is raised."""
        match heard:
            case Weight() | Done() | Info() | WasReset():
                return heard
            case Stray():
                return None
            case PoweredUp():
                raise BalanceRestarted(
                    f"{self._name}: the balance was switched on again ({command} has no answer); zero and tare are "
                    "gone: let it warm up, recover, tare and weigh again"
                )
            case Garbled(text, reason):
                raise BalanceGarbled(
                    f"{self._name}: {text[:60]!r} is no answer to {command} ({reason}); check cable, speed and "
                    "dialect, then recover, tare and weigh again"
                )
            case Failed(_, trouble, text):
                message = f"{self._name}: {command} gave {text!r}: {trouble.value}"
                raise Unstable(message) if trouble is Trouble.BUSY else BalanceRefused(message, trouble)

    def _silence(self, command: str) -> MesogunError:
        if command in {"S", "Z", "T"}:  # it may be there and only wait for a stable value
            try:
                self._reset(self._soon_us())
            except BalanceSilent:
                pass
            else:
                return Unstable(
                    f"{self._name}: no stable value for {command} within {self._deadline_us // 1000} ms; shield it "
                    "from draught and vibration. The balance was reset: tare again",
                    tare_lost=True,
                )
        return BalanceSilent(
            f"{self._name}: no answer to {command} in time; is the balance on, the cable in, the speed {BAUD} 8N1 and "
            f"the dialect {self._identity.dialect}? Then recover, tare and weigh again"
        )

    def _wrong(self, command: str, heard: Heard) -> BalanceGarbled:
        return BalanceGarbled(f"{self._name}: {heard} is no answer to {command}; recover, tare and weigh again")

    def _soon_us(self) -> int:
        return self._clock.monotonic_us() + PROMPT_MS * 1_000


def open_balance(
    url: str,
    *,
    dialect: str = "mtsics",
    deadline_ms: int = DEADLINE_MS,
    baud: int = BAUD,
    allow_network: bool = False,
) -> Balance:
    """Open a port, reset the balance behind it (this clears its tare) and ask who it is.

    Parameters
    ----------
    url
        A device name, ``simbalance://...``, ``socket://127.0.0.1:PORT``: what ``mesogun.link.ports`` opens.
    dialect
        One of :data:`DIALECTS`.
    deadline_ms
        Total time of a call that waits for a stable value, in the port's time.
    baud
        Speed of a serial port; 8 data bits, no parity.
    allow_network
        Whether a port beyond this computer may be opened.

    Raises
    ------
    InputError
        For a URL, dialect or deadline that means nothing.
    NoDevice
        If the port cannot be had.
    BalanceTrouble
        If what is there does not answer as a balance.
    """
    if dialect not in DIALECTS:
        raise InputError(f"a balance that speaks {dialect!r} is not known; dialects: {', '.join(DIALECTS)}")
    transport, clock = open_port(url, allow_network=allow_network, baud=baud)
    try:
        balance = Balance(transport, clock, DIALECTS[dialect](), name=url, dialect=dialect, deadline_ms=deadline_ms)
        balance.greet()
    except BaseException:
        transport.close()
        raise
    return balance
