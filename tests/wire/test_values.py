"""Quickly built values: the same as dataclasses make them, in everything but time."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from dataclasses import dataclass, field

import pytest

from mesogun.wire.messages import Renew
from mesogun.wire.values import quick


@dataclass(frozen=True, slots=True)
class Plain:
    """As dataclasses make it."""

    a: int
    b: str = "b"
    c: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.a < 0:
            raise ValueError("a")


@quick
@dataclass(frozen=True, slots=True)
class Quick:
    """The same."""

    a: int
    b: str = "b"
    c: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.a < 0:
            raise ValueError("a")


@pytest.mark.parametrize(
    ("given", "named"), [((1,), {}), ((1, "x"), {}), ((1, "x", [2]), {}), ((), {"c": [3], "a": 4})]
)
def test_a_quick_value_is_what_a_plain_one_is(given: tuple[int, ...], named: dict[str, int]) -> None:
    made = Quick(*given, **named)  # type: ignore[arg-type]
    assert type(made) is Quick
    assert dataclasses.asdict(made) == dataclasses.asdict(Plain(*given, **named))  # type: ignore[arg-type]
    assert made == Quick(*given, **named)  # type: ignore[arg-type]
    assert dataclasses.replace(made, a=9).a == 9
    assert copy.copy(made) == pickle.loads(pickle.dumps(made)) == made  # noqa: S301 - our own bytes


def test_no_two_values_share_what_a_factory_made() -> None:
    assert Quick(1).c is not Quick(1).c


def test_nobody_changes_a_quick_value() -> None:
    made = Quick(1)
    with pytest.raises(dataclasses.FrozenInstanceError):
        made.a = 2  # type: ignore[misc]
    with pytest.raises(dataclasses.FrozenInstanceError):
        del made.a
    assert hash(Renew(1, 2, 3)) == hash(Renew(1, 2, 3))


def test_a_wrong_call_and_a_wrong_value_are_refused_as_ever() -> None:
    with pytest.raises(TypeError, match="'a'"):
        Quick()  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="'d'"):
        Quick(1, d=2)  # type: ignore[call-arg]
    with pytest.raises(ValueError, match="a"):
        Quick(-1)


def test_a_class_that_cannot_be_built_quickly_says_so() -> None:
    @dataclass(frozen=True, slots=True)
    class Odd:
        a: int = field(init=False)

    @dataclass(frozen=True, slots=True)
    class Child(Plain):
        d: int = 0

    for kind in (Odd, Child):
        with pytest.raises(TypeError, match=kind.__name__):
            quick(kind)
