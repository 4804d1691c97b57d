"""Running samples on an engine in Amaranth's simulator."""


from spikewright_hw.engine.inference import InferenceEngine
from spikewright_hw.engine.record import Result, unpack_result
from spikewright_hw.engine.trace_address import trace_places
from spikewright_hw.engine.words import words_of

from .simulation import Simulator

__all__ = ["classify"]


def classify(
    dut: InferenceEngine, samples: list[list[int]], *, longest: int = 5000
) -> list[tuple[Result, bytes, int]]:
    """Run samples; return the result and trace of each, and the cycles that were seen to pass."""
    network = dut.network
    inferences = []

    async def testbench(ctx):
        for bitmaps in samples:
            ctx.set(dut.i.valid, 1)
            for word in words_of(bitmaps, dut.words):
                ctx.set(dut.i.payload, word)
                await ctx.tick().until(dut.i.ready)
            ctx.set(dut.i.valid, 0)
            passed = 0
            while not ctx.get(dut.o.valid):
                await ctx.tick()
                passed += 1
                assert passed < longest, "no result"
            bits = dut.o.payload.as_value()
            payload = ctx.get(bits).to_bytes(len(bits) // 8, "little")
            trace = b""
            for place in trace_places(network):
                ctx.set(dut.trace_address, place)
                await ctx.tick()
                trace += bytes([ctx.get(dut.trace_data)])
            assert not ctx.get(dut.i.ready)
            ctx.set(dut.o.ready, 1)
            await ctx.tick()
            ctx.set(dut.o.ready, 0)
            inferences.append((unpack_result(network, payload), trace, passed))

    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(testbench)
    simulator.run()
    return inferences
