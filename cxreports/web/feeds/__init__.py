"""Feeds in the portal: what switches push, calls under way, and how deliveries stand."""
