"""Spike scan against its reference, under random stalls."""

import cocotb

from bench import Bench
from bench.scan import events_each_cycle, follows_bitmaps
from spikewright_hw.engine.scan import scan_events


def events(bitmap: int, _: Bench) -> list[dict[str, int]]:
    return [{"row": row, "spike": spike, "last": last} for row, spike, last in scan_events(bitmap)]


@cocotb.test()
@cocotb.parametrize(("stall_in", [0.0, 0.8]), ("stall_out", [0.0, 0.5]))
async def matches_reference(dut, stall_in, stall_out):
    await follows_bitmaps(dut, events, stall_in=stall_in, stall_out=stall_out)


@cocotb.test()
async def gives_an_event_a_cycle(dut):
    await events_each_cycle(dut, events)
