"""``spikewright neurobench cart-pole``: a pole balanced by a spiking network, in closed loop."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np
from rich.console import Console

from spikewright_hw.checks import instance, settle, text, whole, wholes

from .. import terminal
from ..coding.population import Population
from ..device.boards import VIRTUAL
from ..errors import DataError
from ..files import write_bytes, write_if_changed
from ..gateware.board import DEFAULT_BOARD, Board, board_named
from ..job.training import train
from ..machine import processor
from ..network.reference import run as run_reference
from ..network.training_config import training_config
from ..quantized.network import QuantizedNetwork
from ..quantized.spw import write
from ..record.algorithm import measure
from ..record.algorithm_figures import algorithm_figures
from ..record.figure import Computed, Counted, Figure, Provenance, Simulated
from ..record.markdown import filled, table, wrapped
from ..record.report import Report
from ..record.store import REPORTS, write_report
from .cart_pole import CartPole
from .episodes import BoardEpisodes, Episodes, balanced, balanced_on_board, reference_policy
from .teacher import pushes_right, taught

__all__ = ["PAGE", "CartPoleBenchmark", "cart_pole_network", "neurobench_cart_pole"]

PAGE = Path("docs") / "cart_pole.md"
NAME = "cart-pole"
HEADINGS = ("controller", "control step, ms", "episodes", "reward, mean", "lowest", "most there is",
            "farthest from the middle, m")
#: Decisions of a board whose operations are counted, for the metrics of the algorithm track.
_COUNTED = 500


@dataclass(frozen=True, kw_only=True)
class CartPoleBenchmark:
    """How the pole is balanced, and by which board.

    Parameters
    ----------
    steps_ms : sequence of int, 1 to 20
        Lengths of a control step: 20 ms are those of CartPole-v1.
    episodes : int, 1 to 1000
        Of each length, from the starts of the seeds 0, 1, 2 and so on.
    seed : int
        Of the training.
    board : str
        ``virtual``, or the name of a real board at ``port``; it balances one episode of each
        length. ``none``: no board is asked.
    port : str, optional
        Serial port of a real board.
    """

    steps_ms: Sequence[int] = (1, 20)
    episodes: int = 10
    seed: int = 0
    board: str = VIRTUAL
    port: str | None = None

    def __post_init__(self):
        settle(
            self, steps_ms=wholes(1, 20), episodes=whole(1, 1000), seed=whole(0), board=text,
        )
        if not self.steps_ms or len(set(self.steps_ms)) < len(self.steps_ms):
            raise ValueError(
                f"steps_ms is {list(self.steps_ms)}; name each length once, and at least one"
            )
        if self.board in (VIRTUAL, "none"):
            if self.port is not None:
                raise ValueError(
                    f"port is {self.port!r}, and board is {self.board!r}, which has none; name the "
                    "real board, or leave the port out"
                )
            return
        board_named(self.board)
        if self.port is None:
            raise ValueError(
                f"board is {self.board!r}, a real one; give its port, too, or take 'virtual'"
            )
        text("port", self.port)

    @property
    def chosen(self) -> Board:
        """The board, or the one that a virtual board stands for."""
        return board_named(DEFAULT_BOARD if self.board == VIRTUAL else self.board)


def cart_pole_network(*, seed: int = 0, build: str | Path = "build") -> QuantizedNetwork:
    """Return a controller of cart and pole: 32-16-2, trained in seconds unless it was before.

    Each part of the state is seen by eight inputs with receptive fields, in eight steps; it pushes
    to the side of the higher output. It imitates a linear-quadratic regulator.

    Parameters
    ----------
    seed : int
        Of the training and of its states.
    build : str or Path
        Folder of everything generated.
    """
    task = taught(seed=seed)
    coding = Population(values=4, fields=8, steps=8, low=-1, high=1)
    config = training_config(
        task, hidden=(16,), coding=coding, epochs=20, weight_bits=6, membrane="Q10.6", bias=True
    )
    return train(task, config, seed=seed, build=build)


def neurobench_cart_pole(
    benchmark: CartPoleBenchmark | None = None, *,
    command: str = "spikewright neurobench cart-pole",
    directory: str | Path | None = None, pages: bool = False, root: Path = Path(),
    build: str | Path = "build", console: Console | None = None,
) -> Report:
    """Train a controller, let it balance the pole, by reference and on a board; write the report.

    Beside the report are the network, ``controller.spw``, and what it did, ``episodes.npz``: of
    each length of a step the states and the pushes, such as ``integers_1ms_states``.

    Parameters
    ----------
    benchmark : CartPoleBenchmark, optional
    command : str
        What the report says to repeat it.
    directory : str or Path, optional
        Where the report goes; ``build/reports/cart-pole`` unless given.
    pages : bool
        Whether the tables of ``docs/cart_pole.md`` in the checkout ``root`` are written, too.
    root : Path
        The checkout.
    build : str or Path
        Folder of the trained network and the virtual board.
    console : rich.console.Console, optional

    Raises
    ------
    DataError
        A decision of the board differs from the reference, or there is no page to write.
    ToolError, BuildError, StorageError, DeviceError
        A virtual board cannot be compiled, a file cannot be written, or a board does not answer.
    """
    benchmark = CartPoleBenchmark() if benchmark is None else benchmark
    instance(CartPoleBenchmark)("benchmark", benchmark)
    console = terminal.console() if console is None else console
    if pages and not (root / PAGE).is_file():
        raise DataError(f"there is no page {root / PAGE}; run this in the checkout")
    folder = REPORTS / NAME if directory is None else Path(directory)
    network = cart_pole_network(seed=benchmark.seed, build=build)
    write(folder / "controller.spw", network)  # a real board needs it before it can be asked
    plants = [CartPole(step) for step in benchmark.steps_ms]
    board = None
    if benchmark.board != "none":
        board = balanced_on_board(
            network, plants, seed=0, board=benchmark.chosen, port=benchmark.port or VIRTUAL,
            build=build,
        )
    own = [
        balanced(reference_policy(network), plant, range(benchmark.episodes)) for plant in plants
    ]
    rows = _rows(benchmark, own, plants, board)
    report = _report(benchmark, network, rows, board, command)
    lines = _table(report)
    for line in (*lines, "", report.summary):
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    write_report(report, folder)
    _write_episodes(folder / "episodes.npz", integers=own, board=board.episodes if board else ())
    if pages:
        _write_page(lines, report, root / PAGE)
    return report


def _write_episodes(file: Path, **did: Sequence[Episodes]) -> None:
    """Write what controllers did: a raw log, from which rewards can be counted once more."""
    arrays: dict[str, Any] = {
        f"{name}_{one.step_ms}ms_{what}": array
        for name, each in did.items() for one in each
        for what, array in (("states", one.states.astype(np.float32)), ("pushes", one.pushes))
    }
    made = BytesIO()
    np.savez_compressed(made, **arrays)
    write_bytes(file, made.getvalue())


def _rows(
    benchmark: CartPoleBenchmark, own: Sequence[Episodes], plants: Sequence[CartPole],
    board: BoardEpisodes | None,
) -> list[dict[str, Any]]:
    """Return a row for each controller and length of a step."""
    seeds, random = range(benchmark.episodes), np.random.default_rng(benchmark.seed)
    rows = []
    for at, plant in enumerate(plants):
        rows.append(_row("spiking, in integers", plant, own[at]))
        for name, policy in (
            ("linear, float64: what it imitates", pushes_right),
            ("drawn pushes", lambda states: random.uniform(size=len(states)) < 0.5),
        ):
            rows.append(_row(name, plant, balanced(policy, plant, seeds)))
        if board is not None:
            kind = "virtual board" if board.virtual else f"board {benchmark.chosen.name}"
            rows.insert(-2, _row(f"spiking, {kind}", plant, board.episodes[at]))
    return rows


def _row(name: str, plant: CartPole, found: Episodes) -> dict[str, Any]:
    return {
        "controller": name, "step_ms": plant.step_ms, "episodes": len(found.rewards),
        "reward": mean(found.rewards), "lowest": min(found.rewards), "most": plant.steps,
        "farthest": found.farthest, "rewards": list(found.rewards),
    }


def _report(
    benchmark: CartPoleBenchmark, network: QuantizedNetwork, rows: Sequence[dict[str, Any]],
    board: BoardEpisodes | None, command: str,
) -> Report:
    """Return the report: rewards, operations of a decision, and cycles of a board."""
    own = [row for row in rows if row["controller"] == "spiking, in integers"]
    figures = [
        Figure(f"reward_{row['step_ms']}ms", row["reward"], "1", Computed(
            f"mean over the starts of seeds 0 to {row['episodes'] - 1}, by the integer reference; "
            "the plant is simulated"
        ), {"rewards": row["rewards"]})
        for row in own
    ]
    said = "No board was asked."
    if board is not None:
        figures += [*_metrics(network, board), *_board_figures(benchmark, board)]
        named = {one.name: one.value for one in figures}
        how = "simulated" if board.virtual else "counted by the board"
        said = (
            f"A {'virtual' if board.virtual else 'real'} board made {len(board.cycles)} decisions "
            f"in the loop, each equal to the reference's, in {named['cycles_mean']:.4g} cycles, "
            f"{max(board.cycles)} at most ({how}): {named['decision_us']:.3g} µs at "
            f"{board.clock_hz / 1e6:g} MHz, without the serial port."
        )
    rewards = ", ".join(
        f"{row['reward']:g} of {row['most']} with steps of {row['step_ms']} ms" for row in own
    )
    return Report(
        name=NAME,
        title="Closed loop: cart and pole, balanced by a spiking network",
        summary=(
            f"Reward, mean over the starts of seeds 0 to {benchmark.episodes - 1}, by the integer "
            f"reference: {rewards}. "
            f"{said} The plant is simulated on the host; nothing is measured."
        ),
        figures=tuple(figures), rows=tuple(rows),
        made={
            "command": command,
            "plant": "cart and pole of Gymnasium's CartPole-v1, episodes of 10 s",
            "starts": f"seeds 0 to {benchmark.episodes - 1}; the board's is 0",
            "network": network.network.digest().hex(), "processor": processor(),
            "numpy": np.__version__, "date": time.strftime("%Y-%m-%d"),
        },
    )


def _metrics(network: QuantizedNetwork, board: BoardEpisodes) -> list[Figure]:
    """Return the algorithm track's metrics of a decision."""
    spikes = board.spikes[-_COUNTED:]
    run = run_reference(network.network, spikes)
    found = measure(
        network.network, spikes, run.traced_spikes,
        membranes=[layer.membranes for layer in run.layers],
    )
    return algorithm_figures(
        found, f"one decision, mean over the last {len(spikes)} of the board"
    )


