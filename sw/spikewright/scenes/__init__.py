"""Acoustic scenes: NeuroBench's benchmark of them, and rehearsals of it on other sounds."""
