"""Stretches of time that a page can show: the presets of its range control."""
