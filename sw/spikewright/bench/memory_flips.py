"""Bits of a virtual board's memories that are flipped: what it computes then, and how often.

A flipped bit of a weight is a known fault: the integer reference with that weight says what the
board has to answer. Of any bit of the engine (a membrane, an input, a trace) it is counted
whether the inference that it happens in is another one, and the board has to work afterwards.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from spikewright_hw.engine.design import EventDesign
from spikewright_hw.engine.record import Result
from spikewright_hw.layer import Layer
from spikewright_hw.network import Network

from ..device.compiled import virtual_board
from ..device.connect import connect
from ..device.memory_faults import Faults, draw_flips, weight_flip
from ..device.virtual import CLOCK_HZ, VirtualBoard
from ..errors import DeviceError
from ..network.reference import Run, run
from ..stochastic_models.faults import with_flipped_weight

__all__ = ["Flipped", "equals", "flip_anything", "flip_weights", "open_board_for_flips"]

#: Samples of which each is inferred with each flipped weight.
SAMPLES = 8


@dataclass(frozen=True, kw_only=True)
class Flipped:
    """What came of flipped bits.

    Parameters
    ----------
    flips : int
        Bits that were flipped, one at a time.
    inferences : int
        With a flipped bit.
    right : int
        Of these, with the answer that was expected.
    changed : int
        Of these, with another answer than without the flipped bit.
    repeated : int
        Commands that had to be sent again.
    works : bool
        The answer without a flipped bit is right again at the end.
    """

    flips: int
    inferences: int
    right: int
    changed: int
    repeated: int
    works: bool


def open_board_for_flips(network: Network, *, build: Path) -> VirtualBoard:
    """Compile a board whose memories can be reached; start it by ``with``."""
    return VirtualBoard(virtual_board(
        network, clock_hz=CLOCK_HZ, design=EventDesign(), build=build, faults=Faults()
    ))


def flip_weights(
    board: VirtualBoard, network: Network, spikes: np.ndarray, *, flips: int, seed: int,
    tell: Callable[[int], None],
) -> Flipped:
    """Flip bits of weights, one at a time, and compare with the reference that has this weight."""
    drawn, memories, spikes = random.Random(seed), board.memories, spikes[:SAMPLES]
    before, right, changed = run(network, spikes), 0, 0
    with connect(board.port, network=network, trouble=board.trouble) as session:
        for done in range(flips):
            number, place, faulty = _drawn_weight(network, drawn)
            layers = list(network.layers)
            layers[number] = faulty
            after = run(replace(network, layers=tuple(layers)), spikes)
            flip = weight_flip(memories, network.layers[number], number=number, **place)
            board.flip(flip)
            for at, sample in enumerate(spikes):
                result = session.infer(sample)
                right += equals(result, after, at)
                changed += not equals(result, before, at)
            board.flip(flip)
            tell(done + 1)
        works = equals(session.infer(spikes[0]), before, 0)
    return Flipped(
        flips=flips, inferences=flips * len(spikes), right=right, changed=changed,
        repeated=session.repeated, works=works,
    )


def _drawn_weight(network: Network, drawn: random.Random) -> tuple[int, dict[str, int], Layer]:
    """Draw a layer, the place of a bit in its weights, and return the layer with that bit flipped.

    An engine's sums are as wide as its weights can make them, and a larger one may make a sum wrap,
    which the reference never does; a weight that could is not drawn.
    """
    while True:
        number = drawn.randrange(len(network.layers))
        layer = network.layers[number]
        place = {
            "row": drawn.randrange(len(layer.weights)),
            "neuron": drawn.randrange(len(layer.weights[0])),
            "bit": drawn.randrange(layer.weight_bits),
        }
        faulty = with_flipped_weight(layer, **place)
        names = layer.fixed.definition.inputs
        if all(faulty.sums(name).width <= layer.sums(name).width for name in names):
            return number, place, faulty


def flip_anything(
    board: VirtualBoard, network: Network, spikes: np.ndarray, *, flips: int, seed: int,
    tell: Callable[[int], None],
) -> Flipped:
    """Flip bits of the engine's memories and states, each at a drawn cycle of an inference."""
    expected, changed, lost = run(network, spikes), 0, 0
    with connect(board.port, network=network, trouble=board.trouble) as session:
        within = 2 * session.infer(spikes[0]).cycles  # with what is received and answered
        memories = [memory for memory in board.memories if memory.name.startswith("engine.")]
        drawn = draw_flips(memories, count=flips, seed=seed, within=within)
        for done, flip in enumerate(drawn):
            at = done % len(spikes)
            board.flip(flip)
            try:
                changed += not equals(session.infer(spikes[at]), expected, at)
            except DeviceError:
                lost += 1
            session.reset()
            tell(done + 1)
        works = equals(session.infer(spikes[0]), expected, 0)
    return Flipped(
        flips=flips, inferences=flips, right=flips - changed - lost, changed=changed,
        repeated=session.repeated, works=works and not lost,
    )


def equals(result: Result, expected: Run, at: int) -> bool:
    """Whether all of an answer is what the reference says of a sample."""
    return (
        result.prediction == expected.predictions[at]
        and result.outputs == tuple(expected.outputs[at].tolist())
        and result.synops == expected.synops[at]
        and result.input_events == expected.input_events[at]
        and result.spikes == tuple(expected.layer_spikes[at].tolist())
    )
