from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from clearance.catalog import Catalog, load_catalog
from clearance.errors import Error
from clearance.tasks.enforce import acceptance

AT = "2026-11-21T12:00:00+00:00"
TEXT = """apiVersion: clearance/v1
kind: Directive
metadata: {id: D-1, title: None, owner: security@example.com, review: 2035-10-10}
contact: https://intranet.example.com/ai-tools
rules:
  - {id: none, match: {kind: coding-agent}, effect: block, reason: none is cleared}
default: {effect: allow}
"""
OTHER = TEXT.replace("effect: block", "effect: warn")


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog()


@pytest.fixture
def directive(tmp_path: Path) -> Path:
    made = tmp_path / "directive.yaml"
    made.write_text(TEXT)
    return made


class Keys:
    """An owner's keys as files."""

    def __init__(self, folder: Path, name: str) -> None:
        key = Ed25519PrivateKey.generate()
        self.private, self.public = folder / f"{name}.pem", folder / f"{name}.public"
        self.private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        self.public.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))


@pytest.fixture
def owner(tmp_path: Path) -> Keys:
    return Keys(tmp_path, "owner")


def accept(state: Path, path: Path, catalog: Catalog, old: acceptance.InForce | None = None) -> acceptance.InForce:
    return acceptance.accept(str(state), acceptance.candidate(str(path), catalog), catalog, old, AT)


def test_what_was_accepted_is_in_force_after_a_restart(tmp_path: Path, directive: Path, catalog: Catalog) -> None:
    state = tmp_path / "state"
    assert acceptance.in_force(str(state), catalog) is None
    first = accept(state, directive, catalog)
    directive.unlink()
    again = acceptance.in_force(str(state), catalog)
    assert again is not None
    assert (again.accepted, again.judge.policy) == (first.accepted, first.judge.policy)
    assert (again.accepted.generation, again.accepted.source) == (1, str(directive))


def test_a_folder_in_the_place_of_the_link_gives_way_and_its_directive_is_in_force_until_then(
    tmp_path: Path, directive: Path, catalog: Catalog
) -> None:
    state, copied = tmp_path / "state", tmp_path / "copied"
    accept(state, directive, catalog)
    shutil.copytree(state, copied)
    assert not (copied / "accepted").is_symlink()
    old = acceptance.in_force(str(copied), catalog)
    assert old is not None
    directive.write_text(OTHER)
    new = accept(copied, directive, catalog, old)
    kept = acceptance.in_force(str(copied), catalog)
    assert kept is not None
    assert (kept.accepted, kept.accepted.generation) == (new.accepted, 2)
    assert not [name for name in os.listdir(copied) if name.startswith(".")]


def test_another_directive_is_another_generation_and_the_same_is_not(
    tmp_path: Path, directive: Path, catalog: Catalog
) -> None:
    state = tmp_path / "state"
    first = accept(state, directive, catalog)
    directive.write_text(f"# a comment\n{TEXT}")
    assert accept(state, directive, catalog, first) is first
    directive.write_text(OTHER)
    second = accept(state, directive, catalog, first)
    assert second.accepted.generation == second.judge.policy.generation == 2
    kept = acceptance.in_force(str(state), catalog)
    assert kept is not None
    assert kept.accepted == second.accepted
    assert len([path for path in state.iterdir() if path.name.startswith("accepted-")]) == 1


def test_what_is_in_force_can_be_kept_once_more(tmp_path: Path, directive: Path, catalog: Catalog) -> None:
    first = accept(tmp_path / "state", directive, catalog)
    acceptance.keep(str(tmp_path / "elsewhere"), first)
    again = acceptance.in_force(str(tmp_path / "elsewhere"), catalog)
    assert again is not None
    assert again.accepted == first.accepted


