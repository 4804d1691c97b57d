"""Verilog of components, the same text each time."""

# The stubs lack rtlil.
from amaranth.back import rtlil, verilog  # pyright: ignore[reportAttributeAccessIssue]
from amaranth.lib import wiring

__all__ = ["as_rtlil", "as_verilog"]


def as_verilog(component: wiring.Component, *, name: str) -> str:
    """Give the Verilog of a component; ``name`` is its top module.

    Source locations are left out, so that the text depends on the component alone.
    """
    return verilog.convert(component, name=name, emit_src=False)


def as_rtlil(component: wiring.Component, *, name: str) -> str:
    """Give the RTLIL of a component; ``name`` is its top module."""
    return rtlil.convert(component, name=name, emit_src=False)
