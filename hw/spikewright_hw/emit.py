"""Verilog of components, the same text each time."""

# The stubs lack rtlil.
from amaranth.back import rtlil, verilog  # pyright: ignore[reportAttributeAccessIssue]
from amaranth.hdl import Const, Value
from amaranth.lib import wiring

__all__ = ["as_rtlil", "as_verilog"]


def as_verilog(component: wiring.Component, *, name: str) -> str:
    """Return the Verilog of a component; ``name`` is its top module.

    Source locations are left out, so that the text depends on the component alone.
    """
    return verilog.convert(component, name=name, ports=_ports(component), emit_src=False)


def as_rtlil(component: wiring.Component, *, name: str) -> str:
    """Return the RTLIL of a component; ``name`` is its top module."""
    return rtlil.convert(component, name=name, ports=_ports(component), emit_src=False)


def _ports(component: wiring.Component) -> dict:
    """Return the ports by name, without constants: a stream that is always ready has no such port.

    The direction of a port follows from what drives it.
    """
    return {
        "__".join(map(str, path)): (Value.cast(port), None)
        for path, _, port in component.signature.flatten(component)
        if not isinstance(Value.cast(port), Const)
    }
