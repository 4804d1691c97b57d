"""Cart and pole: the plant of the closed-loop benchmark, in floating point on the host.

A cart on a rail without friction carries a pole on a hinge, and is pushed with a constant force to
the left or to the right. The equations are those of A. Barto, R. Sutton and C. Anderson
("Neuronlike adaptive elements that can solve difficult learning control problems", IEEE Trans. SMC
13:834, 1983), with the correction of R. Florian (2007); constants, starts and limits are those of
Gymnasium's CartPole-v1, whose trajectories these are, to the rounding of sines.
"""

from dataclasses import dataclass

import numpy as np

from spikewright_hw.checks import settle, whole

__all__ = ["LIMITS", "STATE", "CartPole", "cart_pole_start"]

#: What is seen of the plant, with units.
STATE = ("position, m", "velocity, m/s", "angle, rad", "angular velocity, rad/s")
#: An episode lasts 500 steps of 20 ms, unless the cart or the pole leaves its limits before.
_EPISODE_MS = 10_000
#: Of position and angle: m, and 12 degrees.
LIMITS = (2.4, 12 * np.pi / 180)

_GRAVITY, _CART, _POLE, _HALF, _FORCE = 9.8, 1.0, 0.1, 0.5, 10.0
#: Starts are within this of 0, in each part of the state.
_START = 0.05


@dataclass(frozen=True)
class CartPole:
    """The plant, with a control step of its own length.

    Parameters
    ----------
    step_ms : int, 1 to 20
        Milliseconds of a control step, and of a step of Euler's method. CartPole-v1 has 20.
    """

    step_ms: int = 20

    def __post_init__(self):
        settle(self, step_ms=whole(1, 20))

    @property
    def steps(self) -> int:
        """Control steps of an episode of ten seconds."""
        return _EPISODE_MS // self.step_ms

    def after(self, states: np.ndarray, right: np.ndarray) -> np.ndarray:
        """Return the states a control step later.

        Parameters
        ----------
        states : array ``[..., 4]``
            As :data:`STATE` has them.
        right : bool array ``[...]``
            Whether the cart is pushed to the right, or to the left.
        """
        given = np.asarray(states, np.float64)
        if given.shape[-1:] != (len(STATE),):
            raise ValueError(
                f"states has the shape {list(given.shape)}; the last axis must be the "
                f"{len(STATE)} parts of a state: {', '.join(STATE)}"
            )
        x, speed, angle, spin = np.moveaxis(given, -1, 0)
        mass, moment = _CART + _POLE, _POLE * _HALF
        sine, cosine = np.sin(angle), np.cos(angle)
        pushed = (np.where(right, _FORCE, -_FORCE) + moment * spin**2 * sine) / mass
        turned = (_GRAVITY * sine - cosine * pushed) / (
            _HALF * (4.0 / 3.0 - _POLE * cosine**2 / mass)
        )
        moved = pushed - moment * turned * cosine / mass
        step = self.step_ms / 1000
        return np.stack(
            [x + step * speed, speed + step * moved, angle + step * spin, spin + step * turned],
            axis=-1,
        )

    def fallen(self, states: np.ndarray) -> np.ndarray:
        """Return of which states the cart or the pole is out of its limits.

        Parameters
        ----------
        states : array ``[..., 4]``
        """
        return (np.abs(states[..., 0]) > LIMITS[0]) | (np.abs(states[..., 2]) > LIMITS[1])


def cart_pole_start(seed: int) -> np.ndarray:
    """Return the state that an episode starts from, as CartPole-v1 draws it of a seed.

    Parameters
    ----------
    seed : int
    """
    whole(0)("seed", seed)
    return np.random.default_rng(seed).uniform(-_START, _START, 4)
