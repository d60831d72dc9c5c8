"""Calls one by one: those behind a figure, and what a panel says of one."""
