"""A whole visit in a simulated world, small enough for a test: the production runner on virtual time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from shapely import box

from mesogun.area import from_polygon
from mesogun.cli import people, planning, treat, visit
from mesogun.gun import Gun, connect
from mesogun.journal import Journal, open_journal
from mesogun.record import TreatmentState
from mesogun.treatment import Order, Settings, Snapshot, Token, Wish
from mesogun.treatment.orders import no_orders

TREATMENT = "00000000000000a1"


@dataclass
class Operator:
    """A front end that does what a test tells it to."""

    answers: Callable[[str], bool | None] = lambda _what: True
    wishes: Callable[[Snapshot], Wish] = lambda _snapshot: Wish.RUN
    paints: Callable[[Snapshot], bool] = lambda _snapshot: True
    asked: list[str] = field(default_factory=list)
    shown: list[Snapshot] = field(default_factory=list)
    minted: Token | None = None

    def show(self, snapshot: Snapshot) -> None:
        self.shown.append(snapshot)
        if self.paints(snapshot):
            self.minted = snapshot.token()

    def token(self) -> Token | None:
        token, self.minted = self.minted, None
        return token

    def wish(self) -> Wish:
        return self.wishes(self.shown[-1]) if self.shown else Wish.RUN

    def confirm(self, what: str, text: str) -> bool | None:
        self.asked.append(what)
        return self.answers(what)


def port(seed: int = 7, world: str = "visit", **more: str) -> str:
    extra = "".join(f"&{key}={value}" for key, value in more.items())
    return f"sim://standard?seed={seed}&world={world}&start=2026-01-05T09:00:00Z{extra}"


def open_gun(url: str) -> Gun:
    return connect(url, keys=people.gun_keys())


def open_record(folder: Path, gun: Gun) -> Journal:
    return open_journal(folder / "journal.db", gun.clock)


def begin(
    gun: Gun, record: Journal, *, width_mm: float = 32, treatment: str = TREATMENT, subject: str = "s-0001"
) -> visit.Begun:
    """About twelve points on a 10 mm grid of 20 uL each."""
    protocol, limits, _ = planning.demonstrated(visit.find_protocol("face-hydration-ha"))
    return treat.start(
        gun=gun,
        record=record,
        protocol=protocol,
        outline=from_polygon(box(0, 0, width_mm, 22), name="patch"),
        given=None,
        chosen=planning.PlanOptions(),
        subject=subject,
        operator=people.DEMO_OPERATOR,
        answers=None,
        yes=True,
        site=limits,
        treatment=treatment,
        demonstration=True,
    )


def run(
    gun: Gun,
    record: Journal,
    begun: visit.Begun,
    front: Operator,
    orders: Callable[[], Order | None] = no_orders,
    **settings: int,
) -> TreatmentState:
    return visit.run(
        gun=gun,
        journal=record,
        begun=begun,
        front=front,
        operator=people.DEMO_OPERATOR,
        station="test",
        settings=Settings(**settings),
        orders=orders,
    )
