"""Against the published notes: that of the Go reference implementation and those in the C2SP page itself."""

from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from clearance.prove.ledger.note import (
    Unsigned,
    VerifierKey,
    parse_key,
    public_of_pem,
    sign,
    signers,
    verified_text,
    verifier_key,
)

VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
SKEY = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
NOTE = (
    TEXT + "\n\u2014 PeterNeumann "
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
PAGE_KEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
PAGE_NOTE = (
    "This is an example message.\n\n\u2014 example.com/foo "
    "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
)
PRIVATE = Ed25519PrivateKey.from_private_bytes(base64.b64decode(SKEY.split("+", 4)[4])[1:])
KEY = parse_key(VKEY)


def test_the_published_notes_verify_and_are_written_byte_for_byte() -> None:
    assert verified_text(NOTE, KEY) == TEXT
    assert verified_text(NOTE.encode(), KEY) == TEXT
    assert sign(TEXT, PRIVATE, "PeterNeumann") == NOTE
    assert str(verifier_key(PRIVATE, "PeterNeumann")) == VKEY
    assert verified_text(PAGE_NOTE, parse_key(PAGE_KEY)) == "This is an example message.\n"
    assert signers(NOTE) == ("PeterNeumann",)


def test_every_other_text_of_a_key_is_refused() -> None:
    for begin in range(len(VKEY)):
        for end in range(begin + 1, len(VKEY) + 1):
            if (begin, end) != (0, len(VKEY)):
                with pytest.raises(ValueError, match="it"):
                    parse_key(VKEY[begin:end])
    for place in range(len(VKEY)):
        with pytest.raises(ValueError, match="it"):
            parse_key(VKEY[:place] + chr(ord(VKEY[place]) + 1) + VKEY[place + 1 :])


@pytest.mark.parametrize(
    "note",
    [
        "", "\n", TEXT, TEXT + "\n", NOTE[:-1], NOTE + "\n", NOTE.replace("\u2014", "-"), PAGE_NOTE,
        NOTE.replace("answer", "Answer"), NOTE.replace("\u2014 PeterNeumann ", "\u2014 PeterNeumann  "),
        NOTE.replace("PeterNeumann x08g", "PeterNeumann y08g"), NOTE.replace("=\n", "\n"),
        NOTE.replace("problem is.\n", "problem is.\r\n"), NOTE.replace("\u2014 Peter", "\u2014 P+ter"),
        "\n" + NOTE.split("\n\n")[1], NOTE.replace("wJnAM", "wJnAN"), NOTE + "\u2014 other AAAA\n",
        NOTE + "\u2014 PeterNeumann x08gowAAAAAA\n", NOTE + "\u2014 o AAAAAAAA\n" * 100, "\ud800" + NOTE,
        "x" * (2 << 20),
    ],
)  # fmt: skip
def test_what_is_no_note_of_this_key_is_refused(note: str) -> None:
    with pytest.raises(Unsigned):
        verified_text(note, KEY)


def test_not_utf8_is_refused() -> None:
    with pytest.raises(Unsigned, match="UTF-8"):
        verified_text(NOTE.encode() + b"\xff", KEY)


def test_signatures_of_others_are_passed_over() -> None:
    other = sign(TEXT, Ed25519PrivateKey.generate(), "witness.example").split("\n\n")[1]
    assert verified_text(NOTE + other, KEY) == TEXT
    assert signers(NOTE + other) == ("PeterNeumann", "witness.example")
    # The same name with another key id is another key.
    assert verified_text(NOTE + sign(TEXT, Ed25519PrivateKey.generate(), "PeterNeumann").split("\n\n")[1], KEY) == TEXT


def test_a_text_may_hold_empty_lines() -> None:
    assert verified_text(sign("a\n\nb\n", PRIVATE, "n"), verifier_key(PRIVATE, "n")) == "a\n\nb\n"


@pytest.mark.parametrize(("text", "name"), [("a", "n"), ("a\t\n", "n"), ("a\n", "a b"), ("a\n", "a+b"), ("a\n", "")])
def test_what_cannot_be_signed(text: str, name: str) -> None:
    with pytest.raises(ValueError, match=r"note|name"):
        sign(text, PRIVATE, name)


def test_keys_in_pem() -> None:
    public = PRIVATE.public_key()
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    assert public_of_pem(pem) == KEY.public
    assert public_of_pem(PRIVATE.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())) == KEY.public
    other = generate_private_key(SECP256R1())
    for wrong in (
        b"", b"x", pem[:40], other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        other.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
    ):  # fmt: skip
        with pytest.raises(ValueError, match="it is not"):
            public_of_pem(wrong)


@given(st.integers(0, len(NOTE.encode()) - 1), st.integers(1, 255))
def test_no_byte_of_a_note_can_be_changed(place: int, by: int) -> None:
    data = bytearray(NOTE.encode())
    data[place] ^= by
    with pytest.raises(Unsigned):
        verified_text(bytes(data), KEY)


@given(st.binary(max_size=300))
def test_any_bytes_are_a_note_or_refused(data: bytes) -> None:
    with pytest.raises(Unsigned):
        verified_text(data, KEY)


def test_a_key_of_32_bytes_that_is_no_point_verifies_nothing() -> None:
    assert not VerifierKey("n", b"\xff" * 32).verifies(bytes(64), b"text")
