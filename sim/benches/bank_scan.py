"""Bank scan against its reference, under random stalls."""

from typing import Any

import cocotb

from bench import Bench
from bench.scan import events_each_cycle, follows_bitmaps
from spikewright_hw.engine.bank_scan import bank_events


def events(bitmap: int, bench: Bench) -> list[dict[str, Any]]:
    return [
        {"places": places, "spikes": spikes, "last": last}
        for places, spikes, last in bank_events(bitmap, **bench.parameters)
    ]


@cocotb.test()
@cocotb.parametrize(("stall_in", [0.0, 0.8]), ("stall_out", [0.0, 0.5]))
async def matches_reference(dut, stall_in, stall_out):
    await follows_bitmaps(dut, events, stall_in=stall_in, stall_out=stall_out)


@cocotb.test()
async def gives_events_each_cycle(dut):
    await events_each_cycle(dut, events)
