"""How a network is trained: the fields with their defaults, and these made to fit a task."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from spikewright.coding.coding import Coding, coding_rule
from spikewright.coding.coding import input_bits as bits_of
from spikewright.coding.known import CODINGS, coding_of, to_fields
from spikewright.coding.ttfs import Ttfs
from spikewright.task.task import Task
from spikewright_hw.checks import (
    flag,
    instance,
    one_of,
    optional,
    real,
    settle,
    shown,
    text,
    whole,
)
from spikewright_hw.connection import Dense, connection_to_data
from spikewright_hw.engine.streams import Streams
from spikewright_hw.fixed import Format
from spikewright_hw.network_name import Named
from spikewright_hw.origin import origins_to_data
from spikewright_hw.readout import SPIKING

from .augmentation import Augmentation
from .choices import LOSSES, OF_MEMBRANES, OF_SPIKES, PRECISIONS, device_rule
from .model_config import MEMBRANE, ModelConfig
from .of_layers import formats
from .real_network import RealNetwork
from .recomputable import check_recomputed
from .same_everywhere import check_same_everywhere
from .task_layers import task_layers

__all__ = ["Phase", "TrainingConfig", "training_config"]


@dataclass(frozen=True, kw_only=True)
class Phase:
    """One run of the optimiser: epochs, and the learning rate that the cosine starts from."""

    epochs: int
    learning_rate: float

    def __post_init__(self):
        settle(self, epochs=whole(0, 1_000_000), learning_rate=real(0))
        if self.learning_rate == 0:
            raise ValueError("learning_rate is 0; it must be above 0")


@dataclass(frozen=True, kw_only=True)
class TrainingConfig:
    """How a network is trained.

    The defaults are for the digits, chosen by the mean integer accuracy over five folds of their
    training part; ``docs/training.md`` has the figures.

    Parameters
    ----------
    model : ModelConfig
    coding : Coding
    real, quantized : Phase
        In real numbers, and then on the grid.
    batch : int
        Samples of one optimiser step.
    weight_decay : float
        AdamW's.
    label_smoothing : float
        Share of the target that is spread over all classes.
    spikes : float
        Hidden spikes per sample that cost nothing.
    spike_cost : float
        Weight of the squared excess over ``spikes``.
    loss : str
        What is learned by, one of :data:`~spikewright.network.choices.LOSSES`: the ``outputs``, by
        their cross entropy or, if the targets are values, their mean squared error; or what the
        last layer does in every step, as ``spike_count_loss`` and its like say.
    l1, l2 : float
        Weights of the hidden spikes, and of the squared rates of the hidden neurons, as
        ``l1_activity`` and ``l2_activity`` count them.
    augmentation : Augmentation, optional
    prune : float
        Share of the weights, the smallest, that are taken away before the network is quantised:
        they are 0 on the grid, and what is left is trained on.
    patience : int, optional
        Epochs of a phase without a better result on a tenth of the training part, which is held
        out, after which the phase ends; the weights are then those of the best epoch. All epochs
        are run, and all samples are trained on, unless given.
    event_products : bool
        Whether the products of dense layers are sums over events, in their order, where they can be
        compiled: faster, and rounded otherwise than products of matrices.
    precision : str
        Of the products of inputs and weights while real numbers are trained: ``float32`` or
        ``bf16``, of which a number has 8 significant bits. Membranes, and all that is computed on
        the grid, are float32.
    recompute : bool
        Whether steps are run again, segment by segment, when gradients are computed: gradient
        checkpointing, by which memory grows with the root of the steps. Gradients are the same but
        for the order of their sums.
    same_everywhere : bool
        Whether the same seed gives the same network on every processor: sums are exact, and what is
        drawn and each function is computed by operations that IEEE 754 fixes. For dense networks of
        labels; what else there is is refused by name.
    device : str
        What PyTorch trains on: ``cpu``; ``cuda``, a GPU; ``cuda:1``, the GPU of that number; or
        ``auto``, a GPU where there is one. A network that is trained on a GPU is another one of
        like accuracy than the same seed gives on a CPU.
    streams : Streams, optional
        Bitstreams that the quantised phase computes on, with the errors that they will have on the
        stochastic engine; plain sums unless given.
    network : RealNetwork, optional
        Where training starts, in the place of drawn weights; see
        :func:`~spikewright.network.retraining.retraining_config`. Its layers and its readout are
        trained: of ``model``, the sizes and the readout must be its own, and its neurons stand in
        the place of those that ``model`` names.
    """

    model: ModelConfig = field(default_factory=ModelConfig)
    coding: Coding = field(default_factory=Ttfs)
    real: Phase = Phase(epochs=160, learning_rate=3e-2)
    quantized: Phase = Phase(epochs=60, learning_rate=2e-3)
    batch: int = 128
    weight_decay: float = 1e-4
    label_smoothing: float = 0.05
    spikes: float = 22.0
    spike_cost: float = 5e-4
    loss: str = "outputs"
    l1: float = 0.0
    l2: float = 0.0
    augmentation: Augmentation | None = field(default_factory=Augmentation)
    prune: float = 0.0
    patience: int | None = None
    event_products: bool = False
    precision: str = "float32"
    recompute: bool = False
    same_everywhere: bool = False
    device: str = "cpu"
    streams: Streams | None = None
    network: RealNetwork | None = field(default=None, hash=False)

    def __post_init__(self):
        settle(
            self,
            model=instance(ModelConfig),
            coding=coding_rule,
            real=instance(Phase),
            quantized=instance(Phase),
            batch=whole(1, 1_000_000),
            weight_decay=real(0),
            label_smoothing=real(0, 1),
            spikes=real(0),
            spike_cost=real(0),
            loss=one_of(LOSSES),
            l1=real(0),
            l2=real(0),
            augmentation=optional(instance(Augmentation)),
            prune=real(0, 1),
            patience=optional(whole(1, 1_000_000)),
            event_products=flag,
            precision=one_of(PRECISIONS),
            recompute=flag,
            same_everywhere=flag,
            device=device_rule,
            streams=optional(instance(Streams)),
            network=optional(instance(RealNetwork)),
        )
        self._check_loss()
        if self.precision != "float32" and self.event_products:
            raise ValueError(
                f"precision is {self.precision!r}, and event_products=True sums in float32; leave "
                "one of them out"
            )
        for name in ("event_products", "same_everywhere"):
            if self.device != "cpu" and getattr(self, name):
                raise ValueError(
                    f"device={self.device!r} does not go with {name}=True, which is of CPUs alone; "
                    "leave one of them out"
                )
        if self.recompute:
            check_recomputed(self.model)
        if self.same_everywhere:
            check_same_everywhere(self)
        if self.network is not None:
            if self.model.normalisation != "none":
                raise ValueError(
                    f"model.normalisation is {self.model.normalisation!r}, and network is trained "
                    "on with the currents that it has; leave one of them out"
                )
            for name in ("sizes", "readout"):
                own, given = getattr(self.network, name), getattr(self.model, name)
                if own != given:
                    raise ValueError(f"model.{name} is {given!r}, but network has {own!r}")

    def _check_loss(self) -> None:
        spiking = self.model.readout in SPIKING
        if self.loss not in ("outputs", *(OF_SPIKES if spiking else OF_MEMBRANES)):
            what = "spikes" if spiking else "membranes"
            able = " or ".join(OF_SPIKES if spiking else OF_MEMBRANES)
            raise ValueError(
                f"loss is {self.loss!r}, but the readout {self.model.readout!r} is one of {what}; "
                f"take outputs, {able}, or another readout"
            )

    def settings(self) -> dict[str, Any]:
        """Return all fields as JSON can hold them; the coding's has its name, too."""
        model = asdict(self.model)
        model["readout_neuron"], model["readout_parameters"] = self.model.layers[-1]
        del model["connections"], model["origins"]
        if self.model.connections is not None:
            model["connections"] = [connection_to_data(one) for one in self.model.connections]
        if self.model.origins is not None:
            model["origins"] = [origins_to_data(one) for one in self.model.origins]
        settings = asdict(replace(self, network=None)) | {"coding": to_fields(self.coding)}
        if self.network is None:
            return settings | {"model": model}
        own = ("neuron", "parameters", "readout_neuron", "readout_parameters")
        return settings | {
            "model": {name: value for name, value in model.items() if name not in own},
            "network": {
                "neurons": [layer.definition.name for layer in self.network.layers],
                "digest": self.network.digest(),
            },
        }


