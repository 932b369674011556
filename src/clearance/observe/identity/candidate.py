"""Whether a file could be a program at all, from its first bytes: asked of every file of a walk.

What is let through is looked at; what is stopped is not, so a kind is stopped only where no tool was ever seen to hide.
Text is let through when it begins like a program and either is large, as bundles are, or says in these bytes something
that only programs which talk to models say.
"""

from __future__ import annotations

from typing import Final, Literal

import ahocorasick_rs

from clearance.observe.identity.structure import asar
from clearance.observe.reader import Reader

Kind = Literal["elf", "macho", "pe", "script", "javascript", "python", "bytecode", "zip", "asar", "packed"]

NATIVE: Final[dict[bytes, Kind]] = {
    b"\x7fELF": "elf", b"\xcf\xfa\xed\xfe": "macho", b"\xce\xfa\xed\xfe": "macho", b"\xca\xfe\xba\xbe": "macho",
    b"\xca\xfe\xba\xbf": "macho", b"PK\x03\x04": "zip", b"\x04\0\0\0": "asar", b"\x28\xb5\x2f\xfd": "packed",
    b"\xfd7zX": "packed",
}  # fmt: skip
NOTHING: Final = (
    b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"RIFF", b"PACK", b"\xfftOc", b"DIRC", b"SQLi", b"%PDF", b"wOFF", b"wOF2",
    b"\0\x01\0\0", b"OTTO", b"\0asm", b"OggS", b"ID3", b"GGUF", b"\x93NUM", b"!<ar", b"\x1aE\xdf\xa3", b"BM", b"II*\0",
    b"MM\0*", b"\0\0\x01\0", b"<svg", b"<?xm", b"<!DO", b"<htm", b"\xd0\xcf\x11\xe0", b"AT&T", b"BC\xc0\xde",
)  # fmt: skip
_NOTHING: Final = frozenset(NOTHING)
_PLAIN: Final = frozenset(bytes([byte]) for byte in b"abcdefghijklmnopqrstuvxyz\"'/\n\t *@_-[{")
"""How text begins, and nothing of the above: asked first, since most files are text."""

SMALLEST: Final = 64
SMALLEST_NATIVE: Final = 4096
LARGE_TEXT: Final = 262_144
SMALLEST_PACKED: Final = 65_536
TEXT_BYTES: Final = 256
SILENT_BYTES: Final = 67_108_864
PIECE: Final = 262_144
OVERLAP: Final = 32
SCRIPT_RUNNERS: Final[dict[bytes, Kind]] = {
    b"node": "javascript", b"bun": "javascript", b"deno": "javascript", b"tsx": "javascript", b"python": "python",
    b"pypy": "python", b"uv": "python",
}  # fmt: skip
_WORDS: Final = (
    b"anthropic", b"Anthropic", b"openai", b"OpenAI", b"generativelanguage", b"@google/genai", b"google.genai",
    b"litellm", b"ollama", b"mistralai", b"chat/completions", b"/v1/messages", b"tool_use", b"tool_call",
    b"modelcontextprotocol", b"agentclientprotocol", b"claude", b"langchain", b"smolagents", b"pydantic_ai",
    b"bedrock-runtime", b"openrouter", b"_cli.", b"aider", b"_API_KEY", b"LLM",
)  # fmt: skip
_SPEAKS: Final = tuple(
    # Leftmost matching of a few words lets the library skip ahead with vector instructions: 0.5 us for 4 KiB of text
    # where all words at once take 2.3 and a DFA 8.
    ahocorasick_rs.BytesAhoCorasick(part, matchkind=ahocorasick_rs.MatchKind.LeftmostFirst).find_matches_as_indexes
    for part in (_WORDS[:13], _WORDS[13:])
)
JAVASCRIPT: Final = (
    b"import", b"require(", b"exports", b"function", b"const ", b"var ", b"let ", b"=>", b"process.", b"// @bun",
)  # fmt: skip
PYTHON: Final = (b"\nimport ", b"\nfrom ", b"\ndef ", b"\nclass ", b"\nasync def ", b"\n    def ", b"\nif __name__")


def classify(head: bytes, size: int) -> Kind | None:
    """What kind of program a file with these first 4 KiB may be; None if it is none of interest."""
    if size < SMALLEST:
        return None
    if head[:1] in _PLAIN and b"\0" not in head[:TEXT_BYTES]:
        return _text(head, size)
    magic = head[:4]
    kind = NATIVE.get(magic)
    if kind is not None:
        if kind == "asar":
            return kind if asar.is_archive(head) else None
        if kind == "packed":
            return kind if size >= SMALLEST_PACKED else None
        return kind if size >= SMALLEST_NATIVE or kind == "zip" else None
    if magic[:2] == b"#!":
        return _script(head)
    if magic[:2] == b"MZ":
        return "pe" if size >= SMALLEST_NATIVE else None
    if magic[:2] == b"\x1f\x8b":
        return "packed" if size >= SMALLEST_PACKED else None
    if magic[2:4] == b"\r\n" and magic[:1] != b"\r" and magic[1:2] in (b"\x0d", b"\x0c", b"\x0e"):
        return "bytecode" if _speaks(head) else None
    if magic in _NOTHING or magic[:3] in _NOTHING or magic[:2] in _NOTHING:
        return None
    if b"\0" in head[:TEXT_BYTES]:
        if head[1:8:2] == b"\0\0\0\0" and 0 not in head[0:8:2] and size >= LARGE_TEXT:
            return "javascript"
        return _unknown(head, size)
    return _text(head, size)


def _script(head: bytes) -> Kind:
    line = head[2:256].split(b"\n", 1)[0]
    for runner, kind in SCRIPT_RUNNERS.items():
        if runner in line:
            return kind
    return "script"


def _text(head: bytes, size: int) -> Kind | None:
    first = head[:1]
    if first in b"{[<" and not head.startswith((b"{\n//", b"[//")):
        return None
    if not head[:64].isascii() and (first in b"\x80\x81\x82\x83" or max(head[:64]) > 0xF4):
        return _unknown(head, size)
    if size < LARGE_TEXT and not _speaks(head):
        return None
    javascript = sum(word in head for word in JAVASCRIPT)
    lines = b"\n" + head.replace(b"\r", b"")
    python = sum(word in lines for word in PYTHON)
    if python >= 2 and b";" not in head[:2048].replace(b"; ", b"") and b"{" not in head[:64]:
        return "python"
    if javascript >= 2:
        return "javascript"
    return "python" if python >= 2 else None


def silent(reader: Reader, kind: Kind) -> bool:
    """True for a large text that nowhere says what programs that talk to models say: it need not be looked at.

    Every bundle of a tool that was seen says it within its first 400 KiB.
    """
    if kind not in ("javascript", "python") or reader.size < LARGE_TEXT:
        return False
    for start in range(0, min(reader.size, SILENT_BYTES), PIECE):
        piece = reader.read(start, PIECE + OVERLAP)
        # Text in UTF-16 says it in other bytes.
        if b"\0" in piece[:TEXT_BYTES] or _speaks(piece):
            return False
    return True


def _speaks(head: bytes) -> bool:
    return bool(_SPEAKS[0](head) or _SPEAKS[1](head))


def _unknown(head: bytes, size: int) -> Kind | None:
    """Bytes with no magic: Brotli has none. Only large files are worth the attempt to unpack them."""
    return "packed" if size >= 16 * SMALLEST_PACKED and not head.startswith(b"\0\0\0") else None
