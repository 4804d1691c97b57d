"""Laying out the files of a neuron that is given by its equations."""

from collections.abc import Mapping
from pathlib import Path

from spikewright_hw.checks import instance, pathlike
from spikewright_hw.definition.definition import Definition
from spikewright_hw.definition.fixed_point import Arithmetic, FixedNeuron
from spikewright_hw.fixed import Format
from spikewright_hw.registry import Entry, for_core

from ..equations.compile import Compiled
from ..equations.parse import FUNCTIONS
from ..equations.specification import Specification
from ..errors import SpikewrightError
from ..pages.neuron_page import neuron_of, neuron_page_blocks
from ..pages.neuron_results import picture, picture_path, proofs_block, response_block
from ..pages.pages import BLOCKS, NO_COST, page_path
from ..pages.responses import responses
from ..record.markdown import filled
from .neuron_text import words
from .new_core import REGISTRY, check_name, lay_out, register, registry_text, render

__all__ = ["new_neuron", "presets"]

FAMILY = KIND = "neuron"
#: The tasks of every neuron's proof.
RECIPE = Path("formal") / f"{KIND}.sby"
#: Templates, and the file each becomes.
FILES = {
    "definition.py.j2": "hw/spikewright_hw/neuron/{name}.py",
    "test.py.j2": "tests/hw/test_{name}.py",
    "page.md.j2": "docs/cores/{name}.md",
}
#: Names that a neuron's module has already.
_TAKEN = ("neuron", "refractory", "absolute", "maximum", "minimum", *FUNCTIONS)


def new_neuron(specification: Specification, *, root: Path) -> tuple[list[Path], Compiled]:
    """Compile a neuron and lay out its files; all of them, or none.

    Parameters
    ----------
    specification : Specification
        Its name is the stem of all files.
    root : Path
        The checkout.

    Returns
    -------
    list of Path
        Files written, those that were there before last.
    Compiled

    Raises
    ------
    EquationError
        The equations are wrong.
    SpikewrightError
        The name cannot be used or is taken, or ``root`` is no checkout.
    StorageError
        A file cannot be written.
    """
    instance(Specification)("specification", specification)
    root = pathlike("root", root)
    name = specification.name
    registry = registry_text(root)
    check_name(name, registry=registry, root=root)
    if name in _TAKEN:
        raise SpikewrightError(f"{name} has a meaning in every neuron's module; take another name")
    compiled = Compiled.of(specification)
    formats = presets(compiled.definition, specification.format)
    new = render("neuron", FILES, words(compiled, formats), root=root)
    _complete_page(new, compiled, formats, root=root)
    changed = {root / REGISTRY: register(registry, Entry(FAMILY, name, KIND))}
    return lay_out(new, changed, root=root), compiled


def _complete_page(
    new: dict[Path, str], compiled: Compiled, formats: Mapping[str, Format], *, root: Path
) -> None:
    """Fill the generated blocks of the page in, and add its picture."""
    definition, name = compiled.definition, compiled.definition.name
    given = {preset: {"format": format} for preset, format in formats.items()}
    fixed = neuron_of(definition, given)
    seen = responses(fixed)
    blocks = {
        **neuron_page_blocks(definition, given),
        "response": response_block(fixed, seen),
        "proofs": proofs_block(
            for_core((root / RECIPE).read_text(encoding="utf-8"), name=name, presets=given),
            file=RECIPE,
            presets=given,
            spikes=definition.spikes,
        ),
        "cost": NO_COST,
    }
    page = root / page_path(name)
    new[page] = filled(new[page], blocks, page=page, names=BLOCKS)
    new[root / picture_path(name)] = picture(fixed, seen)


def presets(definition: Definition, format: Format) -> dict[str, Format]:
    """Return the formats of a neuron's presets: the one chosen, and one of another width.

    Raises
    ------
    SpikewrightError
        The neuron cannot be computed in the format chosen.
    """
    fraction = format.fraction
    others = [Format(format.integer, one) for one in (fraction // 2, fraction + 4)]
    try:
        FixedNeuron.of(definition, Arithmetic(format=format))
        other = next(one for one in others if one != format and _fits(definition, one))
    except ValueError as error:
        raise SpikewrightError(
            f"{error}; take another format by format=, or other parameters"
        ) from None
    return {f"q{one.integer}_{one.fraction}": one for one in (format, other)}


def _fits(definition: Definition, format: Format) -> bool:
    try:
        FixedNeuron.of(definition, Arithmetic(format=format))
    except ValueError:
        return False
    return True
