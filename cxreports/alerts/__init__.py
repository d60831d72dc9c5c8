"""Alerts: rules are judged on the summary's own figures, moment by moment; of what fires notices are sent.

``rule`` and ``decision`` are values and pure functions; ``measuring`` reads the figures of many rules at
once; ``evaluation`` judges what has come since, once; ``replay`` does the same over the past; ``notices``
words what is sent; ``learning`` knows what is usual, and ``learned`` what is not; ``standing`` are the rules
that are there from the start.
"""
