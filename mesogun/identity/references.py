"""Random references for people: what journal, log, wire and reports carry instead of names.

Not responsible for the map from reference to person: mesogun keeps none for subjects.
"""

from __future__ import annotations

import re
import secrets

from mesogun.errors import InputError

_SUBJECT = re.compile(r"(?=.*[0-9])[A-Za-z0-9][A-Za-z0-9-]{3,31}")


def new_subject() -> str:
    """A fresh subject reference, 64 random bits: ``s-1f0c9a2b44d07e35``."""
    return f"s-{secrets.token_hex(8)}"


def new_operator() -> str:
    """A fresh operator reference: ``op-3f9a1c``."""
    return f"op-{secrets.token_hex(3)}"


def check_subject(reference: str) -> str:
    """Return ``reference`` if it can be a pseudonymous reference.

    It takes 4 to 32 letters, digits and hyphens with at least one digit. Raises ``InputError`` otherwise,
    without repeating the text: it may be a name.
    """
    if not _SUBJECT.fullmatch(reference):
        raise InputError(
            "the subject reference is not one (the text is not repeated here, it may be a name); "
            "use 4 to 32 letters, digits and hyphens with at least one digit, such as s-1f0c9a2b"
        )
    return reference
