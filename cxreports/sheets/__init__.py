"""Tables free of widgets, for pages and reports alike: their columns, selections and files."""
