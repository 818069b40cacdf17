"""Metrics as pure functions of answers and vectors; encoders that make vectors are named."""
