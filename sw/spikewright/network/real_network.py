"""A network in real numbers: what is imported, before it is quantised.

It is the counterpart of :class:`~spikewright_hw.network.Network`: the same layers and the same
neurons, with weights, biases and parameters that are not yet on any grid.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from rich.table import Table
from rich.text import Text

from spikewright_hw.checks import instance, one_of, settle, shown, whole
from spikewright_hw.connection import connection_to_data
from spikewright_hw.definition.definition import Value
from spikewright_hw.definition.serial import to_data
from spikewright_hw.layer_graph import check_graph, inputs_of
from spikewright_hw.network import Network
from spikewright_hw.origin import origins_to_data
from spikewright_hw.readout import READOUTS, SPIKING

from .real_layer import RealLayer

__all__ = ["RealNetwork", "in_reals"]


@dataclass(frozen=True, kw_only=True, eq=False)
class RealNetwork:
    """A network of layers in real numbers. A network that exists is valid.

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
        check_graph(self.layers, steps=self.steps)
        for index, layer in enumerate(self.layers):
            last = layer is self.layers[-1]
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
        return len(inputs_of(self.layers))

    @property
    def input_bits(self) -> int:
        """Bits of an input: 1 for spikes, or any numbers; 2 to 8 for graded inputs."""
        return self.layers[0].input_bits

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
            facts = [to_data(layer.definition), layer.parameters, layer.input_bits]
            if not layer.is_flat:
                facts.append(connection_to_data(layer.connection))
            if not layer.is_plain:
                facts.append(origins_to_data(layer.origins))
            digest.update(json.dumps(facts, sort_keys=True).encode())
            for array in (layer.weights, layer.bias, layer.recurrent):
                shape, data = (None, b"") if array is None else (array.shape, array.tobytes())
                digest.update(f"\n{shape}\n".encode() + data)
        digest.update(f"\n{self.steps} {self.readout}".encode())
        return digest.hexdigest()

    def __rich__(self) -> Table:
        """Return a row for each layer: what its neurons compute, and what they hear by origins."""
        table = Table(caption=f"readout: {self.readout}", caption_justify="left")
        for column in ("layer", "inputs", "neurons"):
            table.add_column(column, justify="right", no_wrap=True)
        hearing = not all(layer.is_plain for layer in self.layers)
        if hearing:
            table.add_column("hears")
        table.add_column("what they compute")
        table.add_column("parameters")
        for number, layer in enumerate(self.layers):
            extra = [name for name in ("bias", "recurrent") if getattr(layer, name) is not None]
            table.add_row(
                str(number), str(layer.inputs), str(layer.neurons),
                *[", ".join(map(str, layer.origins))] * hearing,
                Text("; with ".join([_first_sentence(layer.definition.doc), *extra])),
                Text(", ".join(f"{name} {_range(one)}" for name, one in layer.parameters.items())),
            )
        return table


def _first_sentence(text: str) -> str:
    paragraph, _, _ = text.partition("\n\n")
    return " ".join(paragraph.split()).removesuffix(".")


def _range(value: Value) -> str:
    """Return a parameter in words; of one for each neuron, the lowest and the highest."""
    if not isinstance(value, Sequence):
        return f"{value:g}"
    return f"{min(value):g} to {max(value):g}"


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
    instance(Network)("network", network)
    return RealNetwork(
        layers=tuple(
            RealLayer(
                weights=np.array(layer.weights) * 2.0**-layer.exponent,
                neuron=layer.definition,
                parameters=layer.parameters,
                bias=None if layer.bias is None else np.array(layer.bias) / layer.membrane.one,
                recurrent=None if layer.recurrent is None
                else np.array(layer.recurrent) * 2.0**-layer.exponent,
                input_bits=layer.input_bits,
                connection=layer.connection,
                origins=layer.origins,
            )
            for layer in network.layers
        ),
        steps=network.steps,
        readout=network.readout,
    )


def _layers(name: str, layers: Any) -> tuple[RealLayer, ...]:
    if not isinstance(layers, list | tuple) or not layers:
        raise ValueError(f"{name} is {shown(layers)}; it must be a list of RealLayer objects")
    of_layer = instance(RealLayer)
    return tuple(of_layer(f"{name}[{index}]", layer) for index, layer in enumerate(layers))
