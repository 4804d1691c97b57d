"""Bit planes: graded inputs as the bitmaps that a board takes."""

import numpy as np

__all__ = ["bit_planes", "bitmaps", "is_graded"]


def bit_planes(inputs: np.ndarray, *, bits: int) -> np.ndarray:
    """Return the bits of each step's inputs, the most significant first.

    Parameters
    ----------
    inputs : array ``[..., steps, inputs]`` of whole numbers from 0 to ``2**bits - 1``
    bits : int
        1 to 8; with 1 these are spikes, which come back as they are.

    Returns
    -------
    uint8 array ``[..., steps * bits, inputs]`` of 0 and 1
    """
    values = np.asarray(inputs).astype(np.uint8)
    places = np.arange(bits - 1, -1, -1, dtype=np.uint8)
    planes = values[..., None, :] >> places[:, None] & 1
    return planes.reshape(*values.shape[:-2], values.shape[-2] * bits, values.shape[-1])


def bitmaps(sample: np.ndarray, *, bits: int) -> list[int]:
    """Return the planes of a sample ``[steps, inputs]`` as numbers: bit ``k`` is input ``k``."""
    packed = np.packbits(bit_planes(sample, bits=bits), axis=1, bitorder="little")
    return [int.from_bytes(plane.tobytes(), "little") for plane in packed]


def is_graded(inputs: np.ndarray, *, bits: int) -> np.ndarray:
    """Return of each input whether it is a whole number of so many bits; of 1 bit, a spike."""
    if inputs.dtype.kind not in "biuf":
        return np.zeros(inputs.shape, bool)
    return (inputs >= 0) & (inputs < 1 << bits) & (inputs == np.floor(inputs))
