# amaranth: UnusedElaboratable=no
# (a component whose constructor refuses its arguments is not used)

from dataclasses import replace
from itertools import pairwise

import pytest
from amaranth import unsigned
from amaranth.lib import stream, wiring

from spikewright_hw.connection import Dense, FeatureMap
from spikewright_hw.engine.record import trace_bytes, trace_step_bytes
from spikewright_hw.engine.result_layout import result_layout
from spikewright_hw.engine.words import input_words, words_of
from spikewright_hw.fixed import Format
from spikewright_hw.link.command_processor import CommandProcessor
from spikewright_hw.link.payloads import frame_capacity
from spikewright_hw.network import Layer, Network
from spikewright_hw.protocol import (
    VERSION,
    Command,
    Frame,
    Hello,
    Kind,
    Status,
    infer_bytes,
)

from .packets import answered, ask
from .simulation import Simulator


def network(*sizes: int, steps: int) -> Network:
    layers = []
    for inputs, neurons in pairwise(sizes):
        readout = neurons == sizes[-1]
        layers.append(
            Layer(
                weights=tuple((1,) * neurons for _ in range(inputs)),
                weight_bits=4,
                neuron="li" if readout else "lif",
                parameters={"decay": 0.875} if readout else {"decay": 0.875, "threshold": 1.0},
                membrane=Format(8, 8),
            )
        )
    return Network(tuple(layers), steps=steps)


#: Inputs of a map of 18 that go on in words of 9, and of one of 16 in words of 8.
MAPS = [
    Network(
        (Layer(((1, 2),) * len(source), 4, "li", {}, Format(8, 8), connection=dense),), steps=2
    )
    for source in (
        FeatureMap(channels=2, height=3, width=3, channels_first=True),
        FeatureMap(channels=4, height=2, width=2),
    )
    for dense in [Dense(source=source, neurons=2)]
]

#: Inputs that fill their last byte and that do not, several steps and one.
NETWORKS = [
    network(9, 3, 2, steps=3), network(5, 2, steps=1), network(16, 4, 3, steps=2), *MAPS
]


def hello(of: Network) -> Hello:
    return Hello(
        version=VERSION, kind=Kind.REAL, inputs=of.inputs, outputs=of.outputs, steps=of.steps,
        layers=len(of.layers), clock_hz=25_000_000, digest=of.digest(), divisor=25,
    )  # fmt: skip


class Bench:
    """A command processor between packets and an engine, which is Python here.

    The engine answers an inference with a result whose bytes follow from the number of inferences.
    Byte ``k`` of the trace is ``k + 1``; the outputs, which are membranes, are its last bytes.
    """

    def __init__(self, network: Network, rng, *, stall: float):
        words = input_words(network, most=9)
        self.dut = CommandProcessor(network=network, hello=hello(network), words=words)
        self.network = network
        self.rng = rng
        self.stall = stall
        self.loaded: list[list[int]] = []
        self.size = result_layout(network).size // 8

    def result(self, inference: int) -> bytes:
        return bytes((31 * inference + 7 * place + 1) % 256 for place in range(self.size))

    def trace(self) -> bytes:
        return bytes((place + 1) % 256 for place in range(trace_bytes(self.network)))

    def answer(self, inference: int) -> bytes:
        outputs = 4 * self.network.outputs
        return self.result(inference)[:-outputs] + self.trace()[-outputs:]

    def run(self, requests: list[Frame | Status]) -> list[Frame]:
        """Return the answers to commands and refused frames, each awaited before the next."""
        answers: list[Frame] = []

        async def host(ctx):
            for request in requests:
                await ask(ctx, self.dut, request, pause=self._pause)
                answers.append(await answered(ctx, self.dut, stalls=self._stalls))

        async def guard(ctx):
            for _ in range(20_000):
                await ctx.tick()
            raise AssertionError(f"after 20000 cycles only {answers} came")

        simulator = Simulator(self.dut)
        simulator.add_clock(1e-6)
        simulator.add_testbench(host)
        for process in (self._engine, self._trace, guard):
            simulator.add_testbench(process, background=True)
        simulator.run()
        return answers

    def _stalls(self) -> bool:
        return self.rng.random() < self.stall

    async def _pause(self, ctx) -> None:
        while self._stalls():
            await ctx.tick()

    async def _engine(self, ctx) -> None:
        """Take the spikes of each inference, and give its result some cycles later."""
        dut = self.dut
        while True:
            steps = []
            for _ in range(self.network.steps * dut.words.count):
                await self._pause(ctx)
                ctx.set(dut.o_spikes.ready, 1)
                valid = spikes = 0
                while not valid:
                    _, _, valid, spikes = await ctx.tick().sample(
                        dut.o_spikes.valid, dut.o_spikes.payload
                    )
                ctx.set(dut.o_spikes.ready, 0)
                steps.append(spikes)
            for _ in range(5):
                await ctx.tick()
            self.loaded.append(steps)
            shape = result_layout(self.network)
            bits = int.from_bytes(self.result(len(self.loaded)), "little")
            ctx.set(dut.i_result.payload, shape.from_bits(bits))
            ctx.set(dut.i_result.valid, 1)
            ready = 0
            while not ready:
                _, _, ready = await ctx.tick().sample(dut.i_result.ready)
            ctx.set(dut.i_result.valid, 0)

    async def _trace(self, ctx) -> None:
        """Answer each address with a byte that follows from it, a cycle later."""
        dut = self.dut
        while True:
            _, _, place = await ctx.tick().sample(dut.trace_address)
            address = place.step * trace_step_bytes(self.network) + place.byte
            ctx.set(dut.trace_data, (address + 1) % 256)


