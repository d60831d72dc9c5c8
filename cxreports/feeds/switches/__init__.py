"""Switches that are asked for the calls under way: one module a kind, and the poller that asks them."""
