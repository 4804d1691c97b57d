"""QUBO processor: its answers, the words of a graph that it writes, the searches that it starts."""

import random

import cocotb
from cocotb.triggers import RisingEdge

from bench import Bench, Scoreboard
from bench.packets import REFUSALS, collect_answers, send_packets
from spikewright_hw.protocol import UNKNOWN_SEQUENCE, Frame, Status
from spikewright_hw.qubo.commands import (
    PROBLEM_BYTES,
    QuboCommand,
    graph_payload,
    problem_payload,
)
from spikewright_hw.qubo.qubo_processor import QuboProcessor
from spikewright_hw.qubo.search import QuboSearch

#: What the search answers, as fields and as bytes.
RESULT = {"size": 5, "reached": 0x0102_0304_0506, "scan": 0x1112_1314_1516, "cycles": 77}
TOLD = b"".join(
    RESULT[name].to_bytes(width, "little")
    for name, width in (("size", 2), ("reached", 6), ("scan", 6), ("cycles", 6))
)


class Model:
    """What the processor owes for each request, from the tables of ``docs/qubo.md``."""

    def __init__(self, core: QuboProcessor):
        self.core = core
        self.vertices, self.lanes = core.shape.vertices, core.shape.lanes
        self.solved = False
        self.best = random.randbytes(core.row_bytes)
        #: What is to be written into the graph, and what searches start from.
        self.rows: list[tuple[int, int, int]] = []
        self.problems: list[dict[str, int]] = []

    def answer(self, frame: Frame) -> Frame:
        status, payload = self._judge(frame.code, frame.payload)
        return Frame(frame.sequence, status, payload)

    def _judge(self, code: int, given: bytes) -> tuple[Status, bytes]:
        lengths = {
            QuboCommand.HELLO: 0, QuboCommand.GRAPH: 2 + self.core.row_bytes,
            QuboCommand.SOLVE: PROBLEM_BYTES, QuboCommand.SET: 0,
        }
        if code not in lengths:
            return Status.UNKNOWN_COMMAND, b""
        if len(given) != lengths[QuboCommand(code)]:
            return Status.BAD_LENGTH, b""
        if code == QuboCommand.HELLO:
            return Status.OK, self.core.hello.pack()
        if code == QuboCommand.SET:
            return (Status.OK, self.best) if self.solved else (Status.NO_INFERENCE, b"")
        if code == QuboCommand.GRAPH:
            return self._graph(given), b""
        return self._solve(given)

    def _graph(self, given: bytes) -> Status:
        self.solved = False
        vertex, size = int.from_bytes(given[:2], "little"), self.lanes // 8
        if vertex >= self.vertices:
            return Status.OUT_OF_RANGE
        self.rows += [
            (vertex, word, int.from_bytes(given[2 + size * word : 2 + size * (word + 1)], "little"))
            for word in range(self.core.shape.words)
        ]
        return Status.OK

    def _solve(self, given: bytes) -> tuple[Status, bytes]:
        at, numbers = 0, {}
        for name, width in (("vertices", 2), ("target", 2), ("seed", 4), ("rest", 1),
                            ("spread", 1), ("noise", 2), ("timeout", 6)):
            numbers[name] = int.from_bytes(given[at : at + width], "little")
            at += width
        if not 1 <= numbers["vertices"] <= self.vertices or numbers["target"] > self.vertices:
            return Status.OUT_OF_RANGE, b""
        self.solved = True
        self.problems.append(numbers)
        return Status.OK, TOLD


