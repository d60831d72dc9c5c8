"""The values that a definition of a format may hold, as TOML has them."""
