"""The linear controller that the network imitates, and the states that it learns from."""

from functools import lru_cache

import numpy as np

from ..task.task import Task
from .cart_pole import LIMITS, CartPole

__all__ = ["RANGES", "pushes_right", "seen", "taught"]

#: What the network sees of a state is a share of this, and never more than all of it.
RANGES = np.array([LIMITS[0], 3.0, LIMITS[1], 3.0])
#: What position, speed, angle and spin, and a unit of force, cost the linear controller.
_COSTS, _FORCE_COST = np.array([1.0, 0.1, 10.0, 0.1]), 1e-3
#: Starts of what is learned from: this share of the ranges. Every fifth push is drawn, so that
#: states are met from which the pole has to be caught.
_WIDE, _DRAWN = 0.5, 0.2


@lru_cache(maxsize=1)
def _gains() -> np.ndarray:
    """Return the gains of the linear-quadratic regulator of the plant around its upright state."""
    plant, small = CartPole(), 1e-5

    def after(state: np.ndarray, right: bool) -> np.ndarray:
        return plant.after(state, np.array(right))

    rest = np.zeros(4)
    pushed = (after(rest, True) - after(rest, False)) / 2
    moved = np.stack([
        (after(small * one, True) - after(-small * one, True)
         + after(small * one, False) - after(-small * one, False)) / (4 * small)
        for one in np.eye(4)
    ], axis=1)
    worth, gains = np.diag(_COSTS), np.zeros(4)
    for _ in range(2000):
        gains = pushed @ worth @ moved / (_FORCE_COST + pushed @ worth @ pushed)
        worth = np.diag(_COSTS) + moved.T @ worth @ (moved - np.outer(pushed, gains))
    return gains


def pushes_right(states: np.ndarray) -> np.ndarray:
    """Return whether the linear controller pushes to the right: by the sign of what it asks."""
    return -(np.asarray(states) @ _gains()) > 0


def seen(states: np.ndarray) -> np.ndarray:
    """Return states as the network sees them: each part from -1 to 1."""
    return np.clip(np.asarray(states) / RANGES, -1, 1).astype(np.float32)


def taught(*, seed: int, episodes: int = 40, steps: int = 100) -> Task:
    """Return states of the plant under the linear controller, with what it does there.

    Parameters
    ----------
    seed : int
        Of starts and of drawn pushes.
    episodes, steps : int
        How many, of 20 ms; the last fifth of the episodes is the test part.
    """
    random, plant = np.random.default_rng([seed, 1]), CartPole()
    states = random.uniform(-_WIDE, _WIDE, (episodes, 4)) * RANGES
    met = []
    for _ in range(steps):
        met.append(states)
        drawn = random.uniform(size=episodes) < _DRAWN
        right = np.where(drawn, random.uniform(size=episodes) < 0.5, pushes_right(states))
        states = plant.after(states, right)
        fresh = random.uniform(-_WIDE, _WIDE, (episodes, 4)) * RANGES
        states = np.where(plant.fallen(states)[:, None], fresh, states)
    held = episodes // 5
    train, test = (np.concatenate([one[part] for one in met])
                   for part in (slice(-held), slice(-held, None)))
    return Task(
        name="cart-pole", x_train=seen(train), y_train=pushes_right(train).astype(int),
        x_test=seen(test), y_test=pushes_right(test).astype(int), low=-1, high=1,
    )
