"""Planted faults, each with the properties that it must turn red."""

from collections.abc import Mapping

from amaranth import Elaboratable, Module, Signal

from properties import Observed

__all__ = ["Faults", "Planted", "plant", "stream_faults"]


class Faults(Elaboratable):
    """A design in which each property is stated once for each fault, seen through that fault.

    The properties of a fault stand in a submodule with its name, so that each has a verdict of its
    own. A name says where the fault is.

    Parameters
    ----------
    detectors : dict
        Sentences of the properties that a fault turns red, these and no others, by fault.
    """

    def __init__(self, detectors: Mapping[str, tuple[str, ...]]):
        if not detectors:
            raise ValueError("there is no fault to plant")
        self.detectors = dict(detectors)


class Planted(Faults):
    """Specs with a fault each, side by side: each has a core, and all share clock and reset.

    Parameters
    ----------
    faults : dict
        By fault: the spec that it is planted in, and its detectors.
    """

    def __init__(self, faults: Mapping[str, tuple[Elaboratable, tuple[str, ...]]]):
        super().__init__({name: found for name, (_, found) in faults.items()})
        self.specs = {name: spec for name, (spec, _) in faults.items()}

    def plant(self, name: str, spec: Elaboratable, detectors: tuple[str, ...]) -> None:
        """Plant another fault."""
        self.detectors[name] = detectors
        self.specs[name] = spec

    def elaborate(self, platform) -> Module:
        m = Module()
        for name, spec in self.specs.items():
            m.submodules[name] = spec  # pyright: ignore[reportArgumentType]  # has elaborate
        return m


def stream_faults(name: str) -> dict[str, tuple[str, ...]]:
    """Give the faults of an output stream that :func:`plant` knows, and their detectors.

    For a stream with the properties :func:`~properties.held` and :class:`~properties.InOrder`, of a
    core that holds one payload for a clock cycle; ``name`` is the name that they have there.
    """
    withdrawn = f"{name}: an offer is not withdrawn while it stalls"
    wrong = f"{name}: each payload is the one owed"
    invented = f"{name}: nothing is repeated or invented"
    beyond = f"{name}: no payload is taken beyond the capacity"
    follows = wrong, invented, beyond  # the queue is off by one from then on
    unsteady = f"{name}: a payload is held while it stalls"
    kept_back = f"{name}: no payload is lost or kept back"
    return {
        "content": (wrong,),
        "unsteady": (wrong, unsteady),
        "lost": (kept_back, *follows),
        "withdrawn": (withdrawn, kept_back, *follows),
        "invented": (withdrawn, unsteady, kept_back, *follows),
    }


def plant(m: Module, o: Observed, fault: str) -> None:
    """Plant a fault of :func:`stream_faults` in an output stream, or none if it is another.

    A lost or wrong payload is the third, an invented one is a payload that is seen twice.
    """
    count, stalled, again = Signal(2), Signal(), Signal()
    m.d.sync += [
        count.eq(count + (o.valid & o.ready & (count != 3))),
        stalled.eq(o.valid & ~o.ready),
        again.eq(o.valid & o.ready & (count == 2)),
    ]
    third = count == 2
    if fault == "content":
        o.payload = o.payload ^ third
    elif fault == "unsteady":
        o.payload = o.payload ^ stalled
    elif fault == "withdrawn":
        o.valid = o.valid & ~stalled
    elif fault == "lost":
        o.valid = o.valid & ~third
    elif fault == "invented":
        o.valid = o.valid | again
