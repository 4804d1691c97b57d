"""Every correlation circuit against the ``step`` of its module, under random stalls and clears."""

import cocotb

from bench import Bench
from bench.correlator import follows_step
from bench.gate import offers_without_waiting_for_ready, takes_one_payload_a_cycle


@cocotb.test()
@cocotb.parametrize(("stall_in", [0.0, 0.5]), ("stall_out", [0.0, 0.5]), ("clear", [0.0, 0.05]))
async def matches_reference(dut, stall_in, stall_out, clear):
    """Where the core has an address, it changes in every cycle, also while a pair stalls."""
    bench = Bench(dut)
    await follows_step(
        dut,
        bench.with_parameters(bench.module.step),
        stall_in=stall_in,
        stall_out=stall_out,
        clear=clear,
        address=bench.parameters["depth"] if hasattr(dut, "address") else 0,
    )


@cocotb.test()
async def one_pair_a_cycle(dut):
    await takes_one_payload_a_cycle(dut)


@cocotb.test()
async def valid_before_ready(dut):
    await offers_without_waiting_for_ready(dut)
