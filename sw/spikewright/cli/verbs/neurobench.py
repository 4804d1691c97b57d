"""``spikewright neurobench``: the benchmarks of NeuroBench on this gateware."""

import argparse
import sys

import spikewright as spw

from ..options import count, counts, frequency, milliseconds, path, seed
from ..words import arguments_checked, command_told, options_named
from .neurobench_tasks import add_keyword_fscil, add_primate_reaching

__all__ = ["add"]


def add(commands) -> None:
    """Add the command with the benchmarks that there are."""
    verb = commands.add_parser("neurobench", help="benchmarks of NeuroBench")
    benches = verb.add_subparsers(required=True, metavar="BENCHMARK")
    _add_qubo(benches)
    _add_mackey_glass(benches)
    _add_cart_pole(benches)
    _add_detection(benches)
    _add_asc(benches)
    add_primate_reaching(benches)
    add_keyword_fscil(benches)
    _add_submit(benches)
    _add_check(benches)


def _add_qubo(benches) -> None:
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


def _add_mackey_glass(benches) -> None:
    bench = benches.add_parser(
        "mackey-glass", help="forecasts of chaotic series, beside the leaderboard",
        description="A forecaster is trained for each repeat of each series, and forecasts on "
        "from its own answers. By the integer reference, and on a virtual board.",
    )
    add = bench.add_argument
    add("--tau", type=counts, metavar="N[,N...]", help="delays of the series (17 to 30)")
    add("--repeats", type=count, default=30, metavar="N", help="of each series (%(default)s)")
    add(
        "--on-board", type=count, default=100, metavar="N",
        help="forecasts of a virtual board, which takes a minute to compile; 0: none "
        "(%(default)s)",
    )
    add("--pages", action="store_true", help="write the tables of docs/mackey_glass.md, too")
    bench.set_defaults(verb=mackey_glass, command="neurobench mackey-glass")


def _add_cart_pole(benches) -> None:
    bench = benches.add_parser(
        "cart-pole", help="closed loop: a pole that a spiking network keeps upright",
        description="A controller is trained and balances the pole, by the integer reference and "
        "by its own decisions on a board. The plant is simulated on this machine.",
    )
    add = bench.add_argument
    add("--step", type=counts, metavar="MS[,MS...]", help="lengths of a control step (1,20)")
    add("--episodes", type=count, default=10, metavar="N", help="of each length (%(default)s)")
    add("--seed", type=seed, default=0, metavar="N", help="of the training (%(default)s)")
    add(
        "--board", default="virtual", metavar="NAME",
        help="virtual, which takes a minute to compile; none; or the name of a real one at --port, "
        "which holds the network (%(default)s)",
    )
    add("--port", metavar="PATH", help="serial port of a real board, such as /dev/ttyUSB0")
    add("--pages", action="store_true", help="write the tables of docs/cart_pole.md, too")
    bench.set_defaults(verb=cart_pole, command="neurobench cart-pole")


def _add_detection(benches) -> None:
    bench = benches.add_parser(
        "detection", help="boxes around shapes before an event camera, a rehearsal",
        description="A network of convolutions is trained on made scenes, and its boxes are judged "
        "by pycocotools. By the integer reference, and on a virtual board.",
    )
    add = bench.add_argument
    add("--scenes", type=count, default=2000, metavar="N", help="to train (%(default)s)")
    add("--tested", type=count, default=300, metavar="N", help="further ones (%(default)s)")
    add(
        "--network", default="12C3p1-P2-24C3p1-P2-32C3p1-P2-6C3p1", metavar="NAME",
        help="short name of the whole network, which ends in a map of 4 by 4 of 6 channels "
        "(%(default)s)",
    )
    add("--epochs", type=count, default=20, metavar="N", help="in real numbers (%(default)s)")
    add("--seed", type=seed, default=0, metavar="N", help="of scenes and training (%(default)s)")
    add(
        "--on-board", type=count, default=20, metavar="N",
        help="scenes of a virtual board, which takes a minute to compile; 0: none (%(default)s)",
    )
    add("--pages", action="store_true", help="write the tables of docs/detection.md, too")
    bench.set_defaults(verb=detection, command="neurobench detection")


def detection(options: argparse.Namespace) -> None:
    """Detect moving shapes."""
    with arguments_checked(options.flags), options_named(options.flags):
        spw.neurobench_detection(
            spw.DetectionBenchmark(
                scenes=options.scenes, tested=options.tested, network=options.network,
                epochs=options.epochs, seed=options.seed, on_board=options.on_board,
            ),
            command=command_told(), pages=options.pages,
        )


def cart_pole(options: argparse.Namespace) -> None:
    """Balance the pole."""
    steps = (options.step,) if isinstance(options.step, int) else options.step
    chosen = {} if steps is None else {"steps_ms": steps}
    with arguments_checked({**options.flags, "steps_ms": "--step"}):
        benchmark = spw.CartPoleBenchmark(
            **chosen, episodes=options.episodes, seed=options.seed, board=options.board,
            port=options.port,
        )
    with options_named(options.flags):
        spw.neurobench_cart_pole(
            benchmark, command=command_told(), pages=options.pages
        )


