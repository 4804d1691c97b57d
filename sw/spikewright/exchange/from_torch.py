"""Networks of snnTorch, SpikingJelly and Norse, read from a module of PyTorch.

A module is run on random spikes and on random values of the example's shape. What each of its parts
takes is followed to the parts that sent it, or sums of it, and the order of the calls is the order
of the layers. Each layer must compute what its part computed: so a module that does something else
between its parts, or is of a version that computes otherwise, is refused.
"""

from collections.abc import Sequence

import numpy as np
from torch import Tensor, nn

from spikewright.errors import DataError
from spikewright.network.hearing import heard_of_others
from spikewright.network.real_network import RealNetwork
from spikewright.network.real_run import run_layer
from spikewright_hw.checks import instance, optional, whole

from . import torch_modules
from .activations import is_activation
from .found import Found
from .layers import INPUTS, Piece, ReadLayer, layered, network_of, no_neurons
from .step import Step
from .torch_run import (
    READ,
    SPIKES,
    VALUES,
    Inputs,
    Ran,
    as_started,
    axes_of,
    axes_of_inputs,
    ran,
)
from .torch_trace import Part, class_of
from .torch_values import NOTHING_ELSE, check_values, names_of

__all__ = ["from_torch", "layers_seen"]

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
        raise DataError(f"steps is {steps}, and the example has {found}; leave steps= out")
    if found == 1 and steps is None:
        raise DataError(
            "the example is one step; pass steps=, the time steps of an inference"
        )
    return network_of(layers, steps=steps or found, readout=readout)


def _layers(
    module: nn.Module, example: Tensor, steps: int | None, inputs: Inputs
) -> tuple[list[ReadLayer], int]:
    """Return the layers, each seen to compute on such inputs what its parts do; and the steps."""
    seen = ran(as_started(module), example, steps, inputs)
    ends = [part for part in seen.parts if isinstance(_read(part), Found)]
    for part in ends:
        if is_activation(part.module):
            raise DataError(
                f"{part.name} is a {class_of(part.module)[1]}, which sends values and no spikes; "
                "convert() makes spiking neurons of it"
            )
    _check_neurons(ends, seen)
    layers, sent = layers_seen(seen, lead=ends[0].sent.shape[:2], on=inputs.name)
    return layers, len(sent[0])


def layers_seen(
    seen: Ran, *, lead: tuple[int, ...], on: str
) -> tuple[list[ReadLayer], list[np.ndarray]]:
    """Return the layers of a module that ran, each seen to compute what its parts did.

    Parameters
    ----------
    seen : Ran
    lead : tuple of int
        Steps and samples that it ran on.
    on : str
        What it ran on, in a word.

    Returns
    -------
    The layers; and the inputs and what each layer sent, ``[steps, samples, values]``, in the order
    of its neurons.

    Raises
    ------
    DataError
        A part is not imported, or does what cannot be kept; the sentence names it.
    """
    parts = seen.parts
    found = [_read(part) for part in parts]
    ends = [part for part, what in zip(parts, found, strict=True) if isinstance(what, Found)]
    took = check_values(seen, lead=lead)
    pieces = [
        Piece(name=part.name, what=what, hears=part.heard.terms, takes=axes_of(part, lead=lead))
        for part, what in zip(parts, found, strict=True)
    ]
    layers = layered(pieces, inputs=axes_of_inputs(parts, lead=lead))
    sent = [took]
    for number, (layer, end) in enumerate(zip(layers, ends, strict=True)):
        sent.append(_check(number, layer, end.sent, sent, on=on))
    return layers, sent


def _check_neurons(ends: Sequence[Part], seen: Ran) -> None:
    """Refuse neurons that are called twice a step, or hear other things in another call."""
    if not ends:
        raise no_neurons(seen.parts[-1].name)
    known: dict[int, Part] = {}
    for part in ends:
        other = known.setdefault(id(part.module), part)
        if other is part:
            continue
        first, second = (names_of(one.heard.terms, seen.parts) for one in (other, part))
        if _hears(part, other, seen.parts):
            raise DataError(
                f"{part.name} hears its own spikes through {second}; give each layer neurons of "
                "its own, or take neurons that hear themselves (RLeaky of snnTorch, LIFRecurrent "
                "of Norse)"
            )
        raise DataError(
            f"{part.name} takes {first} in one call and {second} in another one; neurons have one "
            "state and hear the same in each step, so give each layer neurons of its own"
        )
    counts = {part.name: len(part.sent) for part in ends}
    if len(seen.calls) > 1:
        counts["the module"] = len(seen.calls)
    if len(set(counts.values())) > 1:
        more, less = max(counts, key=counts.__getitem__), min(counts, key=counts.__getitem__)
        raise DataError(
            f"{more} takes {counts[more]} steps, and {less} {counts[less]}; neurons take each step "
            "once, so call each of them once a step"
        )


def _hears(part: Part, other: Part, parts: Sequence[Part]) -> bool:
    """Whether another part is among those that a part hears, or that they hear in turn."""
    terms = [parts[at] for at in part.heard.terms if at != INPUTS]
    return any(one is other or _hears(one, other, parts) for one in terms)


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


def _check(
    number: int, read: ReadLayer, sent: np.ndarray, before: Sequence[np.ndarray], *, on: str
) -> np.ndarray:
    """Refuse a layer that computes something else than its parts did; return what these sent.

    ``before`` are the inputs and what the layers before sent, ``[steps, samples, values]``, in the
    order of their neurons, and so is what is returned. ``sent`` is what the framework's neurons
    sent.
    """
    for part, origin in read.layer.parts:
        heard = before[number + 1 - origin.back] if origin.back else sent
        if heard.shape[:2] != sent.shape[:2] or heard.shape[2] != len(part.source):
            raise DataError(
                f"{read} takes {list(heard.shape)} and sends {list(sent.shape)}, steps × samples × "
                "values; each part is called once a step"
            )
    given = [one.swapaxes(0, 1) for one in before]
    arriving = heard_of_others(number, read.layer, given).astype(np.float64)
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
            f"{int(trains.sum())} of {trains.size} outputs differ, first in step {step}; "
            + NOTHING_ELSE
        )
    # What the neurons make of a spike is in the weights of the next layer already.
    return made if read.layer.definition.spikes else sent
