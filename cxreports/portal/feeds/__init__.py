"""Feeds as the portal knows them: who may push, what was delivered, which calls are under way."""
