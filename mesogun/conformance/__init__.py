"""The judge of any gun: requests that move nothing, and whether the answers are those of ``docs/wire.md``.

``python -m mesogun.conformance PORT`` runs it. Not responsible for what a shot does (``docs/wire.md`` section 6 needs a
hand at the trigger) or for health (``mesogun gun doctor``).
"""

from mesogun.conformance.host import Unanswered
from mesogun.conformance.judge import judge

__all__ = ["Unanswered", "judge"]
