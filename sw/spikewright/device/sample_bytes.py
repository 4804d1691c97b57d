"""What a board is sent of samples: checked, and packed into the bytes of a command."""

import numpy as np

from spikewright_hw.network import Network

from ..errors import DataError
from ..network.bit_planes import bit_planes, is_graded

__all__ = ["batch_of", "spike_bytes"]


def batch_of(spikes: np.ndarray, *, network: Network) -> np.ndarray:
    """Return an array of samples, or raise :exc:`DataError` with the shape it should have had."""
    if (samples := np.asarray(spikes)).ndim != 3:
        raise DataError(
            f"the samples are of shape {samples.shape}; a batch is samples × {network.steps} steps "
            f"× {network.inputs} inputs"
        )
    return samples


def spike_bytes(inputs: np.ndarray, *, network: Network) -> bytes:
    """Return a sample ``[steps, inputs]`` as INFER has it; :exc:`DataError` if it is none."""
    planes = bit_planes(_checked(inputs, network=network), bits=network.input_bits)
    return np.packbits(planes, axis=1, bitorder="little").tobytes()


def _checked(inputs: np.ndarray, *, network: Network) -> np.ndarray:
    """Return the inputs as bytes, or raise :exc:`DataError`."""
    inputs = np.asarray(inputs)
    shape = (network.steps, network.inputs)
    if inputs.shape != shape:
        raise DataError(
            f"The input has shape {list(inputs.shape)}; this network takes {list(shape)}, "
            "a row of inputs for each step."
        )
    bits = network.input_bits
    wrong = np.argwhere(~is_graded(inputs, bits=bits))
    if len(wrong):
        step, place = wrong[0]
        wanted = (
            "a spike is 0 or 1" if bits == 1
            else f"a graded input is a whole number from 0 to {(1 << bits) - 1}"
        )
        raise DataError(f"Input {place} of step {step} is {inputs[step, place]}; {wanted}.")
    return inputs.astype(np.uint8)
