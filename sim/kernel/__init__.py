"""Virtual time: one clock, one heap of events, labelled random streams, one trace hash. Knows nothing of guns."""

from sim.kernel.core import Kernel, Timer
from sim.kernel.streams import Stream, Streams

__all__ = ["Kernel", "Stream", "Streams", "Timer"]
