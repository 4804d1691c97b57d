# amaranth: UnusedElaboratable=no
# (a component whose constructor refuses its arguments is not used)
"""The processor of a board of independent sets, beside the search, in Amaranth's simulator."""

import re
from itertools import combinations

import pytest
from amaranth import Elaboratable, Module
from amaranth.lib import wiring

from spikewright_hw.protocol import VERSION, Frame, Kind, Status, encode_frame
from spikewright_hw.qubo.board import QuboBoardTop
from spikewright_hw.qubo.commands import (
    QuboCommand,
    QuboHello,
    QuboResult,
    graph_payload,
    problem_payload,
    vertices_of,
)
from spikewright_hw.qubo.independent_set import IndependentSet, seen_at
from spikewright_hw.qubo.qubo_processor import QuboProcessor
from spikewright_hw.qubo.search import QuboSearch, search

from .packets import answered, ask
from .serial_line import converse
from .simulation import Simulator

HELLO = {"kind": Kind.REAL, "clock_hz": 80_000_000}


class Pair(Elaboratable):
    """A processor and its search."""

    def __init__(self, *, vertices: int, lanes: int):
        self.search = IndependentSet(vertices=vertices, lanes=lanes)
        hello = QuboHello(**HELLO, vertices=vertices, lanes=lanes)
        self.processor = QuboProcessor(shape=self.search.shape, hello=hello)

    def elaborate(self, platform):
        m = Module()
        m.submodules.search = search = self.search
        m.submodules.processor = processor = self.processor
        wiring.connect(m, processor.o_problem, search.i)
        wiring.connect(m, search.o, processor.i_result)
        m.d.comb += [
            getattr(search, name).eq(getattr(processor, name))
            for name in ("row_vertex", "row_word", "row_data", "row_write", "best_address")
        ]
        m.d.comb += processor.best_data.eq(search.best_data)
        return m


def answers_to(pair: Pair, packets) -> list[tuple[int, int, bytes]]:
    """Send packets one after the other; return sequence, status and payload of each answer."""
    dut, answers = pair.processor, []

    async def testbench(ctx):
        for number, packet in enumerate(packets, start=1):
            refused = isinstance(packet, Status)
            await ask(ctx, dut, packet if refused else Frame(number, packet[0], packet[1:]))
            answer = await answered(ctx, dut)
            answers.append((answer.sequence, answer.code, answer.payload))

    sim = Simulator(pair)
    sim.add_clock(1e-6)
    sim.add_testbench(testbench)
    sim.run()
    return answers


def test_a_board_answers_at_its_two_pins():
    # The second frame is stored while the first is answered.
    data = encode_frame(Frame(5, QuboCommand.HELLO)) + encode_frame(Frame(6, QuboCommand.SET))
    top = QuboBoardTop(vertices=9, lanes=8, divisor=4, clock_hz=1_000_000, virtual=True)
    first, second = converse(top, data, answers=2)
    assert isinstance(first, Frame)
    assert (first.sequence, first.code) == (5, Status.OK)
    assert QuboHello.unpack(first.payload) == QuboHello(
        kind=Kind.VIRTUAL, vertices=9, lanes=8, clock_hz=1_000_000
    )
    assert second == Frame(6, Status.NO_INFERENCE)


def drawn(rng, count: int, share: float) -> list[list[int]]:
    graph: list[list[int]] = [[] for _ in range(count)]
    for one, other in combinations(range(count), 2):
        if rng.random() < share:
            graph[one].append(other)
            graph[other].append(one)
    return graph


def rows(dut: QuboProcessor, graph) -> list[bytes]:
    """Return the packets that store a graph."""
    return [
        bytes([QuboCommand.GRAPH]) + graph_payload(vertex, graph[vertex], size=dut.row_bytes)
        for vertex in range(len(graph))
    ]


