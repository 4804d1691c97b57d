"""Training: first in real numbers, then on the integer grid.

Both phases are backpropagation through time with a surrogate gradient (Neftci, Mostafa, Zenke,
IEEE Signal Processing Magazine 36(6), 2019), AdamW and a cosine schedule. Between them each layer's
scale is fixed, and from there on the forward pass is the integers that the gateware will compute.

The same seed gives the same network, bit for bit, on the same machine and versions. Nothing is
written anywhere but a checkpoint, if one is asked for, from which an interrupted training goes on.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch

from spikewright.coding.coding import encode
from spikewright.coding.output_scale import OutputScale
from spikewright.errors import DataError
from spikewright.task.task import Task
from spikewright.task.validation import validation
from spikewright_hw.layer import Layer
from spikewright_hw.network import Network

from .blocks import blocks
from .checkpoint import about, read_checkpoint
from .devices import device_name, full_precision, placed, torch_device
from .draft import draft
from .model import Model
from .objective import Objective, check_readout
from .phases import Keeper, Phases, Progress, copied
from .processes import ALONE, Processes
from .quantization import LayerFit, layer_fit
from .real_network import RealNetwork
from .real_run import run_real
from .reference import run
from .shares import check_shares
from .steps import TrainingSpikes, one_thread
from .stream_synapses import stream_synapses
from .synapses import Synapses, weight_synapses
from .training_config import TrainingConfig

__all__ = ["WORTH_COMPILING", "Trained", "train"]

#: Updates of neurons from which on they are compiled: PyTorch takes some seconds for them.
WORTH_COMPILING = 1 << 25
#: Of so many parts of the training part, one is held out from a training that stops early.
_FOLDS = 10
#: Samples on which the layers in integers are compared with those in real numbers.
_FITTED = 100


@dataclass(frozen=True, kw_only=True)
class Trained:
    """A finished training.

    Parameters
    ----------
    network : Network
        The integers.
    model : Model
        The same on the grid in PyTorch; spikes and membranes are equal to the integer reference's.
    config : TrainingConfig
    task : str
    seed : int
    accuracy_float, accuracy_integer : float, optional
        Share of the labels of the test part that are found, 0 to 1, if the targets are labels: by
        the network in real numbers before quantisation and the epochs on the grid, and by the
        integer reference, on the bitstreams it was trained for, if any.
    error_float, error_integer : float, optional
        Root of the mean squared error on the test part, in the unit of the targets, if these are
        values; by the same.
    output_scale : OutputScale, optional
        What the outputs of ``network`` stand for, if the targets are values.
    compiled : int
        Of how many layers the neurons' steps ran compiled.
    processes : int
        How many had a share of each batch.
    device : str
        Name of the GPU that it was trained on; empty of the CPU.
    layers : tuple of LayerFit
        How far each layer is from the network in real numbers, before quantisation, on the first
        samples of the training part.
    """

    network: Network
    model: Model
    config: TrainingConfig
    task: str
    seed: int
    accuracy_float: float | None
    accuracy_integer: float | None
    error_float: float | None = None
    error_integer: float | None = None
    output_scale: OutputScale | None = None
    compiled: int = 0
    processes: int = 1
    device: str = ""
    layers: tuple[LayerFit, ...] = ()


def train(
    config: TrainingConfig,
    task: Task,
    *,
    seed: int,
    checkpoint: Path | None = None,
    log: Path | None = None,
    progress: Callable[[Progress], None] = lambda _: None,
    processes: Processes = ALONE,
) -> Trained:
    """Train a network and quantise it.

    Parameters
    ----------
    checkpoint : Path, optional
        File that holds, after each epoch, where the training stands. If it is there, the training
        goes on from it, to the same network bit for bit.
    log : Path, optional
        File that holds, after each epoch, all epochs so far: a table as CSV, the fields of
        :class:`~spikewright.network.phases.Progress`; or with ``tfevents`` in its name, the same as
        events, which TensorBoard reads.
    progress : callable
        Called after each epoch; what it raises ends the training.
    processes : Processes
        That have a share of each batch; only the first of them writes files.

    Raises
    ------
    DataError
        The task does not fit the network or the coding, no weights would make it a network, or
        the device is not there; said before anything is trained.
    TrainingError
        The checkpoint is damaged, or is of another training; or the loss or a weight is no longer
        finite.
    """
    config = placed(config)
    _check(config, task)
    part = task if config.patience is None else validation(task, fold=0, folds=_FOLDS)
    check_shares(config, part, processes.count)
    keeper = _keeper(config, task, seed, checkpoint, log, processes)
    with one_thread(), full_precision():
        generator = torch.Generator().manual_seed(seed)
        model = _model(config, task, generator).to(torch_device(config, processes))
        test = encode(task.x_test, config.coding)
        objective = Objective(part, config)
        score = partial(_score, objective, neurons=sum(config.model.sizes))
        phases = Phases(
            model, config, objective=objective, generator=generator, progress=progress,
            spikes=TrainingSpikes(config, part, generator=generator),
            keeper=keeper, processes=processes,
            held_out=None if config.patience is None else partial(
                score, _real(model, objective), encode(part.x_test, config.coding),
                scale=objective.scale(1.0), targets=part.y_test,
            ),
        )
        if phases.real is None:
            phases.run(0)
            phases.real = {
                "model": copied(model), "compiled": model.compiled_layers(),
                "score": float(score(
                    _real(model, objective), test, scale=objective.scale(1.0), targets=task.y_test
                )),
            }
        model.load_state_dict(phases.real["model"])
        real = model.real_network(steps=config.coding.steps)
        _quantize(model, config, objective)
        phases.run(1)
        network = model.network(steps=config.coding.steps)
    scale = objective.scale(model.output_step)
    integer = score(
        _integers(network, config, objective), test, scale=scale, targets=task.y_test
    )
    what = "accuracy" if task.classes else "error"
    scores = dict.fromkeys(("accuracy_float", "accuracy_integer"))
    return Trained(
        network=network,
        model=model,
        config=config,
        task=task.name,
        seed=seed,
        output_scale=scale,
        processes=processes.count,
        device=device_name(model.device),
        compiled=max(phases.real["compiled"], model.compiled_layers()),
        layers=_fits(real, network, model, config, encode(task.x_train[:_FITTED], config.coding)),
        **scores | {f"{what}_float": phases.real["score"], f"{what}_integer": integer},
    )


def _keeper(
    config: TrainingConfig, task: Task, seed: int, checkpoint: Path | None, log: Path | None,
    processes: Processes,
) -> Keeper:
    """Return where the training is kept, and from where it goes on; the first process reads it."""
    known = {} if checkpoint is None else about(config, task, seed=seed)
    if processes.count > 1:
        known["processes"] = processes.count
    there = None
    if checkpoint is not None and processes.is_first:
        there = read_checkpoint(checkpoint, known)
    found = processes.of_first(there)
    if not processes.is_first:
        checkpoint = log = None
    return Keeper(path=checkpoint, log=log, known=known, found=found)


def _model(config: TrainingConfig, task: Task, generator: torch.Generator) -> Model:
    """Return the network with its first weights."""
    return Model(
        config.model, generator=generator, streams=config.streams, start=config.network,
        steps=config.coding.steps, compiled=_worth_compiling(config, task),
        event_products=config.event_products, bf16=config.precision == "bf16",
        exact_sums=config.same_everywhere,
        recompute=config.recompute,
    )


def _fits(
    real: RealNetwork, network: Network, model: Model, config: TrainingConfig, spikes: np.ndarray
) -> tuple[LayerFit, ...]:
    """Return how far each layer is from what it was in real numbers, on some samples."""
    assert model.grid is not None
    before, after = run_real(real, spikes), run(network, spikes, synapses=_synapses(config))
    return tuple(
        layer_fit(index, layer, made, float(torch.as_tensor(grid.scale).mean()), before, after)
        for index, (layer, made, grid) in enumerate(
            zip(real.layers, network.layers, model.grid, strict=True)
        )
    )


def _quantize(model: Model, config: TrainingConfig, objective: Objective) -> None:
    if config.prune:
        model.prune(config.prune)
    try:
        model.quantize(largest=objective.largest)
    except ValueError as error:
        raise DataError(f"the network cannot be quantised: {error}") from error


def _worth_compiling(config: TrainingConfig, task: Task) -> bool:
    """Return whether a training takes longer than to compile its neurons, once."""
    epochs = config.real.epochs + config.quantized.epochs
    neurons = sum(config.model.sizes[1:])
    return epochs * len(task.x_train) * config.coding.steps * neurons >= WORTH_COMPILING


def _synapses(config: TrainingConfig) -> Callable[[Layer], Synapses]:
    if config.streams is None:
        return weight_synapses
    return partial(stream_synapses, streams=config.streams)


def _real(model: Model, objective: Objective) -> Callable[[np.ndarray], np.ndarray]:
    """Return what makes outputs of spikes, by the network in real numbers."""
    def outputs(spikes: np.ndarray) -> np.ndarray:
        model.eval()  # normalisations go by what they know of all batches
        with torch.no_grad():
            given = torch.from_numpy(spikes).to(model.device).float()
            made, _ = model(given, each_step=objective.each_step)
        model.train()
        return made.cpu().numpy()

    return outputs


def _integers(
    network: Network, config: TrainingConfig, objective: Objective
) -> Callable[[np.ndarray], np.ndarray]:
    """Return what makes outputs of spikes, by the integer reference."""
    synapses = _synapses(config)

    def outputs(spikes: np.ndarray) -> np.ndarray:
        made = run(network, spikes, synapses=synapses, hidden_membranes=False)
        return made.membranes if objective.each_step else made.outputs

    return outputs


def _score(
    objective: Objective,
    outputs: Callable[[np.ndarray], np.ndarray],
    spikes: np.ndarray,
    *,
    neurons: int,
    scale: OutputScale | None,
    targets: np.ndarray,
) -> float:
    """Return how well targets are met, run part by part, so that states fit in memory."""
    parts = [
        outputs(spikes[part])
        for part in blocks(len(spikes), steps=spikes.shape[1], neurons=neurons)
    ]
    return objective.score(np.concatenate(parts), scale, targets=targets)


def _check(config: TrainingConfig, task: Task) -> None:
    sizes, coding = config.model.sizes, config.coding
    if sizes[0] != coding.inputs:
        raise DataError(
            f"the coding makes {coding.inputs} inputs and the network has {sizes[0]}; they must be "
            "the same"
        )
    if sizes[-1] != task.outputs:
        what = "classes" if task.classes else "values to a target"
        raise DataError(
            f"{task.name} has {task.outputs} {what}, but the network has {sizes[-1]} outputs"
        )
    if config.network is not None and not task.classes:
        raise DataError(
            f"the targets of {task.name} are values, and a network that is given is trained on for "
            "labels alone"
        )
    check_readout(task, config.model.readout)
    if config.same_everywhere and not task.classes:
        raise DataError(
            f"the targets of {task.name} are values, whose errors are summed otherwise on other "
            "processors; leave same_everywhere= out"
        )
    if task.each_step and task.steps != coding.steps:
        raise DataError(
            f"the targets of {task.name} are at each of {task.steps} steps, and the coding has "
            f"{coding.steps}; take as many"
        )
    if len(task.image) != 2 and config.augmentation is not None:
        raise DataError(f"{task.name} holds no images of one channel, so it cannot be augmented")
    try:
        draft(
            config.model, steps=coding.steps, streams=config.streams, start=config.network
        )
    except ValueError as error:
        raise DataError(f"this network cannot be trained: {error}") from error
