"""The link to the host: serial port, frames, commands. ``protocol`` is the one definition."""
