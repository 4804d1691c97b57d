"""Accumulative adder against its reference, under random stalls."""

import cocotb

from bench import Bench
from bench.gate import (
    follows_reference,
    offers_without_waiting_for_ready,
    takes_one_payload_a_cycle,
)
from spikewright_hw.stochastic.arithmetic.accumulative_adder import init, scale, step


class Reference:
    """The adder, with its residue."""

    def __init__(self, inputs: int):
        self.inputs = inputs
        self.residue = init(inputs)

    def __call__(self, bits: int) -> int:
        bit, self.residue = step(self.residue, bits, inputs=self.inputs)
        return bit


@cocotb.test()
@cocotb.parametrize(("stall_in", [0.0, 0.5]), ("stall_out", [0.0, 0.5]))
async def matches_reference(dut, stall_in, stall_out):
    reference = Reference(len(dut.i__payload))
    await follows_reference(dut, reference, stall_in=stall_in, stall_out=stall_out)


@cocotb.test()
async def reset_restores_the_residue(dut):
    """Half of a scale of ones makes a one after a reset, and the other half makes the next."""
    bench = await Bench.start(dut)
    inputs = bench.parameters["inputs"]
    source, sink = bench.source("i"), bench.sink("o")
    expected = [step_of + 1 == scale(inputs) // 2 for step_of in range(scale(inputs) - 1)]
    for _ in range(2):
        sink.received.clear()
        source.send([1] * len(expected))
        await bench.until(lambda: len(sink.received) == len(expected))
        assert sink.received == expected
        await bench.reset()


@cocotb.test()
async def one_payload_a_cycle(dut):
    await takes_one_payload_a_cycle(dut)


@cocotb.test()
async def valid_before_ready(dut):
    await offers_without_waiting_for_ready(dut)
