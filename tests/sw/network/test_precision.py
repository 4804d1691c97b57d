"""Products of bf16: they are, where they should be, and what is trained with them is as good."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from spikewright.coding.coding import encode
from spikewright.network.reference import run
from spikewright.network.train import train
from spikewright.network.training_config import Phase, TrainingConfig, training_config
from spikewright.task import digits

from .made_tasks import patterns

TASK = patterns()
#: Operations that multiply spikes or gradients by weights.
PRODUCTS = ("aten.mm", "aten.bmm", "aten.addmm", "aten.convolution", "aten.convolution_backward",
            "aten._mkldnn", "aten.mkldnn")


class Seen(TorchDispatchMode):
    """The types of the numbers in every product, and whether it was of a gradient."""

    def __init__(self):
        super().__init__()
        self.types: list[torch.dtype] = []
        self.others: set[torch.dtype] = set()

    def __torch_dispatch__(self, function: Any, types: Any, given: Any = (), named: Any = None):
        made = function(*given, **(named or {}))
        tensors = [one for one in given if isinstance(one, torch.Tensor)]
        if str(function).startswith(PRODUCTS):
            self.types += [one.dtype for one in tensors]
        elif str(function).startswith(("aten.ge", "aten.gt")):  # of membranes and thresholds
            self.others |= {one.dtype for one in tensors}
        return made


def config(**given) -> TrainingConfig:
    made = training_config(TASK, **{"hidden": (16,), "epochs": 8, "bias": True, **given})
    return replace(made, batch=30, spike_cost=0.0)


@pytest.mark.parametrize("network", ["16-3", "9r@0,1-3+2"])
def test_products_are_of_bf16_in_real_numbers_and_nothing_else_is(network):
    given = replace(
        config(network=network, hidden=(128,), precision="bf16"),
        real=Phase(epochs=1, learning_rate=0.01), quantized=Phase(epochs=0, learning_rate=0.01),
    )
    with Seen() as real:
        train(given, TASK, seed=0)
    assert torch.bfloat16 in real.types
    with Seen() as plain:
        train(replace(given, precision="float32"), TASK, seed=0)
    assert set(plain.types) == {torch.float32}
    assert real.others and torch.bfloat16 not in real.others
    # What is left in float32 are scores, which are not trained on.
    assert real.types.count(torch.bfloat16) > 5 * real.types.count(torch.float32)


def test_products_on_the_grid_are_exact():
    given = replace(config(precision="bf16"), real=Phase(epochs=0, learning_rate=0.01))
    with Seen() as grid:
        trained = train(given, TASK, seed=0)
    assert set(grid.types) == {torch.float32}
    spikes = encode(TASK.x_test, given.coding)
    with torch.no_grad():
        _, did = trained.model(torch.from_numpy(spikes).float())
    for mine, layer in zip(did.membranes, run(trained.network, spikes).layers, strict=True):
        assert np.array_equal(mine.transpose(0, 1).numpy(), layer.membranes)


def test_it_learns_as_well():
    """The digits, at 1437 training images: within a point of float32, in integers."""
    task = digits.load()
    found = []
    for precision in ("float32", "bf16"):
        given = training_config(task, epochs=12, hidden=(64,), precision=precision)
        found.append(train(given, task, seed=0).accuracy_integer)
    assert None not in found and abs(found[0] - found[1]) <= 0.01 and min(found) > 0.9


def test_what_it_does_not_go_with_is_refused():
    with pytest.raises(ValueError, match=r"^precision is 'bf16', and event_products=True sums in"):
        config(precision="bf16", event_products=True)
    with pytest.raises(ValueError, match=r"^precision is 'half'; there are float32, bf16$"):
        config(precision="half")