def requests(core: QuboProcessor, count: int) -> list[Frame]:
    """Return requests of each kind, right and wrong."""
    most = core.shape.vertices

    def graph(vertex: int) -> bytes:
        bits = [other for other in range(8 * core.row_bytes) if random.random() < 0.5]
        return graph_payload(vertex, bits, size=core.row_bytes)

    def problem(vertices: int, target: int) -> bytes:
        settings = QuboSearch(
            seed=random.getrandbits(32), rest=random.randint(1, 16), spread=random.randint(0, 3),
            noise=random.getrandbits(16),
        )
        return problem_payload(
            vertices, settings, target=target, timeout=random.getrandbits(48)
        )

    kinds = [
        lambda: (QuboCommand.HELLO, b""),
        lambda: (QuboCommand.SET, b""),
        lambda: (QuboCommand.GRAPH, graph(random.randrange(most))),
        lambda: (QuboCommand.GRAPH, graph(random.choice((most, 65535)))),
        lambda: (QuboCommand.SOLVE, problem(random.randint(1, most), random.randint(0, most))),
        lambda: (QuboCommand.SOLVE, problem(random.choice((0, most + 1)), 1)),
        lambda: (QuboCommand.SOLVE, problem(most, most + 1)),
        lambda: (random.choice((0, 2, 5, 0x55)), random.randbytes(random.randint(0, 9))),
        lambda: (random.choice([*QuboCommand]), random.randbytes(random.randint(1, 9))),
    ]
    made = [kind() for kind in kinds]
    made += [random.choice(kinds)() for _ in range(count)]
    made += [kinds[4](), kinds[1]()]
    return [Frame(random.randint(1, 255), int(code), payload) for code, payload in made]


async def give_set(bench: Bench, model: Model) -> None:
    """Answer an address a cycle later."""
    size = model.lanes // 8
    while True:
        await RisingEdge(bench.dut.clk)
        at = size * bench.read("best_address")
        bench.write("best_data", int.from_bytes(model.best[at : at + size], "little"))


@cocotb.test()
@cocotb.parametrize(("stall_in", [0.0, 0.5]), ("stall_out", [0.0, 0.5]))
async def each_request_has_its_answer(dut, stall_in, stall_out):
    bench = await Bench.start(dut)
    model = Model(bench.component)
    cocotb.start_soon(give_set(bench, model))
    source = bench.source("i", pause=stall_in)
    bench.sink("o", pause=stall_out)
    errors = bench.source("i_error", pause=0.999)
    started = bench.sink("o_problem", pause=stall_out)
    results = bench.source("i_result", pause=stall_in and 0.9)
    answers, written = Scoreboard("answer"), []
    collect_answers(bench, answers)
    bench.monitor("i_error", lambda status: answers.expect(Frame(UNKNOWN_SEQUENCE, status)))
    packet = bytearray()

    def take(byte):
        packet.append(byte["data"])
        if byte["last"]:
            answers.expect(model.answer(Frame(packet[0], packet[1], bytes(packet[2:]))))
            packet.clear()

    bench.monitor("i", take)

    async def watch():
        while True:
            await RisingEdge(bench.dut.clk)
            if bench.read("row_write"):
                written.append(tuple(
                    bench.read(name) for name in ("row_vertex", "row_word", "row_data")
                ))

    async def search():
        given = 0
        while True:
            if len(started.received) > given:
                given += 1
                results.send([RESULT])
            await bench.cycles(1)

    cocotb.start_soon(watch())
    cocotb.start_soon(search())
    sent = requests(bench.component, 25)
    errors.send(REFUSALS)
    await send_packets(bench, source, sent)
    await bench.until(lambda: not errors.pending, cycles=50_000)
    await bench.until(lambda: bench.read("busy") == 0)
    answers.check(at_least=len(sent) + len(REFUSALS))
    assert written == model.rows and written
    assert len(started.received) == len(model.problems) > 0
    for got, wanted in zip(started.received, model.problems, strict=True):
        for name in ("vertices", "target", "seed", "noise", "timeout", "rest", "spread"):
            assert got[name] == wanted[name], name
    assert not results.pending, "a result was not taken"


@cocotb.test()
async def a_reset_ends_a_command_and_forgets_the_search(dut):
    bench = await Bench.start(dut)
    source, sink = bench.source("i"), bench.sink("o")
    await send_packets(bench, source, [Frame(1, QuboCommand.HELLO)])
    await bench.cycles(20)
    assert bench.read("busy") == 1
    await bench.reset()
    sink.received.clear()
    await send_packets(bench, source, [Frame(2, QuboCommand.SET)])
    await bench.until(lambda: len(sink.received) == 2)
    assert [byte["data"] for byte in sink.received] == [2, Status.NO_INFERENCE]
