"""One-line experiments on the simulated gun: a JSON result and a picture. Not responsible for judging a device.

``occlusion`` follows the order of the occlusion test of IEC 60601-2-24 (steady flow, close, time to alarm, relief,
collect what comes out), ``startup`` and ``trumpet`` adapt its accuracy curves to single shots. Claims no conformity.
"""

from sim.scenario.bench import Outcome
from sim.scenario.runs import SCENARIOS, run

__all__ = ["SCENARIOS", "Outcome", "run"]
