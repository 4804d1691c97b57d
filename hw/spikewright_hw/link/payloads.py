"""What a board of a network says of itself, and how long its commands and answers are."""

from ..engine.record import trace_bytes
from ..engine.result_layout import result_layout
from ..network import Network
from ..protocol import OVERHEAD, VERSION, Command, Hello, Kind, infer_bytes

__all__ = ["frame_capacity", "hello_of", "payload_bytes"]


def hello_of(network: Network, *, kind: Kind, clock_hz: int, digest: bytes) -> Hello:
    """Return what a board says of itself; ``digest`` is that of its design."""
    return Hello(
        version=VERSION,
        kind=kind,
        inputs=network.inputs,
        outputs=network.outputs,
        steps=network.steps,
        layers=len(network.layers),
        clock_hz=clock_hz,
        digest=digest,
    )


def payload_bytes(network: Network, *, load: int = 0) -> dict[Command, tuple[int, int]]:
    """Return the bytes of each command's payload, and of its answer's.

    ``load`` are those of a LOAD, 0 where the weights are built in.
    """
    return {
        Command.HELLO: (0, Hello.SIZE),
        Command.INFER: (
            infer_bytes(inputs=network.inputs, planes=network.planes),
            result_layout(network).size // 8,
        ),
        Command.TRACE: (0, trace_bytes(network)),
        **({Command.LOAD: (load, 0)} if load else {}),
    }


def frame_capacity(network: Network, *, load: int = 0) -> int:
    """Return the bytes of the longest frame that a board of a network takes, decoded.

    ``load`` is as for :func:`payload_bytes`.
    """
    sizes = payload_bytes(network, load=load)
    return max(size for size, _ in sizes.values()) + OVERHEAD
