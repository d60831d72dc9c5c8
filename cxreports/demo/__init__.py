"""The demo: a sample operator's calls, companies and people."""
