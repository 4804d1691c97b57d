"""What an engine records of an inference, and how its bytes are laid out.

The *result* of an inference is a structure whose fields are whole bytes, so that its bits, least
significant first, are the bytes on the link; :mod:`~.result_layout` has the same for the gateware.
The *trace* is, for each step, the spikes of each layer that spikes (one bit per neuron, least
significant first, padded to whole bytes), then the membrane of each neuron of a last layer that
does not (signed, 32 bits, least significant byte first).
"""

import struct
from dataclasses import dataclass

from .. import protocol
from ..network import Layer, Network
from ..protocol import MEMBRANE_BYTES

__all__ = [
    "MEMBRANE_BYTES",
    "Result",
    "Trace",
    "pack_trace",
    "spike_bytes",
    "trace_bytes",
    "trace_step_bytes",
    "unpack_result",
    "unpack_trace",
]


@dataclass(frozen=True)
class Result:
    """One inference as an engine reports it; counts are of this inference alone.

    Parameters
    ----------
    prediction : int
        Index of the highest output; of equal ones, the first.
    cycles : int
        Clock cycles from the start of the scan to the result.
    input_events : int
        Spikes in the input.
    synops : int
        Synaptic operations: for each spike arriving at a layer, its own ones that return to it
        among them, the layer's neurons.
    spikes : tuple of int
        Spikes of each layer; 0 for one that does not spike.
    outputs : tuple of int
        What the network's readout makes of the last layer, see :mod:`~spikewright_hw.readout`.
    """

    prediction: int
    cycles: int
    input_events: int
    synops: int
    spikes: tuple[int, ...]
    outputs: tuple[int, ...]


@dataclass(frozen=True)
class Trace:
    """What happened inside an inference, step by step.

    Parameters
    ----------
    spikes : tuple
        ``spikes[layer][step][neuron]`` of 0 and 1, of the layers that spike.
    membranes : tuple
        ``membranes[step][neuron]`` of a last layer that does not spike, stored integers; of one
        that does, there are no neurons in it.
    """

    spikes: tuple[tuple[tuple[int, ...], ...], ...]
    membranes: tuple[tuple[int, ...], ...]


def spike_bytes(layer: Layer) -> int:
    """Bytes of one step's spikes of a layer."""
    return protocol.step_bytes(layer.neurons)


def trace_bytes(network: Network) -> int:
    """Bytes of the trace of one inference."""
    return protocol.trace_bytes(
        spiking=[layer.neurons for layer in network.spiking],
        membranes=_membranes(network),
        steps=network.steps,
    )


def trace_step_bytes(network: Network) -> int:
    """Bytes of one step of a trace."""
    return trace_bytes(network) // network.steps


def unpack_result(network: Network, payload: bytes) -> Result:
    """Read a result. Raises :exc:`ValueError` if the payload is not of the right size."""
    form = struct.Struct(f"<H3I{len(network.layers)}I{network.outputs}i")
    if len(payload) != form.size:
        raise ValueError(f"a result of this network is {form.size} bytes, not {len(payload)}")
    prediction, cycles, input_events, synops, *rest = form.unpack(payload)
    spikes, outputs = rest[: len(network.layers)], rest[len(network.layers) :]
    return Result(prediction, cycles, input_events, synops, tuple(spikes), tuple(outputs))


def unpack_trace(network: Network, payload: bytes) -> Trace:
    """Read a trace. Raises :exc:`ValueError` if the payload is not of the right size."""
    if len(payload) != trace_bytes(network):
        raise ValueError(
            f"a trace of this network is {trace_bytes(network)} bytes, not {len(payload)}"
        )
    spikes: list[list[tuple[int, ...]]] = [[] for _ in network.spiking]
    membranes = []
    count = _membranes(network)
    at = 0
    for _ in range(network.steps):
        for steps, layer in zip(spikes, network.spiking, strict=True):
            bits = int.from_bytes(payload[at : at + spike_bytes(layer)], "little")
            steps.append(tuple(bits >> neuron & 1 for neuron in range(layer.neurons)))
            at += spike_bytes(layer)
        membranes.append(struct.unpack_from(f"<{count}i", payload, at))
        at += MEMBRANE_BYTES * count
    return Trace(tuple(tuple(steps) for steps in spikes), tuple(membranes))


def pack_trace(network: Network, trace: Trace) -> bytes:
    """Return the bytes of a trace, the inverse of :func:`unpack_trace`."""
    payload = b""
    for step, membranes in enumerate(trace.membranes):
        for layer, steps in zip(network.spiking, trace.spikes, strict=True):
            bits = sum(bit << neuron for neuron, bit in enumerate(steps[step]))
            payload += bits.to_bytes(spike_bytes(layer), "little")
        payload += struct.pack(f"<{_membranes(network)}i", *membranes)
    return payload


def _membranes(network: Network) -> int:
    """Return how many membranes a step of a trace has."""
    return 0 if network.reads_spikes else network.outputs
