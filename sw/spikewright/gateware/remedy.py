"""What helps a design that misses its clock."""

from spikewright_hw.engine.design import Design
from spikewright_hw.network import Network

from .board import Board
from .closing import ClockMissed
from .words import parts_of

__all__ = ["remedy"]


def remedy(missed: ClockMissed, *, board: Board, design: Design, network: Network) -> str:
    """Say what can be done, as far as it applies: the clock, the engine, the network; else nothing.

    Parameters
    ----------
    missed : ClockMissed
        How far the design reaches, and its slowest path.
    board : Board
        Where the clocks are from.
    design : Design
        The engine, with the neurons that share an updater.
    network : Network
        What is built.
    """
    remedies = []
    slower = [hz for hz in board.clocks_hz if hz <= missed.reach_mhz * 1e6]
    if slower:
        remedies.append(f"a slower clock, such as board.at({slower[-1] / 1e6:.9g})")
    parts = () if missed.path is None else parts_of(missed.path)
    most = max(layer.neurons for layer in network.layers)
    share = design.share
    if isinstance(share, int) and share < most and any("neurons of" in part for part in parts):
        more = min(2 * share, most)
        remedies.append(f"more neurons for each updater, such as share={more}")
    if any("search" in part for part in parts):
        remedies.append("a network with fewer neurons before that layer")
    elif any("layers[" in part for part in parts):
        remedies.append("a network with fewer neurons or weight bits")
    if not remedies:
        return ""
    *before, last = remedies
    return f"Use {', '.join(before)}{', or ' if before else ''}{last}"
