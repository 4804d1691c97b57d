"""A network of any neurons as a PyTorch module, for a training loop of one's own."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from spikewright_hw.checks import flag, instance, one_of, optional, real, shown, whole, wholes
from spikewright_hw.connection import FeatureMap
from spikewright_hw.definition.definition import Definition, Value
from spikewright_hw.fixed import Format
from spikewright_hw.layer_graph import check_graph
from spikewright_hw.network import Network
from spikewright_hw.network_name import named_layers
from spikewright_hw.neuron import DEFINITIONS
from spikewright_hw.origin import MOST_DELAY
from spikewright_hw.readout import SPIKING

from .activity import Activity
from .first_weights import drawn_layers
from .model import Model
from .model_config import MEMBRANE, ModelConfig
from .of_layers import formats
from .real_network import RealNetwork

__all__ = ["SpikingNet"]

#: What a neuron is given as, and its parameters.
Neuron = str | Definition
Parameters = Mapping[str, Value]


class SpikingNet(nn.Module):
    """A spiking network, in real numbers and then on the integer grid.

    ::

        net = spw.SpikingNet("16C3-P2-10", inputs=(1, 8, 8), neuron="alif")
        loss = torch.nn.functional.cross_entropy(net(spikes), labels)

    Parameters
    ----------
    network : str
        Short name of its layers to the outputs, such as ``"128-64r-10"``, ``"16C3-P2-10"`` or
        ``"64@0,2-10"``, as :func:`spikewright_hw.network_name.named_layers` reads it.
    inputs : int, or tuple of int
        How many there are; or channels, height and width of a map.
    neuron : str, Definition, or sequence of these
        Of the hidden layers, or of each of them: the name of a registered one, or a definition.
    parameters : mapping, or sequence of mappings, optional
        Their parameters, of all hidden layers or of each; those not given take their defaults.
    readout : str
        What the outputs are, one of :data:`spikewright_hw.readout.READOUTS`.
    readout_neuron : str or Definition, optional
        Of the last layer: ``li``, with a leak of 1/32, or for a readout of spikes that of the layer
        before, unless given.
    bias : bool
        Whether each neuron has a learned bias.
    delays : str
        ``fixed``, ``linear`` or ``gaussian``; see
        :class:`~spikewright.network.model_config.ModelConfig`.
    normalisation : str
        Of the currents of hidden layers: ``none``, ``batch``, ``tdbn``, ``tebn`` or ``layer``; see
        the same. As of any module of PyTorch, ``train()`` and ``eval()`` say whether it goes by the
        batch or by all batches so far. :meth:`quantize` folds it.
    steps : int, optional
        Of an inference, which ``tebn`` needs.
    surrogate : str
        What stands for the derivative of a spike.
    learn_surrogate : bool
        Whether its slope is learned, the parameter ``model.slope``, until :meth:`quantize`.
    input_bits : int
    weight_bits : int or sequence of int
        Of all layers, or of each.
    scales : str
        ``layer``, ``channel`` or ``power_of_two``; see the same.
    membrane : Format, str, or sequence of these
        Of the grid, of all layers or of each: ``"Q8.4"``, ``"Q12.4-Q8.4"``.
    seed : int
        Draws the first weights.
    compiled : bool
        Whether the neurons' steps run compiled, where they can: worth it from some thirty million
        updates on.
    recompute : bool
        Whether the steps are run again, segment by segment, when gradients are computed (gradient
        checkpointing): slower, with memory that grows with the root of the steps. ``activity`` then
        has spikes and membranes of the last layer alone, and of the hidden ones ``rates``.

    Attributes
    ----------
    activity : Activity
        What the layers did in the last call, with gradients: ``spikes`` and ``membranes``, of each
        layer ``[steps, samples, neurons]``.

    Raises
    ------
    ValueError
        An argument is of another kind, or they do not fit each other; the message names it.
    """

    activity: Activity

    def __init__(
        self,
        network: str,
        *,
        inputs: int | tuple[int, int, int],
        neuron: Neuron | Sequence[Neuron] = "lif",
        parameters: Parameters | Sequence[Parameters] | None = None,
        readout: str = "last",
        readout_neuron: Neuron | None = None,
        bias: bool = False,
        delays: str = "fixed",
        normalisation: str = "none",
        steps: int | None = None,
        surrogate: str = "arc_tangent",
        learn_surrogate: bool = False,
        input_bits: int = 1,
        weight_bits: int | Sequence[int] = 4,
        scales: str = "layer",
        membrane: Format | str | Sequence[Format | str] = MEMBRANE,
        seed: int = 0,
        compiled: bool = False,
        recompute: bool = False,
    ):
        super().__init__()
        self._map = _map(inputs)
        named = named_layers(instance(str)("network", network), self._map)
        self.seed = whole(0)("seed", seed)
        config = ModelConfig(
            sizes=(len(self._map), *(len(one.connection.target) for one in named)),
            readout=readout, bias=bias, delays=delays, normalisation=normalisation,
            surrogate=surrogate, learn_surrogate=learn_surrogate, input_bits=input_bits,
            weight_bits=weight_bits, scales=scales,
            membrane=formats("membrane", membrane),
            connections=tuple(one.connection for one in named),
            origins=tuple(one.origins for one in named),
        )
        neurons = _neurons(len(named) - 1, neuron, parameters)
        neurons.append(_last(readout, readout_neuron, neurons))
        generator = torch.Generator().manual_seed(seed)
        layers = drawn_layers(config, neurons, generator=generator)
        check_graph(layers, steps=MOST_DELAY + 1)
        self.model = Model(
            config, generator=generator, layers=layers, compiled=flag("compiled", compiled),
            recompute=flag("recompute", recompute),
            steps=optional(whole(1))("steps", steps),
        )
        self._parameters_then: list[Mapping[str, Value]] | None = None

    def forward(self, spikes: Tensor, *, each_step: bool = False) -> Tensor:
        """Run the network.

        Parameters
        ----------
        spikes : Tensor
            ``[samples, steps, inputs]``, or of a map ``[samples, steps, channels, height, width]``;
            0 and 1, of graded inputs whole numbers.
        each_step : bool
            Whether the membranes of the outputs after each step are returned.

        Returns
        -------
        Tensor ``[samples, outputs]``, or ``[samples, steps, outputs]``, in real units.

        Raises
        ------
        ValueError
            ``spikes`` are of another shape, or not all are finite.
        """
        given = self._flat(spikes)
        outputs, self.activity = self.model(given, each_step=each_step)
        return outputs

    @property
    def is_quantized(self) -> bool:
        """Whether the network computes on the grid."""
        return self.model.grid is not None

    def quantize(self, *, largest: float = 0.0) -> None:
        """Fix each layer's scale by its weights; from here on the network computes on the grid.

        Training goes on with the same weights, and an optimiser that has them may be kept. What
        neurons have learned of their own parameters is fixed.

        Parameters
        ----------
        largest : float
            Largest output for which there must be room, where outputs are values.

        Raises
        ------
        ValueError
            A layer's levels do not fit its format, or its normalisation cannot be folded.
        """
        real(0)("largest", largest)
        self._parameters_then = [cell.values() for cell in self.model.neurons()]
        self.model.quantize(largest=largest)

    def network(self, *, steps: int) -> Network:
        """Return the network in plain integers; :meth:`quantize` comes first."""
        return self.model.network(steps=steps)

    def real_network(self, *, steps: int) -> RealNetwork:
        """Return the network in real numbers, as its weights are now, not yet rounded."""
        return self.model.real_network(steps=steps, parameters=self._parameters_then)

    def _flat(self, spikes: Tensor) -> Tensor:
        """Return the inputs as they are numbered: place by place, channels of one side by side."""
        instance(Tensor)("spikes", spikes)
        _check_finite(spikes)
        here = self._map
        maps = (here.channels, here.height, here.width)
        if spikes.dim() == 5 and spikes.shape[2:] == maps:
            return spikes.permute(0, 1, 3, 4, 2).flatten(2)
        if spikes.dim() != 3 or spikes.shape[2] != len(here) or not spikes.shape[1]:
            raise ValueError(
                f"spikes is of shape {list(spikes.shape)}; the network takes [samples, steps, "
                f"{len(here)}] or [samples, steps, {', '.join(map(str, maps))}], of at least one "
                "step"
            )
        return spikes


def _check_finite(spikes: Tensor) -> None:
    """Raise :exc:`ValueError` for what is no number, of which no neuron would spike."""
    if spikes.is_floating_point() and not spikes.sum().isfinite():
        wrong = (~spikes.isfinite()).nonzero()
        if len(wrong):
            place = wrong[0].tolist()
            raise ValueError(
                f"spikes{place} is {float(spikes[tuple(place)])}; inputs must be finite numbers"
            )


def _map(inputs: Any) -> FeatureMap:
    if isinstance(inputs, int):
        return FeatureMap(channels=whole(1)("inputs", inputs))
    sides = wholes(1)("inputs", inputs)
    if len(sides) != 3:
        raise ValueError(
            f"inputs is {shown(inputs)}; it must be a number, or channels, height and width"
        )
    return FeatureMap(channels=sides[0], height=sides[1], width=sides[2])


def _neurons(count: int, neuron: Any, parameters: Any) -> list[tuple[Definition, Parameters]]:
    """Return the neuron of each hidden layer, and its parameters."""
    one = isinstance(neuron, str | Definition)
    each = [neuron] * count if one else list(neuron)
    if parameters is None or isinstance(parameters, Mapping):
        parameters = [parameters] * count
    for name, given in (("neuron", each), ("parameters", parameters)):
        if len(given) != count:
            raise ValueError(f"{name} has {len(given)} entries; there are {count} hidden layers")
    definitions = [_definition(one) for one in each]
    for definition in definitions:
        if not definition.spikes:
            raise ValueError(f"neuron is {definition.name}, which never spikes; hidden layers do")
    return [
        (definition, _defaults(definition) if given is None else given)
        for definition, given in zip(definitions, parameters, strict=True)
    ]


def _definition(neuron: Any) -> Definition:
    if isinstance(neuron, Definition):
        return neuron
    return DEFINITIONS[one_of(DEFINITIONS)("neuron", neuron)]


def _defaults(definition: Definition) -> Parameters:
    """Return the parameters of a neuron that are not its definition's own defaults."""
    given = ModelConfig()
    return given.parameters if definition.name in (given.neuron, "li") else {}


def _last(
    readout: str, neuron: Neuron | None, hidden: Sequence[tuple[Definition, Parameters]]
) -> tuple[Definition, Parameters]:
    if neuron is None and readout in SPIKING and hidden:
        return hidden[-1]
    if neuron is None:
        neuron = "lif" if readout in SPIKING else "li"
    definition = _definition(neuron)
    if definition.spikes != (readout in SPIKING):
        raise ValueError(
            f"readout_neuron is {definition.name}, which "
            f"{'spikes' if definition.spikes else 'never spikes'}; the readout {readout!r} is of "
            f"{'spikes' if readout in SPIKING else 'membranes'}"
        )
    return definition, _defaults(definition)
