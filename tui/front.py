"""The seam between the runner's thread and the screen's: newest snapshot, painted token, wish, question, order, STOP.

Every method may be called from any thread. Not responsible for painting, nor for when a frame has left (``painted``):
it hands out only tokens that the painting side has minted.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from mesogun.clock import RealClock
from mesogun.treatment.front import Snapshot, Token, Wish
from mesogun.treatment.orders import Order
from mesogun.wire.codes import State

ASKED_FRESH_US = 2_000_000
REST_US = 500_000
"""How long a pause lasts at least: the second press of a double press is no word to go on."""


class Ticks(Protocol):
    """Monotonic time; a test hands in its own."""

    def monotonic_us(self) -> int:
        """Microseconds since an arbitrary start."""
        ...


@dataclass(frozen=True, slots=True)
class Question:
    """What the runner wants to know; ``what`` as in ``mesogun.treatment.FrontEnd.confirm``."""

    what: str
    text: str
    number: int


@dataclass(frozen=True, slots=True)
class Seen:
    """The newest snapshot and when, by the screen's own clock, it and the gun's newest word arrived."""

    snapshot: Snapshot
    shown_us: int
    heard_us: int
    count: int


class ScreenFront:
    """A ``mesogun.treatment.FrontEnd`` for a painting loop.

    Parameters
    ----------
    stop
        The gun's STOP; called at once on the thread that asks for it.
    lockstep_s
        With a virtual clock: ``show`` waits up to this long until the snapshot has been painted, so that time in the
        simulated world does not run away from the screen. 0 for a real gun.
    """

    def __init__(self, stop: Callable[[], None], *, ticks: Ticks | None = None, lockstep_s: float = 0.0) -> None:
        self._stop = stop
        self._ticks = ticks if ticks is not None else RealClock()
        self._lockstep_s = lockstep_s
        self._lock = threading.Lock()
        self._painted = threading.Event()
        self._seen: Seen | None = None
        self._token: Token | None = None
        self._newest_token_us = -1
        self._wish = Wish.RUN
        self._wish_us = self._ticks.monotonic_us()
        self._wish_count = 0
        self._orders: deque[Order] = deque()
        self._question: Question | None = None
        self._asked_us = 0
        self._asked = 0
        self._answer: bool | None = None
        self._stopped_us: int | None = None
        self._stop_failure: str | None = None
        self._stop_answer: bool | None = None
        self._news: Callable[[], object] | None = None
        self._told = False

    # -- the runner's side ---------------------------------------------------------------------------------------------

    def show(self, snapshot: Snapshot) -> None:
        """Take the newest snapshot."""
        now_us = self._ticks.monotonic_us()
        with self._lock:
            before = self._seen
            new_word = before is None or before.snapshot.read_at_us != snapshot.read_at_us
            heard_us = now_us if new_word or before is None else before.heard_us
            self._seen = Seen(snapshot, now_us, heard_us, before.count + 1 if before is not None else 1)
            self._painted.clear()
            tell = None if self._told else self._news
            self._told = self._told or tell is not None
        if tell is not None:
            tell()
        if self._lockstep_s > 0:
            self._painted.wait(self._lockstep_s)

    def token(self) -> Token | None:
        """The newest painted token, once."""
        with self._lock:
            token, self._token = self._token, None
            return token if self._stopped_us is None else None

    def wish(self) -> Wish:
        """What the operator wants now."""
        with self._lock:
            return self._wish

    def order(self) -> Order | None:
        """The oldest order that was not handed out yet, once; none after STOP."""
        with self._lock:
            return self._orders.popleft() if self._orders and self._stopped_us is None else None

    def confirm(self, what: str, text: str) -> bool | None:
        """Put a question to the operator; the answer is handed out once, for exactly this question."""
        now_us = self._ticks.monotonic_us()
        with self._lock:
            fresh = now_us - self._asked_us <= ASKED_FRESH_US
            same = self._question is not None and (self._question.what, self._question.text) == (what, text) and fresh
            if not same:
                self._asked += 1
                self._question = Question(what, text, self._asked)
                self._answer = None
            self._asked_us = now_us
            answer = self._answer
            if answer is not None:
                self._question, self._answer = None, None
            return answer

    # -- the screen's side ---------------------------------------------------------------------------------------------

    @property
    def seen(self) -> Seen | None:
        """The newest snapshot."""
        with self._lock:
            return self._seen

    def when_news(self, news: Callable[[], object] | None) -> None:
        """Call ``news`` on the runner's thread at the first snapshot after each look at ``looked``."""
        with self._lock:
            self._news = news

    def looked(self) -> None:
        """The screen is about to look: what comes after this is news again."""
        with self._lock:
            self._told = False

    def painted(self, snapshot: Snapshot) -> None:
        """A frame that shows ``snapshot`` has left for the terminal: mint its token (H12)."""
        token = snapshot.token()
        with self._lock:
            if token is not None and token.gun_clock_us > self._newest_token_us:
                self._newest_token_us = token.gun_clock_us
                self._token = token
            if self._seen is not None and self._seen.snapshot is snapshot:
                self._painted.set()

    @property
    def question(self) -> Question | None:
        """What is being asked now and not answered yet; withdrawn by STOP, or when the runner no longer repeats it."""
        now_us = self._ticks.monotonic_us()
        with self._lock:
            withdrawn = self._stopped_us is not None or now_us - self._asked_us > ASKED_FRESH_US
            if self._answer is not None or withdrawn:
                return None
            return self._question

    def answer(self, question: Question, answer: bool) -> bool:
        """Answer exactly this question; false if it is no longer the one being asked."""
        with self._lock:
            if self._question is None or self._question.number != question.number:
                return False
            self._answer = answer
            return True

    def want(self, wish: Wish) -> None:
        """What the operator wants from now on; END is final."""
        with self._lock:
            if self._wish is not Wish.END and wish is not self._wish:
                self._wish = wish
                self._wish_us = self._ticks.monotonic_us()
                self._wish_count = self._seen.count if self._seen is not None else 0

    @property
    def resting(self) -> bool:
        """Whether the gun is proved to be disarmed and stays so: by a snapshot made *after* the wish to pause.

        The first one that arrives may have been made before it. Between that and the next one the runner has looked at
        the wish, so the second shows what came of it, whatever had been decided before.
        """
        with self._lock:
            seen = self._seen
            if self._wish is not Wish.PAUSE or seen is None or seen.count < self._wish_count + 2:
                return False
            status = seen.snapshot.status
            return status is not None and status.state not in (State.ARMED, State.FIRING)

    @property
    def may_go_on(self) -> bool:
        """Whether a pause may end: the gun rests, so the runner has seen the pause, and it is no double press."""
        return self.resting and self.wish_age_us >= REST_US

    def give(self, order: Order) -> None:
        """Queue an order for the runner."""
        with self._lock:
            self._orders.append(order)

    @property
    def waiting(self) -> int:
        """Orders that the runner has not taken yet."""
        with self._lock:
            return len(self._orders)

    @property
    def wish_age_us(self) -> int:
        """How long the present wish has stood."""
        with self._lock:
            return self._ticks.monotonic_us() - self._wish_us

    def stop_now(self) -> None:
        """STOP, from any thread, before anything else happens; a failing line must not hide that it was asked for."""
        try:
            self._stop()
            self._stop_failure = None  # an earlier one may not have got through
        except Exception as error:  # noqa: BLE001 -- whatever the line does, STOP was pressed and the screen goes on
            self._stop_failure = f"{type(error).__name__}: {error}"
        finally:
            with self._lock:
                if self._stopped_us is None:
                    self._stopped_us = self._ticks.monotonic_us()
                self._token = None
                self._orders.clear()
                self._painted.set()

    @property
    def stopped(self) -> bool:
        """Whether STOP was pressed."""
        return self._stopped_us is not None

    @property
    def stop_failure(self) -> str | None:
        """Why the STOP bytes could not be written, if they could not."""
        return self._stop_failure

    @property
    def stop_proved(self) -> bool:
        """Whether the gun's own word proves that it stopped."""
        return self._stop_answer is True

    @property
    def stop_unanswered(self) -> bool:
        """Whether the gun was given long enough to answer STOP, and did not."""
        return self._stop_answer is False

    def stop_answered(self, proved: bool) -> None:
        """What became of STOP: the gun's word proves it, or its time for that is over; a proof stands for good."""
        if self._stop_answer is not True:
            self._stop_answer = proved

    def now_us(self) -> int:
        """The screen's clock."""
        return self._ticks.monotonic_us()
