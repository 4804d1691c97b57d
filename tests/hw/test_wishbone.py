"""An engine on Wishbone: a sample written, an answer read, and what is refused."""

from spikewright_hw.bus.registers import DONE, FIRST, LOST, READY, SAMPLE, STATUS
from spikewright_hw.bus.sample import transfers_of
from spikewright_hw.bus.wishbone import Wishbone

from .buses import NETWORK, engine, owed
from .simulation import Simulator


def on_bus(*requests):
    """Make requests: a number to read, or a number and what is written; return what is answered.

    None stands for an error; a request of ``"wait"`` waits for an answer of the engine.
    """
    dut, found = Wishbone(engine=engine()), []

    async def master(ctx):
        ctx.set(dut.wb_cyc_i, 1)
        for request in requests:
            if request == "wait":
                await ctx.tick().until(dut.irq)
                continue
            number, *written = request if isinstance(request, tuple) else (request,)
            ctx.set(dut.wb_adr_i, number)
            ctx.set(dut.wb_we_i, bool(written))
            ctx.set(dut.wb_dat_i, written[0] if written else 0)
            ctx.set(dut.wb_sel_i, written[1] if len(written) > 1 else 15)
            ctx.set(dut.wb_stb_i, 1)
            data, err = await ctx.tick().sample(dut.wb_dat_o, dut.wb_err_o).until(
                dut.wb_ack_o | dut.wb_err_o
            )
            ctx.set(dut.wb_stb_i, 0)
            await ctx.tick()
            found.append(None if err else data)

    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(master)
    simulator.run()
    return dut, found


def test_a_sample_is_written_and_its_answer_read(rng):
    bitmaps = [rng.getrandbits(11) for _ in range(2)]
    words = [(SAMPLE, one) for one in bitmaps]
    answer = range(len(FIRST), len(FIRST) + len(owed(bitmaps)))
    dut, found = on_bus(STATUS, 2, 3, *words, "wait", STATUS, *answer)
    assert found[:3] == [1 << READY, 2, int.from_bytes(NETWORK.digest()[:4], "little")]
    assert found[5] == 1 << READY | 1 << DONE
    expected = owed(bitmaps)
    expected[1] = found[7]
    assert found[6:] == expected
    assert [one.name for one in dut.registers[4:8]] == [
        "prediction", "cycles", "input_events", "synops",
    ]
    assert transfers_of(bitmaps, dut.sample) == bitmaps


def test_words_are_counted_lost_and_forgotten():
    _, found = on_bus(
        (SAMPLE, 1), SAMPLE, (SAMPLE, 0), (SAMPLE, 7), STATUS, (STATUS, 0), STATUS, SAMPLE
    )
    assert found[1] == 1
    assert found[4:5] == [1 << LOST]
    assert found[6:] == [1 << READY, 0]


def test_what_is_no_register_is_refused():
    """One that there is not, one that is only read, and a write of some bytes."""
    _, found = on_bus(13, (13, 1), (2, 0), (4, 0), (SAMPLE, 1, 7), SAMPLE, 12)
    assert found == [None, None, None, None, None, 0, 0]
