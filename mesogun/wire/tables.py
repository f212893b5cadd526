"""The message table as Markdown: what ``docs/wire.md`` prints between its marks. Not responsible for its prose."""

from __future__ import annotations

import dataclasses
from enum import IntEnum, IntFlag
from typing import get_type_hints

from mesogun.wire import codes
from mesogun.wire.messages import FINGERPRINT, TABLE, ShotRecord, Spec, Status
from mesogun.wire.schema import layout, leaves

_ENUMS: tuple[tuple[str, type[IntEnum] | type[IntFlag]], ...] = (
    ("gun kind", codes.GunKind),
    ("state", codes.State),
    ("status flags (bits)", codes.Flag),
    ("fault", codes.Fault),
    ("shot kind", codes.ShotKind),
    ("outcome", codes.Outcome),
    ("shot flags (bits)", codes.ShotFlag),
    ("verdict", codes.Verdict),
    ("reason", codes.Reason),
    ("ERROR code", codes.LinkError),
    ("event code", codes.EventCode),
)


def blocks() -> str:
    """The two blocks that other messages contain: fields in wire order with their types."""
    lines = []
    for block in (Status, ShotRecord):
        fields = ", ".join(f"`{leaf.name}` {leaf.wire.name}" for leaf in leaves(block))
        lines.append(f"**{block.__name__}** ({layout(block).size} bytes): {fields}.\n")
    return "\n".join(lines)


def messages() -> str:
    """One row per operation."""
    lines = ["| op | name | request | reply | tagged | states |", "|---|---|---|---|---|---|"]
    for spec in TABLE:
        name = f"{spec.op.name}{' *' if spec.frozen else ''}"
        request = _fields(spec.request) if spec.request else "none"
        tagged = "yes" if spec.changes else "no"
        lines.append(f"| {spec.op:#04x} | {name} | {request} | {_fields(spec.reply)} | {tagged} | {_states(spec)} |")
    return "\n".join(lines) + "\n"


def numbers() -> str:
    """One row per code list."""
    lines = ["| list | numbers |", "|---|---|"]
    for name, enum in _ENUMS:
        lines.append(f"| {name} | {', '.join(f'{member.value} {member.name}' for member in enum)} |")
    return "\n".join(lines) + f"\n\nFingerprint of this table: `{FINGERPRINT:#010x}`.\n"


GENERATED = {"blocks": blocks, "messages": messages, "numbers": numbers}


def filled(document: str) -> str:
    """A document with everything between ``<!-- generated: NAME -->`` and ``<!-- end -->`` made anew."""
    for name, make in GENERATED.items():
        begin = f"<!-- generated: {name} -->\n"
        before, found, rest = document.partition(begin)
        if not found:
            raise ValueError(f"the document has no place for {name!r}")
        _, found, after = rest.partition("<!-- end -->")
        if not found:
            raise ValueError(f"the place for {name!r} has no end")
        document = f"{before}{begin}{make()}<!-- end -->{after}"
    return document


def _fields(message: type) -> str:
    hints = get_type_hints(message)
    parts = []
    for field in dataclasses.fields(message):
        if hints[field.name] in (Status, ShotRecord):
            parts.append(f"**{hints[field.name].__name__}**")
        else:
            wire = next(leaf.wire for leaf in leaves(message) if leaf.path == (field.name,))
            parts.append(f"`{field.name}` {wire.name}")
    text = ", ".join(parts) or "empty"
    return text.replace("`verdict` u8, `reason` u8, **Status**", "**V**")


def _states(spec: Spec) -> str:
    if spec.states == frozenset(codes.State):
        return "any"
    return ", ".join(state.name for state in codes.State if state in spec.states)
