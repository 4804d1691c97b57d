"""Networks written as NIR, as far as NIR has words for them."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from spikewright.errors import DataError
from spikewright.files import write_bytes
from spikewright.network.real_layer import RealLayer
from spikewright.network.real_network import RealNetwork, in_reals
from spikewright_hw.checks import instance, optional, pathlike, real, texts
from spikewright_hw.network import Network

from .joined import numbered
from .nir_nodes import PARAMETERS, definition_of
from .nir_written import Heard, axes_of, inputs_heard, recurrence, view_of, written
from .step import View

__all__ = ["to_nir"]

#: What NIR cannot say of a neuron, by the word that accepts it: what is written in its place.
_INSTEAD = {
    "subtract": "a reset by subtraction (a reset to zero would be written)",
    "late": "a reset that acts a step later (one in the same step would be written)",
    "none": "a neuron that spikes and is not reset (a reset to zero would be written)",
    "at_least": "a spike at v >= threshold (one at v > threshold would be written)",
    "graded": "graded inputs, whole numbers of a few bits (any numbers would be taken)",
}


@dataclass(frozen=True)
class _Leaky:
    """A neuron ``v = v + share (leak - v + r i)`` in the terms of its parameters.

    Parameters
    ----------
    lost : tuple of str
        What NIR cannot say of it.
    share : callable
        From its parameters to the share of the membrane that leaks in a step.
    whole : bool
        Whether the input is added as it is, so that r is 1 / share; else r is 1.
    leak, reset : str, optional
        The parameters to which it leaks and is set; 0 unless given.
    """

    lost: tuple[str, ...] = ()
    share: Callable[[Mapping[str, Any]], Any] = lambda p: 1 - np.array(p["decay"])
    whole: bool = True
    leak: str | None = None
    reset: str | None = None


def _snntorch() -> dict[str, _Leaky]:
    return {
        "_".join(["snntorch", kind, reset, *(["late"] if late else [])]): _Leaky((
            *([reset] if reset != "zero" else []), *(["late"] if late else [])
        ))
        for kind in ("leaky", "rleaky") for reset in ("subtract", "zero", "none")
        for late in (False, True)
    }


def _spikingjelly() -> dict[str, _Leaky]:
    shares = {"if": lambda p: 0.0, "lif": lambda p: 1 / np.array(p["tau"]),
              "parametriclif": lambda p: np.array(p["share"])}
    made = {}
    for kind, share in shares.items():
        for whole in (False, True):
            for reset in ("value", "subtract"):
                to = "v_reset" if reset == "value" else None
                lost = ("at_least", *(["subtract"] if to is None else []))
                words = ["spikingjelly", kind, *(["full"] if whole else []), reset]
                made["_".join(words)] = _Leaky(lost, share, whole or kind == "if", to, to)
    return made


#: Neurons that are NIR's but for what is lost.
_LEAKY: dict[str, _Leaky] = {
    "li": _Leaky(),
    "lif": _Leaky(("subtract", "at_least")),
    "recurrent_lif": _Leaky(("subtract", "at_least")),
    "if_neuron": _Leaky(("subtract", "at_least"), lambda p: 0.0),
    "norse_libox": _Leaky((), lambda p: p["membrane_share"], False, "v_leak"),
    "norse_lifbox": _Leaky((), lambda p: p["membrane_share"], False, "v_leak", "v_reset"),
    "norse_lifbox_subtract": _Leaky(("subtract",), lambda p: p["membrane_share"], False, "v_leak"),
    **_snntorch(),
    **_spikingjelly(),
}
#: Names of NIR's own nodes, by the definition.
_OWN = {
    definition_of(kind, current).name: kind
    for kind in PARAMETERS for current in ("old", "new")
}


def to_nir(
    network: RealNetwork | Network,
    path: str | Path | None = None,
    *,
    dt: float | None = None,
    accept: Collection[str] = (),
) -> Any:
    """Return a network as a NIR graph, and write its file if there is a path.

    What comes from NIR is written as it was. Of a network in integers, weights, biases and
    parameters are written as the real numbers that they stand for; that states are rounded and
    saturate, NIR cannot say. Nor can it say how the answer is read, how many steps there are, and
    which synaptic current a membrane takes.

    Parameters
    ----------
    network : RealNetwork or Network
    path : str or Path, optional
    dt : float, optional
        Length of a step for neurons that have none of their own, in the unit in which time
        constants are to be written.
    accept : collection of str
        What may be lost: ``subtract``, ``late``, ``none``, ``at_least``, ``graded``. Without it,
        what NIR cannot say is refused.

    Returns
    -------
    nir.NIRGraph

    Raises
    ------
    DataError
        NIR cannot say what a layer computes; the sentence names the layer and what is lost.
    ValueError
        An argument is of another kind.
    StorageError
        The file cannot be written.
    """
    import nir  # of an extra

    given = instance((RealNetwork, Network))("network", network)
    dt = optional(real())("dt", dt)
    accepted = texts("accept", list(accept))
    for word in accepted:
        if word not in _INSTEAD:
            raise ValueError(f"accept is {word!r}; there are {', '.join(_INSTEAD)}")
    reals = in_reals(given) if isinstance(given, Network) else given
    if reals.input_bits > 1 and "graded" not in accepted:
        raise DataError(
            f"layers[0] takes inputs of {reals.input_bits} bits, and NIR has no words for "
            f"{_INSTEAD['graded']}, nor for what 0 and a step of them stand for; to write it so, "
            "give accept= the word graded"
        )
    graph = _graph(reals, dt, accepted)
    if path is not None:
        content = BytesIO()
        nir.write(content, graph)  # pyright: ignore[reportArgumentType]
        write_bytes(pathlike("path", path), content.getvalue())
    return graph


def _graph(network: RealNetwork, dt: float | None, accepted: Collection[str]) -> Any:
    import nir

    axes = axes_of(network.layers)
    inputs = inputs_heard(network.layers, axes)
    made = [inputs]
    nodes: dict[str, Any] = {inputs.node: nir.Input(np.array(inputs.view))}  # pyright: ignore
    edges: list[tuple[str, str]] = []
    for index, layer in enumerate(network.layers):
        name, view = f"layers[{index}]", view_of(layer, axes)
        made.append(Heard(f"{index}_neurons", layer.connection.target, view))
        for number, (_, origin) in enumerate(layer.parts):
            heard = made[index + 1 - origin.back]
            last = heard.node
            for end, node in written(name, layer, number, heard, axes=axes, dt=dt):
                at = _named(index, number, end, own=origin.back == 0)
                nodes[at] = node
                edges.append((last, at))
                last = at
            edges.append((last, made[-1].node))
        nodes[made[-1].node] = _neurons(name, layer, view, dt, accepted)
        if layer.recurrent is not None:
            own = _named(index, 0, "weights", own=True)
            nodes[own] = recurrence(name, layer, view)
            edges += [(made[-1].node, own), (own, made[-1].node)]
    nodes["output"] = nir.Output(np.array(made[-1].view))  # pyright: ignore
    return nir.NIRGraph(nodes, [*edges, (made[-1].node, "output")])


def _named(index: int, number: int, end: str, *, own: bool) -> str:
    """Return the name of a node of a part of a layer."""
    word = ("recurrent" if end == "weights" else f"recurrent_{end}") if own else end
    return f"{index}_{word}" + f"_{number}" * (number > own)


def _neurons(
    name: str, layer: RealLayer, view: View, dt: float | None, accepted: Collection[str]
) -> Any:
    import nir

    known = layer.definition.name.removesuffix("_recurrent")
    if known in _OWN:
        kind = _OWN[known]
        return getattr(nir, kind)(**{
            one: _each(layer, view, layer.parameters[one]) for one in PARAMETERS[kind]
        })
    leaky = _LEAKY.get(known)
    if leaky is None:
        raise DataError(
            f"{name} has {known} neurons, which NIR has no node for; integrators, and leaky ones "
            "with or without a synaptic current, are written (docs/import.md)"
        )
    lost = [word for word in leaky.lost if word not in accepted]
    if lost:
        raise DataError(
            f"{name} has {known} neurons, and NIR has no words for "
            + ", nor for ".join(_INSTEAD[word] for word in lost)
            + f"; to write it so, give accept= the word{'s' * (len(lost) > 1)} {', '.join(lost)}"
        )
    if dt is None:
        raise DataError(
            f"{name} has {known} neurons, which leak by a share a step; pass dt=, the length of a "
            "step in the unit of time of the file"
        )
    def value(parameter: str | None) -> np.ndarray:
        given = layer.parameters[parameter] if parameter is not None else 0.0
        return _each(layer, view, given)

    share = _each(layer, view, leaky.share(layer.parameters))
    ends = {}
    if layer.definition.spikes:
        ends = {"v_threshold": value("threshold"), "v_reset": value(leaky.reset)}
    if not share.any():
        return getattr(nir, "IF" if ends else "I")(r=np.full(view, 1 / dt), **ends)
    if not share.all():
        raise DataError(
            f"{name} has neurons that leak and neurons that do not; NIR has no node for both"
        )
    r = 1 / share if leaky.whole else np.ones(view)
    return getattr(nir, "LIF" if ends else "LI")(
        tau=dt / share, r=r, v_leak=value(leaky.leak), **ends
    )


def _each(layer: RealLayer, view: View, value: Any) -> np.ndarray:
    """Return what a number, or one for each channel or each neuron, is by the axes of NIR."""
    given = np.atleast_1d(np.array(value, np.float64))
    made = np.empty(layer.neurons)
    made[numbered(layer.connection.target)] = layer.of_neurons(given)
    return made.reshape(view)
