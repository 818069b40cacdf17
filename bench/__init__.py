"""Measurements: how fast, how much memory, how good. Nothing but `cli_bench` imports this.

`omni bench` runs methods over subjects: ``data`` makes the items, ``methods`` do them, ``metrics``
and ``judges`` score what came out, ``running`` drives it and ``report`` says it.
"""

# says how threads wait, which has to be before torch is imported
import backbone  # noqa: F401
