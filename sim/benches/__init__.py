"""The testbenches: of each core that has its own, and of each kind of cores.

A module holds cocotb tests. Those of a kind take what is owed from the core's module.
"""
