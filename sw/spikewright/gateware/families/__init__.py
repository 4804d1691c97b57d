"""Families of devices, a module each: nothing outside them names a part's primitive."""
