"""Events as canonical bytes and back: the form that is hashed, stored and exported.

Canonical JSON: keys sorted, no white space, ASCII, integers exact; ``kind`` and format ``v`` beside the fields.
Not responsible for storage. A field added later must have a default, so that old rows stay readable for ever.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from json.encoder import encode_basestring_ascii
from typing import Any, get_type_hints

from mesogun.errors import RecordError
from mesogun.record import calibration_events  # noqa: F401 -- so that its kinds are known
from mesogun.record.events import KINDS, Event

FORMAT = 1
_FIELDS: dict[type, dict[str, tuple[type, bool]]] = {}
_SHAPES: dict[type, tuple[tuple[str, ...], tuple[type, ...]]] = {}
_KEYS: dict[type, tuple[tuple[str, str], ...]] = {}
_read = json.JSONDecoder().decode
_write = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode
# What nearly every field is; what json.dumps costs is mostly the setting up of an encoder, once per event.
_WRITE: dict[type, Callable[[Any], str]] = {int: int.__repr__, str: encode_basestring_ascii}


def encode(event: Event) -> bytes:
    """The canonical bytes of an event."""
    kind = type(event)
    parts: list[str] = []
    for before, name in _keys(kind):
        value = kind.__name__ if name == "kind" else FORMAT if name == "v" else getattr(event, name)
        write = _WRITE.get(type(value), _write)
        parts.append(before + write(value))
    return ("".join(parts) + "}").encode("ascii")


def decode(data: bytes) -> Event:
    """The event in ``data``.

    Raises
    ------
    RecordError
        If the bytes are no event that this version knows; the message names kind and field.
    """
    try:
        body: Any = _read(data.decode("ascii"))
    except ValueError as error:
        raise RecordError(f"an event in the journal is not readable: {error}") from None
    if not isinstance(body, dict) or body.pop("v", None) != FORMAT:
        raise RecordError("an event in the journal has another format; it was written by a newer mesogun")
    kind = body.pop("kind", None)
    known = KINDS.get(kind) if isinstance(kind, str) else None
    if known is None:
        raise RecordError(f"an event of kind {kind!r} is not known to this version of mesogun")
    fields = _fields(known)
    # The row as this version writes it, checked at the speed of C; whatever differs is looked at field by field.
    if (tuple(body), tuple(map(type, body.values()))) == _SHAPES[known]:
        return known(**body)
    if body.keys() != fields.keys():
        unknown = body.keys() - fields.keys()
        missing = [name for name, (_, optional) in fields.items() if not optional and name not in body]
        if unknown or missing:
            raise RecordError(f"event {kind}: fields unknown {sorted(unknown)}, missing {missing}")
    for name, value in body.items():
        if type(value) is not fields[name][0]:
            raise RecordError(f"event {kind}: {name} is {value!r}, not {fields[name][0].__name__}")
    return known(**body)


def _keys(kind: type) -> tuple[tuple[str, str], ...]:
    """What stands before each value, and the name of its field, in the order of the sorted keys."""
    known = _KEYS.get(kind)
    if known is None:
        names = sorted([*_fields(kind), "kind", "v"])
        known = tuple((f"{',' if at else '{'}{_write(name)}:", name) for at, name in enumerate(names))
        _KEYS[kind] = known
    return known


def _fields(kind: type) -> dict[str, tuple[type, bool]]:
    if kind not in _FIELDS:
        hints = get_type_hints(kind)
        _FIELDS[kind] = {
            field.name: (hints[field.name], field.default is not dataclasses.MISSING)
            for field in dataclasses.fields(kind)
        }
        names = tuple(sorted(_FIELDS[kind]))
        _SHAPES[kind] = names, tuple(_FIELDS[kind][name][0] for name in names)
    return _FIELDS[kind]
