"""Command processor between packets and an engine, which is Python here, under random stalls."""

import random

import cocotb
from cocotb.triggers import RisingEdge

from bench import Bench, Scoreboard
from bench.packets import REFUSALS, collect_answers, send_packets
from bench.payload import unpack
from spikewright_hw.engine.record import trace_bytes, trace_step_bytes
from spikewright_hw.engine.result_layout import result_layout
from spikewright_hw.engine.words import words_of
from spikewright_hw.link.payloads import payload_bytes
from spikewright_hw.protocol import RUN_HEAD, Command, Frame, Status, infer_bytes

#: What is counted, by whoever counts.
STATUS, TAIL = 0x07060504030201, 0x0000BBAA9988776655443322


class Model:
    """What ``docs/link.md`` says of each request, as its bytes pass."""

    def __init__(self, bench: Bench):
        self.bench = bench
        self.network = bench.component.network
        self.answers = Scoreboard("answer")
        self.steps = Scoreboard("step")
        self.traced = False
        self.packet = bytearray()

    def result(self, payload: bytes) -> bytes:
        """Return the result of the engine that is Python: it follows from the inputs."""
        size = result_layout(self.network).size // 8
        return random.Random(payload).randbytes(size)

    def inferred(self, payload: bytes) -> bytes:
        """Return what is answered: outputs that are the last membranes are read from the trace."""
        result = self.result(payload)
        if self.network.readout != "last":
            return result
        outputs, size = 4 * self.network.outputs, trace_bytes(self.network)
        return result[:-outputs] + bytes(self.trace(at) for at in range(size - outputs, size))

    def trace(self, address: int) -> int:
        return (31 * address + 7) % 256

    def steps_of(self, payload: bytes) -> list[int]:
        size = len(payload) // self.network.planes
        mask = (1 << self.network.inputs) - 1
        parts = [payload[at : at + size] for at in range(0, len(payload), size)]
        bitmaps = [int.from_bytes(part, "little") & mask for part in parts]
        return words_of(bitmaps, self.bench.component.words)

    def take(self, byte: dict[str, int]) -> None:
        """See a byte of a packet go in."""
        if not self.packet:
            assert not self.bench.dut.i_error__valid.value, "a packet went before a refused frame"
        self.packet.append(byte["data"])
        if byte["last"]:
            sequence, code, *payload = self.packet
            self.answers.expect(self.answer(Frame(sequence, code, bytes(payload))))
            self.packet.clear()

    def refuse(self, status: int) -> None:
        """See the reason of a refused frame go in."""
        assert not self.packet, "a refused frame went in the middle of a packet"
        self.answers.expect(Frame(0, status))

    def answer(self, request: Frame) -> Frame:
        network, dut = self.network, self.bench.component
        sizes = payload_bytes(network, load=dut.load, optional=dut.optional)
        if request.code not in sizes:
            return Frame(request.sequence, Status.UNKNOWN_COMMAND)
        if len(request.payload) != sizes[Command(request.code)][0]:
            return Frame(request.sequence, Status.BAD_LENGTH)
        if request.code == Command.HELLO:
            return Frame(request.sequence, Status.OK, self.bench.component.hello.pack())
        if request.code == Command.INFER:
            self.traced = True
            return Frame(request.sequence, Status.OK, self.inferred(request.payload))
        if request.code == Command.RUN:
            self.traced = True
            tail = TAIL.to_bytes(12, "little")
            return Frame(request.sequence, Status.OK, self.inferred(request.payload[4:]) + tail)
        if request.code == Command.STATUS:
            return Frame(request.sequence, Status.OK, STATUS.to_bytes(7, "little"))
        if request.code == Command.LOAD:
            return Frame(request.sequence, Status.OK)
        if request.code == Command.RATE:
            right = 4 <= int.from_bytes(request.payload, "little") <= 255
            return Frame(request.sequence, Status.OK if right else Status.OUT_OF_RANGE)
        if not self.traced:
            return Frame(request.sequence, Status.NO_INFERENCE)
        trace = bytes(self.trace(address) for address in range(trace_bytes(network)))
        return Frame(request.sequence, Status.OK, trace)


