"""NIR's nodes, in a chain or a graph, computed by PyTorch's functions and forward Euler."""

# nir has types that do not hold.
# pyright: reportArgumentType=false, reportCallIssue=false

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

__all__ = ["computed", "computed_graph"]


def computed(
    nodes: Sequence[Any], spikes: np.ndarray, *, dt: float = 1.0,
    loops: Mapping[int, Any] | None = None,
) -> list[np.ndarray]:
    """Return what each node of neurons sends, ``[samples, steps, values]``, channels first.

    ``spikes`` is ``[samples, steps, *axes]``; the nodes are in the order of the chain. ``loops``
    are the nodes by which some of them hear themselves, a step later, by their number.
    """
    membranes: dict[int, Tensor] = {}
    returned: dict[int, Tensor] = {}
    heard: dict[int, list[Tensor]] = {}
    sent: dict[int, list[Tensor]] = {}
    for step in torch.from_numpy(spikes.swapaxes(0, 1).astype(np.float64)):
        x = step
        for number, node in enumerate(nodes):
            if hasattr(node, "v_threshold"):
                if number in returned:
                    x = x + returned[number]
                x, membranes[number] = _neurons(node, x, membranes.get(number), dt)
                sent.setdefault(number, []).append(x.flatten(1))
                if loops and loops.get(number) is not None:
                    returned[number] = _map(loops[number], x)
            elif type(node).__name__ == "Delay":
                heard.setdefault(number, []).append(x)
                x = _delayed(heard[number], np.rint(node.delay / dt).astype(int))
            elif type(node).__name__ == "Threshold":
                x = (x > torch.from_numpy(node.threshold)).double()
                sent.setdefault(number, []).append(x.flatten(1))
            else:
                x = _map(node, x)
    return [torch.stack(one, 1).numpy() for one in sent.values()]


def computed_graph(graph: Any, spikes: np.ndarray, *, dt: float) -> dict[str, np.ndarray]:
    """Return what each node of neurons of a graph sends, by its name, as :func:`computed` does.

    What leads to a node adds up; what neurons send reaches them a step later.
    """
    membranes: dict[str, Tensor] = {}
    heard: dict[str, list[Tensor]] = {}
    sent: dict[str, list[Tensor]] = {}

    def value(name: str, now: dict[str, Tensor | None]) -> Tensor:
        node = graph.nodes[name]
        if name in now:
            known = now[name]
            if known is not None:
                return known
            last = sent.get(name)
            return last[-1] if last else torch.zeros(len(spikes), *node.v_threshold.shape).double()
        now[name] = None
        arriving = [value(before, now) for before, after in graph.edges if after == name]
        x = sum(arriving[1:], arriving[0])
        if hasattr(node, "v_threshold"):
            x, membranes[name] = _neurons(node, x, membranes.get(name), dt)
            sent.setdefault(name, []).append(x)
        elif type(node).__name__ == "Delay":
            heard.setdefault(name, []).append(x)
            x = _delayed(heard[name], np.rint(node.delay / dt).astype(int))
        elif type(node).__name__ != "Output":
            x = _map(node, x)
        now[name] = x
        return x

    for step in torch.from_numpy(spikes.swapaxes(0, 1).astype(np.float64)):
        now: dict[str, Tensor | None] = {"input": step}
        value("output", now)
    return {name: torch.stack(one, 1).flatten(2).numpy() for name, one in sent.items()}


def _neurons(node: Any, x: Tensor, v: Tensor | None, dt: float) -> tuple[Tensor, Tensor]:
    """Return spikes and membranes of LIF and IF after a step."""
    r, threshold, reset = (
        torch.from_numpy(one) for one in (node.r, node.v_threshold, node.v_reset)
    )
    if hasattr(node, "tau"):
        leak, share = torch.from_numpy(node.v_leak), dt / torch.from_numpy(node.tau)
        v = leak.expand_as(x) if v is None else v
        v = v + share * (leak - v + r * x)
    else:
        v = (torch.zeros_like(x) if v is None else v) + dt * r * x
    spike = v > threshold
    return spike.double(), torch.where(spike, reset.expand_as(v), v)


def _delayed(heard: Sequence[Tensor], steps: np.ndarray) -> Tensor:
    """Return what arrives now, of what was heard until now, value by value."""
    made = torch.zeros_like(heard[-1])
    for place in np.ndindex(*made.shape[1:]):
        late = int(np.broadcast_to(steps, made.shape[1:])[place])
        if late < len(heard):
            made[(slice(None), *place)] = heard[-1 - late][(slice(None), *place)]
    return made


def _map(node: Any, x: Tensor) -> Tensor:
    kind = type(node).__name__
    if kind in ("Conv1d", "Conv2d"):
        call = functional.conv1d if kind == "Conv1d" else functional.conv2d
        return call(
            x, torch.from_numpy(node.weight), torch.from_numpy(node.bias), groups=int(node.groups),
            **{one: _plain(getattr(node, one)) for one in ("stride", "padding", "dilation")},
        )
    if kind.endswith("Pool2d"):
        means = functional.avg_pool2d(x, tuple(node.kernel_size), tuple(node.stride))
        return means * (node.kernel_size.prod() if kind == "SumPool2d" else 1)
    if kind == "Scale":
        return x * torch.from_numpy(node.scale)
    if kind == "Flatten":
        return x.flatten(1)
    assert kind in ("Linear", "Affine")
    made = x @ torch.from_numpy(node.weight.T.copy())
    return made + torch.from_numpy(node.bias) if kind == "Affine" else made


def _plain(value: Any) -> Any:
    """Return numbers of a file, or a word, as PyTorch takes them."""
    return value if isinstance(value, str) else np.asarray(value).tolist()
