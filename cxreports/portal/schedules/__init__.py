"""Schedules of reports as the database keeps them: when they are due, for whom, what came of them.

``due`` and ``period`` compute times and know no database; ``schedules`` and ``recipients`` keep the rules of
changing; ``library`` reads what came of the runs. The runs themselves are `cxreports.schedules`.
"""
