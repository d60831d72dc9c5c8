"""Call detail records: the canonical record, source formats, and the reader."""
