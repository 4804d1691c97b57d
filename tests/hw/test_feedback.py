# amaranth: UnusedElaboratable=no
# (a component whose constructor refuses its arguments is not used)
"""Feedback: its reference, the core in Amaranth's simulator, and what it refuses."""

import pytest
from amaranth import Module, Signal

from spikewright_hw.engine.feedback import Feedback, feedback

from .simulation import Simulator


def test_spikes_return_a_step_later():
    # Three inputs; the layer's two neurons are bits 3 and 4.
    assert feedback([0b101, 0, 0b001], [0b10, 0b01, 0b11], inputs=3) == [0b00101, 0b10000, 0b01001]


def test_spikes_return_with_the_last_plane_of_a_step():
    joined = feedback([0b11, 0b01, 0b10, 0b00], [0b1, 0b1], inputs=2, planes=2)
    assert joined == [0b011, 0b001, 0b010, 0b100]


@pytest.mark.parametrize(("inputs", "neurons", "planes"), [(1, 1, 1), (3, 5, 1), (2, 3, 3)])
@pytest.mark.parametrize("stall", [0.0, 0.5])
def test_core_follows_reference(inputs, neurons, planes, stall, rng):
    dut = Feedback(inputs=inputs, neurons=neurons, planes=planes)
    bitmaps = [rng.getrandbits(inputs) for _ in range(50 * planes)]
    spikes = [rng.getrandbits(neurons) for _ in range(50)]
    given = []

    async def source(ctx):
        for bitmap in bitmaps:
            ctx.set(dut.i.payload, bitmap)
            ctx.set(dut.i.valid, 1)
            await ctx.tick().until(dut.i.ready)
            ctx.set(dut.i.valid, 0)
            while rng.random() < stall:
                await ctx.tick()

    async def layer(ctx):
        for step in spikes:
            for _ in range(planes):
                ctx.set(dut.o.ready, 0)
                while rng.random() < stall:
                    await ctx.tick()
                ctx.set(dut.o.ready, 1)
                (payload,) = await ctx.tick().sample(dut.o.payload).until(dut.o.valid)
                given.append(payload)
            ctx.set(dut.o.ready, planes == 1 and rng.random() < 0.5)
            for _ in range(rng.randrange(4)):
                _, _, valid = await ctx.tick().sample(dut.o.valid)
                early = valid and planes == 1
                assert not early, "a step passed before the spikes of the one before were there"
            ctx.set(dut.i_spikes.payload, step)
            ctx.set(dut.i_spikes.valid, 1)
            ctx.set(dut.o.ready, 0)
            await ctx.tick()
            ctx.set(dut.i_spikes.valid, 0)

    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(source)
    simulator.add_testbench(layer)
    simulator.run()
    assert given == feedback(bitmaps, spikes, inputs=inputs, planes=planes)


def test_clear_forgets_the_spikes():
    dut = Feedback(inputs=1, neurons=2)

    async def testbench(ctx):
        ctx.set(dut.o.ready, 1)
        for clear, expected in ((0, 0b001), (0, 0b111), (1, 0b001)):
            ctx.set(dut.clear, clear)
            await ctx.tick()
            ctx.set(dut.clear, 0)
            ctx.set(dut.i.payload, 1)
            ctx.set(dut.i.valid, 1)
            assert ctx.get(dut.o.valid) and ctx.get(dut.o.payload) == expected
            await ctx.tick()
            ctx.set(dut.i.valid, 0)
            ctx.set(dut.i_spikes.payload, 0b11)
            ctx.set(dut.i_spikes.valid, 1)
            await ctx.tick()
            ctx.set(dut.i_spikes.valid, 0)

    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(testbench)
    simulator.run()


def test_a_core_that_does_not_answer_fails_its_test():
    class Silent(Feedback):
        def elaborate(self, platform):
            m = Module()
            m.d.sync += Signal(name="clocked").eq(1)
            return m

    dut = Silent(inputs=1, neurons=1)

    async def testbench(ctx):
        while not ctx.get(dut.o.valid):
            await ctx.delay(1e-5)

    simulator = Simulator(dut)
    simulator.add_testbench(testbench)
    message = r"^the testbenches did not end within 0\.2 simulated seconds$"
    with pytest.raises(AssertionError, match=message):
        simulator.run()


@pytest.mark.parametrize(("inputs", "neurons"), [(0, 2), (2, 0)])
def test_nothing_to_join_is_refused(inputs, neurons):
    message = f"^a recurrent layer has inputs and neurons, not {inputs} and {neurons}$"
    with pytest.raises(ValueError, match=message):
        Feedback(inputs=inputs, neurons=neurons)
