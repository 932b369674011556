"""The Merkle tree of RFC 9162 (section 2.1), which is that of RFC 6962, over SHA-256. Pure.

Guarantees: `Frontier` gives the tree's root after every leaf in memory that grows with the logarithm of the leaves.
A proof is made in one pass over the leaf hashes in order, in as little memory. It is checked by the algorithms of RFC
9162, 2.1.3.2 and 2.1.4.2, which share nothing with the making but the two hash functions.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Final

SIZE: Final = 32
"""Bytes of a hash."""

EMPTY: Final = sha256(b"").digest()
"""The root of the tree without leaves."""

Range = tuple[int, int]
"""Leaves from the first index up to, without, the second."""


def leaf_hash(data: bytes) -> bytes:
    """The hash of one entry."""
    return sha256(b"\0" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of two subtrees."""
    return sha256(b"\1" + left + right).digest()


class Frontier:
    """The right edge of a growing tree: the roots of its complete subtrees, largest first."""

    __slots__ = ("nodes", "size")

    def __init__(self, size: int = 0, nodes: Sequence[bytes] = ()) -> None:
        """An earlier frontier taken up again. ValueError where there are not as many nodes as such a tree has."""
        if size < 0 or len(nodes) != size.bit_count() or any(len(node) != SIZE for node in nodes):
            raise ValueError(f"a tree of {size} leaves has {max(size, 0).bit_count()} complete subtrees")
        self.size = size
        self.nodes = list(nodes)

    def add(self, leaf: bytes) -> None:
        """Append a leaf by its hash."""
        nodes, size = self.nodes, self.size
        self.size = size + 1
        while size & 1:
            leaf = sha256(b"\1" + nodes.pop() + leaf).digest()
            size >>= 1
        nodes.append(leaf)

    def root(self) -> bytes:
        """The root of the tree as it is now."""
        if not self.nodes:
            return EMPTY
        root = self.nodes[-1]
        for node in reversed(self.nodes[:-1]):
            root = node_hash(node, root)
        return root

    def copy(self) -> Frontier:
        """The same, growing apart."""
        return Frontier(self.size, self.nodes)


def inclusion_ranges(index: int, size: int) -> list[Range]:
    """The subtrees whose roots prove that a leaf is in a tree, from the leaf's sibling upwards (PATH of 2.1.3.1)."""
    if not 0 <= index < size:
        raise ValueError(f"a tree of {size} leaves has no leaf {index}")
    low, high, found = 0, size, []
    while high - low > 1:
        middle = low + _split(high - low)
        if index < middle:
            found.append((middle, high))
            high = middle
        else:
            found.append((low, middle))
            low = middle
    return found[::-1]


def consistency_ranges(first: int, second: int) -> list[Range]:
    """The subtrees whose roots prove that a tree begins with an earlier one (PROOF of 2.1.4.1)."""
    if not 0 <= first <= second:
        raise ValueError(f"a tree of {second} leaves cannot have grown from one of {first}")
    if first in (0, second):
        return []
    low, high, found = 0, second, []
    whole = True  # the subtree begins where the earlier tree does, so its root may be known already
    while first != high:
        middle = low + _split(high - low)
        if first <= middle:
            found.append((middle, high))
            high = middle
        else:
            found.append((low, middle))
            low, whole = middle, False
    if not whole:
        found.append((low, high))
    return found[::-1]


def range_roots(ranges: Sequence[Range], leaves: Iterable[bytes]) -> list[bytes]:
    """The roots of disjoint ranges, in their order, from all leaf hashes of the tree in one pass.

    ValueError where the leaves end too early.
    """
    found: dict[Range, bytes] = {}
    waiting = sorted(ranges, reverse=True)
    frontier = Frontier()
    for index, leaf in enumerate(leaves):
        if not waiting:
            break
        begin, end = waiting[-1]
        if index >= begin:
            frontier.add(leaf)
        if index + 1 == end:
            found[waiting.pop()] = frontier.root()
            frontier = Frontier()
    if waiting:
        raise ValueError("there are fewer leaves than the tree is said to have")
    return [found[each] for each in ranges]


def root_from_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes:
    """The root that an inclusion proof leads to (2.1.3.2). ValueError where the proof cannot be one of such a tree."""
    if not 0 <= index < size:
        raise ValueError(f"a tree of {size} leaves has no leaf {index}")
    fn, sn, root = index, size - 1, leaf
    for node in path:
        if sn == 0:
            raise ValueError("the proof is too long")
        if fn & 1 or fn == sn:
            root = node_hash(node, root)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            root = node_hash(root, node)
        fn, sn = fn >> 1, sn >> 1
    if sn:
        raise ValueError("the proof is too short")
    return root


def includes(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Whether the proof shows that the leaf stands at this index of the tree with this size and root."""
    try:
        return root_from_inclusion(leaf, index, size, path) == root
    except ValueError:
        return False


def consistent(first: int, second: int, path: Sequence[bytes], first_root: bytes, second_root: bytes) -> bool:
    """Whether the proof shows that the second tree begins with the first (2.1.4.2). Every tree begins with the empty
    one."""
    if not 0 <= first <= second or (first == 0 and first_root != EMPTY):
        return False
    if first in (0, second):
        return not path and (first == 0 or first_root == second_root)
    if not path:
        return False
    nodes = [first_root, *path] if first & (first - 1) == 0 else list(path)
    fn, sn = first - 1, second - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = nodes[0]
    for node in nodes[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            fr, sr = node_hash(node, fr), node_hash(node, sr)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = node_hash(sr, node)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and fr == first_root and sr == second_root


def _split(size: int) -> int:
    """The largest power of two smaller than `size`, which is at least 2."""
    return 1 << (size - 1).bit_length() - 1
