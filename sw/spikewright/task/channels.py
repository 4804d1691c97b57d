"""Signals of several channels, each scaled to its own spread, so that few bits hold all of them."""

import numpy as np

__all__ = ["LIMIT", "standardised"]

#: Beyond so many standard deviations a value is cut.
LIMIT = 4.0


def standardised(train: np.ndarray, test: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return both parts less the mean of each channel, in its deviations, cut at ``LIMIT``.

    Mean and standard deviation are those of the training part. A channel that does not vary there
    is 0.

    Parameters
    ----------
    train, test : arrays ``[samples, time, channels]``
        Finite numbers.

    Returns
    -------
    float32 arrays ``[samples, time, channels]``
    """
    mean = train.mean(axis=(0, 1), dtype=np.float64).astype(np.float32)
    parts = np.float32(train) - mean, np.float32(test) - mean
    deviation = np.sqrt(np.square(parts[0]).mean(axis=(0, 1), dtype=np.float64))
    still = deviation == 0
    for part in parts:  # in their place: there may be a gigabyte of them
        part /= np.where(still, 1, deviation).astype(np.float32)
        part[..., still] = 0
        np.clip(part, -LIMIT, LIMIT, out=part)
    return parts
