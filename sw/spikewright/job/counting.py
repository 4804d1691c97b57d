"""Networks that are trained on spike counts, in the content-addressed cache."""

import json
from pathlib import Path

from spikewright_hw.neuron import DEFINITIONS

from ..cache import cached
from ..files import write_json
from ..imports import code_key
from ..network.counting_train import CountingResult, CountingTraining, train_counting
from ..task.task import Task
from .training import task_digest

__all__ = ["trained_counting"]


def trained_counting(
    name: str, config: CountingTraining, task: Task, seed: int, build: Path
) -> CountingResult:
    """Train one neuron on its spike counts, unless the same was trained before."""
    key = {
        "neuron": name,
        "config": repr(config),
        "task": task_digest(task),
        "seed": seed,
        "code": code_key(__name__),
    }

    def stage(folder: Path) -> None:
        result = train_counting(DEFINITIONS[name], config, task, seed=seed)
        write_json(folder / "accuracy.json", {"real": result.real, "integer": result.integer})

    folder = cached("neurons", key, stage, root=build / "cache")
    return CountingResult(**json.loads((folder / "accuracy.json").read_text(encoding="utf-8")))
