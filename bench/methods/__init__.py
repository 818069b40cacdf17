"""Methods on one backbone: ours, its ablations, what others do, and controls."""
