"""Episodes: controllers balance the pole, by reference or on a board, and what they earn."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..coding.coding import encode
from ..device.boards import VIRTUAL, open_board
from ..errors import DataError
from ..gateware.board import Board
from ..network.reference import run as run_reference
from ..quantized.network import QuantizedNetwork
from .cart_pole import CartPole, cart_pole_start
from .teacher import seen

__all__ = ["BoardEpisodes", "Episodes", "balanced", "balanced_on_board", "reference_policy"]

Policy = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True, eq=False)
class Episodes:
    """What a controller earned: 1 for each control step up to the fall, in each episode.

    Parameters
    ----------
    step_ms : int
    rewards : tuple of int
    farthest : float
        The most that the cart was away from the middle, m.
    states : float array ``[steps + 1, episodes, 4]``
        The start, and what is there after each control step; after a fall nothing moves.
    pushes : bool array ``[steps, episodes]``
        Which were to the right.
    """

    step_ms: int
    rewards: tuple[int, ...]
    farthest: float
    states: np.ndarray
    pushes: np.ndarray


def balanced(policy: Policy, plant: CartPole, seeds: Sequence[int]) -> Episodes:
    """Let a controller balance the pole from the starts of some seeds, side by side.

    Parameters
    ----------
    policy : callable
        States ``[episodes, 4]`` to pushes, which are to the right where true.
    plant : CartPole
    seeds : sequence of int
    """
    states = np.stack([cart_pole_start(seed) for seed in seeds])
    standing, rewards = np.ones(len(states), bool), np.zeros(len(states), int)
    seen_states, pushes = [states], []
    for _ in range(plant.steps):
        pushes.append(policy(states))
        states = np.where(standing[:, None], plant.after(states, pushes[-1]), states)
        seen_states.append(states)
        rewards += standing  # the step that ends in the fall counts, as in CartPole-v1
        standing &= ~plant.fallen(states)
        if not standing.any():
            break
    all_states = np.stack(seen_states)
    farthest = float(np.abs(all_states[..., 0]).max())
    return Episodes(
        plant.step_ms, tuple(rewards.tolist()), farthest, all_states, np.stack(pushes)
    )


def reference_policy(network: QuantizedNetwork) -> Policy:
    """Return the controller that a network is, by its integer reference."""

    def push(states: np.ndarray) -> np.ndarray:
        spikes = encode(seen(states), network.coding)
        return run_reference(network.network, spikes).predictions.astype(bool)

    return push


@dataclass(frozen=True)
class BoardEpisodes:
    """What a board did in the loop: all decisions as the reference, in how many cycles.

    Parameters
    ----------
    episodes : tuple of Episodes
        One for each length of a control step.
    cycles : tuple of int
        Of each decision.
    clock_hz : int
    virtual : bool
        Whether the board says that it is a simulation.
    spikes : bool array ``[decisions, steps, inputs]``
        What it was sent.
    """

    episodes: tuple[Episodes, ...]
    cycles: tuple[int, ...]
    clock_hz: float
    virtual: bool
    spikes: np.ndarray


def balanced_on_board(
    network: QuantizedNetwork, plants: Sequence[CartPole], *, seed: int, board: Board,
    port: str = VIRTUAL, build: str | Path = "build",
) -> BoardEpisodes:
    """Let a board balance the pole by its own decisions; hold each to the integer reference.

    Parameters
    ----------
    network : QuantizedNetwork
    plants : sequence of CartPole
        An episode of each.
    seed : int
        Of the start.
    board : Board
    port : str
        Serial port of a real board, or ``"virtual"``.
    build : str or Path
        Folder of the virtual board.

    Raises
    ------
    DataError
        A decision of the board differs.
    ToolError, BuildError, StorageError, DeviceError
        The board cannot be compiled, or does not answer.
    """
    sent, results = [], []
    with open_board(network, port=port, board=board, build=build) as session:
        hello = session.hello()

        def push(states: np.ndarray) -> np.ndarray:
            (spikes,) = encode(seen(states), network.coding)
            sent.append(spikes)
            results.append(session.infer(spikes))
            return np.array([bool(results[-1].prediction)])

        episodes = tuple(balanced(push, plant, (seed,)) for plant in plants)
        virtual = hello.kind.name == "VIRTUAL"
    spikes = np.stack(sent)
    expected = run_reference(network.network, spikes)
    for step, result in enumerate(results):
        answer = (result.prediction, *result.outputs)
        wanted = (int(expected.predictions[step]), *map(int, expected.outputs[step]))
        if answer != wanted:
            raise DataError(
                f"decision {step} of the board is {list(answer)}, prediction and outputs, and that "
                f"of the integer reference {list(wanted)}; please report it"
            )
    return BoardEpisodes(
        episodes, tuple(one.cycles for one in results), hello.clock_hz, virtual, spikes
    )
