"""What a board of a network says of itself, and how long its commands and answers are."""

from collections.abc import Collection

from ..engine.record import trace_bytes
from ..engine.result_layout import result_layout
from ..network import Network
from ..protocol import (
    OPTIONAL,
    OVERHEAD,
    RATE_BYTES,
    RUN_HEAD,
    RUN_TAIL,
    VERSION,
    BoardStatus,
    Command,
    Hello,
    Kind,
    infer_bytes,
    power_bytes,
)

__all__ = ["frame_capacity", "hello_of", "payload_bytes"]


def hello_of(
    network: Network, *, kind: Kind, clock_hz: int, divisor: int, digest: bytes, load: int = 0,
    optional: Collection[Command] = OPTIONAL, sensors: int = 0, window: int = 1,
) -> Hello:
    """Return what a board says of itself; ``digest`` is that of its design.

    ``window`` are the commands that may be on the way to it or in work; ``load``, ``optional`` and
    ``sensors`` are as for :func:`payload_bytes`.
    """
    return Hello(
        version=VERSION,
        kind=kind,
        inputs=network.inputs,
        outputs=network.outputs,
        steps=network.steps,
        layers=len(network.layers),
        clock_hz=clock_hz,
        digest=digest,
        commands=frozenset(
            payload_bytes(network, load=load, optional=optional, sensors=sensors)
        ),
        divisor=divisor,
        window=window,
    )


def payload_bytes(
    network: Network, *, load: int = 0, optional: Collection[Command] = OPTIONAL, sensors: int = 0
) -> dict[Command, tuple[int, int]]:
    """Return the bytes of each command's payload, and of its answer's.

    ``load`` are those of a LOAD, 0 where the weights are built in; ``optional`` are the commands
    that a board has of those that it may be built without; ``sensors`` is how many it has.
    """
    spikes = infer_bytes(inputs=network.inputs, planes=network.planes)
    result = result_layout(network).size // 8
    sizes = {
        Command.HELLO: (0, Hello.SIZE),
        Command.INFER: (spikes, result),
        Command.TRACE: (0, trace_bytes(network)),
        Command.LOAD: (load, 0),
        Command.STATUS: (0, BoardStatus.SIZE),
        Command.RESET: (0, 0),
        Command.RUN: (RUN_HEAD + spikes, result + RUN_TAIL),
        Command.POWER: (0, power_bytes(sensors)),
        Command.RATE: (RATE_BYTES, 0),
    }
    left_out = {
        *(OPTIONAL - {*optional}), *(() if load else (Command.LOAD,)),
        *(() if sensors else (Command.POWER,)),
    }
    return {command: size for command, size in sizes.items() if command not in left_out}


def frame_capacity(
    network: Network, *, load: int = 0, optional: Collection[Command] = OPTIONAL
) -> int:
    """Return the bytes of the longest frame that a board of a network takes, decoded.

    ``load`` and ``optional`` are as for :func:`payload_bytes`.
    """
    sizes = payload_bytes(network, load=load, optional=optional)
    return max(size for size, _ in sizes.values()) + OVERHEAD
