"""Text to a validated :class:`Protocol`: every fault at once, each with file and key.

Not responsible for what a protocol may do (``limits``) nor for finding bundled ones (``library``).
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from mesogun.errors import InputError
from mesogun.protocol.document import RULE_SECTIONS, Document, Protocol, Source
from mesogun.protocol.quantity import SOURCED_GRADES, Quantity, Strict
from mesogun.protocol.technique import schools

MAX_BYTES = 128 * 1024
"""Largest text that any parser of this package reads; the longest bundled file is a tenth of it."""

MAX_DEPTH = 12
"""Deepest nesting of brackets that is looked at; a protocol needs 4."""

MAX_FAULTS_TOLD = 40

GRADE_RANK = {"A": 0, "B": 1, "C": 2}

ModelT = TypeVar("ModelT", bound=BaseModel)


class Bibliography(Strict):
    """The file that gives each source its title, publisher, year and address."""

    format: int
    source: tuple[Source, ...]


def load(path: Path) -> Protocol:
    """Read a protocol file.

    Raises
    ------
    InputError
        If the file cannot be read, or with every fault in it.
    """
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise InputError(f"{path}: {size} bytes; a protocol has at most {MAX_BYTES}")
        raw = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from error
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 text (byte {error.start}); save it as UTF-8") from error
    return parse(text, str(path))


def parse(text: str, name: str) -> Protocol:
    """Build a protocol from TOML text.

    Parameters
    ----------
    text : str
        The file's content; ``sha256`` is the hash of its UTF-8 bytes.
    name : str
        What to call the file in messages.

    Raises
    ------
    InputError
        With every fault, one per line: file, key, what is wrong.
    """
    document = parse_model(text, name, Document)
    known = {source.key: source for source in bundled_bibliography()}
    faults = list(_technique_faults(document))
    faults += [f"bibliography: {s.key!r} is already a bundled source" for s in document.bibliography if s.key in known]
    own = [source.key for source in document.bibliography]
    faults += [f"bibliography: {key!r} stands there twice" for key in sorted({k for k in own if own.count(k) > 1})]
    known.update((source.key, source) for source in document.bibliography)
    cited: dict[str, Source] = {}
    for where, key, grade in citations(document):
        source = known.get(key)
        if source is None:
            faults.append(f"{where}: source {key!r} is in no bibliography; add it or correct the key")
            continue
        cited[key] = source
        if grade and grade not in SOURCED_GRADES:
            faults.append(f"{where}: grade {grade!r} cannot stand in a file; use A, B or C")
        elif grade and GRADE_RANK[grade] < GRADE_RANK[source.grade]:
            faults.append(f"{where}: grade {grade} is better than its source {key!r} ({source.grade})")
    raise_faults(name, faults)
    fields = {field: getattr(document, field) for field in Document.model_fields}
    digest = hashlib.sha256(text.encode("utf-8")).hexdigest()
    return Protocol.model_construct(**fields, sha256=digest, sources=tuple(cited.values()))


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


def parse_toml(text: str, name: str) -> Mapping[str, Any]:
    """TOML text to plain values, with its size and depth capped; ``InputError`` otherwise."""
    if len(text) > MAX_BYTES:
        raise InputError(f"{name}: {len(text)} characters; at most {MAX_BYTES} are read")
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise InputError(f"{name}: holds bytes that are no text; save it as UTF-8")
    if _depth(text) > MAX_DEPTH:
        raise InputError(f"{name}: brackets are nested deeper than {MAX_DEPTH}")
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # ValueError: TOMLDecodeError, or a number too long for int()
        raise InputError(f"{name}: not TOML: {error}") from error


def parse_model(text: str, name: str, model: type[ModelT]) -> ModelT:
    """TOML text to a frozen model; ``InputError`` with every fault."""
    try:
        return model.model_validate(tuples(parse_toml(text, name)))
    except ValidationError as error:
        faults = [_fault(entry["loc"], entry["msg"], entry["type"]) for entry in error.errors(include_url=False)]
        raise_faults(name, faults)
        raise


def raise_faults(name: str, faults: Iterable[str]) -> None:
    """Raise one ``InputError`` with all faults, or return if there is none."""
    lines = list(faults)
    if not lines:
        return
    told = lines[:MAX_FAULTS_TOLD]
    if len(lines) > len(told):
        told.append(f"and {len(lines) - len(told)} more")
    raise InputError("\n".join(f"{name}: {line}" for line in told))


def tuples(value: Any) -> Any:
    """Lists to tuples, all the way down: what is read is frozen."""
    if isinstance(value, list):
        return tuple(tuples(item) for item in value)
    if isinstance(value, dict):
        return {key: tuples(item) for key, item in value.items()}
    return value


@cache
def bundled_bibliography() -> tuple[Source, ...]:
    """The sources that ship with the library, in the order of their file."""
    import protocols

    return parse_model(protocols.read("_bibliography"), "_bibliography.toml", Bibliography).source


def _technique_faults(document: Document) -> Iterator[str]:
    try:
        entries = schools(document.technique)
    except InputError as error:
        yield f"technique: {error}"
        return
    if entries[0].not_this is not None:
        yield f"technique: {entries[0].not_this}"
    elif entries[0].metered != document.metered:
        yield f"technique: {document.technique} and mode {document.mode!r} do not go together"


def _of_quantity(where: str, quantity: Quantity) -> Iterator[tuple[str, str, str]]:
    if not quantity.missing:
        yield where, quantity.source, quantity.grade
        for key in quantity.also:
            yield where, key, ""


def _fault(location: tuple[int | str, ...], message: str, kind: str) -> str:
    where = ".".join(str(part) for part in location) or "file"
    words = {
        "extra_forbidden": "unknown key; remove it or correct its spelling",
        "missing": "is missing",
    }
    return f"{where}: {words.get(kind, message.removeprefix('Value error, '))}"


def _depth(text: str) -> int:
    """Deepest run of open brackets, strings not looked into: an upper bound is enough for a cap."""
    depth = deepest = 0
    for character in text:
        if character in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif character in "]}":
            depth = max(0, depth - 1)
    return deepest
