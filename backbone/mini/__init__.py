"""The small configuration: the composed world it is trained on, and its training recipe."""
