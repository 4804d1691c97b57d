"""Made recordings of reaching, whose best decoding is known: no animal was recorded.

The velocity of each axis is Gaussian noise that passes two low-pass filters of 100 ms. A unit has a
direction that it likes; its rate follows the velocity along it in a straight line, is cut at 0, and
is that of a Poisson process: a linear-nonlinear unit with cosine tuning (A. Georgopoulos and
others, Journal of Neuroscience 2(11), 1982; J. Moran, A. Schwartz, Journal of Neurophysiology
82(5), 1999).

Velocity and noise are Gaussian but for the cut, so that the Kalman filter is the best linear
decoder, and the equation of its error gives the R² that it reaches on average, before any spike is
drawn. A decoder that is not linear could do a little better, by the cut alone.
"""

from dataclasses import dataclass

import numpy as np

from spikewright_hw.checks import whole

from .recording import BIN_MS, Recording

__all__ = ["Synthetic", "kalman_decoded", "synthetic_recording"]

#: Time constant of the low-pass filters, and length of a reach between jumps of the target.
_SLOW_MS, _REACH_BINS = 100, 250
#: Mean rate of the units in Hz, deviation of its logarithm, and how far a rate swings: the change
#: by one standard deviation of the velocity, as a share of the rate.
_RATE_HZ, _SPREAD, _SWING = 8.0, 0.6, 0.4
_STAY = float(np.exp(-BIN_MS / _SLOW_MS))
#: A step of an axis: its velocity, of standard deviation 1, and what drives it.
_STEP = np.array([[_STAY, 1 - _STAY], [0.0, _STAY]])


@dataclass(frozen=True, eq=False)
class Synthetic:
    """A made recording, and what is known of it.

    Parameters
    ----------
    recording : Recording
    gains : array ``[channels, 2]``
        By how much the spikes of a bin grow with the velocity.
    rates : array ``[channels]``
        Spikes of a bin, mean.
    """

    recording: Recording
    gains: np.ndarray
    rates: np.ndarray

    @property
    def information(self) -> np.ndarray:
        """What a bin says of the velocity, ``[2, 2]``: the inverse of its error."""
        return (self.gains / self.rates[:, None]).T @ self.gains

    def best_linear(self, bins: int) -> float:
        """Return the R² of the best linear decoder that hears so many bins, the newest among them.

        Parameters
        ----------
        bins : int, at least 1
        """
        step, noise, spread = _two_axes()
        error = spread
        for number in range(whole(1)("bins", bins)):
            if number:
                error = step @ error @ step.T + noise
            error = _heard(error, self.information)
        return 1 - float(np.diag(error)[::2].mean() / np.diag(spread)[::2].mean())


def synthetic_recording(seed: int = 0, *, bins: int = 60_000, channels: int = 96) -> Synthetic:
    """Make a recording.

    Parameters
    ----------
    seed : int
        Of all that is drawn.
    bins : int, at least 1000
        Of 4 ms.
    channels : int
        Units, one on each channel.
    """
    random = np.random.default_rng([whole(0)("seed", seed), 4])
    bins, channels = whole(1000)("bins", bins), whole(1)("channels", channels)
    noise, spread = _noise()
    state = np.linalg.cholesky(spread) @ random.standard_normal((2, 2))
    drawn = random.standard_normal((bins, 2)) * np.sqrt(noise[1, 1])
    velocity = np.empty((bins, 2))
    for at in range(bins):
        state = _STEP @ state
        state[1] += drawn[at]
        velocity[at] = state[0]
    angles = random.uniform(0, 2 * np.pi, channels)
    rates = _RATE_HZ * BIN_MS / 1000 * random.lognormal(-(_SPREAD**2) / 2, _SPREAD, channels)
    gains = (rates * _SWING)[:, None] * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    spikes = random.poisson(np.maximum(0, rates + velocity @ gains.T)) > 0
    ends = np.append(np.arange(0, bins, _REACH_BINS), bins)
    recording = Recording(
        f"synthetic-{seed}", spikes, velocity, np.stack([ends[:-1], ends[1:]], axis=1)
    )
    return Synthetic(recording, gains, rates)


def kalman_decoded(made: Synthetic, bins: np.ndarray) -> np.ndarray:
    """Return the velocities ``[bins, 2]`` that the Kalman filter decodes, from the first spike on.

    Parameters
    ----------
    made : Synthetic
    bins : int array
        Where they are asked for.
    """
    step, noise, error = _two_axes()
    state, found = np.zeros(4), np.empty_like(made.recording.velocity)
    heard = (made.recording.spikes - made.rates) @ (made.gains / made.rates[:, None])
    for at, said in enumerate(heard):
        if at:
            state, error = step @ state, step @ error @ step.T + noise
        error = _heard(error, made.information)
        # Spikes less those that were expected, in the unit of the information.
        state = state + error[:, ::2] @ (said - made.information @ state[::2])
        found[at] = state[::2]
    return found[bins]


def _noise() -> tuple[np.ndarray, np.ndarray]:
    """Return the noise of a step of an axis, and the covariance that it settles at."""
    spread = np.zeros((2, 2))
    noise = np.diag([0.0, 1.0])
    for _ in range(100 * _SLOW_MS // BIN_MS):
        spread = _STEP @ spread @ _STEP.T + noise
    return noise / spread[0, 0], spread / spread[0, 0]


def _two_axes() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return step, noise and settled covariance of both axes, ``[4, 4]`` each."""
    noise, spread = _noise()
    both = np.eye(2)
    return np.kron(both, _STEP), np.kron(both, noise), np.kron(both, spread)


def _heard(error: np.ndarray, information: np.ndarray) -> np.ndarray:
    """Return the error after a bin is heard; entries 0 and 2 are the velocities."""
    told = np.zeros((4, 4))
    told[::2, ::2] = information
    return np.linalg.inv(np.linalg.inv(error) + told)
