"""A master of a Wishbone bus, classic cycles, which watches what the core answers."""

import random
from typing import Any

import cocotb
from cocotb.triggers import RisingEdge

from .bench import Bench

__all__ = ["Master", "RefusedError"]


class RefusedError(Exception):
    """A request was answered with an error."""


class Master:
    """Makes one request after another, each a random number of cycles after the one before.

    Parameters
    ----------
    bench : Bench
    pause : float
        Probability of each cycle between two requests.
    longest : int
        Cycles within which a request is answered.
    """

    def __init__(self, bench: Bench, *, pause: float, longest: int):
        self._dut: Any = bench.dut
        self._pause = pause
        self._longest = longest
        self.passed: list[int] = []  # cycles from the last write to each rise of irq
        cocotb.start_soon(self._watch())

    async def _watch(self) -> None:
        """Fail when there is an answer without a request, or two at once; count cycles."""
        dut = self._dut
        since, irq = 0, 0
        while True:
            await RisingEdge(dut.clk)
            since += 1
            if int(dut.irq.value) and not irq:
                self.passed.append(since - 1)
            irq = int(dut.irq.value)
            ack, err = int(dut.wb_ack_o.value), int(dut.wb_err_o.value)
            asked = int(dut.wb_cyc_i.value) and int(dut.wb_stb_i.value)
            assert asked or not (ack or err), "an answer without a request"
            assert not (ack and err), "an answer and an error at once"
            if ack and int(dut.wb_we_i.value):
                since = 0

    async def _idle(self) -> None:
        dut = self._dut
        dut.wb_stb_i.value = 0
        dut.wb_cyc_i.value = random.random() < 0.5  # a cycle may stay open between its requests
        for name in ("wb_adr_i", "wb_dat_i", "wb_we_i", "wb_sel_i"):
            getattr(dut, name).value = random.getrandbits(len(getattr(dut, name)))

    async def request(self, number: int, *, written: int | None = None, sel: int = 15) -> int:
        """Read a register, or write to it; return what was read.

        Raises :exc:`RefusedError` if the core answers with an error.
        """
        dut = self._dut
        while random.random() < self._pause:
            await self._idle()
            await RisingEdge(dut.clk)
        dut.wb_cyc_i.value = dut.wb_stb_i.value = 1
        dut.wb_adr_i.value, dut.wb_sel_i.value = number, sel
        dut.wb_we_i.value = written is not None
        dut.wb_dat_i.value = random.getrandbits(32) if written is None else written
        for _ in range(self._longest + 1):
            await RisingEdge(dut.clk)
            if int(dut.wb_ack_o.value) or int(dut.wb_err_o.value):
                break
        else:
            raise AssertionError(f"no answer within {self._longest} cycles")
        refused, found = int(dut.wb_err_o.value), int(dut.wb_dat_o.value)
        await self._idle()
        if refused:
            raise RefusedError
        return found

    async def give_up(self, number: int, *, written: int) -> None:
        """Begin a write, and give it up before it is answered."""
        dut = self._dut
        dut.wb_cyc_i.value = dut.wb_stb_i.value = dut.wb_we_i.value = 1
        dut.wb_adr_i.value, dut.wb_sel_i.value, dut.wb_dat_i.value = number, 15, written
        await RisingEdge(dut.clk)
        await self._idle()
        await RisingEdge(dut.clk)
