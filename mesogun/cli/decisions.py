"""Signing what a person decided for a treatment: confirmation, overrides, clearance.

Not responsible for the decisions (``mesogun.cli.visit``) or for keys (``mesogun.identity``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import click

from mesogun.cli import people
from mesogun.errors import InputError
from mesogun.identity import Home, Operator, Signer
from mesogun.journal import Filter

if TYPE_CHECKING:
    from mesogun.journal import Journal

_MEANING = {
    "PlanConfirmed": "confirmed subject, area and plan",
    "OverrideGiven": "passed a soft limit for the reason given",
    "PlanCleared": "cleared this plan",
}

_Command = TypeVar("_Command", bound=Callable[..., object])


def signing(command: _Command) -> _Command:
    """The options that unlock the operator's key: ``sign`` and ``passphrase_stdin``."""
    command = people.PASSPHRASE_STDIN(command)
    return click.option(
        "--sign",
        is_flag=True,
        help="Sign confirmation, overrides and clearance with your key; asks for its passphrase.",
    )(command)


def unlocked(operator: Operator, options: Mapping[str, Any]) -> Signer | None:
    """The operator's key, opened before a gun is touched; ``None`` if nothing is to be signed."""
    sign, piped = options["sign"], options["passphrase_stdin"]
    if not (sign or piped):
        return None
    words = people.passphrase("Passphrase of your signing key", piped=piped)
    return Home.open().operators.unlock(operator.reference, words)


def nothing_to_sign(options: Mapping[str, Any]) -> None:
    """``InputError`` when a treatment that goes on is to be signed: its decisions were taken before."""
    if options["sign"] or options["passphrase_stdin"]:
        raise InputError("--sign is for a new treatment; rows on record are signed with mesogun journal sign")


def sign_decisions(record: Journal, treatment: str, signer: Signer, operator: Operator) -> int:
    """Sign each row that says what the operator decided; returns how many."""
    rows = list(record.rows(chosen=Filter(treatment=treatment, kinds=tuple(_MEANING))))
    for row in rows:
        record.sign(row.seq, signer, operator=operator.reference, meaning=_MEANING[type(row.event).__name__])
    return len(rows)
