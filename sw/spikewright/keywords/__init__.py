"""Words that are learned from a few recordings: NeuroBench's few-shot class-incremental task."""
