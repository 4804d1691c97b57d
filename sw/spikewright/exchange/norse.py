"""The neurons of Norse (1.1.0).

Equations are those of its source, ``norse/torch/functional``. The spike is v > v_th, and the reset
acts in the same step, to ``v_reset``; the membrane starts at ``v_leak``, and that of IAF at
``v_reset``. A synaptic current takes its input before the membrane takes the current, and decays
after that.
"""

from functools import cache
from typing import Any

from spikewright.errors import DataError
from spikewright_hw.definition.definition import Definition, Parameter, State

from .affine import Matrix
from .firing import Charge, Firing, defined
from .found import Found, Read, array, values

__all__ = ["READ"]

_SOURCE = "of Norse 1.1.0 (Pehle and Pedersen, doi:10.5281/zenodo.4422025)"
_MEMBRANE = Parameter(0.125, "a step over the membrane's time constant", low=0)
_CURRENT = Parameter(0.25, "a step over the synaptic current's time constant", low=0)
_LEAK = Parameter(0.0, "where the membrane starts, and to which it leaks", unit="level")


def _synaptic(s, i, p):
    jump = s.current + i
    return {
        "v": s.v + p.membrane_share * ((p.v_leak - s.v) + jump),
        "current": jump + (-p.current_share) * jump,
    }


def _box(s, i, p):
    return {"v": s.v + p.membrane_share * ((p.v_leak - s.v) + i)}


def _integrate(s, i, p):
    return {"v": s.v + i}


@cache
def _definition(kind: str, recurrent: bool, reset: str | None) -> Definition:
    """Return the neuron of a class; ``reset`` is None of one that never spikes."""
    firing = None if reset is None else Firing(comparison=">", reset=reset)  # pyright: ignore
    declared: dict[str, Any] = {"v": State("membrane", start="v_leak")}
    charge: Charge
    if kind == "IAF":
        charge, equations = _integrate, "v = v + i"
        declared["v"] = State("membrane", start="v_reset")
    else:
        declared |= {"membrane_share": _MEMBRANE, "v_leak": _LEAK}
        charge, equations = _box, "v = v + membrane_share (v_leak - v + i)"
    if kind in ("LIF", "LI"):
        declared |= {"current_share": _CURRENT, "current": State("synaptic current", guard=3)}
        charge = _synaptic
        equations = (
            "jump = current + i, v = v + membrane_share (v_leak - v + jump), "
            "current = (1 - current_share) jump"
        )
    words = ["norse", kind.lower(), *(["recurrent"] if recurrent else [])]
    return defined(
        "_".join([*words, *(["subtract"] if reset == "subtract" else [])]), charge, firing,
        doc=f"{kind} {_SOURCE}: {equations}.", recurrent=recurrent, **declared,
    )


def _read(module: Any) -> Found:
    name = type(module).__name__
    kind = name.removesuffix("Cell")
    recurrent = kind.endswith("Recurrent")
    kind = kind.removesuffix("Recurrent").removesuffix("Linear")
    p = module.p
    reset = None
    given: dict[str, Any] = {}
    if kind in ("LIF", "LIFBox", "IAF"):
        reset = _reset(name, p)
        given["threshold"] = p.v_th
        if p.method == "logistic":
            raise DataError("spikes at random (method logistic); only thresholds are imported")
    if reset == "value":
        given["v_reset"] = p.v_reset
    if kind != "IAF":
        # As Norse multiplies them: a float and a tensor of float32.
        given |= {"membrane_share": module.dt * p.tau_mem_inv, "v_leak": p.v_leak}
    if kind in ("LIF", "LI"):
        given["current_share"] = module.dt * p.tau_syn_inv
    return Found(
        definition=_definition(kind, recurrent, reset),
        parameters=values(**given),
        own=Matrix.of(array(module.recurrent_weights).T) if recurrent else None,
        before=Matrix.of(array(module.input_weights).T)
        if hasattr(module, "input_weights") else None,
    )


def _reset(name: str, p: Any) -> str:
    method = getattr(getattr(p, "reset_method", None), "__name__", "reset_value")
    if method not in ("reset_value", "reset_subtract"):
        raise DataError(f"resets by {method}; reset_value and reset_subtract are imported")
    return method.removeprefix("reset_")


#: How each class is read. Those that end in Cell take one step, the others a sequence.
READ: dict[str, Read] = dict.fromkeys(
    (
        "LIF", "LIFCell", "LIFBoxCell", "LIFRecurrent", "LIFRecurrentCell", "LI", "LICell",
        "LIBoxCell", "LILinearCell", "IAF", "IAFCell",
    ),
    _read,
)
