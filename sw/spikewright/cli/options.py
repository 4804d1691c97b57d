"""Options that several commands share, and what they ask for."""

import argparse
from collections.abc import Sequence
from pathlib import Path

import spikewright as spw

from .words import arguments_checked

__all__ = [
    "AUTO",
    "HIGHEST",
    "add_board_options",
    "add_commands_option",
    "add_engine_option",
    "add_engine_options",
    "add_neuron_options",
    "add_probe_option",
    "add_rate_option",
    "add_streams_options",
    "bit_rate",
    "board_of",
    "count",
    "counts",
    "design_of",
    "flip",
    "frequency",
    "frequency_or_highest",
    "milliseconds",
    "minutes",
    "one_or_more",
    "path",
    "probe_of",
    "rate",
    "seed",
    "share",
    "streams_of",
    "widths",
    "yes_or_no",
]

#: The clock that is found by building.
HIGHEST = "highest"
#: Asks for the highest bit rate that board and port can.
AUTO = "auto"


def add_board_options(parser: argparse.ArgumentParser, *, boards: Sequence[str]) -> None:
    """Add the options of what is built for; ``boards`` are the names to choose from."""
    add = parser.add_argument
    first = "ulx3s" if "ulx3s" in boards else boards[0]
    add(
        "--board", default=first, metavar="NAME",
        help="board to build for, see `spikewright boards` (%(default)s)",
    )
    parser.set_defaults(boards=tuple(boards))
    add(
        "--clock", type=frequency_or_highest, metavar="MHZ",
        help="clock of the design; all times and energies follow from it (default: the board's); "
        "'highest' builds at several, and takes the highest that closes with a margin",
    )
    add(
        "--limit", type=minutes, default=20.0, metavar="MINUTES",
        help="for placing and routing, with all seeds of the placer together (%(default)g)",
    )


def add_probe_option(group: argparse._ActionsContainer, *, what: str) -> None:
    """Add the option that names a power probe; ``what`` the command does with it."""
    group.add_argument(
        "--probe", nargs="+", metavar=("NAME", "KEY=VALUE"),
        help=f"{what}, by ina219 or ina226 (shunt_ohm=, tap=; bus=, shunt_tolerance=, address=), "
        "joulescope (tap=, current_gain=, voltage_gain=, current_offset=, limits=; seconds=), "
        "gateware, the converter on the board's own part (supply=), csv, the file of any "
        "instrument (path=, instrument=, tap=, inferences=, relative=), or none (docs/power.md)",
    )


def probe_of(options: argparse.Namespace) -> "spw.ProbeChoice | None":
    """Return the probe that the options ask for; None without one."""
    if options.probe is None or options.probe == ["none"]:
        return None
    name, *words = options.probe
    if wrong := [word for word in words if "=" not in word]:
        raise spw.SpikewrightError(
            f"--probe: {wrong[0]!r} is no setting; write its name and its value, such as tap=core"
        )
    if name == "none":
        raise spw.SpikewrightError(f"--probe none has no settings; leave {words[0]} out")
    settings: dict[str, str] = {}
    for key, _, value in (word.partition("=") for word in words):
        if key in settings:
            raise spw.SpikewrightError(f"--probe: {key} is given twice; give it once")
        settings[key] = value
    with arguments_checked(options.flags):
        return spw.ProbeChoice(name=name, settings=settings)


def add_rate_option(parser: argparse._ActionsContainer) -> None:
    """Add the option of how fast a board's serial port is."""
    parser.add_argument(
        "--rate", type=bit_rate, default=AUTO, metavar="auto|BITS_PER_SECOND",
        help="bit rate of the serial port (%(default)s: the highest at which board and port "
        "exchange a few frames without a fault); a virtual board simulates the rate that is given",
    )


def add_engine_option(group: argparse._ActionsContainer) -> None:
    """Add the option that names the engine."""
    group.add_argument(
        "--engine", choices=("event", "stochastic"), default="event", help="(%(default)s)"
    )


