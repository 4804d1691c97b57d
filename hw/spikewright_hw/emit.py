"""Verilog of components, the same text each time, with names that a person can follow."""

from collections.abc import Iterable, Iterator
from typing import Any

# The stubs lack rtlil, and what a design is made of.
from amaranth.back import rtlil, verilog  # pyright: ignore[reportAttributeAccessIssue]
from amaranth.hdl import Const, Fragment, Signal, Value
from amaranth.hdl import _ir as ir  # pyright: ignore[reportAttributeAccessIssue]
from amaranth.hdl._ast import SignalDict  # pyright: ignore[reportMissingImports]
from amaranth.lib import wiring

__all__ = ["as_rtlil", "as_verilog"]


def as_verilog(component: wiring.Component, *, name: str) -> str:
    """Return the Verilog of a component; ``name`` is its top module.

    Source locations are left out, so that the text depends on the component alone. In each module,
    own ports bear their names, and those of a submodule come after its name: ``scan__o__valid``. A
    port that is a part of a signal is called by the signal and its bits: ``o__payload_8_15``.
    """
    fragment = Fragment.get(component, None)
    design = fragment.prepare(ports=_ports(component), hierarchy=(name,))
    for part in design.fragments:
        _name_signals(design, part)
    netlist = ir.build_netlist(design, name=name)
    _name_ports(netlist)
    empty = rtlil.EmptyModuleChecker(netlist)
    builder, names = rtlil.Design(emit_src=False), SignalDict()
    for number, module in enumerate(netlist.modules):
        if empty.is_empty(number):
            continue
        written = builder.module(".".join(module.name), src_loc=module.src_loc)
        if number == 0:
            written.attribute("top", 1)
        rtlil.ModuleEmitter(written, netlist, module, names, empty_checker=empty).emit()
    # What `verilog.convert` does with the text, which has no other door.
    return verilog._convert_rtlil_text(  # pyright: ignore[reportAttributeAccessIssue]
        str(builder)
    )


def as_rtlil(component: wiring.Component, *, name: str) -> str:
    """Return the RTLIL of a component; ``name`` is its top module."""
    return rtlil.convert(component, name=name, ports=_ports(component), emit_src=False)


def _ports(component: wiring.Component) -> dict:
    """Return the ports by name, without constants: a stream that is always ready has no such port.

    The direction of a port follows from what drives it.
    """
    return {name: (port, None) for name, port in _members(component)}


def _members(component: wiring.Component) -> Iterator[tuple[str, Value]]:
    """Return the ports of a component, each with its name, but constants."""
    for path, _, port in component.signature.flatten(component):
        value = Value.cast(port)
        if not isinstance(value, Const):
            yield "__".join(map(str, path)), value


def _named(fragment: Any, prefix: str) -> Iterator[tuple[str, Signal]]:
    """Return the signals that are ports of what a part of a design was made of."""
    for origin in fragment.origins or ():
        if isinstance(origin, wiring.Component):
            for name, value in _members(origin):
                if isinstance(value, Signal):
                    yield f"{prefix}{name}", value


def _name_signals(design: Any, fragment: Any) -> None:
    """Name the signals of one module anew: own ports first, then those of its submodules."""
    info = design.fragments[fragment]
    top = [name for name, _, _ in design.ports] if fragment is design.fragment else []
    submodules = [design.fragments[part].name[-1] for part, _, _ in fragment.subfragments]
    wanted = [
        *_named(fragment, ""),
        *(
            pair for part, inside in zip(fragment.subfragments, submodules, strict=True)
            for pair in _named(part[0], f"{inside}__")
        ),
        *((signal.name, signal) for signal in info.signal_names),
    ]
    names = SignalDict()
    free = _Names([*submodules, *top])
    for name, signal in wanted:
        if signal in info.signal_names and signal not in names:
            old = info.signal_names[signal]
            names[signal] = old if old in top else free.take(name)
    info.signal_names = names


def _name_ports(netlist: Any) -> None:
    """Name the ports that are parts of signals by these."""
    for module in netlist.modules:
        places = {}
        for signal, name in module.signal_names.items():
            if name.startswith("$"):
                continue
            for at, net in enumerate(netlist.signals[signal]):
                places.setdefault(net, (name, at))
        free = _Names([*module.signal_names.values(), *module.ports])
        ports = {}
        for name, (value, flow) in module.ports.items():
            if "$" in name and value[0] in places:
                signal, at = places[value[0]]
                width = len(value)
                name = free.take(f"{signal}_{at}" + (f"_{at + width - 1}" if width > 1 else ""))
            ports[name] = value, flow
        module.ports = ports


class _Names:
    """Names of one module, each given once."""

    def __init__(self, taken: Iterable[str]):
        self._taken = set(taken)
        self._given: dict[str, int] = {}

    def take(self, name: str) -> str:
        """Return the name, with a number after it if it is taken."""
        found = name
        while found in self._taken:
            self._given[name] = self._given.get(name, 1) + 1
            found = f"{name}_{self._given[name]}"
        self._taken.add(found)
        return found
