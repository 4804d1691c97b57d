"""A network before it is trained: what would be refused of it afterwards is refused at once."""

from collections.abc import Mapping

from spikewright_hw.definition.definition import Definition, Value
from spikewright_hw.engine.streams import Streams, check_streams
from spikewright_hw.fixed import Format
from spikewright_hw.network import Layer, Network
from spikewright_hw.neuron import DEFINITIONS

from .first_weights import given_layers
from .model_config import ModelConfig
from .normalisation import check_foldable, check_normalised, normalised
from .quantize import largest_level, scalable, threshold
from .real_network import RealNetwork
from .trained_synapses import check_counts

__all__ = ["draft"]


def draft(
    config: ModelConfig,
    *,
    steps: int,
    streams: Streams | None = None,
    start: RealNetwork | None = None,
) -> Network:
    """Return the network of a configuration with weights of zero.

    Its neurons are those of ``start``, if that is given.

    Levels that training scales, those counted in weight steps, are one step of the membrane.

    Raises
    ------
    ValueError
        No weights would make it a network, or one that can be computed on the streams.
    """
    neurons: list[tuple[Definition, Mapping[str, Value]]] = [
        (DEFINITIONS[name], dict(given)) for name, given in config.layers
    ]
    if start is not None:
        neurons = [(layer.definition, layer.parameters) for layer in given_layers(start)]
    check_foldable(config.normalisation)
    check_normalised(
        config.normalisation,
        [(one, node) for (one, _), node in zip(neurons, config.nodes, strict=True)], steps=steps,
    )
    neurons[:-1] = [
        (normalised(config.normalisation, one, steps=steps), given) for one, given in neurons[:-1]
    ]
    layers = []
    shapes = zip(config.wires, config.heard, strict=True)
    if start is not None:
        shapes = ((layer.connection, layer.origins) for layer in start.layers)
    for number, ((definition, given), (connection, origins), membrane, width, bits) in enumerate(
        zip(neurons, shapes, config.membranes, config.widths, config.bits, strict=True)
    ):
        after = len(connection.target)
        recurrent = definition.hears_itself
        layer = Layer(
            weights=((0,) * connection.lanes,) * connection.rows,
            weight_bits=width,
            neuron=definition,
            parameters=_known(definition, given, membrane),
            membrane=membrane,
            recurrent=((0,) * after,) * after if recurrent else None,
            input_bits=bits,
            connection=connection,
            origins=origins,
        )
        if streams is not None:
            check_streams(streams, layer, name=f"layers[{number}]")
            check_counts(streams, layer, name=f"layers[{number}]")
        layers.append(layer)
    return Network(tuple(layers), steps, config.readout)


def _known(
    definition: Definition, given: Mapping[str, Value], membrane: Format
) -> Mapping[str, Value]:
    """Set aside what quantisation will scale; check that it can."""
    if not scalable(definition):
        return given
    threshold(membrane.one, membrane, largest=largest_level(definition, given))
    step = membrane.real(1)
    levels = {name: one for name, one in definition.parameters.items() if one.unit == "level"}
    return dict(given) | {name: max(step, one.low or step) for name, one in levels.items()}
