"""A board of independent sets: the virtual one, and boards that answer wrongly."""

import random
import re
import secrets
from dataclasses import replace

import pytest

import spikewright as spw
from spikewright.device.link import Link
from spikewright.errors import DataError, DeviceError
from spikewright.qubo import board as module
from spikewright.qubo.board import QuboSession, open_qubo_board
from spikewright_hw.protocol import VERSION, Kind
from spikewright_hw.qubo.commands import QuboHello

SOLVER = spw.QuboSolver(capacity=24, lanes=8, clock_hz=1e6)
#: A path of three vertices, whose largest set is its ends.
PATH = spw.Graph(3, ((0, 1), (1, 2)), name="path")


def result(size: int) -> bytes:
    return size.to_bytes(2, "little") + bytes(18)


class Board(Link):
    """A link to a board that gives these answers, and notes what it was asked."""

    port = "/dev/board"
    timeout = 1.0

    def __init__(self, **answers: bytes):
        hello = QuboHello(kind=Kind.REAL, vertices=24, lanes=8, clock_hz=1_000_000)
        self.answers = {"HELLO": hello.pack(), "GRAPH": b"", "SOLVE": result(2),
                        "SET": b"\x05\0\0", **answers}
        self.asked: list[str] = []
        self.patience: dict[str, float | None] = {}

    def ask(self, command, payload=b"", *, timeout=None, retries=None):
        self.asked.append(command.name)
        self.patience[command.name] = timeout
        return self.answers[command.name]

    def close(self):
        self.asked.append("closed")


def test_a_graph_is_loaded_once():
    link = Board()
    with QuboSession(link, simulator="") as board:
        first = board.solve(PATH, timeout_s=2)
        assert link.patience["SOLVE"] == pytest.approx(1 + 2, abs=0.01)
        assert (first.vertices, first.cost, first.simulator) == ((0, 2), -2, "")
        board.solve(spw.Graph(3, ((0, 1), (1, 2)), name="path"), settings=spw.QuboSearch(seed=9))
    assert link.asked == ["HELLO", *["GRAPH"] * 3, "SOLVE", "SET", "SOLVE", "SET", "closed"]


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        ({"SET": b"\x03\0\0"},
         ("says that it found an independent set of 2 vertices, and gives one of 2 whose cost is "
          "6; load the bitstream again, and the graph.")),
        ({"SOLVE": result(3)},
         ("says that it found an independent set of 3 vertices, and gives one of 2 whose cost is "
          "-2; load the bitstream again, and the graph.")),
        ({"SOLVE": b"x"},
         "answers SOLVE with something else: a result has 20 bytes, not 1."),
        ({"HELLO": bytes([VERSION]) + bytes(45)},
         ("is none of independent sets (a board of independent sets says 10 bytes of itself, not "
          "46); load the bitstream of one.")),
        ({"HELLO": bytes([VERSION + 1])},
         (f"speaks version {VERSION + 1} of the protocol, this program version {VERSION}; build "
          "and load the bitstream again.")),
    ],
)
def test_a_board_that_answers_wrongly_is_told(answers, message):
    whole = re.escape(f"The board on /dev/board {message}")
    with pytest.raises(DeviceError, match=f"^{whole}$"):
        QuboSession(Board(**answers), simulator="").solve(PATH)


def test_a_graph_that_is_too_large_is_not_sent():
    link = Board()
    session = QuboSession(link, simulator="")
    with pytest.raises(DataError, match=r"^large has 25 vertices, 1 more than this solver holds"):
        session.solve(spw.Graph(25, (), name="large"))
    assert link.asked == ["HELLO"]


def test_a_board_of_another_size_is_refused_and_its_port_closed(monkeypatch):
    link = Board()
    monkeypatch.setattr(module, "Link", lambda *args, **how: link)
    monkeypatch.setattr(module, "instance", lambda kind: lambda name, value: value)
    message = (
        "The board on /dev/board is one of capacity 24, lanes 8, not of capacity 1000, lanes 128; "
        "leave the size out, or load another bitstream."
    )
    with pytest.raises(DeviceError, match=f"^{re.escape(message)}$"):
        open_qubo_board(spw.QuboSolver(), port="/dev/board")
    assert link.asked == ["HELLO", "closed"]


def test_a_virtual_board_finds_what_the_definition_finds(tmp_path, capsys):
    seed = secrets.randbits(32)
    print(f"seed {seed}")
    rng = random.Random(seed)
    with spw.open_qubo_board(SOLVER, build=tmp_path) as board:
        for count in (24, 11):
            graph = spw.random_graph(count, density=0.2, seed=rng.randint(0, 99))
            asked = {"settings": spw.QuboSearch(seed=rng.getrandbits(32)), "timeout_s": 0.004}
            answer = board.solve(graph, **asked)
            reference = spw.solve_qubo(graph, solver=board.solver, **asked)
            spw.print_qubo_answer(answer, reference=reference)
            assert capsys.readouterr().out.endswith("finds the same set in the same cycle.\n")
            assert answer.simulator.startswith("Verilator ")
    wrong = replace(answer, reached=answer.reached + 1)
    with pytest.raises(DeviceError, match=r"^the search's definition finds a set of "):
        spw.print_qubo_answer(wrong, reference=reference)