def requests(model: Model, count: int) -> list[Frame]:
    """Return requests of each kind, right and wrong; INFER for the first time in their middle."""
    size = infer_bytes(inputs=model.network.inputs, planes=model.network.planes)

    def right() -> Frame:
        return Frame(random.randint(1, 255), Command.INFER, random.randbytes(size))

    def other() -> Frame:
        # After a RESET nothing is answered, and a RUN has inputs that come again: see below.
        codes = {*Command} - {Command.RESET, Command.RUN}
        code = random.choice([*sorted(codes), Command.TRACE, 0, 8, 0x55, 0x82])
        if code == Command.RATE and random.random() < 0.7:
            divisor = bytes([random.randrange(9), random.randrange(2)])
            return Frame(random.randint(1, 255), code, divisor)
        load = model.bench.component.load
        wrong = random.choice((0, 0, 0, 1, size - 1, size + 1, size + 9, load, load))
        return Frame(random.randint(1, 255), code, random.randbytes(wrong))

    early = [other() for _ in range(count)]
    late = [random.choice((right, other))() for _ in range(count)]
    trace = Frame(9, Command.TRACE)
    load = Frame(7, Command.LOAD, random.randbytes(model.bench.component.load))
    return [trace, *early, right(), trace, load, *late, Frame(1, Command.HELLO), right()]


async def give_trace(bench: Bench, model: Model) -> None:
    """Answer an address a cycle later."""
    while True:
        await RisingEdge(bench.dut.clk)
        place = bench.read("trace_address")
        address = place["step"] * trace_step_bytes(model.network) + place["byte"]
        bench.write("trace_data", model.trace(address))


@cocotb.test()
@cocotb.parametrize(("stall_in", [0.0, 0.5]), ("stall_out", [0.0, 0.5]))
async def each_request_has_its_answer(dut, stall_in, stall_out):
    bench = await Bench.start(dut)
    model = Model(bench)
    network = model.network
    cocotb.start_soon(give_trace(bench, model))
    source = bench.source("i", pause=stall_in)
    errors = bench.source("i_error", pause=0.999)
    sink = bench.sink("o", pause=stall_out)
    engine = bench.sink("o_spikes", pause=stall_out)
    results = bench.source("i_result", pause=stall_in and 0.9)
    stored = bench.sink("o_weights", pause=stall_out) if bench.component.load else None
    bench.write("i_status", STATUS)
    bench.write("i_changed", 1)  # a rate that is asked for is there at once
    bench.monitor("i", model.take)
    bench.monitor("i_error", model.refuse)
    bench.monitor("o_spikes", model.steps.observe)
    collect_answers(bench, model.answers)
    sent = requests(model, 15)
    size = infer_bytes(inputs=network.inputs, planes=network.planes)
    payloads = [
        frame.payload for frame in sent
        if frame.code == Command.INFER and len(frame.payload) == size
    ]
    for step in [step for payload in payloads for step in model.steps_of(payload)]:
        model.steps.expect(step)

    async def infer():
        for number, payload in enumerate(payloads, start=1):
            while len(engine.received) < number * network.planes * bench.component.words.count:
                await bench.cycles(1)
            bits = int.from_bytes(model.result(payload), "little")
            results.send([unpack(result_layout(network), bits)])
            while results.pending:
                await bench.cycles(1)

    cocotb.start_soon(infer())
    errors.send(REFUSALS)
    await send_packets(bench, source, sent)
    await bench.until(lambda: not errors.pending, cycles=50_000)
    await bench.until(lambda: bench.read("busy") == 0)
    model.answers.check(at_least=len(sent) + len(REFUSALS))
    model.steps.check(at_least=2 * network.steps)
    assert not results.pending, "a result was not taken"
    if stored is not None:
        loads = [
            frame.payload for frame in sent
            if frame.code == Command.LOAD and len(frame.payload) == bench.component.load
        ]
        assert bytes(byte["data"] for byte in stored.received) == b"".join(loads)
    assert sum(byte["last"] for byte in sink.received) == len(sent) + len(REFUSALS)


@cocotb.test()
async def a_reset_ends_a_command_and_forgets_the_inference(dut):
    bench = await Bench.start(dut)
    source, sink = bench.source("i"), bench.sink("o")
    await send_packets(bench, source, [Frame(1, Command.HELLO)])
    await bench.cycles(20)
    assert bench.read("busy") == 1
    await bench.reset()
    sink.received.clear()
    await send_packets(bench, source, [Frame(2, Command.TRACE)])
    await bench.until(lambda: len(sink.received) == 2)
    assert [byte["data"] for byte in sink.received] == [2, Status.NO_INFERENCE]


