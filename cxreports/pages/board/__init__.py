"""The board of the dashboard: what its widgets show of one view and one state of the lake."""
