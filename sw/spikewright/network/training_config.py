"""How a network is trained on a task: the defaults, made to fit."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from spikewright.coding.ttfs import Ttfs
from spikewright.task.task import Task
from spikewright_hw.checks import instance, optional, whole, wholes
from spikewright_hw.engine.streams import Streams
from spikewright_hw.fixed import Format
from spikewright_hw.layer import MOST_NEURONS

from .model import MEMBRANE
from .train import Phase, TrainingConfig

__all__ = ["training_config"]

_DEFAULT = TrainingConfig()
#: A value of at most this share of the brightest never spikes.
_SILENT = _DEFAULT.coding.silent / _DEFAULT.coding.high


def training_config(
    task: Task,
    *,
    hidden: Sequence[int] = (128,),
    neuron: str = "lif",
    parameters: Mapping[str, float] | None = None,
    weight_bits: int = 4,
    membrane: Format | str = MEMBRANE,
    steps: int = _DEFAULT.coding.steps,
    epochs: int | None = None,
    streams: Streams | None = None,
) -> TrainingConfig:
    """Return how a network for a task is trained: the defaults, with what is given changed.

    Parameters
    ----------
    task : Task
        Says how many inputs and outputs the network has, and the range of the inputs' values.
    hidden : sequence of int
        Neurons of each hidden layer.
    neuron : str
        Definition of the hidden neurons, a key of :data:`~spikewright_hw.neuron.DEFINITIONS`.
    parameters : mapping of str to float, optional
        Their parameters; those not given take the definition's defaults. Of LIF, the default is
        what the main job has.
    weight_bits : int
        2 to 8.
    membrane : Format or str
        Format of the membranes, such as ``"Q8.4"``. Wider weights need more integer bits.
    steps : int
        Time steps of an inference.
    epochs : int, optional
        Epochs in real numbers. Those on the integer grid are in the proportion of the defaults.
    streams : Streams, optional
        Bitstreams to train on, for the stochastic engine.

    Raises
    ------
    ValueError
        An argument is of another kind or out of its range; the message names it.
    """
    instance(Task)("task", task)
    optional(whole(0, 1_000_000))("epochs", epochs)
    layers = wholes(1, MOST_NEURONS)("hidden", hidden)
    if parameters is None:
        parameters = _DEFAULT.model.parameters if neuron == _DEFAULT.model.neuron else {}
    model = replace(
        _DEFAULT.model,
        sizes=(task.inputs, *layers, task.classes),
        neuron=neuron,
        parameters=parameters,
        weight_bits=weight_bits,
        membrane=_format("membrane", membrane),
    )
    config = replace(
        _DEFAULT,
        model=model,
        coding=Ttfs(
            inputs=task.inputs, steps=steps, high=task.high, silent=_SILENT * task.high
        ),
        augmentation=_DEFAULT.augmentation if task.image else None,
        streams=streams,
    )
    return config if epochs is None else _brief(config, epochs)


def _brief(config: TrainingConfig, epochs: int) -> TrainingConfig:
    real, quantized = config.real, config.quantized
    share = -(-epochs * quantized.epochs // real.epochs)
    return replace(
        config,
        real=Phase(epochs=epochs, learning_rate=real.learning_rate),
        quantized=Phase(epochs=share, learning_rate=quantized.learning_rate),
    )


def _format(name: str, value: Format | str) -> Format:
    if not isinstance(value, str):
        return instance(Format)(name, value)
    try:
        return Format.parse(value)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None
