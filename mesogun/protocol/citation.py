"""Who says so: the bibliography, and whether every citation of a protocol stands in it and claims no better grade.

Not responsible for whether a source is right, nor for reading protocol files (``load``).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, Literal, Self

from pydantic import model_validator

from mesogun.protocol.document import RULE_SECTIONS, Document, Source
from mesogun.protocol.quantity import SOURCED_GRADES, Quantity, Strict

GRADE_RANK = {"A": 0, "B": 1, "C": 2}


class Bibliography(Strict):
    """The file that gives each source its title, publisher, year and address."""

    format: Literal[1]
    source: tuple[Source, ...]

    @model_validator(mode="after")
    def _once_each(self) -> Self:
        keys = [source.key for source in self.source]
        twice = sorted({key for key in keys if keys.count(key) > 1})
        if twice:
            raise ValueError(f"stands there twice: {', '.join(twice)}")
        return self


@cache
def bundled_bibliography() -> tuple[Source, ...]:
    """The sources that ship with the library, in the order of their file."""
    import protocols
    from mesogun.protocol.load import parse_model

    return parse_model(protocols.read("_bibliography"), "_bibliography.toml", Bibliography).source


def check_citations(document: Document) -> tuple[tuple[Source, ...], list[str]]:
    """The sources that a document cites, in order, and what is wrong with its citations."""
    known = {source.key: source for source in bundled_bibliography()}
    faults = [f"bibliography: {s.key!r} is already a bundled source" for s in document.bibliography if s.key in known]
    own = [source.key for source in document.bibliography]
    faults += [f"bibliography: {key!r} stands there twice" for key in sorted({k for k in own if own.count(k) > 1})]
    known.update((source.key, source) for source in document.bibliography)
    cited: dict[str, Source] = {}
    for where, key, grade in citations(document):
        source = known.get(key)
        if source is None:
            faults.append(_unknown(where, key))
            continue
        cited[key] = source
        if grade and grade not in SOURCED_GRADES:
            faults.append(f"{where}: grade {grade!r} cannot stand in a file; use A, B or C")
        elif grade and GRADE_RANK[grade] < GRADE_RANK[source.grade]:
            faults.append(f"{where}: grade {grade} is better than its source {key!r} ({source.grade})")
    return tuple(cited.values()), faults


def citations(document: Document) -> Iterator[tuple[str, str, str]]:
    """Every citation of a document as (key where it stands, source, grade or '')."""
    for where, quantity in document.quantities():
        yield from _of_quantity(where, quantity)
    if document.agent.concentration is not None:
        yield "agent.concentration", document.agent.source, document.agent.grade
    for bound in document.limits:
        yield f"limits.{bound.kind}", bound.source, bound.grade
        for key in bound.also:
            yield f"limits.{bound.kind}", key, ""
    for section in RULE_SECTIONS:
        for rule in getattr(document, section):
            for key in rule.sources:
                yield f"{section}.{rule.id}", key, ""


def unknown_sources(data: Any) -> Iterator[str]:
    """Faults of the citations in a file that is not valid otherwise, so that all faults can be told at once."""
    own = data.get("bibliography", ()) if isinstance(data, dict) else ()
    known = {source.key for source in bundled_bibliography()}
    known |= {str(entry.get("key")) for entry in own if isinstance(entry, dict)} if isinstance(own, tuple) else set()
    for where, key in _raw(data, ""):
        if key not in known:
            yield _unknown(where, key)


def _raw(data: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(data, tuple):
        for index, item in enumerate(data):
            yield from _raw(item, f"{path}.{index}")
    elif isinstance(data, dict):
        for name, value in data.items():
            if name == "source" and isinstance(value, str) and value:
                yield path.lstrip("."), value
            elif name in {"sources", "also"} and isinstance(value, tuple):
                yield from ((path.lstrip("."), item) for item in value if isinstance(item, str))
            else:
                yield from _raw(value, f"{path}.{name}")


def _unknown(where: str, key: str) -> str:
    return f"{where}: source {key!r} is in no bibliography; add it or correct the key"


def _of_quantity(where: str, quantity: Quantity) -> Iterator[tuple[str, str, str]]:
    if not quantity.missing:
        yield where, quantity.source, quantity.grade
        for key in quantity.also:
            yield where, key, ""
