"""FuseSoC's description of a registered core."""

from pathlib import Path

from spikewright_hw.cores import CORES, Core

from ..files import write_if_changed

__all__ = ["core_file", "core_path", "write_core_files"]

_TEMPLATE = """\
CAPI=2:

# Generated: python -m spikewright.gateware.fusesoc
name: spikewright:{family}:{name}
description: Spikewright core {name}, all presets; lint takes {preset}, sim takes all

filesets:
  generator:
    depend: [spikewright:fusesoc:amaranth]

generate:
  verilog:
    generator: amaranth
    parameters:
      core: {name}

scripts:
  simulate:
    cmd: [python3, {name}_simulate.py]

targets:
  default: &default
    filesets: [generator]
    generate: [verilog]
    toplevel: {top}

  lint: &lint
    <<: *default
    flags:
      verilator: true
    flow: lint
    flow_options:
      tool: verilator
      verilator_options: [-Wall]

  sim:
    <<: *lint
    flags:
      verilator: true
      simulate: true
    hooks:
      post_build: [simulate]
"""


def core_file(core: Core) -> str:
    """Return the text of ``<name>.core``."""
    preset = next(iter(core.presets))
    return _TEMPLATE.format(
        family=core.family, name=core.name, preset=preset, top=core.top(preset)
    )


def core_path(core: Core, *, root: Path) -> Path:
    """Return its place in a checkout: beside the core's module."""
    return root / "hw" / "spikewright_hw" / core.folder / f"{core.name}.core"


def write_core_files(*, root: Path) -> None:
    """Write the files of all registered cores into a checkout."""
    for core in CORES.values():
        write_if_changed(core_path(core, root=root), core_file(core))


if __name__ == "__main__":
    write_core_files(root=Path.cwd())
