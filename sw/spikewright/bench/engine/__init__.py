"""``spikewright bench engine``: what the event engine is to reach, and what it reaches."""
