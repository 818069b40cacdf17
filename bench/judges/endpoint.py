"""A judge behind an OpenAI-compatible endpoint; nothing is sent unless one is configured.

Each call is a conversation of its own, so that no earlier picture or mark sways it. The key is
read from ``OMNI_JUDGE_KEY`` and is never written down.
"""

import base64
import io
import json
import os
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from PIL import Image

from omni_errors import InputError, ResourceError

__all__ = ["EndpointAsker", "Send"]

Send = Callable[[str, Mapping[str, str], bytes], bytes]
_SECONDS, _TOKENS, _SIDE = 120, 64, 512


class EndpointAsker:
    """Ask a model by HTTP."""

    def __init__(self, url: str, model: str, send: Send | None = None) -> None:
        if not url.startswith(("http://", "https://")):
            raise InputError(
                f"{url!r} is no address of a judge.",
                hint="Give one such as http://localhost:8000/v1.",
            )
        if not model:
            raise InputError("The judge has no model.", hint="Name it with --judge-model.")
        self.url, self.model = url.rstrip("/") + "/chat/completions", model
        self.name = f"endpoint/{model}"
        self._send = send or _post

    def ask(self, prompt: str, images: Sequence[Image.Image], choices: Sequence[str]) -> str:
        """Return the reply to one message.

        Raises:
            ResourceError: if the endpoint cannot be reached or says something else.
        """
        content: list[dict[str, Any]] = [{"type": "text", "text": prompt}]
        content += [{"type": "image_url", "image_url": {"url": _data(i)}} for i in images]
        body = {
            "model": self.model,
            "messages": [{"role": "user", "content": content}],
            "temperature": 0,
            "max_tokens": _TOKENS,
        }
        headers = {"Content-Type": "application/json"}
        if key := os.environ.get("OMNI_JUDGE_KEY"):
            headers["Authorization"] = f"Bearer {key}"
        return _reply(self._send(self.url, headers, json.dumps(body).encode()))


def _data(image: Image.Image) -> str:
    small = image.convert("RGB")
    small.thumbnail((_SIDE, _SIDE))
    kept = io.BytesIO()
    small.save(kept, "PNG")
    return "data:image/png;base64," + base64.b64encode(kept.getvalue()).decode()


def _reply(data: bytes) -> str:
    try:
        said = json.loads(data)["choices"][0]["message"]["content"]
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise ResourceError(
            "The judge's reply is not that of an OpenAI-compatible endpoint.",
            hint="Look at --judge-url.",
        ) from error
    return str(said)


def _post(url: str, headers: Mapping[str, str], body: bytes) -> bytes:
    request = urllib.request.Request(url, body, dict(headers), method="POST")
    try:
        with urllib.request.urlopen(request, timeout=_SECONDS) as answer:
            found: bytes = answer.read()
            return found
    except (urllib.error.URLError, TimeoutError) as error:
        raise ResourceError(
            f"The judge at {url} cannot be reached: {error}.", hint="Look at --judge-url."
        ) from error
