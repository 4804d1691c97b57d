"""RATE at the two pins of a board: what is changed, when, and what comes back by itself."""

from dataclasses import dataclass

import pytest
from amaranth import ResetInserter

from spikewright_hw import board
from spikewright_hw.board import BoardTop
from spikewright_hw.link.uart_tx import line_bits
from spikewright_hw.protocol import Command, Deframer, Frame, Hello, Status, encode_frame

from .simulation import Simulator
from .test_board import NETWORK, Counter


@dataclass(frozen=True)
class Ask:
    """A command that is sent at a divisor, and whose answer is awaited at it, or at another."""

    frame: Frame
    divisor: int
    answer: int = 0
    #: Cycles of silence after it.
    rest: int = 0


def talk(asked: list[Ask], *, divisor: int, clock_hz: int = 25_000_000, **options) -> list:
    """Return the answer to each command, None where no frame came within some cycles."""
    top = BoardTop(
        network=NETWORK, divisor=divisor, clock_hz=clock_hz, virtual=False,
        engine=Counter(NETWORK), **options,
    )  # fmt: skip
    answers = []

    async def byte_of(ctx, period: int) -> int | None:
        for _ in range(60 * period):
            if not ctx.get(top.tx):
                break
            await ctx.tick()
        else:
            return None
        await ctx.tick().repeat(period // 2)
        byte = 0
        for bit in range(9):
            await ctx.tick().repeat(period)
            byte |= ctx.get(top.tx) << bit
        return byte & 0xFF

    async def answer_of(ctx, period: int) -> Frame | Status | None:
        deframer = Deframer()
        while (byte := await byte_of(ctx, period)) is not None:
            if (event := deframer.push(byte)) is not None:
                return event
        return None

    async def host(ctx):
        for one in asked:
            for byte in b"\0" + encode_frame(one.frame):
                for bit in line_bits(byte):
                    ctx.set(top.rx, bit)
                    await ctx.tick().repeat(one.divisor)
            answers.append(await answer_of(ctx, one.answer or one.divisor))
            await ctx.tick().repeat(one.rest + 1)

    simulator = Simulator(ResetInserter(top.reset)(top))
    simulator.add_clock(1e-6)
    simulator.add_testbench(host)
    simulator.run()
    return answers


def rate(sequence: int, divisor: int) -> Frame:
    return Frame(sequence, Command.RATE, divisor.to_bytes(2, "little"))


def infer(sequence: int) -> Frame:
    return Frame(sequence, Command.INFER, b"\1\2")


@pytest.mark.parametrize(("first", "then"), [(25, 8), (24, 4), (80, 27), (9, 200)])
def test_the_rate_is_another_after_the_answer(first, then):
    changed, hello, old = talk(
        [
            Ask(rate(1, then), first), Ask(Frame(2, Command.HELLO), then),
            Ask(Frame(3, Command.HELLO), first, then),
        ],
        divisor=first,
    )
    assert changed == Frame(1, Status.OK)
    assert Hello.unpack(hello.payload).divisor == first and hello.sequence == 2
    assert not (isinstance(old, Frame) and old.code == Status.OK)


def test_what_comes_without_a_pause_after_the_answer_is_received_at_the_new_rate():
    changed, *others = talk([Ask(rate(1, 4), 25), *[Ask(infer(2), 4)] * 3], divisor=25)
    assert changed.code == Status.OK and {one.code for one in others} == {Status.OK}


def test_a_rate_at_which_nothing_comes_is_given_up(monkeypatch):
    monkeypatch.setattr(board, "trial_bits", lambda clock_hz, virtual: 12)
    changed, hello = talk(
        [Ask(rate(1, 6), 25, rest=1 << 12), Ask(Frame(2, Command.HELLO), 25)], divisor=25
    )
    assert changed.code == hello.code == Status.OK


def test_garbage_does_not_keep_a_rate(monkeypatch):
    monkeypatch.setattr(board, "trial_bits", lambda clock_hz, virtual: 13)
    garbage = [Ask(Frame(7, Command.TRACE), 25, 6, rest=900)] * 6
    changed, *_, hello = talk(
        [Ask(rate(1, 6), 25), *garbage, Ask(Frame(2, Command.HELLO), 25)], divisor=25
    )
    assert changed.code == hello.code == Status.OK


def test_a_rate_that_was_kept_stays_until_a_reset(monkeypatch):
    monkeypatch.setattr(board, "trial_bits", lambda clock_hz, virtual: 10)
    answers = talk(
        [
            Ask(rate(1, 6), 25), Ask(infer(2), 6, rest=3 << 10), Ask(infer(3), 6),
            Ask(Frame(4, Command.RESET), 6, rest=100), Ask(infer(5), 25),
        ],
        divisor=25,
    )
    assert [answer.code for answer in answers] == [Status.OK] * 5


@pytest.mark.parametrize("divisor", [0, 3, 256, 65535])
def test_a_rate_that_no_port_has_is_refused_and_changes_nothing(divisor):
    refused, infers = talk([Ask(rate(1, divisor), 25), Ask(infer(2), 25)], divisor=25)
    assert refused == Frame(1, Status.OUT_OF_RANGE) and infers.code == Status.OK


def test_a_board_without_rate_goes_on_at_its_own():
    refused, infers = talk([Ask(rate(1, 6), 25), Ask(infer(2), 25)], divisor=25, optional=())
    assert refused == Frame(1, Status.UNKNOWN_COMMAND) and infers.code == Status.OK


def test_a_first_rate_that_rate_could_not_ask_for_has_none():
    (hello,) = talk([Ask(Frame(1, Command.HELLO), 256)], divisor=256)
    said = Hello.unpack(hello.payload)
    assert Command.RATE not in said.commands and said.divisor == 256
