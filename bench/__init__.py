"""Measurements: how fast, how much memory, how good. Nothing in the product imports this."""
