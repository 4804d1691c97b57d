"""A board of independent sets: a graph is loaded over its serial port, searched and read back."""

from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from spikewright_hw.checks import instance, optional, pathlike, real, text, whole
from spikewright_hw.protocol import VERSION, Kind
from spikewright_hw.qubo.commands import (
    QuboCommand,
    QuboHello,
    QuboResult,
    graph_payload,
    problem_payload,
    row_bytes,
    vertices_of,
)
from spikewright_hw.qubo.search import QuboSearch

from ..device.boards import VIRTUAL
from ..device.link import Link
from ..errors import DeviceError
from ..gateware.board import Board, board_named
from .graph import Graph, cost
from .solve import QuboSolver

__all__ = ["BOARD", "QuboAnswer", "QuboSession", "open_qubo_board"]

#: The board that a solver stands on, unless another one is named.
BOARD = "ulx3s-85f"
#: Seconds in which a real board answers beside its cycles, and a virtual one, on a busy machine.
_SILENCE_S, _VIRTUAL_SILENCE_S = 0.6, 2.0
#: Clock cycles that a virtual board does at least in a second.
_SLOWEST_HZ = 2_000


@dataclass(frozen=True, kw_only=True)
class QuboAnswer:
    """What a board found.

    Parameters
    ----------
    graph : Graph
    solver : QuboSolver
        Of the board: its size, and the clock that it states.
    settings : QuboSearch
    vertices : tuple of int
        The largest set, read back from the board, and checked on the graph.
    reached : int
        The cycle in which it was seen, counted by the board.
    cycles : int
        Cycles of the whole search.
    simulator : str
        What the board runs on; empty if it is a real one.
    """

    graph: Graph
    solver: QuboSolver
    settings: QuboSearch
    vertices: tuple[int, ...] = field(repr=False)
    reached: int
    cycles: int
    simulator: str

    @property
    def cost(self) -> int:
        """Cost of the set, computed from the graph and not by the board."""
        return cost(self.graph, self.vertices)


