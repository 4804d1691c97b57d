# amaranth: UnusedElaboratable=no
# (a component whose constructor refuses its arguments is not used)
"""Fork: its reference, the core in Amaranth's simulator, and what it refuses."""

import pytest

from spikewright_hw.engine.fork import Fork, fork

from .simulation import Simulator


def test_each_taker_gets_all_words():
    assert fork([3, 0, 3], takers=2) == [[3, 0, 3], [3, 0, 3]]
    assert fork(iter([1, 2]), takers=3) == [[1, 2]] * 3  # of words that can be read once alone


@pytest.mark.parametrize(("bits", "takers"), [(1, 1), (3, 2), (7, 4)])
@pytest.mark.parametrize("stall", [0.0, 0.6])
def test_core_follows_reference(bits, takers, stall, rng):
    dut = Fork(bits=bits, takers=takers)
    words = [rng.getrandbits(bits) for _ in range(60)]
    found: list[list[int]] = [[] for _ in range(takers)]

    async def source(ctx):
        for word in words:
            while rng.random() < stall:
                await ctx.tick()
            ctx.set(dut.i.payload, word)
            ctx.set(dut.i.valid, 1)
            await ctx.tick().until(dut.i.ready)
            ctx.set(dut.i.valid, 0)

    def taker(port, taken):
        async def testbench(ctx):
            while len(taken) < len(words):
                ctx.set(port.ready, 0)
                while rng.random() < stall:
                    await ctx.tick()
                ctx.set(port.ready, 1)
                (word,) = await ctx.tick().sample(port.payload).until(port.valid)
                taken.append(word)
            ctx.set(port.ready, 0)

        return testbench

    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(source)
    for port, taken in zip(dut.outputs, found, strict=True):
        simulator.add_testbench(taker(port, taken))
    simulator.run()
    assert found == fork(words, takers=takers)


def test_a_taker_that_has_a_word_is_offered_nothing_until_the_last_has_it():
    dut = Fork(bits=2, takers=2)
    first, last = dut.outputs

    async def testbench(ctx):
        ctx.set(dut.i.payload, 3)
        ctx.set(dut.i.valid, 1)
        ctx.set(first.ready, 1)
        assert (ctx.get(first.valid), ctx.get(last.valid), ctx.get(dut.i.ready)) == (1, 1, 0)
        for _ in range(3):
            await ctx.tick()
            assert (ctx.get(first.valid), ctx.get(last.valid), ctx.get(dut.i.ready)) == (0, 1, 0)
        ctx.set(last.ready, 1)
        assert ctx.get(dut.i.ready) == 1
        await ctx.tick()
        ctx.set(dut.i.payload, 1)  # all are ready: it passes at once
        assert (ctx.get(first.valid), ctx.get(last.valid), ctx.get(dut.i.ready)) == (1, 1, 1)

    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(testbench)
    simulator.run()


@pytest.mark.parametrize(("bits", "takers"), [(0, 2), (2, 0)])
def test_no_words_or_no_takers_are_refused(bits, takers):
    message = f"^a fork has words and takers, not {bits} bits to {takers}$"
    with pytest.raises(ValueError, match=message):
        Fork(bits=bits, takers=takers)