def _add_asc(benches) -> None:
    bench = benches.add_parser(
        "asc", help="acoustic scenes, or a rehearsal on other sounds",
        description="A network is trained behind the filter bank and tested in integers. "
        "Simulated: cycles of the gateware over --clock; energies are an estimate (docs/asc.md).",
    )
    add = bench.add_argument
    add(
        "--rehearsal", metavar="NAME",
        help="other sounds in the place of the benchmark's: esc10 or fsdd",
    )
    add(
        "--folder", type=path, metavar="DIR",
        help="folder of the sounds, or the one above it (default: that in SPIKEWRIGHT_DATA)",
    )
    add("--network", metavar="NAME", help="short name of the whole network (by the sounds)")
    add("--epochs", type=count, metavar="N", help="epochs in real numbers (by the sounds)")
    add("--seed", type=seed, default=0, metavar="N", help="of the training (%(default)s)")
    add("--clock", type=frequency, default=12.0, metavar="MHZ", help="assumed (%(default)g)")
    add("--pages", action="store_true", help="write the table of docs/asc.md, too")
    bench.set_defaults(verb=asc, command="neurobench asc")


def asc(options: argparse.Namespace) -> None:
    """Tell acoustic scenes apart."""
    with arguments_checked(options.flags):
        benchmark = spw.AscBenchmark(
            rehearsal=options.rehearsal, folder=options.folder, network=options.network,
            epochs=options.epochs, seed=options.seed, clock_hz=options.clock * 1e6,
        )
    with arguments_checked(options.flags), options_named(options.flags):
        spw.neurobench_asc(
            benchmark, command=command_told(), pages=options.pages
        )


def mackey_glass(options: argparse.Namespace) -> None:
    """Forecast the series."""
    taus = (options.tau,) if isinstance(options.tau, int) else options.tau
    chosen = {} if taus is None else {"taus": taus}
    with arguments_checked({**options.flags, "taus": "--tau"}):
        benchmark = spw.MackeyGlassBenchmark(
            **chosen, repeats=options.repeats, on_board=options.on_board
        )
    spw.neurobench_mackey_glass(
        benchmark, command=command_told(), pages=options.pages
    )


def _add_submit(benches) -> None:
    verb = benches.add_parser(
        "submit", help="five trials of a benchmark, and all that a submission asks for",
        description="The record, a report, each trial with its log, and the hash of each file. "
        "All of it is simulated, and says so.",
    )
    add = verb.add_argument
    add("task", metavar="TASK", help="qubo, mackey-glass, cart-pole, or run: the digits")
    add("--folder", type=path, metavar="DIR", help="a new one (build/submissions/TASK)")
    add("--quick", action="store_true", help="a part of the workloads, in seconds: no submission")
    add("--organisation", default="", metavar="NAME", help="who submits")
    add("--availability", default="RDI", metavar="WORD", help="Available, Preview or RDI (RDI)")
    add(
        "--configuration", default="Performance", metavar="WORD",
        help="Performance or Efficiency (Performance)",
    )
    verb.set_defaults(verb=submit, command="neurobench submit")


def submit(options: argparse.Namespace) -> None:
    """Submit a benchmark."""
    with arguments_checked({**options.flags, "task": "TASK"}), options_named(options.flags):
        spw.submit(
            options.task, options.folder, quick=options.quick,
            submitter=spw.Submitter(
                organisation=options.organisation, availability=options.availability,
                configuration=options.configuration,
            ),
        )


def _add_check(benches) -> None:
    verb = benches.add_parser(
        "check", help="whether a submission is sound, and what is missing",
        description="A reader that shares no code with the writer: hashes, schemas, trials within "
        "5 %, results counted once more from the trials' rows, values that cannot be.",
    )
    verb.add_argument("folder", type=path, metavar="FOLDER", help="of a submission")
    verb.add_argument(
        "--repeat", action="store_true", help="run the five trials once more, and compare"
    )
    verb.set_defaults(verb=check, command="neurobench check")


def check(options: argparse.Namespace) -> None:
    """Check a submission."""
    spw.check_submission(options.folder, repeat=options.repeat)


def qubo(options: argparse.Namespace) -> None:
    """QuboSearch for independent sets."""
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
        with options_named(options.flags):
            solution = spw.solve_qubo(
                graph, solver=solver, settings=settings, timeout_s=timeout
            )
        spw.print_qubo_solution(solution)
        return
    with arguments_checked(options.flags), options_named(options.flags):
        spw.neurobench_qubo(
            spw.QuboBenchmark(
                solver=solver, settings=settings, timeout_s=timeout,
                runs=5 if options.runs is None else options.runs,
                host=options.host, largest=options.largest,
            ),
            command=command_told(), pages=options.pages,
        )


def _build(solver: "spw.QuboSolver", options: argparse.Namespace) -> None:
    """Build the bitstream of a board, and say where it lies."""
    with arguments_checked(options.flags), options_named(options.flags):
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
    with arguments_checked(options.flags), options_named(options.flags):
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
