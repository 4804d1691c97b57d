"""A layer of neurons and its synapses, run over all steps in PyTorch.

The matrix products of all steps are one; then the neurons alone are scanned. Which synapses an
input of the neuron sums is for its definition to say: all, the positive or the negative ones alone,
or those from the layer's own spikes of the step before
(:class:`~spikewright_hw.definition.definition.Input`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from spikewright_hw.connection import Connection, Dense
from spikewright_hw.origin import Part

from .cell import Cell, States
from .compiled_recurrence import compiled_recurrence
from .compiled_scan import compiled_scan
from .event_product import event_product
from .event_recurrence import event_recurrence
from .exact_sums import exact_product
from .torch_hearing import heard_of_itself
from .torch_product import connected

__all__ = ["Standing", "Wired", "resumed", "scan"]


@dataclass(frozen=True)
class Wired:
    """A layer ready to run.

    Parameters
    ----------
    cell : Cell
    weights : Tensor ``[rows, lanes]``
        Of the connection, in the unit of the cell's inputs; of a dense one ``[inputs, neurons]``.
    recurrent : Tensor ``[neurons, neurons]``, optional
        ``recurrent[before, after]``, for a cell with a recurrent input.
    current : callable, optional
        What makes a current of a sum of weights, if it is none as it stands.
    own_current : callable, optional
        The same of a sum of recurrent weights; ``current`` unless given.
    bias : Tensor ``[neurons]``, or ``[channels]``, optional
        A current that is added in every step; to an excitatory and an inhibitory input by its sign.
    connection : Connection, optional
        A dense one if not given.
    parts : tuple of pairs of Connection and Origin
        Its parts, and what each hears; none of a layer that hears the layer before alone, in the
        same step.
    normalisation : callable, optional
        What normalises the currents of others, of all steps at once, before the bias is added.
    compiled : bool
        Whether the steps of the neurons run compiled, if they can.
    event_products : bool
        Whether a dense layer sums over events, if that can be compiled.
    bf16 : bool
        Whether the products of all steps are of bf16, and so are those of their gradients.
    exact_sums : bool
        Whether the sums of a dense layer, and of its gradients, are exact, and so the same in any
        order.
    """

    cell: Cell
    weights: Tensor
    recurrent: Tensor | None = None
    current: Callable[[Tensor], Tensor] | None = None
    own_current: Callable[[Tensor], Tensor] | None = None
    bias: Tensor | None = None
    connection: Connection | None = None
    parts: tuple[Part, ...] = ()
    normalisation: Callable[[Tensor], Tensor] | None = None
    compiled: bool = False
    event_products: bool = False
    bf16: bool = False
    exact_sums: bool = False

    @property
    def neurons(self) -> int:
        """Number of neurons."""
        return self.weights.shape[1] if self.connection is None else len(self.connection.target)


class Standing(NamedTuple):
    """Where a layer stands between two steps: its states, and its spikes of the last step."""

    states: States
    spike: Tensor


def scan(layer: Wired, arriving: Tensor) -> tuple[Tensor, Tensor]:
    """Run a layer.

    Parameters
    ----------
    layer : Wired
    arriving : Tensor ``[steps, samples, inputs]``

    Returns
    -------
    Spikes, 0 and 1, and membranes, the state ``v`` after each step; each
    ``[steps, samples, neurons]``.
    """
    return resumed(layer, arriving, None)[:2]


def resumed(
    layer: Wired, arriving: Tensor, standing: Standing | None
) -> tuple[Tensor, Tensor, Standing]:
    """Run a layer from where it stands, or from its start; return where it stands then, too.

    One that hears itself by its origins hears of no step before.
    """
    cell = layer.cell
    constants = cell.constants()
    sources = [one.source for one in cell.definition.inputs.values()]
    returns = any(origin.back == 0 for _, origin in layer.parts)
    summing = {*sources} - {"recurrent"}
    fed = {} if returns else {source: _forward(source, layer, arriving) for source in summing}
    shape = (arriving.shape[1], layer.neurons)
    states = cell.start(*shape) if standing is None else standing.states
    if layer.compiled and not returns:
        inputs = [fed[one] for one in sources if one in fed]
        made = _compiled(layer, constants, states, inputs, standing)
        if made is not None:
            spikes, membranes, states = made
            return spikes, membranes, Standing(states, spikes[-1])
    each = {source: given.unbind(0) for source, given in fed.items()}
    spike = torch.zeros(shape, dtype=cell.dtype, device=layer.weights.device)
    if standing is not None:
        spike = standing.spike
    spikes, membranes = [], []
    for step in range(len(arriving)):
        if returns:
            heard = heard_of_itself(layer.parts, spikes, arriving[step])
            now = {source: _forward(source, layer, heard[None])[0] for source in summing}
        else:
            now = {source: given[step] for source, given in each.items()}
        inputs = [
            _back(layer, spike) if source == "recurrent" else now[source] for source in sources
        ]
        states, spike = cell.step(constants, states, inputs)
        spike = spike.to(cell.dtype)
        spikes.append(spike)
        membranes.append(states["v"])
    return torch.stack(spikes), torch.stack(membranes), Standing(states, spike)


def _compiled(
    layer: Wired, constants: list, states: States, inputs: Sequence[Tensor],
    standing: Standing | None,
) -> tuple[Tensor, Tensor, States] | None:
    """Run a layer by compiled steps, from what it hears of others; None where it cannot be."""
    sources = [one.source for one in layer.cell.definition.inputs.values()]
    own = sources.count("recurrent")
    if own > 1 or not inputs or (own and (layer.own_current or layer.current)):
        return None
    made = compiled_scan(layer.cell, constants, inputs)
    if made is None:
        return None
    if not own:
        return made(constants, states, inputs)
    recurrent = _own_weights(layer).to(layer.cell.dtype)
    at = sources.index("recurrent")
    spike = None if standing is None else standing.spike
    given = (made, constants, states, inputs, at, recurrent, spike)
    by_events = event_recurrence(*given) if layer.event_products else None
    return compiled_recurrence(*given) if by_events is None else by_events


def _forward(source: str, layer: Wired, arriving: Tensor) -> Tensor:
    weights = _taken(source, layer.weights).to(arriving.dtype)
    with torch.autocast(arriving.device.type, torch.bfloat16, enabled=layer.bf16):
        product = _product(layer, arriving, weights)
    current = _current(layer, product, layer.current)
    if layer.normalisation is not None:
        current = layer.normalisation(current)
    if layer.bias is not None:
        bias = _taken(source, layer.bias).to(current.dtype)
        bias = bias.repeat(layer.neurons // len(bias))
        if layer.exact_sums:  # as a row of weights, whose gradients are summed like the others
            bias = exact_product(current.new_ones(*current.shape[:-1], 1), bias[None])
        current = current + bias
    return current


def _product(layer: Wired, arriving: Tensor, weights: Tensor) -> Tensor:
    if len(arriving) > 1 and arriving.stride(0) == 0 and not layer.exact_sums:
        once = _product(layer, arriving[:1], weights)  # what is heard is the same in each step
        return once.expand(len(arriving), *once.shape[1:])
    if layer.connection is None or isinstance(layer.connection, Dense):
        if layer.exact_sums:
            return exact_product(arriving, weights)
        made = event_product(arriving, weights) if layer.event_products else None
        return arriving @ weights if made is None else made
    return connected(layer.connection, arriving, weights)


def _taken(source: str, weights: Tensor) -> Tensor:
    """Return what an input takes of the weights, or of the bias, of the layer before."""
    if source == "excitatory":
        return weights.clamp(min=0)
    if source == "inhibitory":
        return -weights.clamp(max=0)
    return weights


def _back(layer: Wired, spike: Tensor) -> Tensor:
    total = spike @ _own_weights(layer).to(spike.dtype)
    return _current(layer, total, layer.own_current or layer.current)


def _own_weights(layer: Wired) -> Tensor:
    if layer.recurrent is None:
        raise ValueError(
            f"{layer.cell.definition.name} takes the layer's own spikes; give the layer "
            "recurrent weights"
        )
    return layer.recurrent


def _current(
    layer: Wired, total: Tensor, current: Callable[[Tensor], Tensor] | None
) -> Tensor:
    return (total if current is None else current(total)).to(layer.cell.dtype)
