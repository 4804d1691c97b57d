"""A neuron definition as a PyTorch module: in real numbers, or exactly on the integer grid.

The update is not written here: :class:`Cell` runs the graph of a definition, or the integer program
that :class:`~spikewright_hw.definition.fixed_point.FixedNeuron` makes of it, with operations that
have gradients (:mod:`~spikewright.network.lowering`).
"""

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from spikewright_hw.definition.definition import Definition, Value, check_names
from spikewright_hw.definition.expression import Expression
from spikewright_hw.definition.fixed_point import FixedNeuron
from spikewright_hw.definition.interval import Interval
from spikewright_hw.fixed import Format

from ..errors import SpikewrightWarning
from .bounded import Bounded, Constant, Values
from .lowering import lower, softened, spike_comparisons, steep
from .surrogate import Surrogate
from .surrogate import surrogate as chosen
from .tape import TapeProgram

__all__ = ["Cell", "States"]

#: The states of a layer's neurons by name, each ``[..., neurons]``.
States = dict[str, Tensor]

#: Widest number that a float holds exactly, and the float.
_EXACT = ((25, torch.float32), (54, torch.float64))


class Cell(nn.Module):
    """A layer's neurons, step by step, with their states in the caller's hands.

    ::

        cell = Cell(lif, decay=0.9)
        states = cell.start(batch, neurons)
        for i in currents:
            states, spike = cell(states, i)

    Parameters
    ----------
    neuron : Definition or FixedNeuron
        A definition is computed in real numbers, a fixed neuron in integers: its states and inputs
        are then whole numbers in float tensors, as its formats store them.
    learn : sequence of str, optional
        Parameters that become learned ones, kept within their bounds (:class:`Bounded`); those that
        the definition trains, unless given. A fixed neuron learns none.
    surrogate : str or Surrogate
        Gradient of the comparisons that a spike is made of, in units of the neuron's distance from
        start to threshold. Other comparisons have none.
    detach_reset : bool
        Whether the choices that states make by such a comparison, as a reset does, pass it no
        gradient.
    limits : Format, optional
        Of a definition, the format at whose ends states saturate, as they will in integers; there
        are none unless given.
    inputs : mapping of str to Interval, optional
        Of a fixed neuron, the stored values that can arrive, if more than its format holds.
    fused : bool
        Whether a product and the sum that it goes into are rounded once, where the processor does
        that; otherwise each is, as on every processor.
    **parameters : float or sequence of float
        Of a definition, real numbers, one or one for each neuron (an array or a tensor will do);
        those not given take their defaults. Those that are given for each neuron are buffers.

    Raises
    ------
    ValueError
        A parameter is unknown, out of its range, called like one of the arguments above, or given
        or learned where it is fixed; ``limits`` are given of a fixed neuron, or ``inputs`` of a
        definition; or the integers are too wide for a float to hold.

    Warns
    -----
    SpikewrightWarning
        A learned parameter starts at one of its bounds, and so is moved inside.
    """

    _place: Tensor

    def __init__(
        self,
        neuron: Definition | FixedNeuron,
        *,
        learn: Sequence[str] | None = None,
        surrogate: str | Surrogate = "arc_tangent",
        detach_reset: bool = False,
        limits: Format | None = None,
        inputs: Mapping[str, Interval] | None = None,
        fused: bool = True,
        **parameters: Value,
    ):
        super().__init__()
        self.fixed = neuron if isinstance(neuron, FixedNeuron) else None
        self.definition = neuron.definition if isinstance(neuron, FixedNeuron) else neuron
        self._names = list(self.definition.states)
        check_names(self.definition, Cell.__init__, "an argument of Cell")
        self.learned = Values()
        self.register_buffer("_place", torch.empty(0), persistent=False)  # on the cell's device
        if self.fixed is None:
            if inputs is not None:
                raise ValueError(f"inputs is of a neuron in integers; {self._unfixed}")
            self.dtype = torch.float32
            self._given = self.definition.values(parameters)
            self._learn(learn)
            self._ends = [] if limits is None else self._limits(limits)
            constants = self._given
        else:
            if limits is not None:
                raise ValueError(f"limits is of a definition; {self.definition.name} is in integers"
                                 f" and ends where {self.fixed.format} does")
            self.dtype = _exact_dtype(self.fixed, inputs, parameters, learn)
            self._given = dict(self.fixed.parameters)
            self._ends = [(n, self.fixed.bounds[name]) for n, name in enumerate(self._names)]
            constants = self.fixed.vectors
        self.vectors = Values()
        for name, value in constants.items():
            if name not in self.learned and not isinstance(value, int | float):
                self.vectors[name] = Constant(torch.tensor(value, dtype=self.dtype))
        self._write(chosen(surrogate), detach_reset, fused)

    def start(self, *shape: int) -> States:
        """Return the states before the first step.

        ``shape`` is that of a step's input, neurons last: ``start(batch, neurons)``. Raises
        :exc:`ValueError` if parameters were given for another number of neurons.
        """
        count = self.definition.neurons(self._given)
        if count is not None and shape[-1:] != (count,):
            raise ValueError(
                f"{self.definition.name} has parameters of {count} neurons, and the shape is "
                f"{shape}; its last number is that of the neurons"
            )
        return {name: self._start(name).expand(shape) for name in self.definition.states}

    def forward(self, states: Mapping[str, Tensor], *inputs: Tensor, **named: Tensor):
        """Run one step.

        Parameters
        ----------
        states : mapping of str to Tensor
        *inputs, **named : Tensor
            What arrives, in the order of ``definition.inputs`` or by name.

        Returns
        -------
        The next states, and the spikes as floats, 0 and 1; all 0 if the neuron never spikes.
        """
        names = list(self.definition.inputs)
        given = dict(zip(names, inputs, strict=False)) | named
        if set(given) != set(names) or len(inputs) + len(named) != len(names):
            raise TypeError(f"{self.definition.name} takes {', '.join(names)}, each of them once")
        return self.step(self.constants(), states, [given[name] for name in names])

    def constants(self) -> list[Any]:
        """Compute what is the same in all steps, for :meth:`step`; once a sequence is enough."""
        if not self.learned and not self.vectors:
            return self._constants
        return self._once([module() for module in (*self.vectors.values(), *self.learned.values())])

    def step(
        self, constants: list[Any], states: Mapping[str, Tensor], inputs: Sequence[Tensor]
    ) -> tuple[States, Tensor]:
        """Run one step of a sequence; as :meth:`forward`, with less to do."""
        after = self._each([*constants, *(states[name] for name in self._names), *inputs])
        spike = after.pop() if self.definition.spikes else torch.zeros_like(inputs[0])
        for index, ends in self._ends:
            after[index] = after[index].clamp(*ends)
        return dict(zip(self._names, after, strict=True)), spike

    def values(self) -> dict[str, Value]:
        """Return all parameters as they stand, learned ones included, as plain numbers."""
        modules = self.learned if self.fixed else {**self.vectors, **self.learned}
        current = {
            name: tuple(value.tolist()) if value.dim() else float(value)
            for name, value in ((n, m().detach()) for n, m in modules.items())
        }
        return self._given | current

    @property
    def written(self) -> tuple[TapeProgram, Sequence[tuple[int, tuple[float, float]]]]:
        """The tape of a step, from its constants, states and inputs, and at what its ends end."""
        return self._each, self._ends

    def _apply(self, *given: Any, **named: Any) -> "Cell":
        """Move the tensors that the steps know along with those that are registered."""
        super()._apply(*given, **named)
        device = self._place.device
        self._once, self._each = self._once.to(device), self._each.to(device)
        return self

    @property
    def _unfixed(self) -> str:
        return f"{self.definition.name} is computed in real numbers, so leave it out"

    # Writing --------------------------------------------------------------------------------------

    def _learn(self, learn: Sequence[str] | None) -> None:
        declared = self.definition.parameters
        if learn is None:
            learn = [name for name, parameter in declared.items() if parameter.trained]
        for name in learn:
            if name not in declared:
                self.definition.values({name: 0.0})  # says so
            self.learned[name] = Bounded(
                torch.tensor(self._given[name], dtype=self.dtype),
                low=declared[name].low,
                high=declared[name].high,
            )
            self._warn_of_bound(name)

    def _warn_of_bound(self, name: str) -> None:
        """Say so if a learned parameter does not start where it was told to."""
        given, starts = torch.tensor(self._given[name]), self.learned[name]().detach()
        if not torch.allclose(starts, given, rtol=1e-5, atol=1e-6):
            at = int((starts - given).abs().flatten().argmax())
            warnings.warn(
                f"{self.definition.name}.{name} is learned and starts at its bound, "
                f"{float(given.flatten()[at]):g}, where it has no gradient; it was moved to "
                f"{float(starts.flatten()[at]):.4g}; leave it out of learn to keep it",
                SpikewrightWarning,
                stacklevel=4,
            )

    def _write(self, shape: Surrogate, detach_reset: bool, fused: bool) -> None:
        update, known = self.definition.update, self._given
        if self.fixed is not None:
            update, known = self.fixed.update, self.fixed.vectors
        parts = [*self.vectors, *self.learned]
        ends = [*self._names, *(["spike"] if self.definition.spikes else [])]
        compared = self._compared(update)
        rest = self._rest()
        self._once, self._each = lower(
            {name: update[name] for name in ends},
            known={name: known[name] for name in known if name not in parts},
            once=parts,
            each=[*self._names, *self.definition.inputs],
            soft=softened(compared, rest, shape),
            steep=steep(compared, rest, self._names),
            detach=detach_reset,
            fused=fused,
        )
        self._constants = [] if parts else self._once([])

    def _compared(self, update: Mapping[str, Expression]) -> list[Expression]:
        """Return the comparisons that have a gradient; what compares counters alone has none."""
        if not self.definition.spikes:
            return []
        counts = [name for name, state in self.definition.states.items() if state.bits is not None]
        constants = self._given if self.fixed is None else self.fixed.vectors
        return spike_comparisons(update["spike"], [*counts, *constants])

    def _rest(self) -> dict[str, Any]:
        """Return the value of each leaf before any input."""
        constants = self._given if self.fixed is None else self.fixed.vectors
        rest: dict[str, Any] = dict.fromkeys(self.definition.inputs, 0)
        rest |= {name: self._constant(value) for name, value in constants.items()}
        return rest | {name: self._start(name).detach() for name in self._names}

    def _limits(self, format: Format) -> list[tuple[int, tuple[float, float]]]:
        ends = format.real(format.min), format.real(format.max)
        states = self.definition.states.values()
        return [(index, ends) for index, state in enumerate(states) if state.bits is None]

    def _constant(self, value: Value) -> Any:
        return value if isinstance(value, int | float) else self._tensor(value)

    def _start(self, name: str) -> Tensor:
        start = self.definition.states[name].start
        if self.fixed is not None:
            count = max((len(vector) for vector in self.fixed.vectors.values()), default=1)
            stored = [self.fixed.start(name, neuron=neuron) for neuron in range(count)]
            return self._tensor(stored if count > 1 else stored[0])
        for modules in (self.learned, self.vectors):
            if isinstance(start, str) and start in modules:
                return modules[start]()
        return self._tensor(self._given[start] if isinstance(start, str) else start)

    def _tensor(self, value: Value) -> Tensor:
        return torch.tensor(value, dtype=self.dtype, device=self._place.device)


def _exact_dtype(
    fixed: FixedNeuron,
    inputs: Mapping[str, Interval] | None,
    parameters: Mapping[str, Value],
    learn: Sequence[str] | None,
) -> torch.dtype:
    """Return the narrowest float that holds every number of a program."""
    name = fixed.definition.name
    if parameters or learn:
        raise ValueError(
            f"{name} is in integers, and so are its parameters; learn them in real numbers first"
        )
    width = fixed.widest(inputs)
    for bits, dtype in _EXACT:
        if width <= bits:
            return dtype
    raise ValueError(
        f"{name} in {fixed.format} needs integers of {width} bits; a float holds {_EXACT[-1][0]}"
    )