@dataclass(frozen=True)
class _Recipe:
    """Defaults that were chosen on a task of ``samples`` training samples.

    Of more samples there are fewer epochs, in proportion, but no fewer than ``fewest``.
    """

    config: TrainingConfig
    samples: int
    fewest: int

    def epochs(self, samples: int) -> int:
        """Return the epochs in real numbers with so many training samples."""
        return max(self.fewest, round(self.config.real.epochs / max(1.0, samples / self.samples)))


_DEFAULT = TrainingConfig()
#: Training samples of the digits.
_DIGITS = 1437
_OF_DIGITS = _Recipe(_DEFAULT, _DIGITS, fewest=15)
#: Of a network with convolutions, whose weights each get the gradients of many places.
_OF_MAPS = _Recipe(
    replace(
        _DEFAULT,
        real=Phase(epochs=160, learning_rate=5e-3),
        quantized=Phase(epochs=80, learning_rate=1e-3),
        batch=64,
    ),
    _DIGITS, fewest=8,
)
#: Of images that are so many that each epoch is hundreds of optimiser steps: chosen on 5,000
#: held-out training images of MNIST.
_MANY = 20_000
_OF_MANY = _Recipe(
    replace(
        _DEFAULT,
        real=Phase(epochs=30, learning_rate=1e-2),
        quantized=Phase(epochs=15, learning_rate=1e-3),
        spikes=60.0,
    ),
    60_000, fewest=15,
)
#: Hidden neurons × steps of the default network.
_SIZE = sum(_DEFAULT.model.sizes[1:-1]) * _DEFAULT.coding.steps
#: Neurons of its hidden layers.
_HIDDEN = _DEFAULT.model.sizes[1:-1]


