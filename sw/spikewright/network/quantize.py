"""From real weights to a few bits, so that nothing but integers is left at run time.

A layer's real weights ``w`` become integers ``q`` and one scale: ``w ~ q * scale``. The scale is
never multiplied with at run time. Where the neuron has a threshold, which is 1.0 in real numbers,
the scale goes into it: the threshold becomes the whole number of membrane units nearest to
``1 / scale``, or the largest with which all levels fit the membrane's format, and the scale is then
exactly what that number says. A readout has no threshold, and
its scale changes no comparison between its neurons.
"""

import math
import random
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from spikewright_hw.definition import reals
from spikewright_hw.definition.definition import Definition, Value
from spikewright_hw.fixed import Format

from .exact_sums import exact_sum

__all__ = ["best_scale", "bound", "largest_level", "quantize", "rounded", "scalable", "threshold"]


def bound(bits: int) -> int:
    """Return the largest weight of the symmetric range, 2**(bits - 1) - 1, for 2 to 8 bits."""
    if not 2 <= bits <= 8:
        raise ValueError(f"weights have 2 to 8 bits, not {bits}")
    return (1 << (bits - 1)) - 1


def quantize(weights: Tensor, *, scale: float | Tensor, bits: int) -> Tensor:
    """Round weights to whole steps of ``scale``, half to even, and clamp to the symmetric range.

    ``scale`` is one for all, or one for each column.

    The result holds integers, as float32. The gradient is straight-through (Bengio et al.,
    arXiv:1308.3432, 2013) inside the range, and zero outside.
    """
    return rounded(weights, step=scale, limit=bound(bits))


def rounded(values: Tensor, *, step: float | Tensor, limit: int) -> Tensor:
    """Round values to whole steps, half to even, and clamp these to ±``limit``; as for weights."""
    return _Round.apply((values / step).clamp(-limit, limit))


def best_scale(weights: Tensor, *, bits: int, candidates: int = 32) -> float:
    """Return the scale with the least mean squared error, of candidates that clip ever more."""
    limit = bound(bits)
    weights = weights.detach()
    top = float(weights.abs().max()) / limit
    if top == 0:
        return 1.0
    scales = [top * (1 - 0.75 * k / candidates) for k in range(candidates)]

    def error(scale: float) -> float:
        return exact_sum((quantize(weights, scale=scale, bits=bits) * scale - weights).square())

    return min(scales, key=error)


def threshold(
    scale: float, membrane: Format, *, largest: float = 1.0, power_of_two: bool = False
) -> int:
    """Return the stored integer of the real threshold 1.0, where one weight step is ``scale``.

    It is the nearest one with which ``largest``, the largest level in real numbers, still fits into
    the membrane's format; so a weight step may have to be larger than ``scale``. With
    ``power_of_two`` it is the nearest of these.

    Raises
    ------
    ValueError
        Not even a threshold of one step of the membrane lets it fit.
    """
    most = math.floor(membrane.max / max(largest, 1.0))
    if most < 1:
        raise ValueError(
            f"a level of {largest:g} thresholds does not fit into {membrane}, whatever a weight "
            "step is; give the membrane more bits"
        )
    if not power_of_two:
        return min(max(1, round(membrane.one / scale)), most)
    return 1 << max(0, min(round(math.log2(membrane.one / scale)), most.bit_length() - 1))


def largest_level(definition: Definition, values: Mapping[str, Value]) -> float:
    """Return the magnitude of the largest parameter that is counted in weight steps, 0 if none is.

    ``values`` are in real numbers; the defaults stand for those that are not given.
    """
    levels = [
        values.get(name, one.default)
        for name, one in definition.parameters.items()
        if one.unit == "level"
    ]
    each = (level if isinstance(level, Sequence) else (level,) for level in levels)
    return max((abs(one) for several in each for one in several), default=0.0)


def scalable(definition: Definition) -> bool:
    """Return whether a neuron may count its levels in weight steps.

    It may if inputs, states and parameters in the membrane's unit can all be multiplied by the same
    number, and the spikes stay the same. That holds of equations that are linear but for
    comparisons, and is tried here on a run of random inputs.
    """
    factor = 4.0
    generator = random.Random(0)
    levels = {name: p.unit == "level" for name, p in definition.parameters.items()}
    plain = {name: p.default for name, p in definition.parameters.items()}
    scaled = {name: value * (factor if levels[name] else 1) for name, value in plain.items()}
    before, after = reals.start(definition, plain), reals.start(definition, scaled)
    for _ in range(200):
        inputs = {name: generator.uniform(-1, 3) for name in definition.inputs}
        before, spike = reals.step(definition, before, inputs, parameters=plain)
        larger = {name: factor * value for name, value in inputs.items()}
        after, other = reals.step(definition, after, larger, parameters=scaled)
        if spike != other:
            return False
        for name, state in definition.states.items():
            expected = before[name] * (factor if state.unit == "level" else 1)
            if not math.isclose(after[name], expected, rel_tol=1e-9, abs_tol=1e-9):
                return False
    return True


class _Round(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x: Tensor) -> Tensor:
        return x.round()

    @staticmethod
    def backward(ctx, *gradients: Tensor) -> Tensor:
        return gradients[0]
