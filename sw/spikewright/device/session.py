"""A session with a board, real or virtual: ask it, run inferences on it."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack
from types import TracebackType
from typing import TYPE_CHECKING, Self

import numpy as np

from spikewright_hw.checks import instance, whole
from spikewright_hw.engine.design import Design
from spikewright_hw.engine.record import Result, Trace, unpack_result, unpack_trace
from spikewright_hw.network import Network
from spikewright_hw.protocol import VERSION, BoardStatus, Command, Hello, Kind

from ..errors import DeviceError
from ..gateware.bit_rate import check_rate
from ..gateware.board import BOARDS, Board
from .answers import Answers, Inference
from .link import Link
from .load_payloads import load_payloads
from .memory_faults import Flip
from .patience import SLOWEST_HZ, patience
from .port_rate import PortRate
from .repeats import MOST_TIMES, Ran, Repeats, run_payload, unpack_ran
from .sample_bytes import batch_of, spike_bytes
from .self_test import SelfTest, self_test

if TYPE_CHECKING:
    from .gateware_probe import Sums

__all__ = ["Session"]


class Session:
    """An open board that holds ``network``; closed by ``with``, or by :meth:`close`.

    :func:`spikewright.open_board` makes one. Every method raises
    :exc:`~spikewright.errors.DeviceError` if the board does not answer, and none waits forever.
    """

    def __init__(
        self,
        link: Link,
        *,
        network: Network,
        design: Design,
        board: Board,
        simulator: str,
    ):
        instance(Link)("link", link)
        self._link = link
        self._port_rate = PortRate(link, board)
        self._network = network
        self._design = design
        self._board = board
        self._simulator = simulator
        #: Seconds of silence in which an inference may be running.
        self._patience = link.timeout
        #: Clock cycles that the board does in a second at least; and what it may be asked.
        self._least_hz = SLOWEST_HZ
        self._commands: frozenset[Command] = frozenset()
        self._virtual = False
        #: What it said of itself when it was identified.
        self._hello: Hello | None = None
        self._after = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def port(self) -> str:
        """Path of the port."""
        return self._link.port

    @property
    def network(self) -> Network:
        """What the board holds."""
        return self._network

    @property
    def design(self) -> Design:
        """The engine that it runs on."""
        return self._design

    @property
    def commands(self) -> frozenset[Command]:
        """What the board may be asked."""
        return self._commands

    @property
    def board(self) -> Board:
        """Which board it is, or stands for."""
        return self._board

    @property
    def simulator(self) -> str:
        """What simulates the board; nothing for a real one."""
        return self._simulator if self._virtual else ""

    @property
    def repeated(self) -> int:
        """Commands that had to be sent again so far."""
        return self._link.repeated

    @property
    def rate(self) -> int:
        """Bits per second of the port now."""
        return self._link.baud

    def set_rate(self, rate: int | str) -> None:
        """Change the bit rate of the board and of the port.

        Parameters
        ----------
        rate : int or str
            Bits per second; or ``"auto"``, the highest at which board and port exchange a few
            frames without a fault.

        Raises
        ------
        DeviceError
            The board cannot have this rate, or does not answer at it; then it goes on at the first
            one.
        """
        rate = check_rate("rate", rate)
        self._port_rate.choose(self._hello or self.hello(), rate)

    def close(self) -> None:
        """Close the port, and end a virtual board that was started for this session.

        A board at a port of its own is left at its first bit rate.
        """
        self._port_rate.give_back()
        self._link.close()
        self._after.close()

    def close_with(self, other: AbstractContextManager) -> None:
        """Leave ``other`` when this session is closed, after the port."""
        self._after.push(other)

    def hello(self) -> Hello:
        """Ask the board what it is; refuse another protocol version."""
        return self._read_hello(self._link.ask(Command.HELLO))

    def _read_hello(self, payload: bytes) -> Hello:
        if payload and payload[0] != VERSION:
            raise DeviceError(
                f"The board on {self.port} speaks version {payload[0]} of the protocol, this "
                f"program version {VERSION}; build and load the bitstream again."
            )
        try:
            return Hello.unpack(payload)
        except ValueError as error:
            raise self._malformed(Command.HELLO, error) from error

    def identify(self) -> None:
        """Make sure that the board holds the network, and learn how long an inference may take.

        It is found also where whoever had it before left it at another bit rate.

        Raises
        ------
        DeviceError
            It does not answer, speaks another version of the protocol, or holds another network, or
            this one on another engine.
        """
        hello = self._read_hello(self._port_rate.find())
        found, wanted = hello.digest, self._design.digest(self._network)
        if found != wanted and self._design.images(self._network):
            raise DeviceError(
                f"The board on {self.port} was built for networks of another shape, other neurons "
                f"or biases, or another engine ({found.hex()[:8]}, not {wanted.hex()[:8]}); load "
                "the bitstream that was built for networks like this one."
            )
        if found != wanted:
            raise DeviceError(
                f"The board on {self.port} holds network {found.hex()[:8]}, not "
                f"{wanted.hex()[:8]}; load the bitstream that was built for this network and "
                "engine, or choose what the board holds."
            )
        clock_hz = None if hello.kind == Kind.VIRTUAL else hello.clock_hz
        self._hello, self._commands = hello, hello.commands
        self._virtual = hello.kind == Kind.VIRTUAL
        self._least_hz = clock_hz or SLOWEST_HZ
        self._patience = max(
            self._link.timeout, patience(self._network, self._design, clock_hz=clock_hz)
        )

    def load_weights(self) -> None:
        """Store the network's weights on a board whose weights are loaded; on any other, nothing.

        The board reads each row back, and compares.

        Raises
        ------
        DeviceError
            A memory does not keep what is stored, or the board does not answer.
        """
        for payload in load_payloads(self._design.images(self._network)):
            self._link.ask(Command.LOAD, payload)

    def infer(self, inputs: np.ndarray) -> Result:
        """Run one inference.

        Parameters
        ----------
        inputs : numpy.ndarray
            Shape ``[steps, inputs]``: spikes, 0 and 1; or graded inputs, whole numbers.

        Raises
        ------
        DataError
            The input has another shape or other values; nothing was sent.
        """
        payload = self._link.ask(
            Command.INFER, spike_bytes(inputs, network=self._network), timeout=self._patience
        )
        try:
            return unpack_result(self._network, payload)
        except ValueError as error:
            raise self._malformed(Command.INFER, error) from error

    def infer_batch(
        self, spikes: np.ndarray, *, progress: Callable[[int], None] = lambda done: None
    ) -> tuple[Result, ...]:
        """Run a batch of samples without their traces, as fast as the link can.

        While the board works on one sample, the next is on the line, if the board holds two frames
        (HELLO's window). The results are those of :meth:`infer` of each.

        Parameters
        ----------
        spikes : array ``[samples, steps, inputs]``
            Spikes, 0 and 1; or graded inputs, whole numbers.
        progress : callable
            Told after each sample how many are done.

        Raises
        ------
        DataError
            A sample has another shape or other values; nothing was sent.
        """
        hello = self._hello or self.hello()
        samples = batch_of(spikes, network=self._network)
        answers = self._link.ask_all(
            Command.INFER, [spike_bytes(one, network=self._network) for one in samples],
            window=max(1, hello.window), timeout=self._patience, progress=progress,
        )
        try:
            return tuple(unpack_result(self._network, payload) for payload in answers)
        except ValueError as error:
            raise self._malformed(Command.INFER, error) from error

    def infer_all(
        self, spikes: np.ndarray, *, progress: Callable[[int], None] = lambda done: None
    ) -> Answers:
        """Run a batch of samples, one after the other, each with its trace.

        Parameters
        ----------
        spikes : array ``[samples, steps, inputs]``
            Spikes, 0 and 1; or graded inputs, whole numbers.
        progress : callable
            Told after each sample how many are done.

        Raises
        ------
        DataError
            A sample has another shape or other values.
        """
        hello = self.hello()
        inferences = []
        for number, sample in enumerate(batch_of(spikes, network=self._network), start=1):
            inferences.append(Inference(self.infer(sample), self.trace()))
            progress(number)
        return Answers(
            sent=np.asarray(spikes),
            inferences=tuple(inferences),
            board=self._board,
            design=self._design,
            clock_hz=hello.clock_hz,
            # The board says itself whether it is a simulation, whatever port it was found at.
            simulator=self._simulator if hello.kind == Kind.VIRTUAL else "",
            rate=self.rate,
            window=hello.window,
        )

    def trace(self) -> Trace:
        """Return what happened inside the last inference, step by step."""
        payload = self._link.ask(Command.TRACE, timeout=self._patience)
        try:
            return unpack_trace(self._network, payload)
        except ValueError as error:
            raise self._malformed(Command.TRACE, error) from error

    def status(self) -> BoardStatus:
        """Ask what the board has counted since it was powered up or reset.

        Raises
        ------
        DeviceError
            The board was built without STATUS, or does not answer.
        """
        payload = self._link.ask(self._known(Command.STATUS))
        try:
            return BoardStatus.unpack(payload)
        except ValueError as error:
            raise self._malformed(Command.STATUS, error) from error

    def sensors(self) -> "Sums":
        """Ask for the sums of what the board's own converter reads of its supplies.

        :class:`~spikewright.GatewareProbe` makes a power of them.

        Raises
        ------
        DeviceError
            The gateware has no sensors, or others than the board's file has, or does not answer.
        """
        from .gateware_probe import Sums

        if Command.POWER not in self._commands and self._board.sensors:
            raise DeviceError(
                f"The gateware of the board on {self.port} was built without its sensors: with few "
                "commands, or by open tools, which do not place the converter. Build it with "
                "Vivado, from what `spw.write_plan` writes, or use another probe."
            )
        if Command.POWER not in self._commands:
            having = " and ".join(f"`{name}`" for name, one in BOARDS.items() if one.sensors)
            raise DeviceError(
                f"The gateware of the board on {self.port} has no sensors of its supplies; use "
                f"another probe, or a board whose file has some (of these, {having})."
            )
        payload = self._link.ask(Command.POWER)
        try:
            return Sums.unpack(payload, sensors=len(self._board.sensors))
        except ValueError as error:
            raise self._malformed(Command.POWER, error) from error

    def reset(self) -> None:
        """Put the board into the state after power-up; weights that are loaded are loaded again.

        Raises
        ------
        DeviceError
            The board was built without RESET, or does not answer.
        """
        rate = self.rate
        self._link.ask(self._known(Command.RESET))
        self._port_rate.again(rate)
        self.load_weights()

    def run(self, inputs: np.ndarray, *, times: int) -> Ran:
        """Run many inferences on the same inputs, which the board keeps meanwhile.

        Parameters
        ----------
        inputs : numpy.ndarray
            As :meth:`infer` takes them.
        times : int
            How many, 1 to 4294967295.

        Raises
        ------
        DataError
            The input has another shape or other values; nothing was sent.
        DeviceError
            The board was built without RUN, or does not answer.
        """
        whole(1, MOST_TIMES)("times", times)
        spikes = spike_bytes(inputs, network=self._network)
        one = self._ran(spikes, 1, self._patience)  # which says how long many will take
        if times == 1:
            return one
        seconds = self._patience + 1.2 * times * one.cycles / self._least_hz
        return self._ran(spikes, times, seconds)

    def repeats(self, inputs: np.ndarray) -> Repeats:
        """Return inferences of the same inputs that the board runs by itself until it is told.

        With :func:`~spikewright.measure_power` nothing is on the link in a window at work.

        Parameters
        ----------
        inputs : numpy.ndarray
            As :meth:`infer` takes them.

        Raises
        ------
        DataError
            The input has another shape or other values.
        DeviceError
            The board was built without RUN.
        """
        self._known(Command.RUN)
        return Repeats(
            self._link, network=self._network, spikes=spike_bytes(inputs, network=self._network),
            patience=self._patience,
        )

    def self_test(
        self, *, samples: int = 64, seed: int = 0, times: int = 1000, flipped: Sequence[Flip] = ()
    ) -> SelfTest:
        """Let the board compute drawn samples, and compare all that it answers with the reference.

        Every spike and counter is compared, and each membrane of the readout. What changes none of
        them is not found: of 784-128-10, one hidden weight with the other sign in most cases.

        Parameters
        ----------
        samples : int
            How many: from a spike in every second place to one in each step.
        seed : int
            What they are drawn by.
        times : int
            Inferences of the last one that the board runs by itself after that, if it can.
        flipped : sequence of Flip
            Bits of a virtual board that were flipped on purpose, which are named where it fails.

        Raises
        ------
        DeviceError
            The board computes something else, or does not answer.
        """
        return self_test(self, samples=samples, seed=seed, times=times, flipped=flipped)

    def _ran(self, spikes: bytes, times: int, timeout: float) -> Ran:
        payload = self._link.ask(
            self._known(Command.RUN), run_payload(spikes, times=times), timeout=timeout
        )
        try:
            return unpack_ran(self._network, payload, times=times)
        except ValueError as error:
            raise self._malformed(Command.RUN, error) from error

    def _known(self, command: Command) -> Command:
        """Return the command, or say that the board does not know it."""
        if command not in self._commands:
            raise DeviceError(
                f"The board on {self.port} was built without {command.name}; build it with all "
                "commands of the link."
            )
        return command

    def _malformed(self, command: Command, error: ValueError) -> DeviceError:
        return DeviceError(
            f"The board on {self.port} answers {command.name} with something else: {error}."
        )
