# amaranth: UnusedElaboratable=no
"""The sums of a monitor's registers: by themselves, and as a board answers them."""

import random

import pytest
from amaranth import Array, Const, Module, Mux, Signal
from amaranth.lib import wiring

from spikewright_hw.board import BoardTop
from spikewright_hw.link.sensors import Sensors, summed
from spikewright_hw.protocol import Command, Frame, Hello, Status, encode_frame, power_bytes

from .serial_line import converse
from .simulation import Simulator
from .test_board import NETWORK, Counter


class Registers(wiring.Component):
    """A monitor whose registers stand still; it gives one some cycles after it was asked for."""

    def __init__(self, values: dict[int, int], *, answers_after: int = 4, round_of: int = 100):
        self.addresses = tuple(values)
        self.values, self.answers_after, self.round_of = values, answers_after, round_of
        self.address, self.enable = Signal(7), Signal()
        self.data, self.ready, self.done = Signal(16), Signal(), Signal()
        self.working = Signal()
        super().__init__({})

    def elaborate(self, platform):
        m = Module()
        waits, asked, cycle = Signal(range(300)), Signal(7), Signal(range(self.round_of))
        table = Array(Const(self.values.get(number, 0xDEAD), 16) for number in range(128))
        m.d.sync += cycle.eq(Mux(self.done, 0, cycle + 1))
        m.d.comb += [
            self.done.eq(cycle == self.round_of - 1), self.ready.eq(waits == 1),
            self.data.eq(Mux(self.ready, table[asked], 0xBAD0)),
        ]
        with m.If(self.enable):
            m.d.sync += [waits.eq(self.answers_after), asked.eq(self.address)]
        with m.Elif(waits != 0):
            m.d.sync += waits.eq(waits - 1)
        return m


def unpacked(payload: bytes) -> list[int]:
    return [int.from_bytes(payload[at : at + 4], "little") for at in range(0, len(payload), 4)]


def test_each_value_of_each_round_is_in_its_sum():
    """Whatever a register takes to be given, and with holds at any time."""
    seed = random.SystemRandom().getrandbits(32)
    print(f"seed {seed}")
    source = random.Random(seed)
    dut = Sensors(addresses=(3, 17, 2))
    given = [0, 0, 0]
    rounds = 0

    async def bench(ctx):
        nonlocal rounds
        for _ in range(40):
            if source.random() < 0.3:
                ctx.set(dut.hold, 1)
                ctx.set(dut.done, 1)  # which is not seen
                await ctx.tick()
                ctx.set(dut.done, 0)
                await ctx.tick().repeat(3)
                assert ctx.get(dut.still) and not ctx.get(dut.enable)
                sums = unpacked(ctx.get(dut.sums).to_bytes(16, "little"))
                assert sums == [rounds, *(one & 0xFFFFFFFF for one in given)]
                ctx.set(dut.hold, 0)
                await ctx.tick()
            ctx.set(dut.done, 1)
            await ctx.tick()
            ctx.set(dut.done, 0)
            for at, address in enumerate((3, 17, 2)):
                while not ctx.get(dut.enable):
                    await ctx.tick()
                assert ctx.get(dut.address) == address
                await ctx.tick().repeat(source.randrange(1, 9))
                value = source.randrange(1 << 16)
                ctx.set(dut.data, value)
                ctx.set(dut.ready, 1)
                ctx.set(dut.hold, source.random() < 0.5)  # a round in work goes on
                assert not ctx.get(dut.still)
                await ctx.tick()
                ctx.set(dut.ready, 0)
                ctx.set(dut.data, 0xBAD0)
                given[at] += value
            rounds += 1
            ctx.set(dut.hold, 0)
            await ctx.tick()

    run(dut, bench)


def run(dut, bench) -> None:
    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()


def test_a_monitor_that_is_silent_is_not_waited_for():
    dut = Sensors(addresses=(1,))

    async def bench(ctx):
        for silent in (0, 1):
            ctx.set(dut.done, 1)
            await ctx.tick()
            ctx.set(dut.done, 0)
            await ctx.tick().repeat(2)
            ctx.set(dut.ready, not silent)
            await ctx.tick()
            ctx.set(dut.ready, 0)
            await ctx.tick()
            assert ctx.get(dut.sums) & 0xFFFFFFFF == 1
        ctx.set(dut.hold, 1)
        await ctx.tick().repeat(300)
        assert ctx.get(dut.still) and ctx.get(dut.sums) & 0xFFFFFFFF == 0

    run(dut, bench)


def test_the_reference_counts_whole_rounds_and_wraps():
    assert summed([], addresses=(5, 6)) == (0, 0, 0)
    assert summed([(3, 4), (30, 40)], addresses=(5, 6)) == (2, 33, 44)
    assert summed([(0xFFFF,)] * 65538, addresses=(5,)) == (65538, (0xFFFF * 65538) % 2**32)


def test_the_reference_of_a_silent_monitor_has_no_rounds():
    assert summed([(3, 4), (30,)], addresses=(5, 6)) == (0, 33, 4)
    assert summed([()], addresses=(5,)) == (0, 0)


def test_no_patience():
    with pytest.raises(ValueError, match=r"^patience is at least 1 clock cycle, not 0$"):
        Sensors(addresses=(1,), patience=0)


@pytest.mark.parametrize("addresses", [(), (1, 128), (-1,)])
def test_addresses_that_there_are_not(addresses):
    with pytest.raises(ValueError, match=r"there is at least one, from 0 to 127$"):
        Sensors(addresses=addresses)


def talk(data: bytes, *, answers: int, pause: int = 400, **options) -> list[Frame | Status]:
    dut = BoardTop(
        network=NETWORK, divisor=4, clock_hz=25_000_000, virtual=True, engine=Counter(NETWORK),
        **options,
    )
    return converse(dut, data, answers=answers, divisor=4, pause=pause)


def test_a_board_answers_one_state_of_its_sums():
    """Rounds go on meanwhile; each sum is that of as many rounds as are said."""
    values = {0x01: 0x5550, 0x1A: 0xFFFF, 0x00: 1}
    hello, *answers = talk(
        encode_frame(Frame(1, Command.HELLO))
        + b"".join(encode_frame(Frame(2 + at, Command.POWER)) for at in range(3)),
        answers=4, pause=2500, monitor=Registers(values, round_of=53),
    )
    assert isinstance(hello, Frame) and Command.POWER in Hello.unpack(hello.payload).commands
    seen = []
    for at, answer in enumerate(answers):
        assert isinstance(answer, Frame)
        assert (answer.sequence, answer.code) == (2 + at, Status.OK)
        assert len(answer.payload) == power_bytes(3) == 16
        rounds, *sums = unpacked(answer.payload)
        assert sums == [rounds * value for value in values.values()]
        seen.append(rounds)
    assert seen == sorted({*seen})


def test_a_board_whose_monitor_is_silent_answers_all_the_same():
    silent = Registers({1: 2}, answers_after=0)
    first, hello = talk(
        encode_frame(Frame(1, Command.POWER)) + encode_frame(Frame(2, Command.HELLO)),
        answers=2, monitor=silent,
    )
    assert first == Frame(1, Status.OK, bytes(8))
    assert isinstance(hello, Frame) and hello.code == Status.OK


def test_a_board_without_sensors_does_not_know_the_command():
    power, hello = talk(
        encode_frame(Frame(1, Command.POWER)) + encode_frame(Frame(2, Command.HELLO)), answers=2
    )
    assert power == Frame(1, Status.UNKNOWN_COMMAND)
    assert isinstance(hello, Frame)
    assert Command.POWER not in Hello.unpack(hello.payload).commands
