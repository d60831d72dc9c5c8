"""What a table's log no longer holds."""
