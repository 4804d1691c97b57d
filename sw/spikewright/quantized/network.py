"""A quantised network with what is needed to use it and to know where it came from."""

import json
import platform
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from spikewright.coding.coding import Coding, coding_rule
from spikewright.machine import processor
from spikewright_hw.checks import instance, mapping, real, settle, text, whole
from spikewright_hw.network import Network

if TYPE_CHECKING:  # reading a network file needs no torch
    from spikewright.network.train import Trained

__all__ = ["MOST_SEED", "Provenance", "QuantizedNetwork", "from_training", "network_of"]

#: Largest seed of a training: the generators of torch take 64 bits.
MOST_SEED = (1 << 64) - 1

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
        Seed of its training, 0 to 2**64 - 1.
    accuracy_float, accuracy_integer : float
        Share of the test part classified rightly, 0 to 1: by the float network before
        quantisation, and by this one.
    versions : mapping of str to str
        Packages that decide the result, and the processor it was trained on.
    training : mapping
        The training's settings, as JSON has them.

    Raises
    ------
    ValueError
        A field is of another kind or out of its range; the message names it.
    """

    data_set: str
    seed: int
    accuracy_float: float
    accuracy_integer: float
    versions: Mapping[str, str] = field(default_factory=dict, hash=False)
    training: Mapping[str, Any] = field(default_factory=dict, hash=False)

    def __post_init__(self):
        settle(
            self,
            data_set=text,
            seed=whole(0, MOST_SEED),
            accuracy_float=real(0, 1),
            accuracy_integer=real(0, 1),
            versions=_versions,
            training=_json,
        )


@dataclass(frozen=True, kw_only=True)
class QuantizedNetwork:
    """What one ``.spw`` file holds.

    Raises
    ------
    ValueError
        A field is of another kind, or the coding does not fit the network.
    """

    network: Network
    coding: Coding
    provenance: Provenance

    def __post_init__(self):
        settle(
            self,
            network=instance(Network),
            coding=coding_rule,
            provenance=instance(Provenance),
        )
        for name in ("inputs", "steps"):
            coded, taken = getattr(self.coding, name), getattr(self.network, name)
            if coded != taken:
                raise ValueError(f"coding.{name} is {coded}, but the network takes {taken}")


def from_training(trained: "Trained") -> QuantizedNetwork:
    """Return a finished training as the network that a file holds, its provenance included."""
    settings = json.loads(json.dumps(trained.config.settings()))  # lists for tuples, as in the file
    versions = {package: version(package) for package in _PACKAGES}
    return QuantizedNetwork(
        network=trained.network,
        coding=trained.config.coding,
        provenance=Provenance(
            data_set=trained.task,
            seed=trained.seed,
            accuracy_float=trained.accuracy_float,
            accuracy_integer=trained.accuracy_integer,
            versions=versions
            | {"python": platform.python_version(), "processor": processor()},
            training=settings,
        ),
    )


def network_of(network: Network | QuantizedNetwork) -> Network:
    """Return the network in plain integers, with or without its coding and provenance given.

    Raises
    ------
    ValueError
        It is neither of the two.
    """
    given = instance((Network, QuantizedNetwork))("network", network)
    return given.network if isinstance(given, QuantizedNetwork) else given


def _versions(name: str, value: Any) -> dict[str, str]:
    return {key: text(f"{name}.{key}", one) for key, one in mapping(name, value).items()}


def _json(name: str, value: Any) -> dict[str, Any]:
    """Take what JSON can hold, as it comes back from a file: lists for tuples."""
    given = dict(mapping(name, value))
    try:
        written = json.dumps(given, allow_nan=False, ensure_ascii=False)
        written.encode()
        return json.loads(written)
    except (TypeError, ValueError, RecursionError) as error:
        raise ValueError(f"{name} holds what JSON cannot: {error}") from error
