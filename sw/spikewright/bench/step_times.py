"""How long a step of training takes, of several networks that are compared."""

import time
from collections.abc import Callable, Iterator, Mapping

import torch

from ..network.model import Model
from ..network.objective import Objective
from ..network.steps import Steps, TrainingSpikes, one_thread
from ..network.training_config import TrainingConfig
from ..task.task import Task

__all__ = ["step_times"]


def step_times(
    configs: Mapping[str, TrainingConfig],
    task: Task,
    *,
    rounds: int = 9,
    batches: int = 2,
    tell: Callable[[str], None] = lambda _: None,
) -> Iterator[dict[str, float]]:
    """Time training steps of several networks in turns.

    Yields for each round the CPU seconds of ``batches`` steps by network, measured one after the
    other, so that whatever slows the machine slows all of them. A first round is not counted.

    Parameters
    ----------
    configs : mapping of str to TrainingConfig
        Of each network, with epochs of more than ``batches`` batches.
    task : Task
    rounds, batches : int
    tell : callable
        Told which round it is.
    """
    with one_thread():
        steps = {name: _steps(config, task) for name, config in configs.items()}
        for number in range(rounds + 1):
            tell(f"round {number} of {rounds}")
            seconds = {}
            for name, one in steps.items():
                epoch = one.epoch()
                next(epoch)  # encodes the samples
                started = time.process_time()
                for _ in range(batches):
                    next(epoch)
                seconds[name] = time.process_time() - started
            if number:
                yield seconds


def _steps(config: TrainingConfig, task: Task) -> Steps:
    generator = torch.Generator().manual_seed(0)
    model = Model(config.model, generator=generator, streams=config.streams)
    return Steps(
        model, config, config.real, objective=Objective(task, config),
        spikes=TrainingSpikes(config, task, generator=generator), generator=generator,
    )
