"""Operators and their roles, signing keys, gun pairing keys: one owner-only folder per station.

Not responsible for what an operator decides (events in ``mesogun.record``) nor for storing it (``mesogun.journal``).
Names of people live in this folder and nowhere else; everything outside carries references such as ``op-3f9a1c``.
Importing this package loads nothing heavy: ``cryptography`` and ``platformdirs`` arrive when first used.
"""

from mesogun.identity.gunkeys import BENCH_KEY, SIMULATED_KEY, GunKey, GunKeys
from mesogun.identity.handover import Handover, hand_over, verify_handover
from mesogun.identity.home import Home
from mesogun.identity.operators import Operator, Operators
from mesogun.identity.references import check_subject, new_subject
from mesogun.identity.roles import Action, Role, may, require
from mesogun.identity.signing import Signer, fingerprint, verify_signature
from mesogun.identity.station import SeenHead, Station

__all__ = [
    "BENCH_KEY",
    "SIMULATED_KEY",
    "Action",
    "GunKey",
    "GunKeys",
    "Handover",
    "Home",
    "Operator",
    "Operators",
    "Role",
    "SeenHead",
    "Signer",
    "Station",
    "check_subject",
    "fingerprint",
    "hand_over",
    "may",
    "new_subject",
    "require",
    "verify_handover",
    "verify_signature",
]