def add_engine_options(
    parser: argparse.ArgumentParser, *, fit: bool = False, board: bool = True
) -> None:
    """Add the options of the engine that a network runs on.

    With ``fit``, it may be searched; with ``board``, it is at the end of a link.
    """
    engine = parser.add_argument_group("the engine")
    add_engine_option(engine)
    add = engine.add_argument
    if fit:
        add(
            "--fit", action="store_true",
            help="compare designs of the event engine by their estimates, show cycles against size "
                 "as a table and a picture, and take the fastest that fits the board with a margin "
                 "(docs/fit.md)",
        )
    add(
        "--share", type=counts, metavar="N[,N...]",
        help="neurons per updater, of all layers or of each; more is smaller (4)",
    )
    add(
        "--ram-style", metavar="NAME",
        help="of the trace of an inference: auto, or block for block RAM always (auto)",
    )
    add(
        "--banks", type=counts, metavar="N[,N...]",
        help="rows of weights in a cycle, of the event engine: of all layers or of each; more is "
             "faster and larger (1)",
    )
    add(
        "--fold", type=counts, metavar="N[,N...]",
        help="neurons of a row in a cycle, of the event engine: of all dense layers or of each, at "
             "most; less is smaller and slower, with sums and states in memories (all)",
    )
    add(
        "--block-bits", type=counts, metavar="N[,N...]",
        help="bits of a row of weights in block RAM, of the event engine: of all dense layers or "
             "of each, at most; the others lie in look-up tables (all)",
    )
    add(
        "--weights", metavar="NAME",
        help="of the event engine: built, or loaded for a board that any network of the same shape "
             "runs on, whose weights are stored when the board is opened (built)",
    )
    if board:
        add_commands_option(engine)
    streams = parser.add_argument_group("the stochastic engine alone")
    add_streams_options(streams)
    streams.add_argument(
        "--lanes", type=count, metavar="N", help="rows of weights at once, a power of two (4)"
    )


def add_commands_option(group: argparse._ArgumentGroup) -> None:
    """Add the choice of the commands that a board has."""
    group.add_argument(
        "--commands", metavar="NAME",
        help="of the link: all, or few for a smaller board without STATUS, RESET, RUN and RATE "
        "(all)",
    )


def add_streams_options(group: argparse._ArgumentGroup) -> None:
    """Add the options of bitstreams."""
    add = group.add_argument
    add("--length", type=count, metavar="L", help="bits of a bitstream, a power of two (256)")
    add("--source", metavar="NAME", help="where its numbers come from: sobol, lfsr, ... (sobol)")
    add("--encoding", metavar="NAME", help="sign_magnitude, unipolar or bipolar (sign_magnitude)")


def add_neuron_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of a neuron given by its equations."""
    neuron = parser.add_argument_group(
        "a neuron", "Its equations make its definition, and all else follows from that."
    )
    add = neuron.add_argument
    add(
        "--equations", action="append", metavar="TEXT",
        help='differential equations, and definitions they share, parted by ";": '
        '"dv/dt = (R*i - v)/tau"; v is the membrane, i the current',
    )
    add("--threshold", metavar="TEXT", help='when it spikes, after the step: "v > v_th"')
    add("--reset", metavar="TEXT", help='what a spike does, in the same step: "v = 0; w += b"')
    add("--readout", action="store_true", help="it never spikes")
    add("--dt", metavar="VALUE", help="the time step: 1, or 1ms")
    add(
        "--param", action="append", metavar="NAME=VALUE",
        help='a parameter: tau=20, tau=20ms, "tau=20ms: membrane time constant"',
    )
    add("--unit", action="append", metavar="NAME=UNIT", help="unit of a state or of i: v=mV")
    add("--start", action="append", metavar="NAME=VALUE", help="where a state starts: v=v_rest")
    add("--refractory", metavar="STEPS", help="how long it rests after a spike: 3, or 3ms")
    add(
        "--method", choices=("euler", "exponential"),
        help="of all equations (default: exponential Euler where there is one, else forward Euler)",
    )
    add("--format", metavar="Qm.n", help="number format of its first preset (Q8.8)")


def design_of(options: argparse.Namespace) -> "spw.Design":
    """Return the design that the engine's options ask for."""
    size = _given(options, "share", "ram_style", "commands")
    with arguments_checked(options.flags):
        if options.engine == "stochastic":
            streams = streams_of(options)
            chosen = {} if streams is None else {"streams": streams}
            return spw.StochasticDesign(**chosen, **_given(options, "lanes"), **size)
        event = _given(options, "banks", "fold", "block_bits", "weights")
        return spw.EventDesign(**event, **size)


