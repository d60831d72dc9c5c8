"""Figures from the lake: summaries, series, breakdowns, the calls themselves, and the analyst's `Lake`."""
