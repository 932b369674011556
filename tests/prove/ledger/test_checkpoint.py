from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from clearance.prove.ledger import merkle
from clearance.prove.ledger.checkpoint import Checkpoint, Proof, opened, parse, parse_proof, proof_text, proven, signed
from clearance.prove.ledger.merkle import leaf_hash
from clearance.prove.ledger.note import Unsigned, sign, verifier_key

PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
KEY = verifier_key(PRIVATE, "lab-7/clearance/1")
PAGE = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
ENTRIES = [f"entry {n}".encode() for n in range(13)]
LEAVES = [leaf_hash(entry) for entry in ENTRIES]


def tree(size: int) -> Checkpoint:
    frontier = merkle.Frontier()
    for leaf in LEAVES[:size]:
        frontier.add(leaf)
    return Checkpoint(KEY.name, size, frontier.root())


def proof(index: int, size: int, extra: bytes | None = None) -> Proof:
    path = merkle.range_roots(merkle.inclusion_ranges(index, size), LEAVES[:size])
    return Proof(index, tuple(path), signed(tree(size), PRIVATE), extra)


def test_the_page_of_the_format_is_read() -> None:
    found = parse(PAGE)
    assert (found.origin, found.size, found.root.hex()[:8]) == ("example.com/behind-the-sofa", 20852163, "0ac5186a")
    assert parse(PAGE + "an extension\n") == found


@given(st.integers(0, 2**63 - 1), st.binary(min_size=32, max_size=32))
def test_a_checkpoint_comes_back(size: int, root: bytes) -> None:
    made = Checkpoint(KEY.name, size, root)
    assert opened(signed(made, PRIVATE), KEY) == made


@pytest.mark.parametrize(
    "text",
    [
        "", "a\n", "a\n1\n", PAGE[:-1], PAGE + "\n", "\n" + PAGE, PAGE.replace("208", "0208"),
        PAGE.replace("208", "-208"),
        PAGE.replace("208", "+208"), PAGE.replace("2085", "\u0662085"), PAGE.replace("2I=", "2I"),
        PAGE.replace("CsUY", ""),
        PAGE.replace("2I=", "2J="), PAGE.replace("20852163", "9" * 40), PAGE.replace("20852163", "1 "),
    ],
)  # fmt: skip
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(Unsigned):
        parse(text)


def test_a_checkpoint_in_another_logs_name_is_refused() -> None:
    with pytest.raises(Unsigned, match="not of"):
        opened(sign(PAGE, PRIVATE, KEY.name), KEY)


@given(st.integers(1, 13).flatmap(lambda size: st.tuples(st.integers(0, size - 1), st.just(size))), st.booleans())
def test_a_proof_comes_back_and_proves_its_entry_only(where: tuple[int, int], with_extra: bool) -> None:
    index, size = where
    made = proof(index, size, ENTRIES[index] if with_extra else None)
    text = proof_text(made)
    assert text.startswith("c2sp.org/tlog-proof@v1\n")
    assert parse_proof(text) == parse_proof(text.encode()) == made
    assert proven(made, ENTRIES[index], KEY) == tree(size)
    for other in ENTRIES:
        if other != ENTRIES[index]:
            with pytest.raises(ValueError, match="not the one"):
                proven(made, other, KEY)


def test_a_proof_with_another_checkpoint_proves_nothing() -> None:
    made = proof(3, 8)
    for size in range(4, 14):
        if size != 8:
            with pytest.raises(ValueError, match=r"not the one|too"):
                proven(Proof(3, made.path, signed(tree(size), PRIVATE)), ENTRIES[3], KEY)
    other = Ed25519PrivateKey.generate()
    with pytest.raises(Unsigned):
        proven(Proof(3, made.path, signed(tree(8), other)), ENTRIES[3], KEY)


@pytest.mark.parametrize(
    ("old", "new"),
    [("proof@v1", "proof@v2"), ("index 3", "index 03"), ("index 3", "index -1"), ("index 3", "Index 3"),
     ("index 3\n", ""), ("\n\n", "\n"), ("extra ", "extra  "), ("extra ", "extr "), ("=\n", "\n"), ("=\n", "==\n")],
)  # fmt: skip
def test_what_is_no_proof_is_refused(old: str, new: str) -> None:
    text = proof_text(proof(3, 8, b"entry 3"))
    assert old in text
    with pytest.raises(ValueError, match=r"it|its"):
        proven(parse_proof(text.replace(old, new, 1)), b"entry 3", KEY)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_proof_or_refused(data: bytes) -> None:
    for tried in (data, b"c2sp.org/tlog-proof@v1\n" + data):
        with pytest.raises(ValueError, match=r"."):
            proven(parse_proof(tried), b"", KEY)


def test_a_path_that_is_too_long_is_refused() -> None:
    made = proof(0, 1)
    with pytest.raises(ValueError, match="path"):
        parse_proof(proof_text(Proof(0, (bytes(32),) * 65, made.checkpoint)))
