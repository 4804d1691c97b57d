"""The nodes of NIR (1.0.8) between neurons: matrices, convolutions, pooling, scales."""

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np

from spikewright.errors import DataError

from .affine import Matrix, Scaling
from .kernel import Kernel, Window, same_padding
from .step import FLAT, Step

__all__ = ["MAPS", "numbers_of"]


def numbers_of(name: str, node: Any, field: str) -> np.ndarray:
    """Return a field of a node as float64.

    Raises
    ------
    DataError
        It holds no finite numbers.
    """
    given = np.asarray(getattr(node, field))
    if given.dtype.kind not in "biuf":
        raise DataError(f"{name}.{field} holds no real numbers")
    numbers = given.astype(np.float64)
    if not numbers.size:
        raise DataError(f"{name}.{field} is empty")
    if not np.isfinite(numbers).all():
        raise DataError(f"{name}.{field} holds NaN or infinite values")
    return numbers


def _weights(name: str, node: Any) -> Matrix:
    weights = numbers_of(name, node, "weight")
    if weights.ndim != 2:
        raise DataError(
            f"{name}.weight is of shape {list(weights.shape)}; a matrix [outputs, inputs] is "
            "imported"
        )
    return Matrix.of(weights.T, _bias(name, node, weights))


def _bias(name: str, node: Any, weights: np.ndarray) -> np.ndarray:
    """Return the biases of a node, one for each output of its weights; or 0."""
    bias = np.zeros(())
    if getattr(node, "bias", None) is not None:
        bias = numbers_of(name, node, "bias")
    if bias.ndim and bias.shape != weights.shape[:1]:
        raise DataError(
            f"{name}.bias is of shape {list(bias.shape)}, and its weight has {len(weights)} outputs"
        )
    return bias


def _scale(name: str, node: Any) -> Scaling:
    return Scaling.of(numbers_of(name, node, "scale"))


def _both(
    name: str, node: Any, field: str, *, axes: int, least: int, of_none: int
) -> tuple[int, int]:
    """Return whole numbers along the height and the width, of one for both or of one for each."""
    given = numbers_of(name, node, field)
    if given.size not in (1, axes) or (given != given.round()).any() or given.min() < least:
        of = "one whole number" if axes == 1 else "one or two whole numbers"
        raise DataError(
            f"{name}.{field} is {np.asarray(getattr(node, field)).tolist()}; it must be {of} of at "
            f"least {least}"
        )
    numbers = [int(one) for one in np.broadcast_to(given.ravel(), (axes,))]
    return (of_none, numbers[0]) if axes == 1 else (numbers[0], numbers[1])


def _convolution(name: str, node: Any) -> Kernel:
    axes = 1 if type(node).__name__ == "Conv1d" else 2
    weights = numbers_of(name, node, "weight")
    if weights.ndim != axes + 2:
        sides = "length" if axes == 1 else "height, width"
        raise DataError(
            f"{name}.weight is of shape {list(weights.shape)}; a kernel [channels, channels of a "
            f"group before, {sides}] is imported"
        )
    _, groups = _both(name, node, "groups", axes=1, least=1, of_none=1)
    if len(weights) % groups:
        raise DataError(
            f"{name}.groups is {groups}, which does not divide the {len(weights)} channels that "
            "its weight makes"
        )
    bias = _bias(name, node, weights)
    if axes == 1:
        weights = weights[:, :, None]
    dilation = _both(name, node, "dilation", axes=axes, least=1, of_none=1)
    expects = None
    if node.input_shape is not None:
        expects = _both(name, node, "input_shape", axes=axes, least=1, of_none=1)
    return Kernel(
        weights=weights, bias=bias, axes=axes, groups=groups, dilation=dilation, expects=expects,
        stride=_both(name, node, "stride", axes=axes, least=1, of_none=1),
        padding=_padding(name, node, weights, dilation, axes),
    )


def _padding(
    name: str, node: Any, weights: np.ndarray, dilation: tuple[int, int], axes: int
) -> tuple[int, int]:
    given = node.padding.decode() if isinstance(node.padding, bytes) else node.padding
    if isinstance(given, str):
        if given == "valid":
            return 0, 0
        if given != "same":
            raise DataError(f"{name}.padding is {given!r}; it must be numbers, 'same' or 'valid'")
        try:
            along_height, along_width = same_padding(weights.shape[2:], dilation)
        except DataError as error:
            raise DataError(f"{name} {error}") from error
        return along_height, along_width
    return _both(name, node, "padding", axes=axes, least=0, of_none=0)


def _pooling(name: str, node: Any) -> Window:
    size = _both(name, node, "kernel_size", axes=2, least=1, of_none=1)
    if any(_both(name, node, "padding", axes=2, least=0, of_none=0)):
        raise DataError(
            f"{name}.padding is {np.asarray(node.padding).tolist()}; a pooling without padding is "
            "imported, so put the padding into the convolution"
        )
    return Window(
        size=size, stride=_both(name, node, "stride", axes=2, least=1, of_none=1),
        factor=1 / prod(size) if type(node).__name__ == "AvgPool2d" else 1.0,
    )


#: How each kind of node is read.
MAPS: dict[str, Callable[[str, Any], Step]] = {
    **dict.fromkeys(("Affine", "Linear"), _weights),
    **dict.fromkeys(("Conv1d", "Conv2d"), _convolution),
    **dict.fromkeys(("SumPool2d", "AvgPool2d"), _pooling),
    "Scale": _scale,
    "Flatten": lambda name, node: FLAT,
    **dict.fromkeys(("Input", "Output"), lambda name, node: Scaling.of()),
}
