"""A board tests itself: drawn samples, of which each value is compared with the reference."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from spikewright_hw.checks import whole
from spikewright_hw.protocol import Command

from ..errors import DeviceError
from ..gateware.design import run_reference
from .agreement import side_by_side
from .memory_faults import Flip

if TYPE_CHECKING:
    from .session import Session

__all__ = ["SelfTest", "self_test"]

#: Most flipped bits that a message names.
_NAMED = 4


@dataclass(frozen=True, kw_only=True)
class SelfTest:
    """What a board was tested with, and passed.

    Parameters
    ----------
    samples : int
        Drawn samples whose spikes, membranes, outputs and counters were compared.
    compared : int
        Values of these.
    repeated : int
        Inferences of the last sample that the board ran by itself after that, whose last result
        was compared; 0 if it cannot.
    """

    samples: int
    compared: int
    repeated: int


def self_test(
    board: "Session", *, samples: int, seed: int, times: int, flipped: Sequence[Flip] = ()
) -> SelfTest:
    """Test a board, see :meth:`spikewright.Session.self_test`."""
    whole(1)("samples", samples)
    whole(0)("seed", seed)
    whole(1)("times", times)
    network = board.network
    # From few spikes to one in every second place: what reaches a threshold differs by network.
    shares = np.geomspace(0.5, min(0.5, 1 / network.inputs), samples)
    draw = np.random.default_rng(seed)
    shape = (samples, network.steps, network.inputs)
    drawn = draw.integers(1, 1 << network.input_bits, shape)
    spikes = np.where(draw.random(shape) < shares[:, None, None], drawn, 0)
    expected = run_reference(network, spikes, design=board.design, hidden_membranes=False)
    answers = board.infer_all(spikes)
    pairs = side_by_side(answers, expected)
    for kind, (found, right) in pairs.items():
        wrong = np.argwhere(found != right)
        if len(wrong):
            raise DeviceError(
                f"The board on {board.port} computes something else than the reference: "
                f"{len(wrong)} of {found.size} values of the {kind} differ, first in sample "
                f"{wrong[0][0]} of seed {seed}; {_advice(board, flipped)}"
            )
    repeated = 0
    if Command.RUN in board.commands:
        ran = board.run(spikes[-1], times=times)
        repeated = ran.inferences
        if ran.result != answers.inferences[-1].result:
            raise DeviceError(
                f"The board on {board.port} computes something else after {repeated} inferences "
                f"of the same sample (the last of seed {seed}); {_advice(board, flipped)}"
            )
    compared = sum(found.size for found, _ in pairs.values())
    return SelfTest(samples=samples, compared=compared, repeated=repeated)


def _advice(board: "Session", flipped: Sequence[Flip]) -> str:
    """Say what may be the reason, and what to do; a virtual board has no supply and no clock."""
    if flipped:
        bits = ", ".join(map(str, flipped[:_NAMED])) + (", ..." if len(flipped) > _NAMED else "")
        return (
            f"{len(flipped)} of its bits {'were' if len(flipped) > 1 else 'was'} flipped on "
            f"purpose: {bits}."
        )
    if board.simulator:
        return (
            "it is virtual, so either bits of its memories were flipped on purpose, or its "
            "gateware is wrong, which its developers want to know."
        )
    return "check its power supply and its clock, and load the bitstream again."
