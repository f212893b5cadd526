"""No shot twice, none lost, the truth always in the interval: every placement of a fault in a whole treatment.

And the other way round: with a safeguard switched off, the same exploration finds the broken promise. Larger budgets
run in ``make soak``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import pytest

from mesogun.wire.codes import Op
from tests.exactly_once import ablations as off
from tests.exactly_once.company import Company
from tests.exactly_once.earlier import StageWithAPast, load_seqs
from tests.exactly_once.explore import explore
from tests.exactly_once.stage import Stage
from tests.trace import req

FAULTS = ("lose", "double", "hold", "cut", "reboot", "kill", "stop")
OTHERS = ("rival", "second", "restore", "swap", "vanish", "bench")
LOADS = frozenset({Op.LOAD})
ARMS = frozenset({Op.ARM})


@req("G1", "G3", "G5", "G6", "G8", "G9", "H2", "H3", "H4", "H5", "H7", "H8", "H9", "W-31", "W-43")
@pytest.mark.parametrize("kind", [kind for kind in FAULTS if kind != "hold"])
def test_one_fault_at_every_place_of_a_treatment(kind: str) -> None:
    found = explore({kind: 1})
    assert found.violation is None, (found.violation, found.trace)
    assert found.closed
    assert found.deepest >= 12


@req("G7", "G13")
@pytest.mark.parametrize("late", [ARMS, LOADS])
def test_a_held_back_request_arrives_at_any_later_moment(late: frozenset[int]) -> None:
    found = explore({"hold": 1}, make=partial(Stage, only=late), most=60)
    assert found.violation is None, (found.violation, found.trace)
    assert found.deepest >= 12


@req("H1", "H4", "H8", "H9", "H10", "H11", "W-14", "W-20", "W-49")
@pytest.mark.parametrize(
    ("budget", "most"),
    [
        ({"rival": 1}, 80),
        ({"second": 1}, 70),
        ({"second": 1, "turn": 2}, 50),
        ({"restore": 1}, 100),
        ({"swap": 1}, 80),
        ({"vanish": 1}, 100),
        ({"bench": 1}, 60),
    ],
    ids=str,
)
def test_two_hosts_two_runners_two_guns_an_old_journal_and_totals_that_do_not_add_up(
    budget: Mapping[str, int], most: int
) -> None:
    found = explore(budget, make=Company, most=most)
    assert found.violation is None, (found.violation, found.trace)
    assert found.deepest >= 12
    assert found.moments >= 30


def test_all_kinds_at_once_begin_well() -> None:
    found = explore(dict.fromkeys((*FAULTS, *OTHERS, "turn"), 1), make=Company, most=60)
    assert found.violation is None, (found.violation, found.trace)
    assert found.deepest >= 12


@pytest.mark.soak
@pytest.mark.parametrize("kind", OTHERS)
def test_one_of_the_others_at_every_place(kind: str) -> None:
    found = explore({kind: 1}, make=Company)
    assert found.violation is None, (found.violation, found.trace)
    assert found.closed


@pytest.mark.soak
@pytest.mark.parametrize(
    "budget",
    [
        {first: 1, second: 1}
        for first in OTHERS
        for second in ("lose", "hold", "reboot", "kill", "stop")
        if (first, second) != ("vanish", "reboot")  # see below
    ]
    + [{"second": 1, "turn": 3}, {"swap": 2}, {"rival": 2}, {"restore": 1, "swap": 1}, {"restore": 1, "rival": 1}],
    ids=str,
)
def test_the_others_beside_a_fault(budget: Mapping[str, int]) -> None:
    found = explore(budget, make=Company, most=2_000)
    assert found.violation is None, (found.violation, found.trace)


@pytest.mark.soak
def test_a_record_that_is_lost_after_the_power_was_lost_in_its_stroke() -> None:
    found = explore({"vanish": 1, "reboot": 1}, make=Company, most=2_000)
    assert found.violation is None, (found.violation, found.trace)


@pytest.mark.soak
@pytest.mark.parametrize(
    "budget",
    [{"hold": 1}, *({first: 1, second: 1} for at, first in enumerate(FAULTS) for second in FAULTS[at + 1 :])]
    + [{kind: 2} for kind in FAULTS],
    ids=str,
)
def test_two_faults_at_every_two_places(budget: Mapping[str, int]) -> None:
    found = explore(budget, most=4_000)
    assert found.violation is None, (found.violation, found.trace)


@req("H10", "H16")
@pytest.mark.soak
def test_all_kinds_at_once_stay_shallow() -> None:
    found = explore(dict.fromkeys((*FAULTS, *OTHERS, "turn"), 1), make=Company, most=10_000)
    assert found.violation is None, (found.violation, found.trace)


Patches = tuple[Callable[[pytest.MonkeyPatch], None], ...]


@pytest.mark.parametrize(
    ("patches", "budget", "make", "says"),
    [
        pytest.param(
            (off.gun_keeps_session_after_stop, off.host_goes_on_after_stop),
            {"lose": 1, "stop": 1},
            partial(Stage, only=ARMS),
            "after STOP",
            id="1: STOP, then a retransmission re-arms",
        ),
        pytest.param(
            (off.hello_keeps_the_magazine,),
            {"kill": 1},
            partial(Stage, hot=True),
            "outside",
            id="2: HELLO keeps the magazine",
        ),
        pytest.param(
            (off.error_is_read_as_refusal,),
            {"lose": 1, "reboot": 1},
            partial(Stage, only=LOADS, depth=1, hot=True),
            "outside",
            id="9: ERROR is read as a refusal",
        ),
        pytest.param(
            (off.hello_is_answered_in_mid_stroke,),
            {"kill": 1},
            partial(Stage, hot=True),
            "outside",
            id="12: HELLO is answered in mid-stroke",
        ),
        pytest.param(
            (off.indeterminate_is_booked_at_the_checkpoint,),
            {"reboot": 1},
            partial(Stage, hot=True),
            "outside",
            id="14: INDETERMINATE is booked at the checkpoint",
        ),
        pytest.param(
            (off.lease_runs_from_receipt,),
            {"hold": 1, "kill": 1},
            partial(Stage, only=ARMS),
            "beyond the lease",
            id="26: the lease runs from receipt",
        ),
        pytest.param(
            (off.nobody_is_fenced,), {"second": 1}, Company, "limit", id="H11: a second runner, and nobody is fenced"
        ),
        pytest.param(
            (off.restored_journal_starts_at_what_was_acknowledged,),
            {"restore": 1},
            Company,
            "served twice",
            id="H9: a restored journal takes its gun for a new one",
        ),
        pytest.param(
            (off.any_gun_settles,), {"swap": 1}, partial(Company, hot=True), "outside", id="H5: any gun settles"
        ),
        pytest.param(
            (off.totals_are_not_compared,), {"vanish": 1}, Company, "outside", id="H8: totals are not compared"
        ),
    ],
)
def test_a_safeguard_switched_off_is_found(
    patches: Patches, budget: Mapping[str, int], make: Callable[..., Stage], says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for patch in patches:
        patch(monkeypatch)
    found = explore(budget, make=make, most=4_000)
    assert found.violation is not None, str(found)
    assert says in found.violation, found.trace


def test_finding_10_replies_not_bound_to_the_session_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    hot = load_seqs(depth=1)[-1]  # loaded while armed: struck out wrongly, it is fired all the same
    make = partial(StageWithAPast, late_seq=hot, depth=1)
    bound = explore({"lose": 1}, make=make, most=100)
    assert bound.violation is None, (bound.violation, bound.trace)
    off.replies_are_not_bound_to_the_session(monkeypatch)
    found = explore({"lose": 1}, make=make, most=4_000)
    assert found.violation is not None, str(found)
    assert "outside" in found.violation, found.trace


@pytest.mark.parametrize(
    "patch", [off.gun_keeps_session_after_stop, off.host_goes_on_after_stop], ids=["G9 off", "H7 off"]
)
def test_after_stop_either_end_alone_is_enough(
    patch: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Finding 1 needs both: the gun that ends the session, or the host that cancels, each closes it alone."""
    patch(monkeypatch)
    found = explore({"lose": 1, "stop": 1}, make=partial(Stage, only=ARMS), most=60)
    assert found.violation is None or "after STOP" not in found.violation, found.trace
