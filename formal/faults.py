"""Planted faults, each with the properties that it must turn red."""

from collections.abc import Callable, Mapping
from typing import Any

from amaranth import Elaboratable, Module, Signal

from properties import Observed

__all__ = ["Faults", "Planted", "Spec", "Through", "plant", "stream_faults"]


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

    @classmethod
    def each(
        cls, spec: Callable[[str], Elaboratable], detectors: Mapping[str, tuple[str, ...]]
    ) -> "Planted":
        """Plant each fault of a kind of spec; ``spec`` makes the one that a fault is planted in."""
        return cls({fault: (spec(fault), found) for fault, found in detectors.items()})

    def plant(self, name: str, spec: Elaboratable, detectors: tuple[str, ...]) -> None:
        """Plant another fault."""
        self.detectors[name] = detectors
        self.specs[name] = spec

    def elaborate(self, platform) -> Module:
        m = Module()
        for name, spec in self.specs.items():
            m.submodules[name] = spec  # pyright: ignore[reportArgumentType]  # has elaborate
        return m


class Spec(Elaboratable):
    """A core in its environment, and its properties once for each of ``faults``.

    A subclass makes the former in :meth:`surround`, and states the properties in :meth:`check`.
    """

    faults: tuple[str, ...] = ("",)

    def surround(self, m: Module) -> Any:
        """Add the core and its environment; return what :meth:`check` needs of them."""
        raise NotImplementedError(f"{type(self).__name__} has no environment")

    def check(self, m: Module, seen: Any, fault: str) -> None:
        """State what must hold, of a core that is seen through a fault, or as it is if ``""``."""
        raise NotImplementedError(f"{type(self).__name__} states nothing")

    def elaborate(self, platform) -> Module:
        """Build the core, and the properties as often as there are faults."""
        m = Module()
        seen = self.surround(m)
        for fault in self.faults:
            m.submodules[fault or "properties"] = properties = Module()
            self.check(properties, seen, fault)
        return m


class Through(Faults):
    """A spec whose one core is seen through each fault: for cores that are not small."""

    def __init__(self, spec: Spec, detectors: Mapping[str, tuple[str, ...]]):
        super().__init__(detectors)
        self.spec = spec
        spec.faults = tuple(detectors)

    def elaborate(self, platform) -> Spec:
        return self.spec


def stream_faults(name: str, *, compared: bool = True) -> dict[str, tuple[str, ...]]:
    """Return the faults of an output stream that :func:`plant` knows, and their detectors.

    For a stream with the properties :func:`~properties.held` and :class:`~properties.InOrder`, of a
    core that holds one payload for a clock cycle; ``name`` is the name that they have there.
    Without ``compared``, payloads are only counted.
    """
    withdrawn = f"{name}: an offer is not withdrawn while it stalls"
    wrong = (f"{name}: each payload is the one owed",) if compared else ()
    unsteady = f"{name}: a payload is held while it stalls"
    kept_back = f"{name}: no payload is lost or kept back"
    in_range = f"{name}: the queue is in range"
    # The queue is off by one from then on.
    follows = *wrong, kept_back, in_range, f"{name}: no payload is taken beyond the capacity"
    invented = f"{name}: nothing is repeated or invented"
    found = {
        "unsteady": (*wrong, unsteady),
        "lost": follows,
        "withdrawn": (withdrawn, invented, *follows),
        "invented": (*wrong, withdrawn, unsteady, invented, kept_back, in_range),
    }
    return found | ({"content": wrong} if compared else {})


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
