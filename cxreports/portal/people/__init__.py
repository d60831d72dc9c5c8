"""Who may log in: users, passwords, second factors, passkeys, sessions."""
