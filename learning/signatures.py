"""Kinds of files by their first bytes, so that a wrong one is named for what it is."""

from dataclasses import dataclass

__all__ = ["FORMATS", "Kind", "kind_of"]

FORMATS = ("JPEG", "PNG", "WebP", "BMP", "GIF", "TIFF")
_STARTS = {
    b"\xff\xd8\xff": "JPEG",
    b"\x89PNG\r\n\x1a\n": "PNG",
    b"BM": "BMP",
    b"GIF87a": "GIF",
    b"GIF89a": "GIF",
    b"II*\x00": "TIFF",
    b"MM\x00*": "TIFF",
}
_HEIC = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")


@dataclass(frozen=True)
class Kind:
    """A format by Pillow's name, or the reason why a file is none that is read."""

    format: str = ""
    reason: str = ""

    @property
    def allowed(self) -> bool:
        """Tell whether it is read."""
        return bool(self.format)


def kind_of(start: bytes) -> Kind:
    """Tell a file's kind from its first 32 bytes."""
    for signature, name in _STARTS.items():
        if start.startswith(signature):
            return Kind(name)
    if start[:4] == b"RIFF" and start[8:12] == b"WEBP":
        return Kind("WEBP")
    return Kind(reason=_reason(start))


def _reason(start: bytes) -> str:
    if not start:
        return "It is empty."
    brand = start[8:12] if start[4:8] == b"ftyp" else b""
    if brand in _HEIC:
        return (
            "It is a HEIC photo; save it as JPEG first (on a phone: Camera, Formats, "
            "Most Compatible)."
        )
    if brand in (b"avif", b"avis"):
        return "It is an AVIF picture; save it as JPEG or PNG first."
    if brand:
        return "It is a video."
    return f"It is not a picture; read are {', '.join(FORMATS)}."
