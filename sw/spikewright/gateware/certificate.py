"""The certificate beside a bitstream: what is known of it for any input, and how to check that.

``certificate.json`` names the bitstream, the network and the design by their hashes, and claims two
things: in how many cycles every inference ends, and which states never saturate with these weights.
Neither is sampled. :func:`check_certificate` works both out again from the network's file, and
holds board, part and clock to the record of the build beside it.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.table import Table

from spikewright_hw.checks import pathlike
from spikewright_hw.engine.design import Design, EventDesign, StochasticDesign
from spikewright_hw.engine.streams import Streams
from spikewright_hw.network import Network

from ..errors import DataError
from ..files import write_json
from ..json_text import read_json, shortened
from ..network.find_saturation import find_saturation
from ..quantized.network import QuantizedNetwork, network_of
from .board import Board
from .built import REPORT

__all__ = ["CERTIFICATE", "CheckedCertificate", "check_certificate", "write_certificate"]

CERTIFICATE = "certificate.json"
"""Name of the file."""

_SCHEMA = 1
_BASIS = {
    "worst_cycles": "the engine's bound, from its sizes alone: in a step every input and every "
    "neuron spikes; proved of small networks of each kind, and tested on others",
    "saturation": "bounds by interval arithmetic from step to step and layer to layer, for any "
    "input in each step",
}
_COMMANDS = {
    "worst_cycles": ["make formal CORE={engine}"],
    "saturation": ["spikewright check NETWORK.spw"],
    "all": ["spikewright check NETWORK.spw --certificate certificate.json"],
}
#: What a certificate has, and what each is, in words.
_FIELDS = {
    "schema": int, "board": str, "part": str, "clock_hz": int, "files": dict, "design": dict,
    "claims": dict, "hash": str,
}
_KINDS = {int: "a whole number", str: "a text", dict: "a JSON object"}
#: What is compared, in the words of a sentence.
_WORDS = {
    "bitstream": "SHA-256 of the bitstream beside it",
    "constraints": "SHA-256 of the constraints beside it",
    "network": "hash of the network",
    "answers": "hash that the board answers",
    "worst_cycles": "most cycles of an inference",
    "saturation": "list of states that can saturate",
}


def write_certificate(
    folder: Path, *, network: Network, design: Design, board: Board, bitstream: str,
    constraints: str,
) -> Path:
    """Write the certificate of a bitstream; return its path.

    Parameters
    ----------
    folder : Path
        Where the bitstream lies.
    network : Network
    design : Design
    board : Board
    bitstream, constraints : str
        Names of their files.

    Raises
    ------
    StorageError
        It cannot be written.
    """
    body = {
        "schema": _SCHEMA, "board": board.name, "part": board.device.label,
        "clock_hz": board.clock_hz,
        "files": {"bitstream": bitstream, "constraints": constraints},
        "design": {"engine": design.name, **asdict(design)},
        "claims": _found(folder, network, design, {
            "bitstream": bitstream, "constraints": constraints
        }),
        "basis": _BASIS,
        "commands": {
            name: [line.format(engine=design.name) for line in lines]
            for name, lines in _COMMANDS.items()
        },
    }
    path = folder / CERTIFICATE
    write_json(path, body | {"hash": _hash(body)})
    return path


def _found(
    folder: Path, network: Network, design: Design, files: Mapping[str, str]
) -> dict[str, Any]:
    """Return what is claimed, worked out from the network, the design and the files."""
    return {
        **{name: _sha256(folder / file) for name, file in files.items()},
        "network": network.digest().hex(),
        "answers": design.digest(network).hex(),
        "worst_cycles": design.worst_cycles(network),
        "saturation": _saturation(network, design),
    }


def _saturation(network: Network, design: Design) -> list[dict[str, Any]] | None:
    """Return of each end of each state's format by how many neurons it may be exceeded.

    Of a stochastic engine, whose sums are of bitstreams, nothing is claimed.
    """
    if isinstance(design, StochasticDesign):
        return None
    return [
        {
            "layer": one.layer, "state": one.state, "end": "high" if one.upper else "low",
            "format": str(one.format), "limit": one.limit, "bound": one.farthest,
            "neurons": one.neurons,
        }
        for one in find_saturation(network, tries=0).ends
    ]


def _sha256(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise DataError(f"{path}, which the certificate is of, cannot be read: {error.strerror}; "
                        "keep both in one folder") from None


def _hash(body: Mapping[str, Any]) -> str:
    text = _text({name: value for name, value in body.items() if name != "hash"})
    return hashlib.sha256(text.encode()).hexdigest()


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


@dataclass(frozen=True, kw_only=True)
class CheckedCertificate:
    """A certificate all of whose claims were found again. Prints as a table where rich prints it.

    Parameters
    ----------
    worst_cycles : int
        No inference takes more.
    worst_us : float
        At the clock of the bitstream.
    saturation : tuple of dict, optional
        Of each end of each state's format, how many neurons may exceed it; None of a stochastic
        engine.
    claims : dict of str to str
        Each claim that was checked, in words.
    """

    worst_cycles: int
    worst_us: float
    saturation: tuple[Mapping[str, Any], ...] | None
    claims: Mapping[str, str]

    @property
    def never_saturates(self) -> bool:
        """Whether no state saturates, for any input."""
        return self.saturation is not None and not any(
            one["neurons"] for one in self.saturation
        )

    def __rich__(self) -> Table:
        """Return a row for each claim."""
        table = Table(title="Certificate, each claim found again", title_justify="left")
        for heading in ("claim", "value"):
            table.add_column(heading, overflow="fold")
        for name, value in self.claims.items():
            table.add_row(_WORDS[name], value)
        return table


def check_certificate(
    path: str | Path, *, network: Network | QuantizedNetwork
) -> CheckedCertificate:
    """Check a certificate: work out anew all that it claims, and compare.

    Nothing in it is trusted: hashes are of the files beside it and of the network, the bound is
    that of the engine for this network and design, and where states can saturate follows from the
    weights. Board, part and clock are those that the build wrote into ``report.json``.

    Parameters
    ----------
    path : str or Path
        The file, beside its bitstream.
    network : Network or QuantizedNetwork
        What the bitstream is said to run.

    Raises
    ------
    DataError
        It is no certificate, it was changed, or a claim is not so; the sentence says which.
    """
    path, plain = pathlike("path", path), network_of(network)
    body = _read(path)
    design = _design(path, body["design"])
    try:
        design.check(plain)
    except ValueError as error:
        raise DataError(f"{path} is not of this network: {error}") from None
    for file in body["files"].values():
        if not isinstance(file, str) or not file.isprintable() or Path(file).name != file:
            raise DataError(f"{path} names {_quoted(file)}; a file of it lies beside it")
    found = _found(path.parent, plain, design, body["files"])
    stated = body["claims"]
    for name, words in _WORDS.items():
        if name not in stated or name not in found:
            raise DataError(f"{path} does not say the {words}; write it again by a build")
        # As texts, in which true is not 1.
        if _text(is_so := found[name]) != _text(stated[name]):
            raise DataError(
                f"{path} is not so: the {words} is stated as {_short(stated[name])}, but it is "
                f"{_short(is_so)}"
            )
    _check_build(path, body)
    worst_us = found["worst_cycles"] / (body["clock_hz"] / 1e6)
    return CheckedCertificate(
        worst_cycles=found["worst_cycles"], worst_us=worst_us,
        saturation=None if found["saturation"] is None else tuple(found["saturation"]),
        claims={
            name: _said(found["saturation"]) if name == "saturation"
            else f"{found[name]}, {worst_us:.4g} µs at {body['clock_hz'] / 1e6:g} MHz"
            if name == "worst_cycles" else found[name]
            for name in _WORDS
        },
    )


def _check_build(path: Path, body: Mapping[str, Any]) -> None:
    """Compare board, part and clock with the record of the build, which lies beside it."""
    file = path.with_name(REPORT)
    try:
        record = read_json(file)
        built = {
            "board": record["board"], "part": record["part"],
            "clock_hz": round(record["clock_mhz"] * 1e6),
        }
    except OSError as error:
        raise DataError(
            f"{file}, the record of the build, cannot be read: {error.strerror}; keep both in one "
            "folder"
        ) from None
    except (ValueError, KeyError, TypeError, OverflowError):
        raise DataError(f"{file} is no record of a build; write it again by a build") from None
    for name, is_so in built.items():
        if _text(body[name]) != _text(is_so):
            raise DataError(
                f"{path} is not so: {name} is stated as {_short(body[name])}, but by the record of "
                f"the build beside it, {REPORT}, it is {_short(is_so)}"
            )


def _read(path: Path) -> dict[str, Any]:
    try:
        body = read_json(path)
    except OSError as error:
        raise DataError(
            f"{path} cannot be read: {error.strerror}; give the certificate.json that lies beside "
            "a bitstream"
        ) from None
    except ValueError as error:
        raise DataError(f"{path} is no certificate: {error}") from None
    if not isinstance(body, dict):
        raise DataError(f"{path} is no certificate: it is no JSON object")
    for name, kind in _FIELDS.items():
        if name not in body:
            raise DataError(f"{path} is no certificate: it has no {name}")
        if type(body[name]) is not kind:
            raise DataError(
                f"{path} is no certificate: {name} is {_short(body[name])}; it must be "
                f"{_KINDS[kind]}"
            )
    if (schema := body["schema"]) != _SCHEMA:
        raise DataError(
            f"{path} is of version {_short(schema)}; this release reads version {_SCHEMA}"
        )
    if body["hash"] != _hash(body):
        raise DataError(f"{path} was changed after it was written: its hash is not of its content")
    if body["clock_hz"] <= 0:
        raise DataError(f"{path} is no certificate: clock_hz is {body['clock_hz']}; it must be "
                        "above 0")
    if {*body["files"]} != {"bitstream", "constraints"}:
        raise DataError(f"{path} is no certificate: it names a bitstream and its constraints")
    return body


def _design(path: Path, given: Mapping[str, Any]) -> Design:
    fields = {name: value for name, value in given.items() if name != "engine"}
    try:
        if given.get("engine") == StochasticDesign.name:
            return StochasticDesign(**{**fields, "streams": Streams(**fields["streams"])})
        if given.get("engine") == EventDesign.name:
            return EventDesign(**fields)
    except (ValueError, TypeError, KeyError) as error:
        raise DataError(f"the design of {path} is none: {shortened(str(error))}") from None
    raise DataError(
        f"the design of {path} is of the engine {_quoted(given.get('engine'))}, which is none"
    )


def _quoted(value: Any) -> str:
    return shortened(repr(value), most=80)


def _short(value: Any) -> str:
    return shortened(json.dumps(value), most=80)


def _said(saturation: list[dict[str, Any]] | None) -> str:
    if saturation is None:
        return "not claimed of a stochastic engine"
    open_ends = [one for one in saturation if one["neurons"]]
    if not open_ends:
        return f"never, of all {len(saturation)} ends of states, for any input"
    return (
        f"never, of {len(saturation) - len(open_ends)} of {len(saturation)} ends of states; not "
        "excluded of " + "; ".join(
            f"layers[{one['layer']}] {one['state']} {one['end']}, {one['neurons']} neurons"
            for one in open_ends
        )
    )
