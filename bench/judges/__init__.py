"""Judges: rules, the local model, or an endpoint; each verdict keeps its prompt and raw reply."""
