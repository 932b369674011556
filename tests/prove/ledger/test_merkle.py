"""Against published vectors (those that the Certificate Transparency project gives for RFC 6962) and against the
recursive definitions of RFC 9162, 2.1, word for word."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.prove.ledger import merkle
from clearance.prove.ledger.merkle import Frontier, consistent, includes, leaf_hash, node_hash

ENTRIES = [bytes.fromhex(text) for text in
    ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")]  # fmt: skip
ROOTS = [bytes.fromhex(text) for text in (
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)]  # fmt: skip
CONSISTENCY = {
    (1, 1): [],
    (1, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (6, 8): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 5): [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}


def mth(leaves: list[bytes]) -> bytes:
    """MTH of 2.1.1, word for word, over leaf hashes."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = max(1 << bit for bit in range(40) if 1 << bit < len(leaves))
    return node_hash(mth(leaves[:k]), mth(leaves[k:]))


def path_of(m: int, leaves: list[bytes]) -> list[bytes]:
    """PATH of 2.1.3.1."""
    if len(leaves) == 1:
        return []
    k = max(1 << bit for bit in range(40) if 1 << bit < len(leaves))
    if m < k:
        return [*path_of(m, leaves[:k]), mth(leaves[k:])]
    return [*path_of(m - k, leaves[k:]), mth(leaves[:k])]


def subproof(m: int, leaves: list[bytes], whole: bool) -> list[bytes]:
    """SUBPROOF of 2.1.4.1."""
    if m == len(leaves):
        return [] if whole else [mth(leaves)]
    k = max(1 << bit for bit in range(40) if 1 << bit < len(leaves))
    if m <= k:
        return [*subproof(m, leaves[:k], whole), mth(leaves[k:])]
    return [*subproof(m - k, leaves[k:], False), mth(leaves[:k])]


def leaves_of(count: int) -> list[bytes]:
    return [leaf_hash(str(n).encode()) for n in range(count)]


def frontier_of(leaves: list[bytes]) -> Frontier:
    frontier = Frontier()
    for leaf in leaves:
        frontier.add(leaf)
    return frontier


def inclusion(index: int, leaves: list[bytes]) -> list[bytes]:
    return merkle.range_roots(merkle.inclusion_ranges(index, len(leaves)), leaves)


def consistency(first: int, leaves: list[bytes]) -> list[bytes]:
    return merkle.range_roots(merkle.consistency_ranges(first, len(leaves)), leaves)


def test_the_published_roots() -> None:
    frontier = Frontier()
    assert frontier.root() == bytes.fromhex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    for entry, root in zip(ENTRIES, ROOTS, strict=True):
        frontier.add(leaf_hash(entry))
        assert frontier.root() == root


@pytest.mark.parametrize(("sizes", "proof"), CONSISTENCY.items())
def test_the_published_consistency_proofs(sizes: tuple[int, int], proof: list[str]) -> None:
    first, second = sizes
    made = consistency(first, [leaf_hash(entry) for entry in ENTRIES[:second]])
    assert [node.hex() for node in made] == proof
    assert consistent(first, second, made, ROOTS[first - 1], ROOTS[second - 1])


@given(st.integers(0, 140))
def test_the_root_is_that_of_the_definition(count: int) -> None:
    leaves = leaves_of(count)
    frontier = frontier_of(leaves)
    assert (frontier.size, frontier.root()) == (count, mth(leaves))
    again = Frontier(count, frontier.nodes)
    again.add(leaf_hash(b"more"))
    assert again.root() == mth([*leaves, leaf_hash(b"more")])
    assert frontier.root() == mth(leaves)


@given(st.integers(1, 100).flatmap(lambda size: st.tuples(st.integers(0, size - 1), st.just(size))))
def test_inclusion_proofs_are_those_of_the_definition_and_hold_for_nothing_else(where: tuple[int, int]) -> None:
    index, size = where
    leaves = leaves_of(size)
    proof, root = inclusion(index, leaves), mth(leaves)
    assert proof == path_of(index, leaves)
    assert includes(leaves[index], index, size, proof, root)
    assert not includes(leaf_hash(b"other"), index, size, proof, root)
    assert not includes(leaves[index], index, size, [*proof, root], root)
    assert not any(includes(leaves[index], other, size, proof, root) for other in range(size) if other != index)
    for place in range(len(proof)):
        bent = [*proof[:place], bytes(32), *proof[place + 1 :]]
        assert not includes(leaves[index], index, size, bent, root)
        assert not includes(leaves[index], index, size, proof[:place] + proof[place + 1 :], root)


@given(st.integers(0, 80).flatmap(lambda size: st.tuples(st.integers(0, size), st.just(size))))
def test_consistency_proofs_are_those_of_the_definition_and_hold_for_nothing_else(sizes: tuple[int, int]) -> None:
    first, second = sizes
    leaves = leaves_of(second)
    proof, old, new = consistency(first, leaves), mth(leaves[:first]), mth(leaves)
    assert proof == (subproof(first, leaves, True) if 0 < first < second else [])
    assert consistent(first, second, proof, old, new)
    assert first == 0 or not consistent(first, second, proof, old, bytes(32))
    assert not consistent(first, second, proof, bytes(32), new)
    assert not consistent(first, second, [*proof, bytes(32)], old, new)
    for place in range(len(proof)):
        assert not consistent(first, second, [*proof[:place], bytes(32), *proof[place + 1 :]], old, new)
        assert not consistent(first, second, proof[:place] + proof[place + 1 :], old, new)


def test_a_later_tree_that_forgot_a_leaf_is_not_consistent() -> None:
    leaves = leaves_of(50)
    shorter = leaves[:20] + leaves[21:]
    for first in range(21, 49):
        proof = consistency(first, shorter)
        assert not consistent(first, 49, proof, mth(leaves[:first]), mth(shorter))


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="no leaf"):
        merkle.inclusion_ranges(3, 3)
    with pytest.raises(ValueError, match="no leaf"):
        merkle.root_from_inclusion(bytes(32), 0, 0, [])
    with pytest.raises(ValueError, match="cannot have grown"):
        merkle.consistency_ranges(4, 3)
    with pytest.raises(ValueError, match="fewer leaves"):
        merkle.range_roots([(0, 4)], leaves_of(3))
    for size, nodes in ((3, [bytes(32)]), (1, [b"short"]), (-1, [])):
        with pytest.raises(ValueError, match="complete subtrees"):
            Frontier(size, nodes)
