"""Estimator against its reference, under random stalls."""

import random

import cocotb
from cocotb.triggers import RisingEdge

from bench import Bench, Scoreboard
from spikewright_hw.stochastic.number.estimator import run, stops


@cocotb.test()
@cocotb.parametrize(("stall_in", [0.0, 0.5]), ("stall_out", [0.0, 0.5]), ("clear", [0.0, 0.02]))
async def matches_reference(dut, stall_in, stall_out, clear):
    """Streams of many values, the ends among them, with runs that are given up now and then."""
    bench = await Bench.start(dut)
    mode = bench.parameters
    source = bench.source("i", pause=stall_in)
    bench.sink("o", pause=stall_out)
    scoreboard = Scoreboard("result")
    bench.monitor("o", scoreboard.observe)
    begun: list[int] = []
    taken = 0

    async def follow() -> None:
        nonlocal taken
        while True:
            await RisingEdge(dut.clk)
            if bench.read("clear"):
                begun.clear()
            if bool(dut.i__valid.value) and bool(dut.i__ready.value):
                taken += 1
                begun.append(int(dut.i__payload.value))
                if stops(sum(begun), len(begun), **mode):
                    count, used, decision = run(begun, **mode)
                    scoreboard.expect({"count": count, "used": used, "decision": int(decision)})
                    begun.clear()

    cocotb.start_soon(follow())
    length = mode["length"]
    bits = [1, 0] * length
    for p in (0.0, 1.0, 0.1, 0.9, 0.4, 0.6, 0.5):
        bits += [int(random.random() < p) for _ in range(2 * length)]
    source.send(bits)
    while taken < len(bits):
        await bench.cycles(1)
        bench.write("clear", random.random() < clear / length * 16)
    bench.write("clear", 0)
    await bench.cycles(100)  # the last result may stall
    scoreboard.check(at_least=5)


@cocotb.test()
async def takes_one_bit_a_cycle(dut):
    """Runs follow each other without a gap."""
    bench = await Bench.start(dut)
    length = bench.parameters["length"]
    source = bench.source("i")
    sink = bench.sink("o")
    source.send([0] * (3 * length))
    cycles = 0
    while source.pending:
        await bench.cycles(1)
        cycles += 1
    await bench.cycles(5)
    used = sum(result["used"] for result in sink.received)
    assert 3 * length - used < length
    assert cycles <= 3 * length + 2, f"{3 * length} bits took {cycles} cycles"


@cocotb.test()
async def offers_without_waiting_for_ready(dut):
    """And takes no bit while its offer waits."""
    bench = await Bench.start(dut)
    length = bench.parameters["length"]
    source = bench.source("i")
    source.send([1] * (length + 10))
    await bench.until(lambda: bool(dut.o__valid.value), cycles=length + 5)
    await bench.cycles(10)
    _, used, _ = run([1] * length, **bench.parameters)
    assert source.pending == length + 10 - used
    assert bench.read("o__payload")["used"] == used


@cocotb.test()
async def clear_forgets_a_run_and_keeps_a_result(dut):
    bench = await Bench.start(dut)
    mode = bench.parameters
    source = bench.source("i")
    source.send([1, 0])
    await bench.until(lambda: source.pending == 0)
    bench.write("clear", 1)
    await bench.cycles(2)
    bench.write("clear", 0)
    source.send([0] * mode["length"])
    await bench.until(lambda: bool(dut.o__valid.value), cycles=mode["length"] + 5)
    bench.write("clear", 1)
    await bench.cycles(3)
    count, used, decision = run([0] * mode["length"], **mode)
    result = bench.read("o__payload")
    assert bool(dut.o__valid.value)
    assert result == {"count": count, "used": used, "decision": int(decision)}