def board_of(options: argparse.Namespace) -> "spw.Board":
    """Return the board that the options ask for, with its clock."""
    with arguments_checked(options.flags):
        board = spw.board_named(options.board, among=options.boards)
    try:
        return board if options.clock in (None, HIGHEST) else board.at(options.clock)
    except ValueError as error:
        raise spw.SpikewrightError(f"--clock: {error}") from error


def streams_of(options: argparse.Namespace) -> "spw.Streams | None":
    """Return the bitstreams that the options ask for, or None if none of them is given."""
    chosen = _given(options, "length", "source", "encoding")
    return spw.Streams(**chosen) if chosen else None


def _given(options: argparse.Namespace, *names: str) -> dict:
    return {name: value for name in names if (value := getattr(options, name, None)) is not None}


def counts(text: str) -> int | tuple[int, ...]:
    """Read a whole number, or several with commas between them."""
    if "," not in text:
        return count(text)
    return tuple(map(count, text.split(",")))


def widths(text: str) -> int | tuple[int, ...]:
    """Read the bits of the weights of all layers, or of each with - between them, as sizes have."""
    given = text.split("-")
    if len(text) > 100 or not all(map(str.isdecimal, given)):
        raise argparse.ArgumentTypeError(
            f"{text[:100]!r} is no number of bits, such as 4, nor one for each layer, such as 8-4"
        )
    return int(text) if len(given) == 1 else tuple(map(int, given))


def count(text: str) -> int:
    """Read a whole number of 0 or more."""
    if not text.isdecimal() or len(text) > 100:
        raise argparse.ArgumentTypeError(f"{text[:100]!r} is not a whole number of 0 or more")
    return int(text)


def one_or_more(text: str) -> int:
    """Read a whole number of 1 or more."""
    if not text.isdecimal() or len(text) > 100 or not int(text):
        raise argparse.ArgumentTypeError(f"{text[:100]!r} is not a whole number of 1 or more")
    return int(text)


def bit_rate(text: str) -> int | str:
    """Read bits per second, or the word that leaves them to board and port."""
    if text == AUTO:
        return text
    if not text.isdecimal() or len(text) > 100 or not int(text):
        raise argparse.ArgumentTypeError(
            f"{text[:100]!r} is not a bit rate, such as 3000000, nor {AUTO}"
        )
    return int(text)


def flip(text: str) -> "spw.Flip":
    """Read a bit of a memory."""
    try:
        return spw.Flip.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def frequency(text: str) -> float:
    """Read a frequency in MHz."""
    return _positive(text, "a frequency in MHz, such as 62.5")


def frequency_or_highest(text: str) -> float | str:
    """Read a frequency in MHz, or the word that asks for the highest."""
    if text == HIGHEST:
        return text
    return _positive(text, f"a frequency in MHz, such as 62.5, or {HIGHEST}")


def minutes(text: str) -> float:
    """Read a time in minutes."""
    return _positive(text, "a number of minutes above 0, such as 20")


def milliseconds(text: str) -> float:
    """Read a time in milliseconds."""
    return _positive(text, "a number of milliseconds above 0, such as 10")


def rate(text: str) -> float:
    """Read a learning rate."""
    return _positive(text, "a learning rate above 0, such as 0.01")


def share(text: str) -> float:
    """Read a share, from 0 to below 1."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < 1:
        raise argparse.ArgumentTypeError(
            f"{text[:100]!r} is not a share from 0 to below 1, such as 0.4"
        )
    return value


def yes_or_no(text: str) -> bool:
    """Read whether something is to be."""
    if text not in ("yes", "no", "true", "false"):
        raise argparse.ArgumentTypeError(f"{text[:100]!r} is neither yes nor no")
    return text in ("yes", "true")


def _positive(text: str, what: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text[:100]!r} is not {what}")
    return value


def seed(text: str) -> int:
    """Read the seed of a training."""
    from ..quantized.network import MOST_SEED

    if (number := count(text)) > MOST_SEED:
        raise argparse.ArgumentTypeError(f"{text} is larger than 2**64 - 1, the largest seed")
    return number


def path(text: str) -> Path:
    """Read the path of a file or a folder."""
    if not text.strip():
        raise argparse.ArgumentTypeError("an empty text names no file; give a path")
    return Path(text)