@pytest.mark.parametrize(
    "text",
    [
        "",
        "rules: []\n",
        TEXT[: len(TEXT) // 2],
        TEXT.replace("block", "blok"),
        "\0",
        TEXT.replace("kind: D", "kind: E"),
    ],
)
def test_a_bad_candidate_is_refused(tmp_path: Path, directive: Path, catalog: Catalog, text: str) -> None:
    state = tmp_path / "state"
    first = accept(state, directive, catalog)
    directive.write_text(text)
    with pytest.raises(Error):
        accept(state, directive, catalog, first)
    kept = acceptance.in_force(str(state), catalog)
    assert kept is not None
    assert kept.accepted == first.accepted


def test_a_replacement_that_is_barred_itself_is_refused(tmp_path: Path, directive: Path, catalog: Catalog) -> None:
    directive.write_text(TEXT.replace("reason: none is cleared", "reason: none is cleared, replacement: codex"))
    with pytest.raises(Error) as caught:
        acceptance.candidate(str(directive), catalog)
    assert "clearance policy check" in caught.value.remedy


@pytest.mark.parametrize("damage", ["accepted.json", "directive.d/0000.yaml"])
def test_damage_to_what_is_in_force_is_an_error_with_a_way_out(
    tmp_path: Path, directive: Path, catalog: Catalog, damage: str
) -> None:
    state = tmp_path / "state"
    accept(state, directive, catalog)
    target = state / "accepted" / damage
    target.write_bytes(b"{}" if damage.endswith("json") else OTHER.encode())
    with pytest.raises(Error) as caught:
        acceptance.in_force(str(state), catalog)
    assert "enforce run --directive" in caught.value.remedy


def test_a_disk_that_is_full_leaves_what_is_in_force(
    tmp_path: Path, directive: Path, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = tmp_path / "state"
    first = accept(state, directive, catalog)
    directive.write_text(OTHER)

    def full(fd: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        accept(state, directive, catalog, first)
    monkeypatch.undo()
    kept = acceptance.in_force(str(state), catalog)
    assert kept is not None
    assert kept.accepted == first.accepted
    assert sorted(path.name for path in state.iterdir()) == ["accepted", f"accepted-1-{first.accepted.sha256[:12]}"]


def test_a_signed_directive_is_taken_also_when_its_comments_change(
    directive: Path, catalog: Catalog, owner: Keys
) -> None:
    assert acceptance.sign(str(directive), str(owner.private)) == f"{directive}.sig"
    acceptance.candidate(str(directive), catalog, str(owner.public))
    directive.write_text(f"# reviewed\n{TEXT}")
    acceptance.candidate(str(directive), catalog, str(owner.public))


def test_a_folder_is_signed_as_a_whole(tmp_path: Path, catalog: Catalog, owner: Keys) -> None:
    folder = tmp_path / "directive.d"
    folder.mkdir()
    (folder / "10-base.yaml").write_text(TEXT)
    made = acceptance.sign(f"{folder}/", str(owner.private))
    assert made == f"{folder}.sig"
    acceptance.candidate(str(folder), catalog, str(owner.public))
    (folder / "20-more.yaml").write_text(
        TEXT.replace("id: none", "id: more").replace("kind: coding-agent", "kind: relay")
    )
    with pytest.raises(Error, match="changed since"):
        acceptance.candidate(str(folder), catalog, str(owner.public))


def test_without_its_owners_signature_a_directive_is_refused(
    tmp_path: Path, directive: Path, catalog: Catalog, owner: Keys
) -> None:
    def refused() -> str:
        with pytest.raises(Error) as caught:
            acceptance.candidate(str(directive), catalog, str(owner.public))
        assert "clearance policy sign" in caught.value.remedy
        return caught.value.what

    assert "has no signature" in refused()
    acceptance.sign(str(directive), str(Keys(tmp_path, "somebody").private))
    assert "not its owner's" in refused()
    acceptance.sign(str(directive), str(owner.private))
    directive.write_text(OTHER)
    assert "changed since" in refused()
    for forged in (b"", b"\xff" * 64, b"A" * 88, b"AAAA\n"):
        Path(f"{directive}.sig").write_bytes(forged)
        refused()


def test_what_is_no_key_is_an_error(tmp_path: Path, directive: Path, catalog: Catalog, owner: Keys) -> None:
    other = tmp_path / "other.pem"
    key = generate_private_key(SECP256R1())
    other.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    with pytest.raises(Error, match="no Ed25519 key"):
        acceptance.sign(str(directive), str(other))
    for wrong in (str(directive), str(owner.public), str(tmp_path / "gone.pem")):
        with pytest.raises(Error):
            acceptance.sign(str(directive), wrong)
    acceptance.sign(str(directive), str(owner.private))
    other.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    for wrong in (str(directive), str(other), str(tmp_path / "gone.pem")):
        with pytest.raises(Error):
            acceptance.candidate(str(directive), catalog, wrong)