def training_config(
    task: Task,
    *,
    hidden: Sequence[int] | str = _HIDDEN,
    network: str | None = None,
    neuron: str = "lif",
    parameters: Mapping[str, float] | None = None,
    weight_bits: int | Sequence[int] = 4,
    membrane: Format | str | Sequence[Format | str] = MEMBRANE,
    readout: str = "last",
    bias: bool = False,
    coding: Coding | str | None = None,
    steps: int | None = None,
    input_bits: int | None = None,
    silent: float | None = None,
    epochs: int | None = None,
    learning_rate: float | None = None,
    augmentation: bool = True,
    event_products: bool = False,
    precision: str = "float32",
    recompute: bool = False,
    same_everywhere: bool = False,
    device: str = "cpu",
    prune: float = 0.0,
    normalisation: str = "none",
    surrogate: str = "arc_tangent",
    learn_surrogate: bool = False,
    loss: str = "outputs",
    streams: Streams | None = None,
) -> TrainingConfig:
    """Return how a network for a task is trained: the defaults, with what is given changed.

    Parameters
    ----------
    task : Task
        Says how many inputs and outputs the network has, and the range of the inputs' values.
    hidden : sequence of int, or str
        Neurons of each hidden layer; or a short name of the hidden layers, such as
        ``"32C5-P2-64C5-P2-128"`` or ``"64@0,4,8"``, as
        :func:`spikewright_hw.network_name.named_layers` reads it.
    network : str, optional
        In the place of ``hidden``, the short name of the whole network, whose last layer has a
        neuron for each output: such as ``"8C3-P2-10C4"``, which ends in a map, or ``"64-10@0,3"``.
    neuron : str
        Definition of the hidden neurons, a key of :data:`~spikewright_hw.neuron.DEFINITIONS`.
    parameters : mapping of str to float, optional
        Their parameters; those not given take the definition's defaults. Of LIF, the default is
        what the main job has.
    weight_bits : int or sequence of int
        Of all layers, or of each: 2 to 8.
    membrane : Format, str, or sequence of these
        Format of the membranes of all layers, such as ``"Q8.4"``, or of each, ``"Q12.4-Q8.4"``.
        Wider weights need more integer bits.
    readout : str
        What the outputs are: the membranes after the ``last`` step, or their ``maximum`` over all
        steps; the ``count`` of spikes, or how early the ``first`` one is. Values, and targets at
        each step, are read from ``last``.
    bias : bool
        Whether each neuron has a learned bias, a current of every step.
    coding : Coding or str, optional
        How the samples become spikes, or its name, a key of
        :data:`~spikewright.coding.known.CODINGS`; that of the kind of task unless given.
    steps : int, optional
        Time steps of an inference; the coding's own choice for the task unless given.
    input_bits : int, optional
        Bits of a graded input, 2 to 8, of a coding that makes them; its own choice unless given.
    silent : float, optional
        Share of the range of the values that never spikes, with ``ttfs`` and ``log_latency``; its
        own choice unless given, see :func:`~spikewright.coding.known.coding_of`.
    epochs : int, optional
        Epochs in real numbers; of a task with more training samples than the digits, fewer in
        proportion unless given, but no fewer than 15, or 8 with convolutions; of 20,000 images or
        more, 30. Those on the integer grid are in the proportion of the defaults.
    learning_rate : float, optional
        Where that in real numbers starts; that of the default unless given, which is lower with
        convolutions, and with 20,000 images or more. That on the grid is in the proportion of the
        defaults.
    augmentation : bool
        Whether training images without channels are shifted and turned a little, see
        :class:`~spikewright.network.augmentation.Augmentation`.
    event_products : bool
        Whether dense layers sum over events, which is faster and rounds otherwise; see
        :class:`TrainingConfig`.
    precision : str
        Of products while real numbers are trained, ``float32`` or ``bf16``; see
        :class:`TrainingConfig`.
    recompute : bool
        Whether gradients take memory that grows with the root of the steps, which is slower; see
        :class:`TrainingConfig`.
    same_everywhere : bool
        Whether the same seed gives the same network on every processor, which is slower; see
        :class:`TrainingConfig`.
    device : str
        What PyTorch trains on: ``cpu``, ``cuda``, ``cuda:N``, or ``auto``, a GPU where there is
        one; see :class:`TrainingConfig`.
    prune : float
        Share of the weights, the smallest, that are taken away before the network is quantised.
    normalisation : str
        What the currents of hidden layers are normalised by; see
        :class:`~spikewright.network.model_config.ModelConfig`.
    surrogate : str
        What stands for the derivative of a spike, a key of
        :data:`~spikewright.network.surrogate.SURROGATES`.
    learn_surrogate : bool
        Whether its slope is learned while real numbers are trained.
    loss : str
        What is learned by; see :class:`TrainingConfig`.
    streams : Streams, optional
        Bitstreams to train on, for the stochastic engine.

    Raises
    ------
    ValueError
        An argument is of another kind or out of its range; the message names it.
    """
    instance(Task)("task", task)
    optional(text)("network", network)
    optional(whole(0, 1_000_000))("epochs", epochs)
    flag("augmentation", augmentation)
    chosen = _coding(task, coding, steps, input_bits, silent)
    named, layers = task_layers(task, chosen, hidden=hidden, network=network, usual=_HIDDEN)
    recipe = _recipe(task, named)
    model = replace(
        _DEFAULT.model,
        sizes=(chosen.inputs, *layers, task.outputs),
        neuron=neuron,
        parameters=_parameters(neuron) if parameters is None else parameters,
        weight_bits=weight_bits, membrane=formats("membrane", membrane),
        readout=readout, bias=bias, normalisation=normalisation,
        surrogate=surrogate, learn_surrogate=learn_surrogate,
        input_bits=bits_of(chosen),
        connections=tuple(one.connection for one in named) or None,
        origins=tuple(one.origins for one in named) or None,
    )
    base = _cheap(recipe.config, neurons=sum(layers), steps=chosen.steps)
    config = replace(
        base,
        model=model,
        coding=chosen,
        augmentation=base.augmentation if augmentation and len(task.image) == 2 else None,
        event_products=event_products, precision=precision, recompute=recompute, device=device,
        same_everywhere=same_everywhere, loss=loss, prune=prune, streams=streams,
    )
    return _scaled(
        config, epochs=recipe.epochs(len(task.x_train)) if epochs is None else epochs,
        learning_rate=learning_rate,
    )


