"""The layers of a network for a task, from their sizes or from a short name."""

import re
from collections.abc import Sequence

from spikewright.coding.coding import Coding
from spikewright.coding.input_map import input_map
from spikewright.task.task import Task
from spikewright_hw.checks import wholes
from spikewright_hw.connection import FeatureMap
from spikewright_hw.layer import MOST_NEURONS
from spikewright_hw.network_name import Named, named_layers

__all__ = ["task_layers"]


def task_layers(
    task: Task, coding: Coding, *, hidden: Sequence[int] | str, network: str | None,
    usual: Sequence[int],
) -> tuple[tuple[Named, ...], tuple[int, ...]]:
    """Return the layers that have a name, and the neurons of each hidden layer.

    Parameters
    ----------
    task : Task
    coding : Coding
        Of its samples.
    hidden : sequence of int, or str
        Neurons of the hidden layers, or their short name.
    network : str, optional
        Short name of all layers, in the place of ``hidden``.
    usual : sequence of int
        What ``hidden`` is unless it is given.

    Raises
    ------
    ValueError
        Both are given; a name is none, or its layers do not fit the task.
    """
    if network is not None and hidden != usual:
        raise ValueError("hidden and network are both given; give one of them")
    if network is None and not isinstance(hidden, str):
        return (), wholes(1, MOST_NEURONS)("hidden", hidden)
    named = _named(task, coding, hidden, network)
    return named, tuple(len(one.connection.target) for one in named[:-1])


def _named(
    task: Task, coding: Coding, hidden: Sequence[int] | str, network: str | None
) -> tuple[Named, ...]:
    """Return the layers of the short name of the hidden ones, or of the network if it is given."""
    source = input_map(task, coding)
    name, given = f"{hidden}-{task.outputs}", f"hidden is {str(hidden)[:60]!r}"
    if network is not None:
        name, given = network, f"network is {network[:60]!r}"
    if not re.search("[ACDP]", name):  # no part asks where an input lies
        source = FeatureMap(channels=len(source))
    try:
        named = named_layers(name, source)
    except ValueError as error:
        raise ValueError(f"{given}: {error}") from error
    layers = [part for part in name.split("-") if part[0] not in "AP"]
    for part, one in zip(layers, named, strict=True):
        latest = max(late for origin in one.origins for late in origin.each)
        if latest >= coding.steps:
            raise ValueError(
                f"{given}: {part[:40]} hears spikes {latest} steps later, and there are "
                f"{coding.steps} steps, so they never arrive; take more steps, or delays of at "
                f"most {coding.steps - 1}"
            )
    last = named[-1].connection.target
    if len(last) != task.outputs:
        map = "" if last.is_flat else f", a map of {last}"
        raise ValueError(
            f"{given}: its last layer has {len(last)} neurons{map}, and {task.name} has "
            f"{task.outputs} outputs, one for each"
        )
    return named
