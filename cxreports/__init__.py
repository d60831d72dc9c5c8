"""Reporting toolkit for VoIP call records."""
