"""Sources: the sequences of numbers that bitstreams are made with."""
