"""``spikewright neurobench cart-pole``: a pole balanced by a spiking network, in closed loop."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import Any, ClassVar

import numpy as np

from spikewright_hw.checks import settle, text, whole, wholes

from ..coding.population import Population
from ..device.boards import VIRTUAL
from ..gateware.board import DEFAULT_BOARD, Board, board_named
from ..job.training import train
from ..network.reference import run as run_reference
from ..network.training_config import training_config
from ..quantized.network import QuantizedNetwork
from ..quantized.spw import write
from ..record.algorithm import measure
from ..record.algorithm_figures import algorithm_figures
from ..record.benchmark import Benchmark, Outcome, made_by, said
from ..record.figure import Computed, Counted, Figure, Provenance, Simulated
from ..record.markdown import figure_table, table
from ..record.raw_log import write_log
from ..record.report import Report
from .cart_pole import CartPole
from .episodes import BoardEpisodes, Episodes, balanced, balanced_on_board, reference_policy
from .teacher import pushes_right, taught

__all__ = ["CartPoleBenchmark", "cart_pole_network"]

HEADINGS = ("controller", "control step, ms", "episodes", "reward, mean", "lowest", "most there is",
            "farthest from the middle, m")
#: Decisions of a board whose operations are counted, for the metrics of the algorithm track.
_COUNTED = 500


@dataclass(frozen=True, kw_only=True)
class CartPoleBenchmark(Benchmark):
    """A pole that a network balances in closed loop: how, and by which board.

    Beside the report are the network, ``controller.spw``, and what it did, ``episodes.npz``: of
    each length of a step the states and the pushes, such as ``integers_1ms_states``.

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

    page: ClassVar[Path] = Path("docs") / "cart_pole.md"

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

    @property
    def name(self) -> str:
        """Name of the report."""
        return "cart-pole"

    def outcome(self, *, command: str, folder: Path, build: Path) -> Outcome:
        """Train a controller, and let it balance the pole, by reference and on a board."""
        network = cart_pole_network(seed=self.seed, build=build)
        write(folder / "controller.spw", network)  # a real board needs it before it can be asked
        plants = [CartPole(step) for step in self.steps_ms]
        board = None
        if self.board != "none":
            board = balanced_on_board(
                network, plants, seed=0, board=self.chosen, port=self.port or VIRTUAL, build=build
            )
        policy = reference_policy(network)
        own = [balanced(policy, plant, range(self.episodes)) for plant in plants]
        report = _report(self, network, _rows(self, own, plants, board), board, command)
        _write_episodes(
            folder / "episodes.npz", integers=own, board=board.episodes if board else ()
        )
        lines = _table(report)
        return Outcome(report=report, lines=lines, blocks={
            "said": said(report), "rewards": "\n".join(lines),
            "figures": "\n".join(figure_table(report.figures)),
        })


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


def _write_episodes(file: Path, **did: Sequence[Episodes]) -> None:
    """Write what controllers did: a raw log, from which rewards can be counted once more."""
    arrays: dict[str, Any] = {
        f"{name}_{one.step_ms}ms_{what}": array
        for name, each in did.items() for one in each
        for what, array in (("states", one.states.astype(np.float32)), ("pushes", one.pushes))
    }
    write_log(file, arrays)


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
        name=benchmark.name,
        title="Closed loop: cart and pole, balanced by a spiking network",
        summary=(
            f"Reward, mean over the starts of seeds 0 to {benchmark.episodes - 1}, by the integer "
            f"reference: {rewards}. "
            f"{said} The plant is simulated on the host; nothing is measured."
        ),
        figures=tuple(figures), rows=tuple(rows),
        made={
            **made_by(command),
            "plant": "cart and pole of Gymnasium's CartPole-v1, episodes of 10 s",
            "starts": f"seeds 0 to {benchmark.episodes - 1}; the board's is 0",
            "network": network.network.digest().hex(),
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
