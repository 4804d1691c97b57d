"""Networks of snnTorch, SpikingJelly and Norse, read from a module of PyTorch.

A module is run on random spikes and on random values of the example's shape. The order in which its
parts are called is the order of the layers, and each layer must compute what its part computed: so
a module that does something between its parts, or is of a version that computes otherwise, is
refused.
"""

from collections.abc import Sequence
from itertools import pairwise, product

import numpy as np
import torch
from torch import Tensor, nn

from spikewright.errors import DataError
from spikewright.network.hearing import heard_of_others
from spikewright.network.real_network import RealNetwork
from spikewright.network.real_run import run_layer
from spikewright_hw.checks import instance, optional, whole

from . import torch_modules
from .chain import Piece, ReadLayer, chained, network_of
from .found import Found
from .step import Step
from .torch_run import (
    READ,
    SPIKES,
    VALUES,
    Inputs,
    Part,
    as_started,
    axes_of,
    axes_of_inputs,
    class_of,
    ran,
)

__all__ = ["from_torch"]

#: A layer may differ from its module in one spike train of so many: floats round.
_TRAINS = 100
#: The same for membranes, as a share of the largest.
_NEAR = 1e-4


def from_torch(
    module: nn.Module, example: Tensor, *, readout: str | None = None, steps: int | None = None
) -> RealNetwork:
    """Return the network in real numbers that a module of a framework computes.

    ``docs/import.md`` has the table of what is imported. Modules in between that do nothing at
    inference, such as dropout, are left out, and a batch normalisation is folded into the weights.
    Convolutions and poolings become connections; inputs of a map are numbered as PyTorch flattens
    them.
    All states start as the framework starts them, whatever the module has run on before; the module
    itself is not changed.

    Parameters
    ----------
    module : torch.nn.Module
    example : Tensor
        What the module takes in one call: one step of a batch, or all steps of it. Only its shape
        and type count; it says the axes of a map.
    readout : str
        How the answer is read, as :class:`~spikewright.network.real_network.RealNetwork` has it;
        no module says so.
    steps : int, optional
        Time steps of an inference; those of the example, unless it is one step.

    Raises
    ------
    DataError
        A part of the module is not imported, or does what cannot be kept; the sentence names it.
    ValueError
        An argument is of another kind.
    """
    instance(nn.Module)("module", module)
    instance(Tensor)("example", example)
    steps = optional(whole(1))("steps", steps)
    layers, found = _layers(module, example, steps, SPIKES)
    # What a module does to values, such as clipping them, spikes do not show.
    _layers(module, example, steps, VALUES)
    if steps is not None and found not in (1, steps):
        raise DataError(f"steps is {steps}, and the example has {found}; leave steps out")
    if found == 1 and steps is None:
        raise DataError(
            "the example is one step; pass steps=, the time steps of an inference"
        )
    return network_of(layers, steps=steps or found, readout=readout)


def _layers(
    module: nn.Module, example: Tensor, steps: int | None, inputs: Inputs
) -> tuple[list[ReadLayer], int]:
    """Return the layers, each seen to compute on such inputs what its parts do; and the steps."""
    calls, parts = ran(as_started(module), example, steps, inputs)
    found = [_read(part) for part in parts]
    ends = [part for part, what in zip(parts, found, strict=True) if isinstance(what, Found)]
    lead = ends[0].sent.shape[:2] if ends else (1, 1)
    pieces = [
        Piece(name=part.name, what=what, takes=axes_of(part, lead=lead))
        for part, what in zip(parts, found, strict=True)
    ]
    took = _arrived(calls, parts[0], lead=lead)
    layers = chained(pieces, inputs=axes_of_inputs(parts[0], lead=lead))
    by_name = {part.name: part for part in parts}
    for layer in layers:
        took = _check(layer, by_name[layer.names[-1]].sent, took, on=inputs.name)
    _check_between(parts)
    return layers, len(took)


