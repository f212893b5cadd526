"""Who is at the keyboard, and which key a gun is spoken to with.

Not responsible for roles or for keeping keys (``mesogun.identity``).
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping

import click

from mesogun.clock import Clock
from mesogun.errors import InputError
from mesogun.gun import key_source
from mesogun.identity import Action, Handover, Home, Operator, hand_over, may
from mesogun.visit.people import DEMO_OPERATOR, gun_kind, operator_for
from mesogun.wire.host import KeySource

__all__ = [
    "DEMO_OPERATOR",
    "PASSPHRASE_STDIN",
    "Signing",
    "gun_keys",
    "gun_kind",
    "operator_for",
    "passphrase",
    "takers",
]

PASSPHRASE_STDIN = click.option(
    "--passphrase-stdin", is_flag=True, help="Sign with the operator's key; its passphrase on standard input."
)
Signing = Callable[[str], Handover]


def gun_keys() -> KeySource:
    """The keys of this station, and the published ones where a gun may use them."""
    return key_source(Home.open())


def takers(treatment: str, operator: Operator, clock: Clock) -> tuple[tuple[str, ...], Mapping[str, Signing]]:
    """Who may take a treatment over, and for those with a key what signs that with its passphrase.

    Without signatures when ``operator`` is not who is at this station's keyboard: ``hand_over`` takes it from them.
    """
    operators = Home.open().operators
    people = [person for person in operators.list() if not person.retired and may(person.role, Action.TREAT)]

    def signing(taker: str) -> Signing:
        return lambda passphrase: hand_over(operators, treatment, taker, passphrase, at=clock.utc())

    current = operators.current()
    here = current is not None and current.reference == operator.reference
    keyed = [person.reference for person in people if here and person.public_key is not None]
    return tuple(person.reference for person in people), {reference: signing(reference) for reference in keyed}


def passphrase(text: str, *, piped: bool, twice: bool = False) -> str:
    """Ask for a passphrase, hidden, or take the next line of standard input."""
    if not piped:
        if not sys.stdin.isatty():
            raise InputError("there is no keyboard to type a passphrase at: give --passphrase-stdin")
        typed: str = click.prompt(text, hide_input=True, confirmation_prompt=twice, err=True)
        return typed
    line = sys.stdin.readline().rstrip("\n")
    if not line:
        raise InputError("no passphrase on standard input")
    return line
