"""The customers' companies: their fields, ledgers and number blocks."""
