"""Gateware in process: the engine itself in Amaranth's simulator, for a few samples.

No tool is needed and nothing is compiled, so that the first answer of a small network is there in
seconds. A virtual board takes tens of seconds to compile, and then some thousand times less for
each sample; it is the way to a whole test split.
"""

from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import version
from typing import Any

import numpy as np
from amaranth.sim import Simulator

from spikewright_hw.checks import called
from spikewright_hw.engine.design import Design, EventDesign
from spikewright_hw.engine.inference import InferenceEngine
from spikewright_hw.engine.record import unpack_result, unpack_trace
from spikewright_hw.engine.trace_address import trace_places
from spikewright_hw.engine.words import words_of
from spikewright_hw.network import Network

from ..errors import BuildError
from ..gateware.board import DEFAULT_BOARD, Board, board_named
from ..gateware.design import check_design
from ..network.bit_planes import bitmaps
from ..network.reference import check_spikes
from ..quantized.network import QuantizedNetwork, network_of
from .answers import Answers, Inference

__all__ = ["simulate"]


def simulate(
    network: Network | QuantizedNetwork,
    spikes: np.ndarray,
    *,
    design: Design | None = None,
    board: str | Board = DEFAULT_BOARD,
    progress: Callable[[int], None] = lambda done: None,
) -> Answers:
    """Run a few samples on a network's gateware, in this process, without a board or a tool.

    What runs is the engine that a board holds, without the serial link, in Amaranth's simulator.

    Parameters
    ----------
    network : Network or QuantizedNetwork
    spikes : array ``[samples, steps, inputs]`` of 0 and 1
        Input spikes of each step. A sample of a 64-128-10 network takes about a second.
    design : Design, optional
        The engine; the event engine if not given.
    board : str or Board
        The board at whose clock times are stated.
    progress : callable
        Told after each sample how many are done.

    Raises
    ------
    DataError
        The spikes do not fit the network, or it cannot run on the engine.
    BuildError
        The engine gave no result within the cycles that it takes at most.
    ValueError
        There is no such board.
    """
    design = EventDesign() if design is None else design
    plain, stated = network_of(network), board_named(board)
    spikes = np.asarray(spikes)
    check_spikes(plain, spikes)
    check_design(design, plain)
    called("progress", progress)
    inferences: list[Inference] = []
    built = replace(design, weights="built") if isinstance(design, EventDesign) else design
    engine, most = built.engine(plain), design.worst_cycles(plain)

    async def testbench(ctx: Any) -> None:
        for sample in spikes:
            inferences.append(await _infer(ctx, engine, sample, most=most))
            progress(len(inferences))

    simulator = Simulator(engine)
    simulator.add_clock(1 / stated.clock_hz)
    simulator.add_testbench(testbench)
    simulator.run()
    return Answers(
        sent=spikes,
        inferences=tuple(inferences),
        board=stated,
        design=design,
        clock_hz=stated.clock_hz,
        simulator=f"Amaranth {version('amaranth')}",
    )


async def _infer(
    ctx: Any, engine: InferenceEngine, sample: np.ndarray, *, most: int
) -> Inference:
    """Run a sample ``[steps, inputs]`` on an engine that takes ``most`` cycles at most."""
    ctx.set(engine.i.valid, 1)
    for word in words_of(bitmaps(sample, bits=engine.network.input_bits), engine.words):
        ctx.set(engine.i.payload, word)
        await ctx.tick().until(engine.i.ready)
    ctx.set(engine.i.valid, 0)
    passed = 0
    while not ctx.get(engine.o.valid):
        if passed > most:
            raise BuildError(f"the simulated engine gave no result within {most} cycles")
        await ctx.tick()
        passed += 1
    bits = engine.o.payload.as_value()
    result = ctx.get(bits).to_bytes(len(bits) // 8, "little")
    trace = bytearray()
    for place in trace_places(engine.network):
        ctx.set(engine.trace_address, place)
        await ctx.tick()
        trace.append(ctx.get(engine.trace_data))
    ctx.set(engine.o.ready, 1)
    await ctx.tick()
    ctx.set(engine.o.ready, 0)
    return Inference(
        unpack_result(engine.network, result), unpack_trace(engine.network, bytes(trace))
    )
