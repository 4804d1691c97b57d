"""A demo: samples stored in a bitstream, which a board runs without a host."""

import numpy as np

from spikewright_hw.demo import DemoTop
from spikewright_hw.engine.design import Design, EventDesign
from spikewright_hw.network import Network

from ..errors import DataError
from ..network.bit_planes import bitmaps
from ..network.reference import check_spikes
from .board import Board
from .design import check_design

__all__ = ["PAUSE_S", "demo_top"]

#: Seconds that a class is shown on a board.
PAUSE_S = 1.0
#: Seconds for which a button is steady when it has stopped bouncing.
_SETTLE_S = 0.01


def demo_top(
    network: Network,
    spikes: np.ndarray,
    *,
    board: Board,
    design: Design,
    divisor: int | None = None,
    pause: int | None = None,
) -> DemoTop:
    """Return the top of a board that runs stored samples.

    Parameters
    ----------
    network : Network
    spikes : array ``[samples, steps, inputs]``
        Spikes, or graded inputs, of each sample.
    board : Board
        Whose clock and serial port it is for.
    design : Design
        The engine that it runs on.
    divisor, pause : int, optional
        Clock cycles per bit of the serial port, the board's if not given, and between an answer and
        the next sample, :data:`PAUSE_S` if not given.

    Raises
    ------
    DataError
        The spikes do not fit the network, there are none, or the network cannot run on the engine,
        or without a host that loads its weights.
    """
    check_design(design, network)
    spikes = np.asarray(spikes)
    check_spikes(network, spikes)
    if not len(spikes):
        raise DataError("a demo stores at least one sample, and there is none")
    if isinstance(design, EventDesign) and design.weights == "loaded":
        raise DataError(
            "a demo has no host, and weights='loaded' waits for one that loads them; take "
            "weights='built'"
        )
    return DemoTop(
        network=network, samples=[bitmaps(sample, bits=network.input_bits) for sample in spikes],
        divisor=board.divisor if divisor is None else divisor,
        pause=round(PAUSE_S * board.clock_hz) if pause is None else pause,
        settle=round(_SETTLE_S * board.clock_hz), design=design,
    )
