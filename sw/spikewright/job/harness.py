"""The official NeuroBench harness, driven through a model around a board.

The harness sees what PyTorch modules are called with. So each connection and each population of the
network has a module here, with the weights of the device, that does nothing but be called with what
the board reported. The harness runs at batch size 1, on a model of its own each time, and whatever
it reports as failed is an error here: by itself it would put a zero in its place.
"""

from collections.abc import Callable
from contextlib import redirect_stdout
from io import StringIO
from typing import Any

import numpy as np
import torch
from torch import nn

from spikewright_hw.checks import instance
from spikewright_hw.connection import Convolution
from spikewright_hw.layer import Layer
from spikewright_hw.network import Network

from ..device.session import Session
from ..errors import DataError, ToolError
from ..quantized.network import QuantizedNetwork, network_of
from ..record.algorithm import heard_by

__all__ = ["run_harness"]


def run_harness(
    board: Session,
    inputs: np.ndarray,
    *,
    labels: np.ndarray,
    network: Network | QuantizedNetwork,
) -> dict[str, Any]:
    """Run samples on a board under the official harness; return what it computes.

    Parameters
    ----------
    board : Session
        An open board, virtual or real, that holds the network.
    inputs : array ``[samples, steps, inputs]``
        Spikes, or graded inputs.
    labels : array ``[samples]``
        The classes.
    network : Network or QuantizedNetwork

    Returns
    -------
    dict
        ``ConnectionSparsity``, ``ActivationSparsity``, ``SynapticOperations`` and
        ``ClassificationAccuracy``, as the harness names them. The footprint of its modules, which
        are floating-point numbers, would not be that of the device; :func:`spikewright.
        compute_metrics` has that.

    Raises
    ------
    ToolError
        The harness is not installed.
    DataError
        A layer is of a kind that the harness does not see, there are not as many labels as
        samples, or the harness failed at a metric.
    DeviceError
        The board does not answer.
    """
    instance(Session)("board", board)
    try:
        from neurobench.benchmarks import Benchmark
        from neurobench.metrics.static import ConnectionSparsity
        from neurobench.metrics.workload import (
            ActivationSparsity,
            ClassificationAccuracy,
            SynapticOperations,
        )
    except ModuleNotFoundError as error:
        raise ToolError(
            f"{error.name} is not installed, a part of NeuroBench's harness; to get it, install "
            "the package neurobench, or run `make setup` in a checkout"
        ) from error
    if len(labels) != len(inputs):
        raise DataError(f"labels has {len(labels)} entries, and inputs has {len(inputs)} samples")
    samples = [
        (torch.from_numpy(np.asarray(sample, np.float32)), torch.tensor(int(label)))
        for sample, label in zip(inputs, labels, strict=True)
    ]
    batches = torch.utils.data.DataLoader(samples, batch_size=1)  # pyright: ignore
    model = _model(network_of(network), board)
    metrics = [[ConnectionSparsity], [ActivationSparsity, SynapticOperations,
                                      ClassificationAccuracy]]
    benchmark = Benchmark(model, batches, [], [lambda answer: answer], metrics)
    said = StringIO()
    with redirect_stdout(said):
        found = benchmark.run(quiet=False)
    benchmark.workload_metric_manager.cleanup_hooks(model)
    failed = [line for line in said.getvalue().splitlines() if "Error running" in line]
    if failed:
        raise DataError(f"NeuroBench's harness failed: {'; '.join(failed)}")
    return found


def _model(network: Network, board: Session) -> Any:
    """Return a model of the harness around a board."""
    from neurobench.models import NeuroBenchModel

    class Device(NeuroBenchModel):
        def __init__(self) -> None:
            super().__init__()
            self.net = nn.Module()
            self.called: list[Callable[[np.ndarray], None]] = []
            for index, layer in enumerate(network.layers):
                module, shape = _connection(index, layer)
                self.net.add_module(f"connection{index}", module)
                self.net.add_module(f"neurons{index}", nn.Identity())
                self.called.append(_caller(module, shape))
            self.add_activation_module(nn.Identity)

        def __net__(self) -> nn.Module:  # pyright: ignore[reportIncompatibleMethodOverride]
            return self.net

        def __call__(self, batch: torch.Tensor) -> torch.Tensor:  # pyright: ignore
            (sample,) = batch.numpy().astype(np.uint8)
            result, trace = board.infer(sample), board.trace()
            spikes = [np.array(layer, bool)[None] for layer in trace.spikes]
            for index in range(len(network.layers)):
                (heard,) = heard_by(network, index, sample[None], spikes)
                for step in heard:
                    self.called[index](step)
                if index < len(spikes):
                    for step in spikes[index][0]:
                        self.net.get_submodule(f"neurons{index}")(torch.from_numpy(step).float())
            return torch.tensor([result.prediction])

    return Device()


def _connection(index: int, layer: Layer) -> tuple[nn.Module, Callable[[np.ndarray], np.ndarray]]:
    """Return the module of a connection, and how what it hears lies in its input."""
    if layer.is_dense:
        rows = torch.tensor(layer.rows, dtype=torch.float32)
        made = nn.Linear(*rows.shape, bias=False)
        made.weight.data = rows.T.contiguous()
        return made, lambda heard: heard
    plan = layer.connection
    if not isinstance(plan, Convolution):
        raise DataError(
            f"layer {index} is a {type(plan).__name__} connection, which NeuroBench's harness does "
            "not see; compute_metrics measures it"
        )
    source, channels = plan.source, plan.source.channels
    made = nn.Conv2d(
        channels, plan.channels, plan.kernel, plan.stride, plan.padding, plan.dilation,
        plan.groups, bias=False,
    )
    lanes, each = plan.channels // plan.groups, channels // plan.groups
    rows = np.array(layer.weights, np.float32).reshape(*plan.kernel, plan.groups, each, lanes)
    weight = rows.transpose(2, 4, 3, 0, 1).reshape(plan.channels, each, *plan.kernel)
    made.weight.data = torch.from_numpy(np.ascontiguousarray(weight))
    if source.channels_first:
        return made, lambda heard: heard.reshape(channels, source.height, source.width)
    return made, lambda heard: heard.reshape(source.height, source.width, channels).transpose(
        2, 0, 1
    )


def _caller(
    module: nn.Module, shape: Callable[[np.ndarray], np.ndarray]
) -> Callable[[np.ndarray], None]:
    def call(heard: np.ndarray) -> None:
        module(torch.from_numpy(shape(heard).astype(np.float32))[None])

    return call
