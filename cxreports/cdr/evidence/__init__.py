"""What a file shows of itself beyond its columns: order of dates, decimal sign, what it looks like."""
