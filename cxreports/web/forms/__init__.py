"""Pages that are forms and lists: account, log-in, companies, users, numbers, payments, review."""
