"""A judge behind an OpenAI-compatible endpoint; nothing is sent unless one is configured.

Each call is a conversation of its own, so that no earlier picture or mark sways it. The key is
read from ``OMNI_JUDGE_KEY`` and is never written down.
"""

import base64
import http.client
import io
import json
import os
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from PIL import Image

from omni_errors import InputError, ResourceError

__all__ = ["EndpointAsker", "Send"]

Send = Callable[[str, Mapping[str, str], bytes], bytes]
# tokens: a judge may explain itself, and a mark that is cut off is none
_SECONDS, _TOKENS, _SIDE = 120, 512, 512
# seconds between tries: a server that is busy or restarts is there again soon
_WAITS = (2.0, 10.0)
_BUSY, _BROKEN = 429, 500
# bytes of an error's body that are read, and letters of it that are told
_READ, _TOLD = 2000, 200


class EndpointAsker:
    """Ask a model by HTTP."""

    def __init__(
        self,
        url: str,
        model: str,
        send: Send | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        if not url.startswith(("http://", "https://")):
            raise InputError(
                f"{url!r} is no address of a judge.",
                hint="Give one such as http://localhost:8000/v1.",
            )
        if not model:
            raise InputError("The judge has no model.", hint="Name it with --judge-model.")
        self.url, self.model = url.rstrip("/") + "/chat/completions", model
        self.name = f"endpoint/{model}"
        self._send, self._sleep = send or _post, sleep

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
        return _reply(self._sent(headers, json.dumps(body).encode()))

    def _sent(self, headers: Mapping[str, str], body: bytes) -> bytes:
        """Send, and try again what may pass by itself."""
        waits = list(_WAITS)
        while True:
            try:
                return self._send(self.url, headers, body)
            except (OSError, http.client.HTTPException) as error:
                if not waits or not _passes(error):
                    raise _failed(self.url, error) from error
            self._sleep(waits.pop(0))


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
    with urllib.request.urlopen(request, timeout=_SECONDS) as answer:
        found: bytes = answer.read()
        return found


def _passes(error: Exception) -> bool:
    """Tell whether a later try may fare better: not where the server says the call is wrong."""
    if isinstance(error, urllib.error.HTTPError):
        return error.code == _BUSY or error.code >= _BROKEN
    return True


def _failed(url: str, error: Exception) -> ResourceError:
    if not isinstance(error, urllib.error.HTTPError):
        told = str(error) or type(error).__name__
        return ResourceError(
            f"The judge at {url} cannot be reached: {told}.", hint="Look at --judge-url."
        )
    return ResourceError(
        f"The judge at {url} answers with HTTP {error.code}: {_start(error).rstrip('.')}.",
        hint="Look at --judge-url, --judge-model and OMNI_JUDGE_KEY.",
    )


def _start(error: urllib.error.HTTPError) -> str:
    """Return the start of what a server says of an error, as one line without control signs."""
    try:
        body = error.read(_READ).decode("utf-8", "replace")
    except (OSError, http.client.HTTPException):
        body = ""
    if key := os.environ.get("OMNI_JUDGE_KEY"):
        # some servers repeat it
        body = body.replace(key, "…")
    line = " ".join("".join(c if c.isprintable() else " " for c in body).split())
    return line[:_TOLD] + "…" if len(line) > _TOLD else line or "it says nothing more"
