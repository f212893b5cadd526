from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mesogun.area import example
from mesogun.errors import InputError, Refused
from mesogun.plan import Head, PlanRequest, Span, bundled_heads, make_plan, read_heads
from mesogun.plan.heads import find, seats
from mesogun.plan.stamping import stamps
from mesogun.plan.tiling import sublattices, verdict

Node = tuple[int, int]
WIDE = Span(1_000, 8_000)

SQUARE_CASES: list[tuple[str, list[Node], str]] = [
    ("line", [(0, 0), (1, 0), (2, 0)], "yes"),
    ("plus", [(0, 0), (1, 0), (0, 1), (-1, 0), (0, -1)], "yes"),
    ("apart, coprime", [(0, 0), (2, 0), (4, 0), (6, 0), (8, 0)], "yes"),
    ("tiles, but by no sublattice", [(0, 0), (1, 0), (4, 0), (5, 0)], "yes"),
    ("1, 2 and 4", [(0, 0), (1, 0), (3, 0)], "no"),
    ("a U of five", [(0, 0), (0, 1), (1, 0), (2, 0), (2, 1)], "no"),
    ("a ring of eight", [(i, j) for i, j in product(range(3), range(3)) if (i, j) != (1, 1)], "no"),
]


@pytest.mark.parametrize(("name", "offsets", "tiles"), SQUARE_CASES)
def test_tiling_verdicts_of_known_shapes(name: str, offsets: list[Node], tiles: str) -> None:
    assert verdict(offsets).tiles == tiles


@settings(max_examples=25)
@given(st.sets(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=2, max_size=6))
def test_a_sublattice_found_covers_a_patch_exactly_once(offsets: set[Node]) -> None:
    """Brute force beside the coset argument: count how often each node of a patch is served."""
    for basis in sublattices(sorted(offsets)):
        origin = basis.coset((0, 0))
        copies = [n for n in ((i, j) for i in range(-8, 12) for j in range(-8, 12)) if basis.coset(n) == origin]
        served = [(i + a, j + b) for i, j in copies for a, b in offsets]
        assert all(served.count(node) == 1 for node in ((i, j) for i in range(4) for j in range(4)))


def test_every_bundled_head_tiles_where_it_sits() -> None:
    for head in bundled_heads():
        if len(head.offsets_mm) > 1:
            found = [seat for lattice in ("hex", "square") for seat in seats(head, lattice, Span.exactly(4_000))]
            assert found, head.id
            assert verdict(found[0].nodes).tiles == "yes"


@settings(max_examples=25)
@given(st.sets(st.tuples(st.integers(0, 11), st.integers(0, 9)), min_size=1, max_size=90))
def test_stamps_share_no_point_and_leave_the_area_nowhere(nodes: set[Node]) -> None:
    seat = seats(find("plus-5"), "square", Span.exactly(4_000))[0]
    found = stamps(sorted(nodes), [seat], rounds=2_000)
    served = [node for stamp in found for node in stamp.nodes]
    assert len(set(served)) == len(served)
    assert set(served) <= nodes
    # and no further stamp fits
    free = nodes - set(served)
    assert not any({(i + a, j + b) for a, b in seat.nodes} <= free for i, j in product(range(-12, 24), repeat=2))


def test_a_full_rectangle_takes_nothing_but_stamps() -> None:
    seat = seats(find("3x3"), "square", Span.exactly(4_000))[0]
    found = stamps(list(product(range(12), range(9))), [seat])
    assert len(found) == 12


REQUEST = PlanRequest(
    depth=Span.exactly(1_500),
    spacing=Span(3_000, 5_000),
    volume=Span.exactly(20_000),
    step_nl=500,
    syringe_nl=5_000_000,
    head="plus-5",
)


def test_a_head_brings_its_lattice_and_its_spacing_and_says_so() -> None:
    plan = make_plan(example("forehead"), REQUEST)
    assert (plan.lattice, plan.spacing_um) == ("square", 4_000)
    assert any(change.startswith("Lattice: hex → square") for change in plan.changes)
    heads = [shot.head for shot in plan.shots]
    assert heads == sorted(heads), "stamps first, then single needles"
    assert set(heads) == {"plus-5", "single"}


def test_a_head_that_sits_nowhere_in_the_range_is_refused_with_the_spacings_that_would_do() -> None:
    with pytest.raises(Refused, match=r"4 mm"):
        make_plan(
            example("forehead"),
            PlanRequest(Span.exactly(1_500), Span(4_500, 5_000), Span.exactly(20_000), 500, 5_000_000, head="plus-5"),
        )


def test_a_ring_of_nine_does_not_tile_but_is_used_where_it_fits(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    ring = [[i * 4.0, j * 4.0] for i, j in product(range(3), range(3)) if (i, j) != (1, 1)]
    path.write_text(f'format = 1\n[[head]]\nid = "ring-8"\noffsets_mm = {ring}\n')
    (head,) = read_heads(path)
    plan = make_plan(
        example("forehead"),
        PlanRequest(Span.exactly(1_500), Span.exactly(4_000), Span.exactly(20_000), 500, 5_000_000, head="ring-8"),
        own_head=head,
    )
    assert any("does not tile" in change for change in plan.changes)
    assert {shot.head for shot in plan.shots} == {"ring-8", "single"}


@pytest.mark.parametrize(
    "text",
    [
        "format = 2",
        "not toml",
        'format = 1\n[[head]]\nid = "a"\noffsets_mm = [[0, 0], [0.1, 0]]',
        'format = 1\n[[head]]\nid = "a"\noffsets_mm = [[0, 0, 0]]',
        'format = 1\n[[head]]\nid = "a"\noffsets_mm = []',
        'format = 1\n[[head]]\nid = "a"\noffsets_mm = [[nan, 0]]',
        "format = 1\n[[head]]\noffsets_mm = [[0, 0]]",
        'format = 1\n[[head]]\nid = "a"\nangle = 3\noffsets_mm = [[0, 0]]',
    ],
)
def test_malformed_heads_are_refused_in_one_line(text: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        read_heads(path)
    assert "\n" not in str(caught.value)


def test_an_irregular_head_sits_on_no_lattice() -> None:
    assert seats(Head("odd", ((0, 0), (4, 0), (9.3, 2.2))), "hex", WIDE) == ()
    with pytest.raises(InputError, match="plus-5"):
        find("no-such-head")