def _parameters(neuron: str) -> Mapping[str, float]:
    """Return the parameters of hidden neurons unless they are given."""
    return _DEFAULT.model.parameters if neuron == _DEFAULT.model.neuron else {}


def _recipe(task: Task, named: Sequence[Named]) -> _Recipe:
    """Return the defaults for a task and the layers that have a name."""
    if any(not isinstance(part, Dense) for one in named for part in one.connection.branches):
        return _OF_MAPS
    return _OF_MANY if task.image and len(task.x_train) >= _MANY else _OF_DIGITS


def _coding(
    task: Task, coding: Coding | str | None, steps: int | None, input_bits: int | None,
    silent: float | None,
) -> Coding:
    if coding is None or isinstance(coding, str):
        optional(one_of(CODINGS))("coding", coding)
        return coding_of(task, name=coding, steps=steps, input_bits=input_bits, silent=silent)
    if silent is not None:
        raise ValueError(
            f"silent is {shown(silent)}, and coding is an object that says it already; give one of "
            "them"
        )
    given = coding_rule("coding", coding)
    for name, asked, has in (
        ("steps", steps, given.steps), ("input_bits", input_bits, bits_of(given))
    ):
        if asked not in (None, has):
            raise ValueError(f"{name} is {asked}, but coding has {has}; give one of them")
    return given


def _cheap(config: TrainingConfig, *, neurons: int, steps: int) -> TrainingConfig:
    """Return the same with hidden spikes as cheap as in the default network, for its size."""
    size = max(1.0, neurons * steps / _SIZE)
    return replace(
        config, spikes=config.spikes * size, spike_cost=config.spike_cost / size**2
    )


def _scaled(
    config: TrainingConfig, *, epochs: int, learning_rate: float | None
) -> TrainingConfig:
    """Return the same with other epochs and another learning rate, on the grid in proportion."""
    first, grid = config.real, config.quantized
    learning_rate = first.learning_rate if learning_rate is None else learning_rate
    real(0)("learning_rate", learning_rate)
    share = grid.learning_rate / first.learning_rate
    return replace(
        config,
        real=Phase(epochs=epochs, learning_rate=learning_rate),
        quantized=grid if (epochs, learning_rate) == (first.epochs, first.learning_rate) else Phase(
            epochs=-(-epochs * grid.epochs // first.epochs),
            learning_rate=grid.learning_rate if learning_rate == first.learning_rate
            else learning_rate * share,
        ),
    )
