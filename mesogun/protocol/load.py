"""Text to a validated :class:`Protocol`: every fault at once, each with file and key.

Not responsible for what a protocol may do (``limits``) nor for finding bundled ones (``library``).
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from mesogun.errors import InputError
from mesogun.protocol.citation import check_citations, unknown_sources
from mesogun.protocol.document import Document, Protocol
from mesogun.protocol.technique import schools

MAX_BYTES = 128 * 1024
"""Largest text that any parser of this package reads; the longest bundled file is a tenth of it."""

MAX_DEPTH = 12
"""Deepest nesting of brackets that is looked at; a protocol needs 4."""

MAX_DOTS = 100
"""Most dots in one line: reading a dotted key takes time with the square of its parts."""

MAX_FAULTS_TOLD = 40

ModelT = TypeVar("ModelT", bound=BaseModel)


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
    data = tuples(parse_toml(text, name))
    document, faults = validated(data, Document)
    if document is None:
        raise_faults(name, [*faults, *unknown_sources(data)])
        raise AssertionError("a document that is not valid has faults")
    faults = list(_technique_faults(document))
    cited, more = check_citations(document)
    raise_faults(name, [*faults, *more])
    fields = {field: getattr(document, field) for field in Document.model_fields}
    digest = hashlib.sha256(text.encode("utf-8")).hexdigest()
    return Protocol.model_construct(**fields, sha256=digest, sources=cited)


def parse_toml(text: str, name: str) -> Mapping[str, Any]:
    """TOML text to plain values, with its size and depth capped; ``InputError`` otherwise."""
    if len(text) > MAX_BYTES:
        raise InputError(f"{name}: {len(text)} characters; at most {MAX_BYTES} are read")
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise InputError(f"{name}: holds bytes that are no text; save it as UTF-8")
    if any(line.count(".") > MAX_DOTS for line in text.splitlines()):
        raise InputError(f"{name}: a line with more than {MAX_DOTS} dots; a key that long takes minutes to read")
    if _depth(text) > MAX_DEPTH:
        raise InputError(f"{name}: brackets are nested deeper than {MAX_DEPTH}")
    try:
        data = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # ValueError: TOMLDecodeError, or a number too long for int()
        raise InputError(f"{name}: not TOML: {error}") from error
    if _levels(data) > MAX_DEPTH:
        raise InputError(f"{name}: tables are nested deeper than {MAX_DEPTH}")
    return data


def parse_model(text: str, name: str, model: type[ModelT]) -> ModelT:
    """TOML text to a frozen model; ``InputError`` with every fault."""
    value, faults = validated(tuples(parse_toml(text, name)), model)
    raise_faults(name, faults)
    if value is None:
        raise AssertionError("a value that is not valid has faults")
    return value


def validated(data: Any, model: type[ModelT]) -> tuple[ModelT | None, list[str]]:
    """The frozen model, or None and every fault."""
    try:
        return model.model_validate(data), []
    except ValidationError as error:
        return None, [_fault(entry["loc"], entry["msg"], entry["type"]) for entry in error.errors(include_url=False)]


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


def _fault(location: tuple[int | str, ...], message: str, kind: str) -> str:
    where = ".".join(str(part) for part in location) or "file"
    words = {
        "extra_forbidden": "unknown key; remove it or correct its spelling",
        "missing": "is missing",
    }
    return f"{where}: {words.get(kind, message.removeprefix('Value error, '))}"


def _levels(data: Any) -> int:
    """How deep tables and lists are nested, counted no further than just past the cap; dotted keys nest too."""
    level, current = 0, [data]
    while current and level <= MAX_DEPTH:
        level += 1
        inner = [item.values() if isinstance(item, dict) else item for item in current]
        current = [child for items in inner for child in items if isinstance(child, dict | list)]
    return level


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
