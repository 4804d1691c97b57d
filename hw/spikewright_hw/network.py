"""A quantised network in plain integers: what an engine is built from.

One definition for everybody: ``spikewright.quantized`` reads and writes it as a ``.spw`` file, the
integer reference runs it, an engine is elaborated from it, and its :meth:`Network.digest` is what a
board answers when it is asked which network it holds.
"""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from .checks import instance, one_of, settle, shown, whole
from .connection import FeatureMap
from .layer import MEMBRANE_BITS, Layer, NetworkError, Rows
from .layer_graph import check_graph, inputs_of
from .protocol import MAX_PAYLOAD, infer_bytes, result_bytes, trace_bytes
from .readout import READOUTS, SPIKING

__all__ = ["MEMBRANE_BITS", "MOST_LAYERS", "Layer", "Network", "NetworkError", "Rows"]


#: Most layers of a network.
MOST_LAYERS = 64


@dataclass(frozen=True)
class Network:
    """A network of layers, and the number of steps it runs for each sample.

    Each layer hears the one before it, or what its origins name.

    The last layer is read out: each of its neurons comes to an output, and the prediction is the
    highest output; of equal ones, the first. A network that exists is valid.

    Parameters
    ----------
    layers : tuple of Layer
        From input to output, 1 to 64. Those that hear the inputs alone may take graded ones.
    steps : int
        Time steps of one inference; at least 1, and no more than fit a frame of the link: the
        inputs of all steps, and their trace, are one frame each.
    readout : str
        What an output is: the membrane after the ``"last"`` step, or the ``"maximum"`` of the
        membrane over all steps, of a last layer that does not spike; the ``"count"`` of spikes, or
        how early the ``"first"`` spike is, of a layer that does; see :mod:`.readout`.

    Raises
    ------
    NetworkError
        A field is of another kind or out of its range, or layers do not fit each other; the message
        names the field.
    """

    layers: tuple[Layer, ...]
    steps: int
    readout: str = "last"

    def __post_init__(self):
        try:
            settle(self, layers=_layers, steps=whole(1, MAX_PAYLOAD), readout=one_of(READOUTS))
        except ValueError as error:
            raise NetworkError(str(error)) from error
        try:
            check_graph(self.layers, steps=self.steps)
        except ValueError as error:
            raise NetworkError(str(error)) from error
        for index, layer in enumerate(self.layers):
            last = index == len(self.layers) - 1
            if layer.definition.spikes != (self.reads_spikes or not last):
                raise NetworkError(
                    f"layers[{index}].neuron is {layer.definition.name!r}; " + self._wanted(last)
                )
        self._check_frames()

    def _wanted(self, last: bool) -> str:
        if not last:
            return "a hidden layer needs a neuron that spikes, such as lif"
        if self.reads_spikes:
            return f"the readout {self.readout!r} needs a neuron that spikes, such as lif"
        return (
            f"the readout {self.readout!r} needs a neuron that never spikes, such as li; with one "
            "that spikes, the readout is count or first"
        )

    def _check_frames(self) -> None:
        sizes = {
            "the input": infer_bytes(inputs=self.inputs, planes=self.planes),
            "the result": result_bytes(layers=len(self.layers), outputs=self.outputs),
            "the trace": trace_bytes(
                spiking=[layer.neurons for layer in self.spiking],
                membranes=0 if self.reads_spikes else self.outputs,
                steps=self.steps,
            ),
        }
        for what, size in sizes.items():
            if size > MAX_PAYLOAD:
                raise NetworkError(
                    f"{what} of an inference of {self.steps} steps would be {size} bytes, and a "
                    f"frame of the link carries {MAX_PAYLOAD}; take fewer steps or neurons"
                )

    @property
    def inputs(self) -> int:
        """Width of one step's input."""
        return len(self.source)

    @property
    def source(self) -> FeatureMap:
        """Shape of the inputs, as the layers take them that hear them."""
        return inputs_of(self.layers)

    @property
    def is_chain(self) -> bool:
        """Whether each layer hears the one before it alone, in the same step."""
        return all(layer.is_plain for layer in self.layers)

    @property
    def input_bits(self) -> int:
        """Bits of an input: 1 for spikes, more for graded inputs."""
        return self.layers[0].input_bits

    @property
    def planes(self) -> int:
        """Bitmaps of one inference: the bit planes of each step's input; of spikes, the steps."""
        return self.steps * self.input_bits

    @property
    def outputs(self) -> int:
        """Neurons of the readout."""
        return self.layers[-1].neurons

    @property
    def reads_spikes(self) -> bool:
        """Whether the outputs follow from spikes of the last layer, and not from membranes."""
        return self.readout in SPIKING

    @property
    def spiking(self) -> tuple[Layer, ...]:
        """The layers whose spikes a trace has: all, or all but a last one that does not spike."""
        return self.layers if self.reads_spikes else self.layers[:-1]

    def digest(self) -> bytes:
        """SHA-256 over everything that the gateware depends on, 32 bytes.

        The neurons' compiled equations are part of it: a board that was built before one was
        changed holds another network.
        """
        return self._digest({})

    def shape_digest(self) -> bytes:
        """Return the same, over everything but the weights, so that it is that of any weights."""
        return self._digest({"weights": None, "recurrent": None})

    def _digest(self, instead: dict[str, Any]) -> bytes:
        layers = [layer.gateware() | instead for layer in self.layers]
        text = json.dumps([self.steps, self.readout, layers], sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).digest()


def _layers(name: str, layers: Any) -> tuple[Layer, ...]:
    if not isinstance(layers, list | tuple):
        raise NetworkError(f"{name} is {shown(layers)}; it must be a list of Layer objects")
    if not layers:
        raise NetworkError(f"{name} is empty; a network needs at least one layer")
    if len(layers) > MOST_LAYERS:
        raise NetworkError(
            f"{name} has {len(layers)} layers; a network has at most {MOST_LAYERS}"
        )
    of_layer = instance(Layer)
    return tuple(of_layer(f"{name}[{index}]", layer) for index, layer in enumerate(layers))
