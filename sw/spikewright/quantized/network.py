"""A quantised network with what is needed to use it and to know where it came from."""

import json
import platform
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from spikewright.coding.coding import Coding, coding_rule, input_bits
from spikewright.coding.output_scale import OutputScale
from spikewright.machine import processor
from spikewright_hw.checks import instance, mapping, optional, real, settle, text, whole
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
    accuracy_float, accuracy_integer : float, optional
        Share of the labels of the test part that are found, 0 to 1: by the float network before
        quantisation, and by this one. Both are given, or none.
    error_float, error_integer : float, optional
        The same of a network that answers with values: the root of the mean squared error on the
        test part, in the unit of the targets.
    versions : mapping of str to str
        Packages that decide the result, the processor it was trained on, as ``device`` the GPU, if
        it was one, and whether the steps of its neurons were compiled there.
    training : mapping
        The training's settings, as JSON has them; and as ``layers``, what quantisation made of each
        layer, the fields of :class:`~spikewright.network.quantization.LayerFit`.

    Raises
    ------
    ValueError
        A field is of another kind or out of its range; the message names it.
    """

    data_set: str
    seed: int
    accuracy_float: float | None = None
    accuracy_integer: float | None = None
    error_float: float | None = None
    error_integer: float | None = None
    versions: Mapping[str, str] = field(default_factory=dict, hash=False)
    training: Mapping[str, Any] = field(default_factory=dict, hash=False)

    def __post_init__(self):
        settle(
            self,
            data_set=text,
            seed=whole(0, MOST_SEED),
            accuracy_float=optional(real(0, 1)),
            accuracy_integer=optional(real(0, 1)),
            error_float=optional(real(0)),
            error_integer=optional(real(0)),
            versions=_versions,
            training=_json,
        )
        for what in ("accuracy", "error"):
            if len(given := [one for one in ("float", "integer")
                             if getattr(self, f"{what}_{one}") is not None]) == 1:
                raise ValueError(
                    f"{what}_{given[0]} is given alone; give {what}_float and {what}_integer"
                )
        if (self.accuracy_float is None) == (self.error_float is None):
            raise ValueError(
                "accuracy_float is "
                + ("missing; give the accuracies, or, of a network that answers with values, the "
                   "errors" if self.accuracy_float is None
                   else "given, and so is error_float; a network has labels for answers, or values")
            )


    @property
    def accuracies(self) -> tuple[float, float]:
        """The two accuracies. Raises :exc:`ValueError` for a network that answers with values."""
        if self.accuracy_float is None or self.accuracy_integer is None:
            raise ValueError("accuracy_float is missing; the network answers with values")
        return self.accuracy_float, self.accuracy_integer

    @property
    def measures(self) -> tuple[float, float]:
        """The two accuracies; or, of a network that answers with values, the two errors."""
        if self.error_float is None or self.error_integer is None:
            return self.accuracies
        return self.error_float, self.error_integer

    @property
    def scores(self) -> tuple[str, str]:
        """The accuracies, or the errors, in words: ``97.50 %``, or ``an error of 0.25``."""
        real, integer = self.measures
        if self.accuracy_float is None:
            return f"an error of {real:.4g}", f"an error of {integer:.4g}"
        return f"{100 * real:.2f} %", f"{100 * integer:.2f} %"


@dataclass(frozen=True, kw_only=True)
class QuantizedNetwork:
    """What one ``.spw`` file holds.

    Parameters
    ----------
    network : Network
    coding : Coding
        How samples become its input.
    provenance : Provenance
    output_scale : OutputScale, optional
        What its outputs stand for, if it answers with values.

    Raises
    ------
    ValueError
        A field is of another kind, or the coding or the scale does not fit the network.
    """

    network: Network
    coding: Coding
    provenance: Provenance
    output_scale: OutputScale | None = None

    def __post_init__(self):
        settle(
            self,
            network=instance(Network),
            coding=coding_rule,
            provenance=instance(Provenance),
            output_scale=optional(instance(OutputScale)),
        )
        for name in ("inputs", "steps"):
            coded, taken = getattr(self.coding, name), getattr(self.network, name)
            if coded != taken:
                raise ValueError(f"coding.{name} is {coded}, but the network takes {taken}")
        made, taken = input_bits(self.coding), self.network.input_bits
        if made != taken:
            words = [f"{bits} bits" if bits > 1 else "spikes" for bits in (made, taken)]
            raise ValueError(
                f"coding.bits: {self.coding.name} makes {words[0]}, but the network's inputs are "
                f"{words[1]}"
            )
        if self.output_scale is not None and len(self.output_scale.scale) != self.network.outputs:
            raise ValueError(
                f"output_scale is of {len(self.output_scale.scale)} outputs, but the network has "
                f"{self.network.outputs}"
            )


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
            error_float=trained.error_float,
            error_integer=trained.error_integer,
            versions=versions
            | {"python": platform.python_version(), "processor": processor(),
               "neurons": _neurons(trained)}
            | ({"device": trained.device} if trained.device else {}),
            training=settings | {"layers": [one.data() for one in trained.layers]}
            | ({"processes": trained.processes} if trained.processes > 1 else {}),
        ),
        output_scale=trained.output_scale,
    )


def _neurons(trained: "Trained") -> str:
    """Say what computed the neurons' steps: two ways that may round some functions differently."""
    if not trained.compiled:
        return "PyTorch"
    return f"compiled in {trained.compiled} of {len(trained.network.layers)} layers"


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
