"""Frozen values that are built quickly: ``@quick`` above ``@dataclass(frozen=True, slots=True)``.

The constructor of a frozen dataclass sets each field by a call of ``object.__setattr__``, which took an eighth of the
time of a simulated treatment. A value is frozen for others, not while it is made: here it is filled by plain stores
into a twin with the same slots, and then given its own class. Everything else (equality, hash, order, ``replace``,
refusal of a change) stays what ``dataclasses`` made it. Not responsible for what is in the values.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")
_UNSAID = object()


def twin_of(kind: type) -> type:
    """A class with the slots of ``kind`` that can be written to; its instances can become instances of ``kind``."""
    return type(kind.__name__, kind.__bases__, {"__slots__": kind.__slots__, "__setattr__": object.__setattr__})  # type: ignore[attr-defined]


def quick(kind: type[T]) -> type[T]:
    """Give a frozen dataclass with slots a faster constructor with the same parameters.

    Raises
    ------
    TypeError
        If it has a field that is no parameter, or a field of a base class.
    """
    fields = dataclasses.fields(kind)  # type: ignore[arg-type]
    names = tuple(field.name for field in fields)
    if not all(field.init and not field.kw_only for field in fields) or tuple(getattr(kind, "__slots__", ())) != names:
        raise TypeError(f"{kind.__name__} cannot be built quickly: every field must be a parameter, and its own")
    scope: dict[str, Any] = {"_twin": twin_of(kind), "_kind": kind, "_turn": object.__setattr__, "_UNSAID": _UNSAID}
    parameters, stores = [], []
    for name, field in zip(names, fields, strict=True):
        value = name
        if field.default_factory is not dataclasses.MISSING:
            scope[f"_make_{name}"] = field.default_factory
            parameters.append(f"{name}=_UNSAID")
            value = f"_make_{name}() if {name} is _UNSAID else {name}"
        elif field.default is not dataclasses.MISSING:
            scope[f"_default_{name}"] = field.default
            parameters.append(f"{name}=_default_{name}")
        else:
            parameters.append(name)
        stores.append(f"    self.{name} = {value}")
    lines = [
        f"def __init__({', '.join(['self', *parameters])}):",
        "    _turn(self, '__class__', _twin)",
        *stores,
        "    self.__class__ = _kind",
        *(["    self.__post_init__()"] if hasattr(kind, "__post_init__") else []),
    ]
    exec("\n".join(lines), scope)  # noqa: S102 - as dataclasses does: names of fields only
    made: Callable[..., None] = scope["__init__"]
    made.__qualname__ = f"{kind.__qualname__}.__init__"
    made.__module__ = kind.__module__
    made.__annotations__ = dict(kind.__init__.__annotations__)
    kind.__init__ = made  # type: ignore[method-assign]
    return kind