@pytest.fixture(params=NETWORKS, ids=["9-3-2", "5-2", "16-4-3", "2x9-2", "4x4-2"])
def bench(request, rng):
    return Bench(request.param, rng, stall=0.3)


def inputs(bench: Bench) -> bytes:
    network = bench.network
    return bench.rng.randbytes(infer_bytes(inputs=network.inputs, planes=network.planes))


def steps_of(bench: Bench, payload: bytes) -> list[int]:
    network = bench.network
    size = len(payload) // network.steps
    mask = (1 << network.inputs) - 1
    steps = [
        int.from_bytes(payload[at : at + size], "little") & mask
        for at in range(0, len(payload), size)
    ]
    return words_of(steps, bench.dut.words)


def test_hello(bench):
    answers = bench.run([Frame(5, Command.HELLO)])
    assert answers == [Frame(5, Status.OK, hello(bench.network).pack())]


def test_inference_and_trace(bench):
    payloads = [inputs(bench) for _ in range(3)]
    requests = []
    for number, payload in enumerate(payloads):
        requests.append(Frame(2 * number, Command.INFER, payload))
        requests.append(Frame(2 * number + 1, Command.TRACE))
    answers = bench.run(requests)
    assert bench.loaded == [steps_of(bench, payload) for payload in payloads]
    for number in range(3):
        assert answers[2 * number] == Frame(2 * number, Status.OK, bench.answer(number + 1))
        assert answers[2 * number + 1] == Frame(2 * number + 1, Status.OK, bench.trace())


def test_outputs_that_are_counts_come_with_the_result(rng):
    # They do not stand in the trace, which has the spikes of the last layer.
    spiking = replace(
        NETWORKS[0].layers[-1], neuron="lif", parameters={"decay": 0.875, "threshold": 1.0}
    )
    counted = Network((*NETWORKS[0].layers[:-1], spiking), steps=3, readout="count")
    bench = Bench(counted, rng, stall=0.3)
    answers = bench.run([Frame(1, Command.INFER, inputs(bench)), Frame(2, Command.TRACE)])
    assert answers == [
        Frame(1, Status.OK, bench.result(1)), Frame(2, Status.OK, bench.trace())
    ]


def test_refusals(bench):
    payload = inputs(bench)
    answers = bench.run([
        Frame(1, Command.TRACE),
        Frame(2, Command.INFER, payload + b"\0"),
        Frame(3, Command.INFER, payload[:-1]),
        Frame(4, Command.INFER),
        Frame(5, Command.HELLO, b"\0"),
        Frame(6, Command.TRACE, b"\0"),
        Frame(7, 0x00),
        Frame(8, 0x7F, payload),
        Frame(9, 0x82),
        Status.BAD_CRC,
        Frame(10, Command.INFER, payload),
        Frame(11, Command.TRACE, b"\0"),
    ])
    assert answers[:10] == [
        Frame(1, Status.NO_INFERENCE),
        *(Frame(sequence, Status.BAD_LENGTH) for sequence in (2, 3, 4, 5, 6)),
        *(Frame(sequence, Status.UNKNOWN_COMMAND) for sequence in (7, 8, 9)),
        Frame(0, Status.BAD_CRC),
    ]
    assert answers[10:] == [
        Frame(10, Status.OK, bench.answer(1)), Frame(11, Status.BAD_LENGTH)
    ]  # fmt: skip
    assert bench.loaded == [steps_of(bench, payload)]


def test_a_repeated_command_has_the_same_answer(bench):
    payload = inputs(bench)
    first, again = bench.run([Frame(3, Command.INFER, payload)] * 2)
    assert (first.sequence, first.code) == (again.sequence, again.code)
    assert bench.loaded == [steps_of(bench, payload)] * 2


def test_frame_capacity_is_that_of_the_longest_command():
    assert frame_capacity(NETWORKS[0]) == 3 * 2 + 4 + 4
    assert frame_capacity(NETWORKS[0], optional=()) == 3 * 2 + 4
    assert frame_capacity(NETWORKS[1]) == 1 + 4 + 4


def test_ports_are_those_of_an_engine():
    dut = Bench(NETWORKS[0], None, stall=0).dut
    assert dut.o_spikes.signature == stream.Signature(unsigned(9))
    assert Bench(MAPS[0], None, stall=0).dut.o_spikes.signature == dut.o_spikes.signature
    assert Bench(MAPS[1], None, stall=0).dut.o_spikes.signature == stream.Signature(unsigned(8))
    assert dut.i_result.signature == wiring.FlippedSignature(
        stream.Signature(result_layout(NETWORKS[0]))
    )