def _check_between(parts: Sequence[Part]) -> None:
    """Refuse a module that changes what one part sends before the next one takes it.

    Spikes alone do not always show it: a layer may be too quiet on the inputs that it is tried on.
    """
    for before, after in pairwise(parts):
        sent, taken = (torch.cat([one.double().flatten() for one in values])
                       for values in (before.sends, after.takes))
        if len(sent) == len(taken) and not torch.equal(sent, taken):
            raise DataError(
                f"{after.name} takes something else than {before.name} sends; only a chain of "
                "modules is imported, with nothing done between them"
            )


def _read(part: Part) -> Found | Step:
    package, kind = class_of(part.module)
    read = READ.get(package, {}).get(kind)
    if read is None:
        raise DataError(
            f"{part.name} is a {kind}, which is not imported"
            + (f": {torch_modules.REFUSED[kind]}" if kind in torch_modules.REFUSED
               else "; docs/import.md lists what is")
        )
    try:
        return read(part.module)
    except DataError as error:
        raise DataError(f"{part.name}, a {kind}, {error}") from error


def _check(read: ReadLayer, sent: np.ndarray, took: np.ndarray, *, on: str) -> np.ndarray:
    """Refuse a layer that computes something else than its parts did; return what these sent.

    ``took`` is what the layer before sent, ``[steps, samples, values]``, in the order of its
    neurons, and so is what is returned. ``sent`` is what the framework's neurons sent.
    """
    heard, *_ = read.layer.connection.branches
    if took.shape[:2] != sent.shape[:2] or took.shape[2] != len(heard.source):
        raise DataError(
            f"{read} takes {list(took.shape)} and sends {list(sent.shape)}, steps × samples × "
            "values; only a chain of modules is imported, each called once a step"
        )
    arriving = heard_of_others(0, read.layer, [took.swapaxes(0, 1)]).astype(np.float64)
    spikes, states, _ = run_layer(read.layer, arriving)
    made = (spikes if read.layer.definition.spikes else states["v"]).swapaxes(0, 1)
    factor = np.broadcast_to(read.after.factor, read.view).ravel()
    sent = sent[..., read.order]
    computed = made * factor[read.order]
    differs = np.abs(computed - sent) > _NEAR * max(1.0, float(np.abs(sent).max()))
    trains = differs.any(axis=0)
    if trains.sum() * _TRAINS > trains.size:
        step = int(differs.any(axis=(1, 2)).argmax())
        raise DataError(
            f"{read} computes something else than its modules say: on random {on}, "
            f"{int(trains.sum())} of {trains.size} outputs differ, first in step {step}; only a "
            "chain of modules is imported, with nothing done between them"
        )
    # What the neurons make of a spike is in the weights of the next layer already.
    return made if read.layer.definition.spikes else sent


def _arrived(calls: Sequence[Tensor], first: Part, *, lead: tuple[int, ...]) -> np.ndarray:
    """Return what the first part took; refuse it unless that is what the module was given.

    ``lead`` are the steps and the samples. A part that is called once for all steps takes the same
    in each.
    """
    steps, samples = lead
    heard = torch.stack(first.takes)
    takes = [heard.reshape(1, samples, -1).expand(steps, -1, -1)]
    if heard.numel() % (steps * samples) == 0:
        takes.insert(0, heard.reshape(steps, samples, -1))
    given = torch.stack(list(calls))
    ways = [given]
    if len(calls) == 1:
        (one,) = calls  # all steps, with the time or the samples first, or the same in all steps
        ways = [one, one.transpose(0, 1) if one.dim() > 1 else one, one.expand(steps, *one.shape)]
    for took, way in product(takes, ways):
        if way.shape[:2] == lead and torch.equal(way.reshape(steps, samples, -1), took):
            return took.numpy()
    took = takes[0]
    raise DataError(
        f"{first.name} takes something else than what the module is given, "
        f"{list(took.shape[1:])} in each of {steps} steps; encode samples before they reach the "
        "module, and do nothing to them there"
    )