@pytest.mark.parametrize(("vertices", "lanes"), [(12, 8), (40, 16), (33, 32), (7, 8)])
def test_a_graph_that_was_stored_is_searched_as_the_definition_does(vertices, lanes, rng):
    pair = Pair(vertices=vertices, lanes=lanes)
    packets, wanted = [], []
    for _ in range(2):
        graph = drawn(rng, rng.randint(2, vertices), rng.choice((0.1, 0.4)))
        # What may have been there before, of a larger graph, is not looked at.
        settings = QuboSearch(seed=rng.getrandbits(32), noise=rng.choice((0, 4000)))
        found = list(search(graph, settings, lanes=lanes, longest=40))
        cycles = seen_at(41, vertices=len(graph), lanes=lanes) - 1
        solve = problem_payload(len(graph), settings, target=len(graph), timeout=cycles)
        packets += [*rows(pair.processor, graph), bytes([QuboCommand.SOLVE]) + solve,
                    bytes([QuboCommand.SET])]
        wanted.append((graph, found[-1]))
    answers = answers_to(pair, packets)
    assert [sequence for sequence, _, _ in answers] == [*range(1, len(packets) + 1)]
    assert {status for _, status, _ in answers} == {Status.OK}
    said = [payload for _, _, payload in answers if payload]
    for (graph, last), result, best in zip(wanted, said[::2], said[1::2], strict=True):
        read = QuboResult.unpack(result)
        assert (read.size, read.scan) == (len(last.vertices), last.scan)
        assert read.reached == seen_at(last.scan, vertices=len(graph), lanes=lanes)
        assert read.cycles > read.reached
        assert set(vertices_of(best, count=len(graph))) == last.vertices


def test_a_board_says_what_it_is():
    pair = Pair(vertices=12, lanes=8)
    ((sequence, status, payload),) = answers_to(pair, [bytes([QuboCommand.HELLO])])
    assert (sequence, status) == (1, Status.OK)
    assert QuboHello.unpack(payload) == QuboHello(
        version=VERSION, kind=Kind.REAL, vertices=12, lanes=8, clock_hz=80_000_000
    )


def test_what_is_wrong_is_refused_and_changes_nothing():
    pair = Pair(vertices=12, lanes=8)
    path = [[1], [0, 2], [1]]
    row = pair.processor.row_bytes
    solve = bytes([QuboCommand.SOLVE]) + problem_payload(
        3, QuboSearch(), target=2, timeout=5_000
    )
    whole = bytes([QuboCommand.GRAPH]) + graph_payload(0, range(12), size=row)
    packets = [
        bytes([QuboCommand.SET]),  # there is none yet
        *rows(pair.processor, path),
        whole[:-1], whole + b"\0", bytes([0x55]), bytes([0x55, 1, 2]), Status.BAD_CRC,
        bytes([QuboCommand.GRAPH]) + graph_payload(12, [0], size=row),
        bytes([QuboCommand.SOLVE]) + problem_payload(0, QuboSearch(), target=2, timeout=9),
        bytes([QuboCommand.SOLVE]) + problem_payload(13, QuboSearch(), target=2, timeout=9),
        bytes([QuboCommand.SOLVE]) + problem_payload(3, QuboSearch(), target=13, timeout=9),
        solve, bytes([QuboCommand.SET]), solve, bytes([QuboCommand.SET]),
    ]
    answers = answers_to(pair, packets)
    assert [Status(status).name for _, status, _ in answers] == [
        "NO_INFERENCE", "OK", "OK", "OK", "BAD_LENGTH", "BAD_LENGTH", "UNKNOWN_COMMAND",
        "UNKNOWN_COMMAND", "BAD_CRC", *["OUT_OF_RANGE"] * 4,
        "OK", "OK", "OK", "OK",
    ]
    assert all(
        not payload for _, status, payload in answers if status != Status.OK
    )
    assert vertices_of(answers[-1][2], count=3) == vertices_of(answers[-3][2], count=3) == (0, 2)
    assert answers[-4][2] == answers[-2][2]  # a command may be repeated


def test_a_set_is_gone_with_its_graph():
    pair = Pair(vertices=8, lanes=8)
    graph = rows(pair.processor, [[1], [0]])
    solve = bytes([QuboCommand.SOLVE]) + problem_payload(2, QuboSearch(), target=1, timeout=900)
    answers = answers_to(pair, [*graph, solve, bytes([QuboCommand.SET]), graph[0],
                         bytes([QuboCommand.SET])])
    assert [status for _, status, _ in answers[-3:]] == [
        Status.OK, Status.OK, Status.NO_INFERENCE
    ]


def test_words_of_less_than_a_byte_are_refused():
    message = "lanes is 4; a word on a link has at least 8"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        Pair(vertices=8, lanes=4)


@pytest.mark.parametrize(
    ("read", "message"),
    [
        (QuboHello.unpack, "a board of independent sets says 10 bytes of itself, not 3"),
        (QuboResult.unpack, "a result has 20 bytes, not 3"),
    ],
)
def test_an_answer_of_another_length_is_refused(read, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        read(b"abc")
