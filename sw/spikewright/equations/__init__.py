"""Equations as text, compiled into the definition of a neuron.

``place``          where in a text something is wrong, and the error that shows it
``parse``          a text to an expression, by a parser that evaluates nothing
``names``          which names there may be
``graph``          what is asked of an expression, and names put into it
``statements``     the equations, the threshold and the reset of a neuron, each name accounted for
``units``          units of time, voltage and current, and numbers with a unit
``dimensions``     whether the units of the equations match
``quantities``     parameters, time step, units and starts as numbers
``ranges``         the range of each value in real numbers
``domain``         what can divide by zero, and what can never spike
``discretise``     a differential equation to a step, by sympy
``step``           the whole step, and the definition's graph
``source``         expressions as Python text
``document``       the body of the update, and the docstring
``specification``  a neuron as its user writes it
``compile``        all of them in order
"""

from .compile import compile_equations
from .place import EquationError
from .specification import Specification

__all__ = ["EquationError", "Specification", "compile_equations"]
