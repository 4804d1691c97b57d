"""``spikewright board``: a virtual board that is left running; a board asked, tested or reset."""

import argparse
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, TextIO

import spikewright as spw

from ..options import (
    add_engine_options,
    add_probe_option,
    add_rate_option,
    board_of,
    design_of,
    flip,
    frequency,
    one_or_more,
    path,
    probe_of,
    seed,
)
from ..task_options import add_task_options, task_of
from ..words import arguments_checked

if TYPE_CHECKING:
    from spikewright.device.virtual import VirtualBoard

__all__ = ["add"]

#: Seconds between two looks at whether it still runs.
_LOOK_S = 0.5
#: What messages call the arguments of faults.
_ARGUMENTS = {
    "count": "--flips", "memory": "--flip: memory", "word": "--flip: word", "bit": "--flip: bit",
}


def add(commands) -> None:
    """Add the command and its options."""
    verb = commands.add_parser(
        "board",
        help="leave a virtual board running that any program opens as a serial port; or ask a "
        "board for its counters, test it, reset it",
    )
    which = verb.add_mutually_exclusive_group(required=True)
    which.add_argument(
        "--virtual", metavar="NAME",
        help="the board that a virtual one stands for, see `spikewright boards`",
    )
    which.add_argument(
        "--port", metavar="PATH",
        help="serial port of a board that is there, such as /dev/ttyUSB0, or the port that another "
        "`spikewright board --virtual` says",
    )
    add = verb.add_argument
    add(
        "--board", default="ulx3s", metavar="NAME",
        help="the board at --port, whose file says its rates and sensors (%(default)s)",
    )
    add("--model", type=path, required=True, metavar="FILE", help="the .spw network that it holds")
    add("--clock", type=frequency, metavar="MHZ", help="its clock (default: the board's)")
    add_rate_option(verb)
    _add_once(verb)
    _add_faults(verb)
    add_engine_options(verb)
    add_task_options(verb)
    verb.set_defaults(verb=board, command="board", boards=tuple(spw.BOARDS))


def _add_once(verb: argparse.ArgumentParser) -> None:
    once = verb.add_argument_group("instead of leaving one running, once")
    what = once.add_mutually_exclusive_group()
    what.add_argument(
        "--status", action="store_true",
        help="print what it has counted since it was powered up or reset",
    )
    what.add_argument(
        "--self-test", action="store_true",
        help="let it compute drawn samples, and compare its answers with the integer reference",
    )
    what.add_argument(
        "--reset", action="store_true",
        help="put it into the state after power-up; weights that are loaded are loaded again",
    )
    what.add_argument(
        "--demo", type=one_or_more, metavar="N",
        help="run what `spikewright build --demo N` puts into a board, the first N samples of the "
        "test part, and compare its classes with the integer reference",
    )
    what.add_argument(
        "--pipe", action="store_true",
        help="serve a virtual one on standard input and output, for a program that opens no port; "
        "it ends when its input does and all is answered",
    )
    what.add_argument(
        "--memories", action="store_true",
        help="list the memories of a virtual one: name, words, and bits of a word",
    )
    add_probe_option(
        what, what="print the power of the board, idle and at work on the first test sample"
    )


def _add_faults(verb: argparse.ArgumentParser) -> None:
    wrong = verb.add_argument_group("faults on purpose, of a virtual one as soon as it runs")
    wrong.add_argument(
        "--flip", type=flip, action="append", default=[], metavar="MEMORY:WORD:BIT[@AFTER]",
        help="flip this bit, where --memories says what there is, after so many clock cycles of "
        "work or at once; as often as wanted",
    )
    wrong.add_argument(
        "--flips", type=one_or_more, default=0, metavar="N",
        help="flip so many bits that are drawn from all memories",
    )
    wrong.add_argument(
        "--seed", type=seed, default=0, metavar="S", help="what they are drawn by (%(default)s)"
    )


def board(options: argparse.Namespace) -> None:
    """Run the board until it is interrupted, or ask it once."""
    if options.demo is not None:
        _demo(options)
    elif options.pipe:
        with _running(options, board=_virtual(options), told=sys.stderr) as running:
            spw.pipe_port(running.port, reader=0, writer=1)
    elif options.memories:
        _list_memories(options)
    elif options.probe is not None:
        _measure(options)
    elif options.status or options.self_test or options.reset:
        _ask(options)
    else:
        _leave_running(options)


def _leave_running(options: argparse.Namespace) -> None:
    chosen = _virtual(options)
    with _running(options, board=chosen, lights=True) as running:
        print(
            f"{chosen.title}, virtual, at {chosen.clock_hz / 1e6:g} MHz, is at {running.port}; "
            "Ctrl-C ends it.",
            flush=True,
        )
        while not (trouble := running.trouble()):
            time.sleep(_LOOK_S)
    raise spw.DeviceError(f"the virtual board {trouble}")


