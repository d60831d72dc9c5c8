"""Pages of reports: the lists, the editor of a schedule, files, and unsubscribing."""
