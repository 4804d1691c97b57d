"""The event engine against the reference of a whole network, under random stalls."""

import cocotb

from bench import engine
from spikewright_hw.engine.event import worst_cycles
from spikewright_hw.engine.reference import run


def reference(core, bitmaps):
    return run(core.network, bitmaps)


@cocotb.test()
@cocotb.parametrize(("stall_in", [0.0, 0.5]), ("stall_out", [0.0, 0.9]))
async def matches_reference(dut, stall_in, stall_out):
    await engine.matches_reference(
        dut, reference, lambda core: worst_cycles(
            core.network, share=core.share, banks=core.banks, most_bits=core.most_bits
        ),
        stall_in=stall_in, stall_out=stall_out,
    )


@cocotb.test()
async def loads_the_next_sample_as_soon_as_the_result_is_taken(dut):
    await engine.loads_the_next_sample_at_once(dut, reference)


@cocotb.test()
async def starts_anew_after_a_reset_in_the_middle(dut):
    await engine.starts_anew_after_a_reset(dut, reference)
