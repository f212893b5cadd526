"""The driver: a typed gun on top of a link; finding, pairing and examining guns.

Not responsible for treatments, records or what an operator decides.
"""

from mesogun.gun.calibration import StoredCalibration, read_calibration, write_calibration
from mesogun.gun.discover import Found, Verdict, find_guns, probe
from mesogun.gun.doctor import Check, Result, System, examine
from mesogun.gun.driver import Gun, connect
from mesogun.gun.keys import key_source
from mesogun.gun.pairing import Pairing
from mesogun.gun.render import checks_text, info_text, list_text

__all__ = [
    "Check",
    "Found",
    "Gun",
    "Pairing",
    "Result",
    "StoredCalibration",
    "System",
    "Verdict",
    "checks_text",
    "connect",
    "examine",
    "find_guns",
    "info_text",
    "key_source",
    "list_text",
    "probe",
    "read_calibration",
    "write_calibration",
]
