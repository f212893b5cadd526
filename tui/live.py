"""Run a treatment with the dashboard in front of it.

The runner works in one thread, the screen in the main one. Not responsible for making the runner or for its gun: both
come as two callables.
"""

from __future__ import annotations

import gc
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import date

from mesogun.clock import RealClock
from mesogun.errors import MesogunError
from mesogun.link.stats import LinkStats
from mesogun.plan.model import Plan
from mesogun.record.alarms import Limit
from mesogun.treatment.front import Wish
from tui.alerting import Surroundings
from tui.app import Dashboard
from tui.forms import Signers
from tui.front import ScreenFront
from tui.keymap import Where
from tui.settings import Look, look
from tui.source import LiveSource
from tui.terminal import must_be_terminal
from tui.view import ViewMaker

JOIN_S = 5.0
SWITCH_S = 0.001
"""Thread switch interval while a gun is held: STOP on another thread must not wait for 5 ms slices."""


SELDOM = (20_000, 50, 1_000)
"""A full collection stops every thread, the keyboard's too, for tens of ms: what is loaded by now is left out of it,
and it comes a thousand times more seldom than a young one. What a treatment makes is freed by counting references."""

STOP_LOOK_S = 0.02
"""Between two looks for a proof of STOP; the looks themselves wait for the gun."""


def run_live(
    start: Callable[[ScreenFront], None],
    stop: Callable[[], None],
    *,
    plan: Plan,
    title: str,
    limits: Sequence[Limit] | None = None,
    lockstep_s: float = 0.0,
    prove_stop: Callable[[], bool] | None = None,
    link: Callable[[], LinkStats] | None = None,
    settings: Look | None = None,
    remap: Mapping[str, str] | None = None,
    operators: Sequence[str] = (),
    signers: Signers | None = None,
    today: date | None = None,
    calibration_due: date | None = None,
) -> None:
    """Open the dashboard, run ``start(front)`` in a worker, return when the treatment is over and the user has left.

    Parameters
    ----------
    start
        Runs the treatment with this front end; blocks until it is over. It hands ``orders=front.order`` to the runner,
        or what the operator orders is never carried out.
    stop
        The gun's STOP; called on whatever thread the key arrives.
    plan, title
        What is treated, and a line that says so.
    limits
        Limits to show; by default those of the recorded clearance.
    lockstep_s
        See ``ScreenFront``; for guns with virtual time.
    prove_stop
        Whether the gun's own word proves that STOP reached it; called after ``start`` on the same thread, again and
        again until it does. Without it no screen ever claims that the gun has stopped.
    link
        How well the link works; called at every look.
    settings
        Theme, flashing, bell, folder for pictures; by default what was remembered and what the environment says.
    remap
        Action id to keys, as in ``keymap``; by default those of the settings.
    operators
        References that a treatment may be handed over to; to nobody else.
    signers
        Those of them who have a key: reference to what signs with its passphrase, and refuses a wrong one.
    today, calibration_due
        By the gun's calendar; without them nothing is said about a calibration that is due.

    Raises
    ------
    InputError
        Before anything else, when there is no terminal: nobody would see what is painted.
    MesogunError
        When the screen itself failed; the gun was stopped.
    BaseException
        Whatever ``start`` raised, after the screen has been closed.
    """
    must_be_terminal()
    chosen = settings if settings is not None else look()
    front = ScreenFront(stop, lockstep_s=lockstep_s)
    source = LiveSource(front, link)
    left = threading.Event()
    app = Dashboard(
        ViewMaker(plan, title=title, source=source.name, limits=limits),
        source,
        now_us=front.now_us,
        front=front,
        around=Surroundings(RealClock().utc, today, calibration_due),
        theme=chosen.theme,
        flash=chosen.flash,
        bell=chosen.bell,
        characters=chosen.characters,
        picture=chosen.picture,
        themed=chosen.themed,
        tick=chosen.tick,
        ticked=chosen.ticked,
        remap=remap if remap is not None else chosen.keys,
        where=Where.LIVE,
        operators=operators,
        signers=signers,
    )

    def work() -> None:
        try:
            start(front)
        except BaseException as error:  # noqa: BLE001 -- handed to the caller once the screen is closed
            source.failure = error
        finally:
            source.done = True
        while prove_stop is not None and not front.stop_proved and not left.wait(STOP_LOOK_S):
            if front.stopped:
                front.stop_answered(_proved(prove_stop))

    worker = threading.Thread(target=work, name="treatment", daemon=True)
    switch_s, thresholds = sys.getswitchinterval(), gc.get_threshold()
    sys.setswitchinterval(SWITCH_S)
    gc.freeze()
    gc.set_threshold(*SELDOM)
    worker.start()
    try:
        app.run()
    finally:
        gc.set_threshold(*thresholds)
        gc.unfreeze()
        if not source.done:
            # The screen is gone, by a crash or a signal: nobody watches, so nobody treats.
            front.stop_now()
            front.want(Wish.END)
        left.set()
        worker.join(JOIN_S)
        sys.setswitchinterval(switch_s)
    if app.return_code:
        raise MesogunError(
            "the dashboard failed (its report is above) and the gun was stopped:"
            " look at the record, then mesogun treat --resume, with --plain if it fails again"
        ) from source.failure
    if source.failure is not None:
        raise source.failure


def _proved(prove_stop: Callable[[], bool]) -> bool:
    try:
        return prove_stop()
    except (MesogunError, OSError):  # a broken line: the gun has not answered, and that is all there is to know
        return False
