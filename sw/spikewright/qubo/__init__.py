"""Independent sets of graphs: NeuroBench's QUBO benchmark on gateware of this project."""
