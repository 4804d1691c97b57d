"""The echo state network of NeuroBench's leaderboard.

Hyperparameters, and the order in which random numbers are drawn, are those of its row
(github.com/NeuroBench/neurobench, commit 326f526).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from .protocol import FORECAST, TRAINED, Stretch

__all__ = ["EchoState", "echo_state_forecasts"]


@dataclass(frozen=True)
class EchoState:
    """Forecasts of echo state networks, one a repeat, and what the networks need.

    Parameters
    ----------
    forecasts : array ``[repeats, 750]``
    footprint_bytes : float
        Of all weights in float64; the state is not counted, as by the harness.
    connection_sparsity : float
        Share of the weights that are zero, mean over the repeats.
    dense_operations, effective_macs : float
        Of a forecast of one value: all weights; those that are not zero, mean over the repeats.
    activation_sparsity : float
        The harness knows no layer of tanh, and says 0.
    """

    forecasts: np.ndarray
    footprint_bytes: float
    connection_sparsity: float
    dense_operations: float
    effective_macs: float
    activation_sparsity: float = 0.0


_SIZE, _SCALE_BIAS, _SCALE_INPUT = 186, 0.68, 0.85
_CONNECTED, _RADIUS, _LEAK, _RIDGE = 0.11, 1.09, 0.58, 1e-8
#: Values after which the state has forgotten its start: 0.6 Lyapunov times.
_WASHOUT = 45


def echo_state_forecasts(repeats: Sequence[Stretch], *, size: int = _SIZE) -> EchoState:
    """Train a network for each repeat, with its number as the seed, and let it forecast.

    Parameters
    ----------
    repeats : sequence of Stretch
    size : int
        Neurons of the reservoir.
    """
    drawn = [_reservoir(seed, size) for seed in range(len(repeats))]
    inputs = np.array([one[0] for one in drawn])
    within = np.array([one[1] for one in drawn])
    known = np.array([one.known for one in repeats])

    def after(state: np.ndarray, x: np.ndarray) -> np.ndarray:
        heard = inputs[..., 0] + inputs[..., 1] * x[:, None]
        heard = heard + np.einsum("rij,rj->ri", within, state)
        return (1 - _LEAK) * state + _LEAK * np.tanh(heard)

    state = np.zeros((len(repeats), size))
    seen = np.empty((len(repeats), TRAINED, size + 2))
    for at in range(TRAINED):
        state = after(state, known[:, at])
        seen[:, at] = _read_out(state, known[:, at])
    seen, wanted = seen[:, _WASHOUT:], known[:, _WASHOUT + 1 :]
    squares = seen.transpose(0, 2, 1) @ seen + _RIDGE * np.eye(size + 2)
    weights = np.linalg.solve(squares, seen.transpose(0, 2, 1) @ wanted[..., None])[..., 0]
    x, forecasts = known[:, -1], np.empty((len(repeats), FORECAST))
    with np.errstate(over="ignore", invalid="ignore"):  # one may diverge, which its score tells
        for at in range(FORECAST):
            state = after(state, x)
            x = (weights * _read_out(state, x)).sum(axis=1)
            forecasts[:, at] = x
    dense = inputs[0].size + within[0].size + weights[0].size
    there = sum(map(np.count_nonzero, (inputs, within, weights))) / len(repeats)
    return EchoState(
        forecasts, footprint_bytes=8.0 * dense, connection_sparsity=1 - there / dense,
        dense_operations=float(dense), effective_macs=there,
    )


def _reservoir(seed: int, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw the weights of bias and input, and those within the reservoir, in NeuroBench's order."""
    random = torch.Generator().manual_seed(seed)
    inputs = torch.rand((size, 2), dtype=torch.float64, generator=random).numpy() - 0.5
    chances = torch.rand((size, size), dtype=torch.float64, generator=random).numpy()
    there = chances <= _CONNECTED
    within = np.zeros((size, size))
    within[there] = torch.normal(
        0.0, 1.0, (int(there.sum()),), dtype=torch.float64, generator=random
    ).numpy()
    # The first eigenvalue, and not the largest one, is what the row was made with.
    first = torch.linalg.eigvals(torch.from_numpy(within)).numpy()[0]
    return inputs * (_SCALE_BIAS, _SCALE_INPUT), within * (_RADIUS / abs(first))


def _read_out(state: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Return what the readout hears: a constant, the input, the state."""
    return np.concatenate([np.ones((len(x), 1)), x[:, None], state], axis=1)
