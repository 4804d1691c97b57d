"""The neurons of snnTorch (1.0.0).

Equations are those of its source, ``snntorch/_neurons``. The spike is v > threshold. The reset is
by subtraction, to zero, or none; it acts in the step after, unless ``reset_delay=False``.
"""

from functools import cache
from typing import Any

import numpy as np

from spikewright.errors import DataError
from spikewright_hw.definition.definition import Definition, Parameter, State
from spikewright_hw.definition.expression import where

from . import torch_modules
from .affine import Matrix, Scaling
from .firing import DECAY, Charge, Firing, defined
from .found import Found, Read, array, values
from .kernel import Kernel

__all__ = ["READ"]

_SOURCE = "of snnTorch 1.0.0 (Eshraghian et al., Proc. IEEE 111:1016, 2023)"
_THRESHOLD = Parameter(1.0, "the neuron spikes when the membrane exceeds it", unit="level", low=0)
_RISE = Parameter(0.75, "share of the synaptic current that is left after a step", low=0, high=1)
_GAIN = Parameter(1.0, "what an input of 1 adds to the membrane")


def _leaky(s, i, p):
    return {"v": p.decay * s.v + i}


def _leaky_from_zero(s, i, p):
    return {"v": p.decay * where(s.v > p.threshold, 0, s.v) + i}


def _lapicque(s, i, p):
    return {"v": p.gain * i + p.decay * s.v}


def _synaptic(s, i, p):
    current = p.rise * s.current + i
    return {"v": p.decay * s.v + current, "current": current}


def _alpha(reset: str) -> Charge:
    def charge(s, i, p):
        exc, inh = p.rise * s.exc + i, p.decay * s.inh - i
        v = p.gain * (exc + inh)
        above = s.v > p.threshold
        if reset == "subtract":
            v = where(above, v + s.inh, v)
            exc, inh = where(above, exc - p.threshold, exc), where(above, 0, inh)
        elif reset == "zero":
            v, exc, inh = (where(above, 0, one) for one in (v, exc, inh))
        return {"v": v, "exc": exc, "inh": inh}

    return charge


@cache
def _definition(kind: str, reset: str, late: bool, own: bool) -> Definition:
    """Return the neuron of a class, with a reset of its mechanism and time.

    ``own`` says whether the layer's own spikes are an input beside the other.
    """
    firing = Firing(
        comparison=">", reset="value" if reset == "zero" else reset,  # pyright: ignore
        late=late, corrected=not late,
    )
    unreset = Firing(comparison=">", reset="none")
    current = State("synaptic current", guard=3)
    when = f"Reset: {reset}" + ("" if reset == "none" else ", a step late" if late else "") + "."
    by_kernel = kind.startswith("R") and not own
    words = [kind.lower(), *(["by_kernel"] if by_kernel else []), reset]
    name = "_".join(["snntorch", *words, *(["late"] if late else [])])
    declared: dict[str, Any] = {"decay": DECAY, "threshold": _THRESHOLD}
    equations = "v = decay v + i"
    charge: Charge = _leaky
    if kind == "Leaky" and reset == "zero" and late:
        charge, firing = _leaky_from_zero, unreset
        equations += ", from v = 0 where v exceeded the threshold"
    elif kind == "Lapicque":
        charge, equations = _lapicque, "v = gain i + decay v"
        declared["gain"] = _GAIN
    elif kind.endswith("Synaptic"):
        charge, equations = _synaptic, "current = rise current + i, v = decay v + current"
        declared |= {"rise": _RISE, "current": current}
    elif kind == "Alpha":
        charge, firing = _alpha(reset), unreset
        equations = "exc = rise exc + i, inh = decay inh - i, v = gain (exc + inh)"
        declared |= {"rise": _RISE, "gain": _GAIN, "exc": current, "inh": current}
    doc = f"{kind} {_SOURCE}: {equations}. {when}"
    return defined(name, charge, firing, doc=doc, recurrent=own, **declared)


def _read(module: Any) -> Found:
    kind = type(module).__name__
    for name, why in {
        "state_quant": "rounds its state in a way of its own; import it without",
        "inhibition": "lets only the highest membrane spike, which is not imported yet",
    }.items():
        if getattr(module, name):
            raise DataError(f"has {name}, which {why}")
    late = bool(getattr(module, "reset_delay", True))
    if kind == "RSynaptic" and not late:
        raise DataError(
            "has reset_delay=False, which snnTorch 1.0.0 does not compute; leave it at its default"
        )
    shares = {"decay": "beta"} | ({"rise": "alpha"} if hasattr(module, "alpha") else {})
    given = {name: array(getattr(module, own)).clip(0, 1) for name, own in shares.items()}
    if kind == "Lapicque":
        time = array(module.R) * array(module.C)
        step = array(module.time_step)
        given = {"gain": array(module.R) * (1 / time) * step, "decay": 1 - step / time}
    elif kind == "Alpha":
        rise, decay = np.log(given["rise"]), np.log(given["decay"])
        given["gain"] = rise / (decay - rise) + 1
    reset = module.reset_mechanism
    factor = array(module.graded_spikes_factor)
    own = _own(module) if kind.startswith("R") else None
    beside = isinstance(own, Matrix | Scaling)
    return Found(
        definition=_definition(kind, reset, late and reset != "none", beside),
        parameters=values(threshold=module.threshold, **given),
        own=own,
        after=Scaling.of(factor),
    )


def _own(module: Any) -> Matrix | Scaling | Kernel:
    """Return what lies between the layer's own spikes and its input."""
    if not module.all_to_all:
        return Scaling.of(array(module.recurrent.V))
    read = torch_modules.READ[type(module.recurrent).__name__](module.recurrent)
    assert isinstance(read, Matrix | Kernel)
    return read


#: How each class is read.
READ: dict[str, Read] = dict.fromkeys(
    ("Leaky", "Lapicque", "Synaptic", "Alpha", "RLeaky", "RSynaptic"), _read
)
