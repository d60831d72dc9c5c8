"""Synthetic calls: an operator's customers, how they call, what they pay, and the files of each vendor."""
