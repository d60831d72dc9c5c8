"""What makes two records one, and several of them a call."""
