"""A network in real numbers: what is imported, before it is quantised.

It is the counterpart of :class:`~spikewright_hw.network.Network`: the same layers and the same
neurons, with weights, biases and parameters that are not yet on any grid.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from rich.table import Table
from rich.text import Text

from spikewright_hw.checks import instance, mapping, numbers, one_of, settle, shown, whole
from spikewright_hw.definition.definition import Definition, Value
from spikewright_hw.definition.serial import to_data
from spikewright_hw.network import Network
from spikewright_hw.neuron import DEFINITIONS
from spikewright_hw.readout import READOUTS, SPIKING

__all__ = ["RealLayer", "RealNetwork", "in_reals"]


@dataclass(frozen=True, kw_only=True, eq=False)
class RealLayer:
    """One dense layer of neurons in real numbers. A layer that exists is valid.

    Parameters
    ----------
    weights : float64 array ``[inputs, neurons]``
        In the unit of the neuron's inputs.
    neuron : str or Definition
        A definition, or the name of a registered one.
    parameters : mapping of str to float or tuple of float
        The definition's; those not given are filled in with their defaults.
    bias : float64 array ``[neurons]``, optional
        Added to the current from the layer before, in every step; to an excitatory or inhibitory
        input by its sign.
    recurrent : float64 array ``[neurons, neurons]``, optional
        ``recurrent[before, after]``: weights from the layer's own spikes of the step before, for a
        neuron with an input that sums them.

    Raises
    ------
    ValueError
        A field is of another kind or shape, or holds a number that is not finite; the message
        names it.
    """

    weights: np.ndarray
    neuron: str | Definition
    parameters: Mapping[str, Value] = field(default_factory=dict)
    bias: np.ndarray | None = None
    recurrent: np.ndarray | None = None
    definition: Definition = field(init=False, repr=False)

    def __post_init__(self):
        settle(self, weights=_array(2), parameters=mapping)
        definition = self.neuron
        if not isinstance(definition, Definition):
            definition = DEFINITIONS[one_of(DEFINITIONS)("neuron", definition)]
        object.__setattr__(self, "definition", definition)
        given = {name: numbers(f"parameters.{name}", one) for name, one in self.parameters.items()}
        try:
            values = definition.values(given)
        except ValueError as error:
            raise ValueError(f"parameters: {error}") from error
        object.__setattr__(self, "parameters", values)
        if 0 in self.weights.shape:
            raise ValueError("weights is empty; a layer needs inputs and neurons")
        count = definition.neurons(values)
        if count not in (None, self.neurons):
            raise ValueError(
                f"parameters are given for {count} neurons, and the layer has {self.neurons}"
            )
        self._check_own()

    def _check_own(self) -> None:
        hears_itself = any(one.source == "recurrent" for one in self.definition.inputs.values())
        if hears_itself != (self.recurrent is not None):
            raise ValueError(
                f"recurrent is missing; {self.definition.name} takes the layer's own spikes"
                if hears_itself else
                f"recurrent is given, but {self.definition.name} does not take the layer's own "
                "spikes"
            )
        for name, shape in (("bias", (self.neurons,)), ("recurrent", (self.neurons, self.neurons))):
            if (value := getattr(self, name)) is None:
                continue
            settle(self, **{name: _array(len(shape))})
            if np.shape(value) != shape:
                raise ValueError(
                    f"{name} is of shape {list(np.shape(value))}; the layer has {self.neurons} "
                    f"neurons, so it must be {list(shape)}"
                )

    @property
    def inputs(self) -> int:
        """Number of inputs from the layer before."""
        return self.weights.shape[0]

    @property
    def neurons(self) -> int:
        """Number of neurons."""
        return self.weights.shape[1]


@dataclass(frozen=True, kw_only=True, eq=False)
class RealNetwork:
    """A network of layers one after the other, in real numbers. A network that exists is valid.

    Parameters
    ----------
    layers : tuple of RealLayer
        From input to output.
    steps : int
        Time steps of one inference, at least 1.
    readout : str
        ``last`` is the output with the highest membrane after the last step, ``maximum`` that with
        the highest membrane of all steps; the last layer does not spike then. ``count`` is the
        output with the most spikes, ``first`` that with the earliest; the last layer spikes then.
        Of equal ones it is the first output.

    Raises
    ------
    ValueError
        A field is of another kind, or layers do not fit each other; the message names it.
    """

    layers: tuple[RealLayer, ...]
    steps: int
    readout: str = "last"

    def __post_init__(self):
        settle(self, layers=_layers, steps=whole(1), readout=one_of(READOUTS))
        for index, layer in enumerate(self.layers):
            last = layer is self.layers[-1]
            if index and layer.inputs != self.layers[index - 1].neurons:
                raise ValueError(
                    f"layers[{index}].weights has {layer.inputs} inputs, but layers[{index - 1}] "
                    f"has {self.layers[index - 1].neurons} neurons"
                )
            if layer.definition.spikes != (self.readout in SPIKING if last else True):
                raise ValueError(
                    f"layers[{index}].neuron is {layer.definition.name}, which "
                    + ("never spikes; " if not layer.definition.spikes else "spikes; ")
                    + (f"the last layer of a network with the readout {self.readout!r} "
                       + ("does" if self.readout in SPIKING else "does not")
                       if last else "each layer but the last does")
                )

    @property
    def inputs(self) -> int:
        """Width of one step's input."""
        return self.layers[0].inputs

    @property
    def outputs(self) -> int:
        """Neurons of the last layer."""
        return self.layers[-1].neurons

    @property
    def sizes(self) -> tuple[int, ...]:
        """Inputs, and neurons of each layer."""
        return self.inputs, *(layer.neurons for layer in self.layers)

    def digest(self) -> str:
        """Return a hash of everything that the network computes with, in hexadecimal."""
        digest = hashlib.sha256()
        for layer in self.layers:
            facts = to_data(layer.definition), layer.parameters
            digest.update(json.dumps(facts, sort_keys=True).encode())
            for array in (layer.weights, layer.bias, layer.recurrent):
                shape, data = (None, b"") if array is None else (array.shape, array.tobytes())
                digest.update(f"\n{shape}\n".encode() + data)
        digest.update(f"\n{self.steps} {self.readout}".encode())
        return digest.hexdigest()

    def __rich__(self) -> Table:
        """Return a row for each layer, with what its neurons compute."""
        table = Table(caption=f"readout: {self.readout}", caption_justify="left")
        for column in ("layer", "inputs", "neurons"):
            table.add_column(column, justify="right", no_wrap=True)
        table.add_column("what they compute")
        for number, layer in enumerate(self.layers):
            extra = [name for name in ("bias", "recurrent") if getattr(layer, name) is not None]
            table.add_row(
                str(number), str(layer.inputs), str(layer.neurons),
                Text("; with ".join([" ".join(layer.definition.doc.split()), *extra])),
            )
        return table