@cocotb.test()
@cocotb.parametrize(("ended", [True, False]))
async def a_run_asks_for_its_inputs_until_it_ends(dut, ended):
    """Or until a byte waits; what is counted of it is told."""
    bench = await Bench.start(dut)
    model = Model(bench)
    network, words = model.network, bench.component.words
    size = infer_bytes(inputs=network.inputs, planes=network.planes)
    inputs, times = random.randbytes(size), random.randbytes(RUN_HEAD)
    request = Frame(9, Command.RUN, times + inputs)
    cocotb.start_soon(give_trace(bench, model))
    bench.write("i_run", TAIL)
    source, sink = bench.source("i"), bench.sink("o")
    engine, results = bench.sink("o_spikes"), bench.source("i_result")
    told, over, running = bytearray(), [0], [0]

    async def watch():
        while True:
            await bench.cycles(1)
            if bench.read("o_times_valid"):
                told.append(bench.read("o_times"))
            over[0] += bench.read("o_inferred")
            running[0] += bench.read("running")

    cocotb.start_soon(watch())
    packet = bytes([request.sequence, request.code]) + request.payload
    bench.write("i_length", len(packet))
    if Command.RUN not in bench.component.optional:
        await send_packets(bench, source, [request])
        await bench.until(lambda: len(sink.received) == 2)
        assert [byte["data"] for byte in sink.received] == [9, Status.UNKNOWN_COMMAND]
        return
    for number in range(1, 6):
        last = number == 5
        bench.write("i_ended", last and ended)
        bench.write("i_waits", last and not ended)
        part = packet if number == 1 else inputs
        source.send({"data": byte, "last": at == len(part) - 1} for at, byte in enumerate(part))
        await bench.until(lambda: not source.pending)
        assert bench.read("o_again") == (not last)
        count = number * network.planes * words.count
        await bench.until(lambda wanted=count: len(engine.received) == wanted)
        assert engine.received[-network.planes * words.count :] == model.steps_of(inputs)
        assert not sink.received and bench.read("running") == 1
        bits = int.from_bytes(model.result(inputs), "little")
        results.send([unpack(result_layout(network), bits)])
        await bench.until(lambda wanted=number: over[0] == wanted)
    await bench.until(lambda: bool(sink.received) and sink.received[-1]["last"], cycles=2_000)
    answer = bytes(byte["data"] for byte in sink.received)
    assert Frame(answer[0], answer[1], answer[2:]) == model.answer(request)
    assert bytes(told) == times and running[0] > 5 * size and bench.read("running") == 0
    assert not results.pending


@cocotb.test()
async def after_reset_nothing_is_taken(dut):
    bench = await Bench.start(dut)
    source, sink = bench.source("i"), bench.sink("o")
    known = Command.RESET in bench.component.optional
    await send_packets(bench, source, [Frame(3, Command.RESET)])
    await bench.until(lambda: len(sink.received) == 2)
    assert [byte["data"] for byte in sink.received] == [
        3, Status.OK if known else Status.UNKNOWN_COMMAND
    ]
    await bench.cycles(3)
    assert bench.read("restart") == bench.read("busy") == known
    if known:
        source.send([{"data": 4, "last": 0}])
        await bench.cycles(20)
        assert source.pending == 1
        await bench.reset()
        await bench.until(lambda: not source.pending)


@cocotb.test()
async def after_rate_nothing_is_taken_until_the_rate_is_changed(dut):
    bench = await Bench.start(dut)
    source, sink = bench.source("i"), bench.sink("o")
    known = Command.RATE in bench.component.optional
    for divisor, right in ((3, False), (4, True), (255, True), (256, False)):
        sink.received.clear()
        await send_packets(bench, source, [Frame(3, Command.RATE, divisor.to_bytes(2, "little"))])
        await bench.until(lambda: len(sink.received) == 2)
        answer = Status.OK if right else Status.OUT_OF_RANGE
        assert sink.received[1]["data"] == (answer if known else Status.UNKNOWN_COMMAND)
        await bench.cycles(3)
        assert bench.read("change") == bench.read("busy") == (known and right)
        if known and right:
            assert bench.read("o_divisor") == divisor
            await bench.cycles(20)
            assert bench.read("change") == 1
            bench.write("i_changed", 1)
            await bench.cycles(2)
            bench.write("i_changed", 0)
        await bench.cycles(2)
        assert bench.read("busy") == 0
