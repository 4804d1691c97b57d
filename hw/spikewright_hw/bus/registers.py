"""The registers of an engine on a bus: names, places and meanings, said once for all."""

from dataclasses import dataclass
from typing import Any

from ..network import Network
from .answer import ANSWER_BITS, answer_names, is_signed

__all__ = ["DONE", "FIRST", "LOST", "READY", "SAMPLE", "STATUS", "Register", "registers_of"]

#: Bits of the register ``status``.
READY, DONE, LOST = 0, 1, 2


@dataclass(frozen=True, kw_only=True)
class Register:
    """A register of 32 bits; its number is its place in the list.

    Parameters
    ----------
    name, says : str
        Name, and what it is.
    written : bool
        Whether it may be written, too.
    signed : bool
        Whether it is a signed number.
    bits : tuple of (str, int)
        Single bits, and their places.
    """

    name: str
    says: str
    written: bool = False
    signed: bool = False
    bits: tuple[tuple[str, int], ...] = ()

    def entry(self, number: int) -> dict[str, Any]:
        """Return the register as JSON has it, with its address in bytes."""
        return {
            "name": self.name, "offset": number * ANSWER_BITS // 8, "width": ANSWER_BITS,
            "access": "rw" if self.written else "r", "signed": self.signed,
            "description": self.says,
            **({"bits": dict(self.bits)} if self.bits else {}),
        }


#: Registers in front of the answer.
FIRST = (
    Register(
        name="status", written=True, bits=(("ready", READY), ("done", DONE), ("lost", LOST)),
        says="ready: the next word of a sample is taken; done: an answer is there; lost: a word "
             "was written when none was taken. Written, whatever the value: everything starts "
             "anew, with nothing loaded, no answer, and lost cleared",
    ),
    Register(
        name="sample", written=True,
        says="written: the next word of a sample, the last of which starts the inference; read: "
             "how many words of it have come",
    ),
    Register(name="size", says="words of a sample"),
    Register(
        name="network", says="the first four bytes of the network's digest, the first lowest"
    ),
)

#: Numbers of the registers that may be written.
STATUS, SAMPLE = range(2)

_SAYS = {
    "prediction": "the class: the index of the highest output",
    "cycles": "clock cycles of the inference",
    "input_events": "spikes of the inputs, or bits of graded ones that are set",
    "synops": "synaptic operations",
    "spikes": "spikes of a layer",
    "output": "what the readout makes of an output neuron",
}


def registers_of(network: Network) -> tuple[Register, ...]:
    """Return the registers of a network's engine; those of its answer are 0 unless done."""
    return *FIRST, *(
        Register(
            name=name, signed=is_signed(name), says=_SAYS.get(name) or _SAYS[name.split("_")[0]]
        )
        for name in answer_names(network)
    )