def _board_figures(benchmark: CartPoleBenchmark, board: BoardEpisodes) -> list[Figure]:
    """Return what the board took; the cycles of a real one are those that it counted."""
    by: Provenance = Simulated("board top with the event engine", "Verilator")
    if not board.virtual:
        chosen = benchmark.chosen
        by = Counted(device=f"{chosen.name} ({chosen.device})", virtual=False)
    us = 1e6 / board.clock_hz
    return [
        Figure("compared", len(board.cycles), "1", by),
        Figure("mismatches", 0, "1", by),
        Figure("cycles_mean", mean(board.cycles), "cycles", by),
        Figure("cycles_max", max(board.cycles), "cycles", by),
        Figure("decision_us", mean(board.cycles) * us, "µs", by),
        Figure("decision_max_us", max(board.cycles) * us, "µs", by),
    ]


def _table(report: Report) -> list[str]:
    """Return the lines of the table."""
    return list(table(HEADINGS, [
        (row["controller"], row["step_ms"], row["episodes"], f"{row['reward']:,.6g}",
         f"{row['lowest']:,}", f"{row['most']:,}", f"{row['farthest']:.3g}")
        for row in report.rows
    ]))


def _write_page(lines: Sequence[str], report: Report, page: Path) -> bool:
    """Write the blocks of the page; return whether it changed."""
    by = f"{report.made['command']}, {report.made['date']}, {report.made['processor']}"
    metrics = list(table(("figure", "value", "unit", "origin"), [
        (f"`{one.name}`", f"{one.value:,.5g}", one.unit, one.provenance.kind)
        for one in report.figures
    ]))
    blocks: dict[str, str | None] = {
        "said": wrapped(f"{report.summary} {by}, numpy {report.made['numpy']}."),
        "rewards": "\n".join(lines), "figures": "\n".join(metrics),
    }
    text_there = page.read_text(encoding="utf-8")
    return write_if_changed(page, filled(text_there, blocks, page=page, names=tuple(blocks)))
