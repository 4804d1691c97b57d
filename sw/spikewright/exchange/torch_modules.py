"""Modules of PyTorch that are no neurons: weights, pooling, and what does nothing at inference."""

from math import prod
from typing import Any

import numpy as np

from spikewright.errors import DataError

from .affine import Matrix, Scaling
from .found import Read, array
from .kernel import Kernel, Window, same_padding
from .step import FLAT, Flattening

__all__ = ["READ", "REFUSED"]

#: What is not imported, and what to take in its place.
REFUSED = {
    **dict.fromkeys(
        ("MaxPool1d", "MaxPool2d", "AdaptiveMaxPool1d", "AdaptiveMaxPool2d"),
        "the largest value of a window is no sum of weights; take an average pooling, or a "
        "convolution with a stride, and train with it",
    ),
    **dict.fromkeys(
        ("ConvTranspose1d", "ConvTranspose2d"),
        "a transposed convolution is no connection here; take a convolution",
    ),
    **dict.fromkeys(
        ("Conv3d", "AvgPool3d", "MaxPool3d", "BatchNorm3d", "ConvTranspose3d"),
        "maps have a height and a width; take modules of one or two dimensions",
    ),
}


def _linear(module: Any) -> Matrix:
    bias = module.bias
    return Matrix.of(array(module.weight).T, 0.0 if bias is None else array(bias))


def _nothing(module: Any) -> Scaling:
    return Scaling.of()


def _flat(module: Any) -> Flattening:
    return FLAT


def _normalised(module: Any) -> Scaling:
    """Fold a batch normalisation, as it is at inference: a factor and a shift for each channel."""
    if module.running_var is None:
        raise DataError(
            "normalises by each batch (track_running_stats=False), which cannot be folded into "
            "weights; train it with running statistics"
        )
    scale = 1 / np.sqrt(array(module.running_var) + module.eps)
    shift = -array(module.running_mean) * scale
    if module.weight is not None:
        scale, shift = scale * array(module.weight), shift * array(module.weight)
    if module.bias is not None:
        shift = shift + array(module.bias)
    return Scaling.of(scale, shift, by_channel=True)


def _both(value: Any, axes: int, of_none: int) -> tuple[int, int]:
    """Return a number along the height and the width, of one for both, or of one for each axis."""
    given = tuple(value) if isinstance(value, tuple | list) else (value,) * axes
    height, width = (of_none, *given) if axes == 1 else given
    return height, width


def _convolution(module: Any) -> Kernel:
    weights = array(module.weight)
    axes = weights.ndim - 2
    if module.padding_mode != "zeros":
        raise DataError(
            f"has padding_mode {module.padding_mode!r}; zeros are imported, where no neuron is"
        )
    padding = module.padding
    if padding == "same":
        padding = same_padding(tuple(module.kernel_size), tuple(module.dilation))
    elif padding == "valid":
        padding = 0
    return Kernel(
        weights=weights if axes == 2 else weights[:, :, None],
        bias=np.zeros(()) if module.bias is None else array(module.bias),
        axes=axes,
        stride=_both(module.stride, axes, 1),
        padding=_both(padding, axes, 0),
        dilation=_both(module.dilation, axes, 1),
        groups=module.groups,
    )


def _average(module: Any) -> Window:
    axes = 1 if type(module).__name__.endswith("1d") else 2
    if any(_both(module.padding, axes, 0)):
        raise DataError(
            f"has padding {module.padding}; a pooling without padding is imported, so put the "
            "padding into the convolution"
        )
    size = _both(module.kernel_size, axes, 1)
    divisor = getattr(module, "divisor_override", None)
    return Window(
        size=size, stride=_both(module.stride, axes, 1), axes=axes,
        factor=1 / (divisor or prod(size)),
    )


def _sum(module: Any) -> Window:
    """Return what a power-average pooling is if its power is 1: a sum."""
    if module.norm_type != 1:
        raise DataError(
            f"has norm_type {module.norm_type:g}; 1, which is the sum of a window, is imported"
        )
    axes = 1 if type(module).__name__.endswith("1d") else 2
    stride = module.kernel_size if module.stride is None else module.stride
    return Window(
        size=_both(module.kernel_size, axes, 1), stride=_both(stride, axes, 1), axes=axes
    )


def _adaptive(module: Any) -> Window:
    axes = 1 if type(module).__name__.endswith("1d") else 2
    to = _both(module.output_size, axes, 1)
    if None in to:
        raise DataError("leaves the size of a side open; give a number for each")
    return Window(to=to, axes=axes)


#: How each class is read, of PyTorch and of the wrappers that SpikingJelly has of the same names.
READ: dict[str, Read] = {
    "Linear": _linear,
    **dict.fromkeys(("Conv1d", "Conv2d"), _convolution),
    **dict.fromkeys(("AvgPool1d", "AvgPool2d"), _average),
    **dict.fromkeys(("LPPool1d", "LPPool2d"), _sum),
    **dict.fromkeys(("AdaptiveAvgPool1d", "AdaptiveAvgPool2d"), _adaptive),
    **dict.fromkeys(("BatchNorm1d", "BatchNorm2d"), _normalised),
    **dict.fromkeys(("Flatten", "Unflatten"), _flat),  # what takes the values says their axes
    **dict.fromkeys(("Dropout", "Dropout1d", "Dropout2d", "Identity"), _nothing),
}
