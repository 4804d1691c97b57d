"""A quantised network in plain integers: what an engine is built from.

One definition for everybody: ``spikewright.quantized`` reads and writes it as a ``.spw`` file, the
integer reference runs it, an engine is elaborated from it, and its :meth:`Network.digest` is what a
board answers when it is asked which network it holds.
"""

import hashlib
import json
from dataclasses import dataclass

from .layer import MEMBRANE_BITS, Layer, NetworkError, Rows
from .neuron import DEFINITIONS

__all__ = ["MEMBRANE_BITS", "Layer", "Network", "NetworkError", "Rows"]


@dataclass(frozen=True)
class Network:
    """A network of layers one behind the other, and the number of steps it runs for each sample.

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

        The neurons' compiled equations are part of it: a board that was built before one was
        changed holds another network.
        """
        layers = [layer.gateware() for layer in self.layers]
        text = json.dumps([self.steps, layers], sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).digest()