class QuboSession:
    """An open board of independent sets; closed by ``with``, or by :meth:`close`.

    :func:`spikewright.open_qubo_board` makes one. Every method raises
    :exc:`~spikewright.errors.DeviceError` if the board does not answer, and none waits forever.
    """

    def __init__(self, link: Link, *, simulator: str):
        instance(Link)("link", link)
        self._link = link
        self._after = ExitStack()
        self._loaded: Graph | None = None
        hello = self._hello()
        virtual = hello.kind == Kind.VIRTUAL
        self._simulator = (simulator or "an unknown simulator") if virtual else ""
        #: Its size, and the clock that it states.
        self.solver = QuboSolver(
            capacity=hello.vertices, lanes=hello.lanes, clock_hz=hello.clock_hz,
            clock_source="stated by the board",
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the port, and end a virtual board that was started for this session."""
        self._link.close()
        self._after.close()

    def close_with(self, other: AbstractContextManager) -> None:
        """Leave ``other`` when this session is closed, after the port."""
        self._after.push(other)

    def solve(
        self, graph: Graph, *, settings: QuboSearch | None = None, timeout_s: float = 0.01,
        target: int | None = None,
    ) -> QuboAnswer:
        """Load a graph, unless it is there, search it, and read the set that was found.

        Parameters
        ----------
        graph : Graph
        settings : QuboSearch, optional
            Seed, rest and noise.
        timeout_s : float, at least 0
            Time of the board, s.
        target : int, optional
            Vertices of a set with which the search ends.

        Raises
        ------
        DataError
            The graph has more vertices than the board holds; nothing was sent.
        DeviceError
            The board does not answer, or its set is none of the graph, or of another size.
        ValueError
            A number is out of its range.
        """
        settings = QuboSearch() if settings is None else settings
        instance(Graph)("graph", graph)
        instance(QuboSearch)("settings", settings)
        timeout_s = real(0)("timeout_s", timeout_s)
        target = optional(whole(1))("target", target)
        self.solver.check(graph)
        self._load(graph)
        timeout = self.solver.timeout(graph, timeout_s)
        found = self._read(QuboCommand.SOLVE, QuboResult.unpack, problem_payload(
            graph.count, settings, target=min(target or graph.count, graph.count), timeout=timeout
        ), cycles=timeout)
        best = self._link.ask(QuboCommand.SET)
        vertices = vertices_of(best, count=graph.count)
        answer = QuboAnswer(
            graph=graph, solver=self.solver, settings=settings, vertices=vertices,
            reached=found.reached, cycles=found.cycles, simulator=self._simulator,
        )
        if len(vertices) != found.size or answer.cost != -found.size:
            raise DeviceError(
                f"The board on {self._link.port} says that it found an independent set of "
                f"{found.size} vertices, and gives one of {len(vertices)} whose cost is "
                f"{answer.cost}; load the bitstream again, and the graph."
            )
        return answer

    def _load(self, graph: Graph) -> None:
        """Store the rows of a graph, unless they were stored last."""
        if graph == self._loaded:
            return
        self._loaded = None
        size = row_bytes(self.solver.capacity, self.solver.lanes)
        for vertex, neighbours in enumerate(graph.neighbours):
            self._link.ask(QuboCommand.GRAPH, graph_payload(vertex, neighbours, size=size))
        self._loaded = graph

    def _hello(self) -> QuboHello:
        payload = self._link.ask(QuboCommand.HELLO)
        if payload and payload[0] != VERSION:
            raise DeviceError(
                f"The board on {self._link.port} speaks version {payload[0]} of the protocol, this "
                f"program version {VERSION}; build and load the bitstream again."
            )
        try:
            return QuboHello.unpack(payload)
        except ValueError as error:
            raise DeviceError(
                f"The board on {self._link.port} is none of independent sets ({error}); load the "
                "bitstream of one."
            ) from error

    def _read(self, command: QuboCommand, read, payload: bytes, *, cycles: int):
        """Ask what takes so many cycles, and read the answer."""
        clock = _SLOWEST_HZ if self._simulator else self.solver.clock_hz
        found = self._link.ask(command, payload, timeout=self._link.timeout + cycles / clock)
        try:
            return read(found)
        except ValueError as error:
            raise DeviceError(
                f"The board on {self._link.port} answers {command.name} with something else: "
                f"{error}."
            ) from error


def open_qubo_board(
    solver: QuboSolver | None = None, *, port: str = VIRTUAL, board: str | Board = BOARD,
    build: str | Path = "build",
) -> QuboSession:
    """Open a board of independent sets, a virtual one unless a port is given.

    Parameters
    ----------
    solver : QuboSolver, optional
        The size and clock of a virtual board, or the size that a real one must have.
    port : str
        Path of the serial port of a real board, such as ``/dev/ttyUSB0``, or ``"virtual"``.
    board : str or Board
        Which board it is: the rate of its port.
    build : str or Path
        Folder of everything generated.

    Raises
    ------
    DeviceError
        The port cannot be opened, no board answers, or it is none of independent sets, or of
        another size.
    ToolError, BuildError, StorageError
        A virtual board cannot be compiled: a tool is missing or fails, or a file cannot be written.
    ValueError
        There is no such board, or the solver has words of less than a byte.
    """
    optional(instance(QuboSolver))("solver", solver)
    text("port", port)
    chosen, build = board_named(board), pathlike("build", build)
    simulator, timeout, known = "", _SILENCE_S, {}
    with ExitStack() as stack:
        if port == VIRTUAL:  # what makes boards loads Amaranth
            from ..device.virtual import VirtualBoard
            from ..tools import require
            from .virtual import virtual_qubo_board

            solver = QuboSolver() if solver is None else solver
            program = virtual_qubo_board(solver, build=build)
            running = stack.enter_context(VirtualBoard(program))
            port, timeout, known = running.port, _VIRTUAL_SILENCE_S, {"trouble": running.trouble}
            simulator = f"Verilator {require('verilator').version}"
        link = Link(port, timeout=timeout, retries=2, baud=chosen.baud, **known)
        try:
            session = QuboSession(link, simulator=simulator)
            _check_size(session.solver, solver, port=port)
        except BaseException:
            link.close()
            raise
        session.close_with(stack.pop_all())
    return session


def _check_size(found: QuboSolver, wanted: QuboSolver | None, *, port: str) -> None:
    if wanted is None:
        return
    sizes = [{"capacity": one.capacity, "lanes": one.lanes} for one in (found, wanted)]
    if sizes[0] != sizes[1]:
        told = [", ".join(f"{name} {size}" for name, size in one.items()) for one in sizes]
        raise DeviceError(
            f"The board on {port} is one of {told[0]}, not of {told[1]}; leave the size out, or "
            "load another bitstream."
        )
