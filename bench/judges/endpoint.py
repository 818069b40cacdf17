"""A judge behind an OpenAI-compatible endpoint; nothing is sent unless one is configured.

Each call is a conversation of its own, so that no earlier picture or mark sways it. The key is
read from ``OMNI_JUDGE_KEY`` and is never written down.
"""

import base64
import http.client
import io
import json
import os
import re
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
_OPTIONS: Mapping[str, int] = {"temperature": 0, "max_tokens": _TOKENS}
# models that want the other name think first, and what they think counts
_INSTEAD: Mapping[str, Mapping[str, int]] = {
    "max_tokens": {"max_completion_tokens": 8 * _TOKENS},
    "temperature": {},
}
_UNSUPPORTED = re.compile(r"unsupported|not support|deprecated|unrecogni[sz]ed", re.IGNORECASE)
# how providers say that they will not look at a picture or a text
_FILTERED = re.compile(
    r"content[ _-]?(?:management[ _-])?(?:filter|polic)|responsible ?ai|safety system|usage polic",
    re.IGNORECASE,
)
# seconds between tries: a server that is busy or restarts is there again soon
_WAITS = (2.0, 10.0)
_WRONG, _UNFIT, _BUSY, _BROKEN = 400, 422, 429, 500
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
        self._options = dict(_OPTIONS)

    def ask(self, prompt: str, images: Sequence[Image.Image], choices: Sequence[str]) -> str:
        """Return the reply to one message, or why a filter of content lets none through.

        Raises:
            ResourceError: if the endpoint cannot be reached or says something else.
        """
        content: list[dict[str, Any]] = [{"type": "text", "text": prompt}]
        content += [{"type": "image_url", "image_url": {"url": _data(i)}} for i in images]
        return self._asked(
            {"model": self.model, "messages": [{"role": "user", "content": content}]}
        )

    def _asked(self, body: Mapping[str, Any]) -> str:
        """Ask, and ask again without an option that the model refuses."""
        while True:
            try:
                return _reply(self._sent(json.dumps({**body, **self._options}).encode()))
            except urllib.error.HTTPError as error:
                said = _line(error)
                if error.code == _WRONG and self._gives_way(said):
                    continue
                if error.code in (_WRONG, _UNFIT) and _FILTERED.search(said):
                    # the code is no mark, and beside it no number of the body is read as one
                    return f"HTTP {error.code}: {said}"
                raise _failed(self.url, error.code, said) from error
            except (OSError, http.client.HTTPException) as error:
                raise _unreached(self.url, error) from error

    def _gives_way(self, said: str) -> bool:
        """Do from now on without an option that is refused, each once; tell whether one was."""
        if not _UNSUPPORTED.search(said):
            return False
        for name, instead in _INSTEAD.items():
            if name in self._options and name in said:
                del self._options[name]
                self._options.update(instead)
                return True
        return False

    def _sent(self, body: bytes) -> bytes:
        """Send, and try again what may pass by itself."""
        waits = list(_WAITS)
        while True:
            try:
                return self._send(self.url, _headers(), body)
            except (OSError, http.client.HTTPException) as error:
                if not waits or not _passes(error):
                    raise
            self._sleep(waits.pop(0))


def _headers() -> dict[str, str]:
    headers = {"Content-Type": "application/json"}
    if key := os.environ.get("OMNI_JUDGE_KEY"):
        headers["Authorization"] = f"Bearer {key}"
    return headers


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


def _unreached(url: str, error: Exception) -> ResourceError:
    told = str(error) or type(error).__name__
    return ResourceError(
        f"The judge at {url} cannot be reached: {told}.", hint="Look at --judge-url."
    )


def _failed(url: str, code: int, said: str) -> ResourceError:
    told = said[:_TOLD] + "…" if len(said) > _TOLD else said or "it says nothing more"
    return ResourceError(
        f"The judge at {url} answers with HTTP {code}: {told.rstrip('.')}.",
        hint="Look at --judge-url, --judge-model and OMNI_JUDGE_KEY.",
    )


def _line(error: urllib.error.HTTPError) -> str:
    """Return what a server says of an error, as one line without control signs."""
    try:
        body = error.read(_READ).decode("utf-8", "replace")
    except (OSError, http.client.HTTPException):
        body = ""
    if key := os.environ.get("OMNI_JUDGE_KEY"):
        # some servers repeat it
        body = body.replace(key, "…")
    return " ".join("".join(c if c.isprintable() else " " for c in body).split())
