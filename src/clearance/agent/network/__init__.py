"""The network guard: names asked for, names in TLS hellos, and what would go around both. Content is never read."""
