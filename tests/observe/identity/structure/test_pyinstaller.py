from __future__ import annotations

import struct

from hypothesis import given

from clearance.observe.identity.structure import pyinstaller
from clearance.observe.identity.structure.pyinstaller import Member
from clearance.observe.reader import BytesReader
from tests.observe.identity import made
from tests.observe.identity.structure.damage import damaged

ARCHIVE = made.pyinstaller({"pyiboot01": b"boot", "acme_start": b"main()"}, library=b"acme.core.x")
PROGRAM = made.elf({".rodata": b"x"}, overlay=ARCHIVE)


def members(data: bytes) -> tuple[Member, ...]:
    return pyinstaller.find(BytesReader(data)) or ()


def test_members_and_the_names_in_the_library() -> None:
    found = members(PROGRAM)
    assert [(one.name, one.kind, one.packed) for one in found] == [
        ("pyiboot01", "s", True), ("acme_start", "s", True), ("PYZ-00.pyz", "z", False),
    ]  # fmt: skip
    reader = BytesReader(PROGRAM)
    assert pyinstaller.library_names(reader, found[2]) == b"acme.core.x"
    assert pyinstaller.library_names(reader, found[0]) == b""


def test_a_member_lies_where_it_says() -> None:
    plain = made.elf({".rodata": b"x"}, overlay=made.pyinstaller({"one": b"print(1)"}, packed=False))
    (one,) = members(plain)
    assert plain[one.offset : one.offset + one.size] == b"print(1)"


def test_a_signature_behind_the_archive_does_not_hide_it() -> None:
    assert members(PROGRAM + bytes(8000)) == members(PROGRAM)
    assert members(PROGRAM + bytes(pyinstaller.TAIL_BYTES)) == ()


def test_the_shorter_cookie_of_old_versions() -> None:
    table = struct.pack(">IIIIBc", 32, 0, 4, 4, 0, b"s") + b"old\0".ljust(14, b"\0")
    length = 4 + len(table) + 24
    data = b"code" + table + pyinstaller.MAGIC + struct.pack(">IIII", length, 4, len(table), 27)
    assert members(data) == (Member("old", "s", 0, 4, False),)


def test_what_holds_only_the_magic_word_has_no_members() -> None:
    assert members(b"MEI" * 100) == ()
    assert members(pyinstaller.MAGIC) == ()
    assert members(pyinstaller.MAGIC + b"\xff" * 88) == ()


def test_a_library_whose_table_lies_nowhere_has_no_names() -> None:
    data = b"PYZ\0\0\0\0\0" + struct.pack(">I", 1 << 30)
    assert pyinstaller.library_names(BytesReader(data), Member("z", "z", 0, len(data), False)) == b""
    assert pyinstaller.library_names(BytesReader(data), Member("z", "z", 99, 4, False)) == b""


@given(damaged(ARCHIVE))
def test_damaged_archives_never_fail_and_their_members_lie_in_the_file(data: bytes) -> None:
    for member in members(data):
        assert 0 <= member.offset <= member.offset + member.size <= len(data)
        pyinstaller.library_names(BytesReader(data), member)
