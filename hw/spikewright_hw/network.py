"""A quantised network in plain integers: what an engine is built from.

One definition for everybody: ``spikewright.quantized`` reads and writes it as a ``.spw`` file, the
integer reference runs it, an engine is elaborated from it, and its :meth:`Network.digest` is what a
board answers when it is asked which network it holds.

Units: one weight step is 1.0. A layer's current is the plain sum of the weights whose inputs
spiked; the membrane's :class:`~spikewright_hw.fixed.Format` says how many bits below one weight
step the membrane keeps.
"""

import hashlib
import json
from dataclasses import asdict, dataclass, field

from .fixed import Format
from .neuron import DEFINITIONS

__all__ = ["MEMBRANE_BITS", "Layer", "Network", "NetworkError"]

#: Widest membrane: what an engine's records have room for.
MEMBRANE_BITS = 32


class NetworkError(ValueError):
    """A network that cannot be built; the message names the field."""


@dataclass(frozen=True)
class Layer:
    """One dense layer of neurons.

    Parameters
    ----------
    weights : tuple of tuples of int
        ``weights[input][neuron]``: a row per presynaptic neuron, as an engine reads it.
    weight_bits : int
        2 to 8. Weights lie in the symmetric range ``±(2**(bits-1) - 1)``.
    neuron : str
        Name of a neuron definition, a key of :data:`spikewright_hw.neuron.DEFINITIONS`.
    parameters : dict of str to int
        The definition's parameters as stored integers (``leak`` a shift; ``threshold`` in the
        membrane's format).
    membrane : Format
        Format of the membrane, in weight steps; at most 32 bits.
    """

    weights: tuple[tuple[int, ...], ...]
    weight_bits: int
    neuron: str
    parameters: dict[str, int] = field(hash=False)
    membrane: Format

    @property
    def inputs(self) -> int:
        """Number of presynaptic inputs."""
        return len(self.weights)

    @property
    def neurons(self) -> int:
        """Number of neurons."""
        return len(self.weights[0])

    def check(self, name: str) -> None:
        """Raise :exc:`NetworkError`, naming the field, unless the layer is well formed."""
        if not 2 <= self.weight_bits <= 8:
            raise NetworkError(f"{name}.weight_bits is {self.weight_bits}; it must be 2 to 8")
        if not self.weights or not self.weights[0]:
            raise NetworkError(f"{name}.weights is empty; a layer needs inputs and neurons")
        if self.neuron not in DEFINITIONS:
            known = ", ".join(DEFINITIONS)
            raise NetworkError(f"{name}.neuron is {self.neuron!r}; there are {known}")
        if self.membrane.width > MEMBRANE_BITS:
            raise NetworkError(
                f"{name}.membrane is {self.membrane}, {self.membrane.width} bits; "
                f"a membrane has at most {MEMBRANE_BITS}"
            )
        try:
            DEFINITIONS[self.neuron].check(self.parameters, self.membrane)
        except ValueError as error:
            raise NetworkError(f"{name}.parameters: {error}") from error
        bound = (1 << (self.weight_bits - 1)) - 1
        for index, row in enumerate(self.weights):
            if len(row) != self.neurons:
                raise NetworkError(
                    f"{name}.weights[{index}] has {len(row)} entries; row 0 has {self.neurons}"
                )
            for column, weight in enumerate(row):
                if not -bound <= weight <= bound:
                    raise NetworkError(
                        f"{name}.weights[{index}][{column}] is {weight}; "
                        f"{self.weight_bits}-bit weights lie in {-bound} to {bound}"
                    )


@dataclass(frozen=True)
class Network:
    """A feed-forward network and the number of steps it runs for each sample.

    The last layer is the readout: its neurons do not spike, and the answer is the neuron with the
    highest membrane after the last step; of equal ones, the first.

    Parameters
    ----------
    layers : tuple of Layer
        From input to output.
    steps : int
        Time steps of one inference; at least 1.
    """

    layers: tuple[Layer, ...]
    steps: int

    def __post_init__(self):
        if not self.layers:
            raise NetworkError("layers is empty; a network needs at least one layer")
        if self.steps < 1:
            raise NetworkError(f"steps is {self.steps}; an inference needs at least one step")
        for index, layer in enumerate(self.layers):
            layer.check(f"layers[{index}]")
            if index and layer.inputs != self.layers[index - 1].neurons:
                raise NetworkError(
                    f"layers[{index}].weights has {layer.inputs} inputs, but layers[{index - 1}] "
                    f"has {self.layers[index - 1].neurons} neurons"
                )
            spikes, readout = DEFINITIONS[layer.neuron].spikes, layer is self.layers[-1]
            if spikes == readout:
                raise NetworkError(
                    f"layers[{index}].neuron is {layer.neuron!r}; "
                    + ("the readout is a neuron that never spikes, such as li" if readout
                       else "a hidden layer needs a neuron that spikes, such as lif")
                )

    @property
    def inputs(self) -> int:
        """Width of one step's input."""
        return self.layers[0].inputs

    @property
    def outputs(self) -> int:
        """Neurons of the readout."""
        return self.layers[-1].neurons

    def digest(self) -> bytes:
        """SHA-256 over everything that the gateware depends on, 32 bytes.

        The neurons' equations are part of it: a board that was built before one was changed holds
        another network.
        """
        equations = {layer.neuron: repr(DEFINITIONS[layer.neuron].update) for layer in self.layers}
        text = json.dumps([asdict(self), equations], sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).digest()
