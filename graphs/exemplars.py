"""Prompts with solved examples before the request, in the form the small model has learned."""

from collections.abc import Mapping
from typing import Any

from graphs.data import data

__all__ = ["composer_prompts", "few_shot", "parser_prompts"]


def few_shot(
    form: Mapping[str, str], solved: list[dict[str, str]], opened: dict[str, str], slot: str
) -> str:
    """Write a head, solved items, and one item that ends before its ``slot``."""
    done = [form["item"].format_map(item) for item in solved]
    last = form["item"].split(f"{{{slot}}}")[0].format_map(opened).rstrip()
    return "\n\n".join([form["head"], *done, last])


def _solved(count: int) -> list[dict[str, str]]:
    shown: list[dict[str, Any]] = data("exemplars")[:count]
    return [
        {"t": e["request"], "q": e["question"], "a": e["answer"], "h": e["prompt"]} for e in shown
    ]


def parser_prompts(request: str, exemplars: int) -> list[str]:
    """Ask for the question behind a request, in two ways."""
    solved, opened = _solved(exemplars), {"t": request}
    return [few_shot(form, solved, opened, "q") for form in data("replay")["parser"]]


def composer_prompts(request: str, fact: str, exemplars: int) -> list[str]:
    """Ask for a request that contains a fact, in two ways."""
    solved, opened = _solved(exemplars), {"t": request, "a": fact}
    return [few_shot(form, solved, opened, "h") for form in data("replay")["composer"]]
