"""Alert rules as the portal keeps them, who may change them, and the history of what fired."""
