"""The files of a new core, laid out: from a name, or from a neuron's equations."""
