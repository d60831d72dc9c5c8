"""What is kept so that figures need not be added up from all calls: sums in tables, rows in memory."""
