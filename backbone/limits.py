"""Limits of options, checked where options are made, and callbacks that do nothing."""

from omni_errors import InputError

__all__ = ["ignore_step", "never", "require", "require_seed"]

_MOST = 2**63


def require(holds: bool, name: str, value: object, allowed: str) -> None:
    """Refuse an option outside its limits.

    Raises:
        InputError: naming the option, its value and what is allowed.
    """
    if not holds:
        raise InputError(f"{name} is {value!r}; allowed is {allowed}.")


def require_seed(seed: int | None) -> None:
    """Refuse a seed no generator takes."""
    fits = seed is None or (isinstance(seed, int) and 0 <= seed < _MOST)
    require(fits, "seed", seed, f"a whole number from 0 to {_MOST - 1}")


def never() -> bool:
    """Never stop."""
    return False


def ignore_step(done: int, total: int) -> None:
    """Ignore that a step is done."""
