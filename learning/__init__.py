"""Learning: photos and facts in, concept tokens out.

It knows no users and no storage: paths and values come in, values go out.
"""