def in_reals(network: Network) -> RealNetwork:
    """Return a network in integers as one in real numbers, as if nothing rounded or saturated.

    Parameters
    ----------
    network : Network

    Returns
    -------
    RealNetwork
        Its levels are in weight steps, as those of the network are.
    """
    return RealNetwork(
        layers=tuple(
            RealLayer(
                weights=np.array(layer.weights) * 2.0**-layer.exponent,
                neuron=layer.definition,
                parameters=layer.parameters,
                bias=None if layer.bias is None else np.array(layer.bias) / layer.membrane.one,
                recurrent=None if layer.recurrent is None
                else np.array(layer.recurrent) * 2.0**-layer.exponent,
            )
            for layer in network.layers
        ),
        steps=network.steps,
        readout=network.readout,
    )


def _array(axes: int) -> Callable[[str, Any], np.ndarray]:
    """Make the rule of an array of finite numbers, kept as float64 that cannot be written to."""

    def rule(name: str, value: Any) -> np.ndarray:
        try:
            given = np.asarray(value)
            if given.dtype.kind == "c":
                raise TypeError("a complex number would lose its imaginary part")
            array = np.array(given, np.float64)
        except (TypeError, ValueError):
            raise ValueError(f"{name} is {shown(value)}; it must be an array of numbers") from None
        if array.ndim != axes:
            raise ValueError(
                f"{name} is of shape {list(array.shape)}; it must have {axes} "
                + ("axis" if axes == 1 else "axes")
            )
        if not np.isfinite(array).all():
            at = [int(one) for one in np.argwhere(~np.isfinite(array))[0]]
            raise ValueError(f"{name}{at} is {array[tuple(at)]}; it must be a finite number")
        array.flags.writeable = False
        return array

    return rule


def _layers(name: str, layers: Any) -> tuple[RealLayer, ...]:
    if not isinstance(layers, list | tuple) or not layers:
        raise ValueError(f"{name} is {shown(layers)}; it must be a list of RealLayer objects")
    of_layer = instance(RealLayer)
    return tuple(of_layer(f"{name}[{index}]", layer) for index, layer in enumerate(layers))
