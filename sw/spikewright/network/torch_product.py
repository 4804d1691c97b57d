"""The product of what a layer hears and its rows of weights in PyTorch, with gradients."""

import torch
from torch import Tensor
from torch.nn import functional

from spikewright_hw.connection import Connection, Convolution, Dense, FeatureMap, Joined, Pooled

__all__ = ["connected", "kernel_of"]


def connected(connection: Connection, heard: Tensor, weights: Tensor) -> Tensor:
    """Return what each neuron gets, ``[..., neurons]``; :func:`.product.connected` in PyTorch.

    Parameters
    ----------
    connection : Connection
    heard : Tensor ``[..., sources]``
    weights : Tensor ``[rows, lanes]``

    Raises
    ------
    NotImplementedError
        The connection is of a kind that has no product here.
    """
    if isinstance(connection, Dense):
        return heard @ weights
    if isinstance(connection, Joined):
        parts = connection.parts
        each = zip(
            parts, heard.split([len(part.source) for part in parts], dim=-1),
            weights.split([part.rows for part in parts]), strict=True,
        )
        return torch.stack([connected(*one) for one in each]).sum(dim=0)
    leading = heard.shape[:-1]
    planes = _planes(connection.source, heard.reshape(-1, heard.shape[-1]))
    while isinstance(connection, Pooled):
        planes = functional.avg_pool2d(
            planes, connection.window, connection.stride, divisor_override=1
        )
        connection = connection.then
    if isinstance(connection, Dense):
        return _numbered(connection.source, planes).reshape(*leading, -1) @ weights
    if not isinstance(connection, Convolution):
        raise NotImplementedError(f"{type(connection).__name__} has no product in PyTorch")
    made = functional.conv2d(
        planes, kernel_of(connection, weights), stride=connection.stride,
        padding=connection.padding, dilation=connection.dilation, groups=connection.groups,
    )
    return _numbered(connection.target, made).reshape(*leading, -1)


def _planes(shape: FeatureMap, numbered: Tensor) -> Tensor:
    """Return sources in the order of their numbers as ``[samples, channels, height, width]``.

    Of one channel there is one order; as a permuted view, PyTorch 2.13 (oneDNN, float32) takes the
    map for one with the channels last, and some dilated convolutions of it are wrong.
    """
    if shape.channels_first or shape.channels == 1:
        return numbered.view(-1, *shape.sides)
    return numbered.view(-1, shape.height, shape.width, shape.channels).permute(0, 3, 1, 2)


def _numbered(shape: FeatureMap, planes: Tensor) -> Tensor:
    """Return the inverse of :func:`_planes`."""
    return (planes if shape.channels_first else planes.permute(0, 2, 3, 1)).flatten(1)


def kernel_of(connection: Convolution, weights: Tensor) -> Tensor:
    """Return rows of weights as PyTorch has a kernel: ``[out, in of a group, height, width]``."""
    height, width = connection.kernel
    groups, of_group = connection.groups, connection.source.channels // connection.groups
    rows = weights.view(height, width, groups, of_group, connection.lanes)
    return rows.permute(2, 4, 3, 0, 1).reshape(connection.channels, of_group, height, width)