def _demo(options: argparse.Namespace) -> None:
    network, chosen, design = spw.read(options.model), _virtual(options), design_of(options)
    with arguments_checked({**options.flags, "samples": options.flags["demo"]}):
        ran = spw.run_demo(
            network, samples=options.demo, task=task_of(options), board=chosen, design=design
        )
    for number, (label, found) in enumerate(zip(ran.labels, ran.classes, strict=True)):
        print(f"sample {number}: class {found}, labelled {label}")
    if ran.mismatches:
        raise spw.DeviceError(
            f"{ran.mismatches} of {len(ran.classes)} classes are not those of the integer reference"
        )
    print(f"All {len(ran.classes)} classes equal the integer reference.")


def _measure(options: argparse.Namespace) -> None:
    network, task, probe = spw.read(options.model), task_of(options), probe_of(options)
    if probe is None:
        raise spw.SpikewrightError("--probe none measures nothing; name a probe, or leave it out")
    if probe.name == "gateware" and options.port is not None and "board" not in options.given:
        raise spw.SpikewrightError(
            "--probe gateware: what is at a port does not say which board it is; name it by --board"
        )
    with arguments_checked(options.flags):
        spikes, _ = spw.demo_samples(network, samples=1, task=task)
        probe.check(_chosen(options))
    with _session(options) as (session, _), arguments_checked(options.flags):
        spw.print_power(spw.board_power(session, probe, inputs=spikes[0]))


def _list_memories(options: argparse.Namespace) -> None:
    with _running(options, board=_virtual(options)) as running:
        for memory in running.memories:
            print(f"{memory.name} {memory.words} {memory.bits}")


@contextmanager
def _running(
    options: argparse.Namespace, *, board: "spw.Board", lights: bool = False,
    told: TextIO | None = None,
) -> Iterator["VirtualBoard"]:
    """Run a virtual board, with the faults that were asked for, which are printed."""
    wanted = options.flip or options.flips or options.memories
    faults = spw.Faults(
        flips=tuple(options.flip), drawn=options.flips, seed=options.seed
    ) if wanted else None
    served = spw.virtual_port(
        options.model, board=board, design=design_of(options), lights=lights, faults=faults
    )
    with ExitStack() as stack:
        with arguments_checked(_ARGUMENTS):
            running = stack.enter_context(served)
        for bit in running.flipped:
            print(f"Flipped: {bit}", flush=True, file=told)
        yield running


def _ask(options: argparse.Namespace) -> None:
    with _session(options) as (session, flipped):
        _said(options, session, flipped)


@contextmanager
def _session(
    options: argparse.Namespace,
) -> Iterator[tuple["spw.Session", tuple["spw.Flip", ...]]]:
    """Open the board at the port, or a virtual one, with the faults that were asked for."""
    flipped: tuple[spw.Flip, ...] = ()
    # What is at a port says its clock itself, and all boards begin with the same rate of the port.
    network, chosen, design = spw.read(options.model), _chosen(options), design_of(options)
    with ExitStack() as stack:
        with arguments_checked(options.flags):
            if options.port is None:  # a board that is there says its clock itself
                chosen.check_rate(options.rate, optional=design.optional)
            port = {} if options.port is None else {"port": options.port}
            if options.flip or options.flips:
                running = stack.enter_context(_running(options, board=chosen))
                flipped, port = running.flipped, {"port": running.port}
            session = spw.open_board(
                network, design=design, board=chosen, rate=options.rate, **port
            )
        yield stack.enter_context(session), flipped


def _said(
    options: argparse.Namespace, opened: "spw.Session", flipped: tuple["spw.Flip", ...]
) -> None:
    if options.status:
        counted = opened.status()
        print(
            f"{counted.bad_checksums} frames with a wrong checksum\n"
            f"{counted.overflows} frames of which bytes were lost\n"
            f"{counted.malformed} other frames that were refused\n"
            f"{counted.inferences} inferences"
        )
    elif options.reset:
        opened.reset()
        print("The board is as it is after power-up.")
    else:
        passed = opened.self_test(flipped=flipped)
        print(
            f"The board passed: {passed.samples} drawn samples, {passed.compared:,} values "
            "equal the integer reference"
            + (f", and {passed.repeated:,} inferences of the last sample that it ran by itself."
               if passed.repeated else ".")
        )


def _chosen(options: argparse.Namespace) -> "spw.Board":
    """Return the board that is meant: a virtual one, or the one at the port."""
    if options.virtual is not None:
        return _virtual(options)
    with arguments_checked(options.flags):
        return spw.board_named(options.board, among=options.boards)


def _virtual(options: argparse.Namespace) -> "spw.Board":
    options.board = options.virtual
    options.flags = {**options.flags, "board": "--virtual"}
    return board_of(options)
