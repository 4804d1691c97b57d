"""``spikewright neurobench qubo``: independent sets, of one graph or of the workloads."""

import argparse
import sys

import spikewright as spw

from ..benchmark_run import run_from_options
from ..options import count, frequency, milliseconds, path, seed
from ..words import arguments_checked

__all__ = ["add_qubo"]


def add_qubo(benches) -> None:
    """Add the command."""
    bench = benches.add_parser(
        "qubo", help="maximum independent sets: a graph, or the benchmark's workloads",
        description="With --graph, or with --nodes, --density and --graph-seed, one graph; else "
        "the workloads of the benchmark that --capacity holds. Simulated: cycles of the gateware "
        "over --clock.",
    )
    add = bench.add_argument
    add("--graph", type=path, metavar="FILE", help="a graph in DIMACS form, .gz too")
    add("--nodes", type=count, metavar="N", help="vertices of a graph by the benchmark's rule")
    add("--density", type=float, metavar="D", help="its edges, of those that there could be")
    add("--graph-seed", type=seed, metavar="N", help="the seed that it is made from (0)")
    add("--seed", type=seed, default=0, metavar="N", help="of the search (%(default)s)")
    add("--runs", type=count, metavar="N", help="runs of each workload (5)")
    add(
        "--timeout", type=milliseconds, default=10.0, metavar="MS",
        help="of a run, ms (%(default)g)",
    )
    add("--capacity", type=count, default=1000, metavar="N", help="most vertices (%(default)s)")
    add("--lanes", type=count, default=128, metavar="N", help="neurons in a word (%(default)s)")
    add("--clock", type=frequency, default=80.0, metavar="MHZ", help="assumed (%(default)g)")
    add(
        "--place", action="store_true",
        help="place and route the solver for an ECP5-85F, and take the clock that it reaches; "
        "minutes the first time",
    )
    add(
        "--board", metavar="NAME",
        help="search one graph on a board: virtual, or the name of a real one at --port (none: the "
        "search's definition in the cycles of the gateware)",
    )
    add("--port", metavar="PATH", help="serial port of a real board, such as /dev/ttyUSB0")
    add(
        "--build", action="store_true",
        help="build the bitstream of --board, of --capacity and --lanes, for --clock, and end",
    )
    add(
        "--host", action="store_true",
        help="beside the workloads, D-Wave's tabu search and simulated annealing on this machine, "
        "in the same time",
    )
    add(
        "--largest", action="store_true",
        help="the largest sizes A and B, too: graphs of density 0.01 and 1 that fill --capacity",
    )
    add("--pages", action="store_true", help="write the tables of docs/qubo.md, too")
    bench.set_defaults(verb=qubo, command="neurobench qubo")


def qubo(options: argparse.Namespace) -> None:
    """Search for independent sets."""
    with arguments_checked(options.flags):
        solver = spw.QuboSolver(
            capacity=options.capacity, lanes=options.lanes, clock_hz=options.clock * 1e6
        )
        settings = spw.QuboSearch(seed=options.seed)
        timeout = options.timeout * 1e-3
    if options.build:
        _build(solver, options)
        return
    if options.place:
        solver, size = spw.place_qubo_solver(solver)
        print(
            f"{size.target.label}: {size.counts.lut} LUTs, {size.counts.ff} flip-flops, "
            f"{size.counts.bram} block RAMs, {size.fmax_mhz:g} MHz"
        )
    graph = _graph(options)
    if graph is not None and options.board is not None:
        _on_board(graph, solver, settings, timeout, options)
        return
    if graph is not None:
        solution = spw.solve_qubo(graph, solver=solver, settings=settings, timeout_s=timeout)
        spw.print_qubo_solution(solution)
        return
    run_from_options(
        options, spw.QuboBenchmark, solver=solver, settings=settings, timeout_s=timeout, nodes=None,
    )


def _build(solver: "spw.QuboSolver", options: argparse.Namespace) -> None:
    """Build the bitstream of a board, and say where it lies."""
    with arguments_checked(options.flags):
        board = spw.board_named(options.board).at(options.clock)
        built = spw.build_qubo_bitstream(
            solver, board=board, progress=lambda step: print(f"{step} ...", file=sys.stderr)
        )
    print(
        f"{board.title}: {built.lut} LUTs, {built.ff} flip-flops, {built.bram} block RAMs, "
        f"{built.fmax_mhz:.2f} MHz of {built.clock_mhz:g} asked (seed {built.seed}).\n"
        f"The bitstream is {built.path}; load.txt beside it has the commands that load it."
    )


def _on_board(
    graph: "spw.Graph", solver: "spw.QuboSolver", settings: "spw.QuboSearch", timeout_s: float,
    options: argparse.Namespace,
) -> None:
    """Search a graph on a board, and hold what it finds to the definition."""
    virtual = options.board == "virtual"
    if not virtual and options.port is None:
        raise spw.SpikewrightError(
            f"--board {options.board} is a real board; give its --port, too, or take --board "
            "virtual"
        )
    with arguments_checked(options.flags):
        if virtual:
            solver.check(graph)  # before the board is compiled
            opened = spw.open_qubo_board(solver)
        else:
            opened = spw.open_qubo_board(port=options.port, board=options.board)
        with opened as board:
            answer = board.solve(graph, settings=settings, timeout_s=timeout_s)
            reference = spw.solve_qubo(
                graph, solver=board.solver, settings=settings, timeout_s=timeout_s
            )
    spw.print_qubo_answer(answer, reference=reference)


def _graph(options: argparse.Namespace) -> "spw.Graph | None":
    """Return the graph that was asked for, or None for the benchmark's workloads."""
    if options.graph is not None:
        return spw.read_graph(options.graph)
    if options.nodes is None:
        return None
    with arguments_checked(options.flags):
        return spw.random_graph(
            options.nodes, density=0.1 if options.density is None else options.density,
            seed=options.graph_seed or 0,
        )
