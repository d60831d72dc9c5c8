"""Calls out of records: legs joined, records revised, deliveries taken back.

``members`` gathers the records of the calls that a load or an unload touches and finds what changes in
``cdr`` and ``leg``; ``fold`` makes one call of several records; ``grown`` knows a file by its beginning.
"""
