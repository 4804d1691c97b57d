"""Modules of PyTorch that are no neurons: affine maps, and what does nothing at inference."""

from typing import Any

import numpy as np

from spikewright.errors import DataError

from .affine import Affine
from .found import Read, array

__all__ = ["NOT_YET", "READ"]

#: Modules that a later version will import.
NOT_YET = (
    "Conv1d", "Conv2d", "Conv3d", "AvgPool1d", "AvgPool2d", "MaxPool1d", "MaxPool2d",
    "AdaptiveAvgPool2d", "BatchNorm2d",
)


def _linear(module: Any) -> Affine:
    bias = module.bias
    return Affine.of(array(module.weight).T, 0.0 if bias is None else array(bias))


def _nothing(module: Any) -> Affine:
    return Affine.of()


def _normalised(module: Any) -> Affine:
    """Fold a batch normalisation, as it is at inference."""
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
    return Affine.of(scale, shift)


#: How each class is read, of PyTorch and of the wrappers that SpikingJelly has of the same names.
READ: dict[str, Read] = {
    "Linear": _linear,
    "BatchNorm1d": _normalised,
    **dict.fromkeys(("Flatten", "Dropout", "Dropout1d", "Identity"), _nothing),
}
