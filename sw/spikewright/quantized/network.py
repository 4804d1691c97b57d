"""A quantised network with what is needed to use it and to know where it came from."""

import json
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from spikewright.coding.ttfs import Ttfs
from spikewright_hw.network import Network

if TYPE_CHECKING:  # reading a network file needs no torch
    from spikewright.network.train import Trained

__all__ = ["Provenance", "QuantizedNetwork", "from_training"]

#: Packages whose version decides what a training gives.
_PACKAGES = ("spikewright", "torch", "numpy", "scikit-learn")


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """Where a network came from.

    Parameters
    ----------
    data_set : str
        What it was trained on.
    seed : int
        Seed of its training.
    accuracy_float, accuracy_integer : float
        Share of the test part that the float network, and this one, classify rightly; 0 to 1.
    versions : mapping of str to str
        Packages that decide the result.
    training : mapping
        The training's settings, as JSON has them.
    """

    data_set: str
    seed: int
    accuracy_float: float
    accuracy_integer: float
    versions: Mapping[str, str] = field(default_factory=dict, hash=False)
    training: Mapping[str, Any] = field(default_factory=dict, hash=False)

    def __post_init__(self):
        for name in ("accuracy_float", "accuracy_integer"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} is {getattr(self, name)}; a share lies in 0 to 1")


@dataclass(frozen=True, kw_only=True)
class QuantizedNetwork:
    """What one ``.spw`` file holds.

    Raises
    ------
    ValueError
        The coding does not fit the network.
    """

    network: Network
    coding: Ttfs
    provenance: Provenance

    def __post_init__(self):
        for name in ("inputs", "steps"):
            coded, taken = getattr(self.coding, name), getattr(self.network, name)
            if coded != taken:
                raise ValueError(f"coding.{name} is {coded}, but the network takes {taken}")


def from_training(trained: "Trained") -> QuantizedNetwork:
    """Give a finished training as the network that a file holds, its provenance included."""
    settings = json.loads(json.dumps(asdict(trained.config)))  # lists for tuples, as in the file
    versions = {package: version(package) for package in _PACKAGES}
    return QuantizedNetwork(
        network=trained.network,
        coding=trained.config.coding,
        provenance=Provenance(
            data_set=trained.task,
            seed=trained.seed,
            accuracy_float=trained.accuracy_float,
            accuracy_integer=trained.accuracy_integer,
            versions=versions | {"python": platform.python_version()},
            training=settings,
        ),
    )
