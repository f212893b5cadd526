"""mesogun: plan, drive, show, calibrate, record and simulate a mesogun.

Importing this package loads nothing heavy; take what you need from its sub-packages
(``mesogun.plan``, ``mesogun.gun``, ``mesogun.treatment``, ...).
"""

__all__ = ["__version__"]
__version__ = "0.1.0"
