"""When a board is reset; tests/hw/test_board.py sees one that is."""

from spikewright_hw.link.restart import Restart

from .simulation import Simulator


def test_a_reset_waits_for_the_end_of_the_answer_and_for_the_line():
    dut = Restart()
    seen = []

    async def bench(ctx):
        async def cycle(**inputs):
            for name in ("asked", "byte", "leaves", "idle"):
                ctx.set(getattr(dut, name), inputs.get(name, 0))
            await ctx.tick()
            seen.append(ctx.get(dut.reset))

        await cycle(leaves=1, byte=0, idle=1)  # the end of an earlier answer
        await cycle(asked=1, byte=0, idle=1)
        await cycle(asked=1, leaves=1, byte=3, idle=1)
        await cycle(asked=1, leaves=1, byte=0, idle=1)
        await cycle(asked=1)
        assert seen == [0] * 5
        await cycle(asked=1, idle=1)
        await cycle(asked=1)
        assert seen[5:] == [1, 1]

    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
