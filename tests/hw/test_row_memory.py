"""Row memory: what is read, wherever the bits of a row lie."""

import pytest

from spikewright_hw.engine.ram_style import LARGEST_IN_LUTS
from spikewright_hw.engine.row_memory import RowMemory

from .simulation import Simulator


@pytest.mark.parametrize("count", [1, 5, LARGEST_IN_LUTS, LARGEST_IN_LUTS + 1, 70])
@pytest.mark.parametrize("block_bits", [1, 6, 9, 100])
def test_a_row_is_read_and_stands(count, block_bits, rng):
    rows = [rng.getrandbits(9) for _ in range(count)]
    dut = RowMemory(rows=rows, width=9, block_bits=block_bits)
    assert dut.block_bits == (min(block_bits, 9) if count > LARGEST_IN_LUTS else 0)
    given, owed = [], []

    async def drive(ctx):
        row = None
        for _ in range(300):
            place, spike, en = rng.randrange(count), rng.random() < 0.8, rng.random() < 0.8
            ctx.set(dut.place, place)
            ctx.set(dut.spike, spike)
            ctx.set(dut.en, en)
            await ctx.tick()
            if en:
                row = rows[place] if spike else 0
            if row is not None:
                given.append(ctx.get(dut.o))
                owed.append(row)

    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(drive)
    simulator.run()
    assert given == owed
