from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.model.sighting import Evidence, Sighting
from clearance.model.terms import Confidence, Surface
from clearance.observe.probe import sighting_id
from clearance.observe.scan.merge import merge

ROOT = "/home/ana/.npm-global/lib/node_modules/@openai/codex"


def seen(
    surface: Surface, path: str, *evidence: tuple[str, str], tool: str = "t", version: str | None = None,
    user: str | None = "ana", confidence: Confidence = "strong", extra: str = "",
) -> Sighting:  # fmt: skip
    return Sighting(
        id=sighting_id(tool, surface, path, user, extra), tool=tool, name=tool.title(), surface=surface, path=path,
        confidence=confidence, version=version, user=user, evidence=tuple(Evidence(*piece) for piece in evidence),
    )  # fmt: skip


def shown(sightings: tuple[Sighting, ...]) -> list[tuple[str, str, str]]:
    return [(one.surface, one.path, one.confidence) for one in sightings]


def kinds(sighting: Sighting) -> set[str]:
    return {piece.kind for piece in sighting.evidence}


def test_one_npm_install_is_one_package_and_the_program_that_runs() -> None:
    platform = f"{ROOT}-linux-x64"
    parts = [
        seen("package", ROOT, ("package.json", "x"), ("place", "global"), version="0.169.0"),
        seen("package", platform, ("platform-package", "linux x64"), ("place", "global"), version="0.169.0-linux-x64"),
        seen(
            "binary",
            f"{platform}/vendor/codex",
            ("rust", "x"),
            ("format", "elf"),
            version="0.169.0",
            confidence="certain",
        ),
        seen("binary", f"{platform}/vendor/old/codex", ("rust", "x"), ("format", "elf")),
        seen("binary", f"{ROOT}/bin/codex.js", ("sea", "x"), ("format", "javascript")),
        seen("binary", "/home/ana/.npm-global/bin/codex.cmd", ("launcher", f"{ROOT}/bin/codex.js"), confidence="weak"),
        seen("binary", "/home/ana/.npm-global/bin/codex.ps1", ("launcher", f"{ROOT}/bin/codex.js"), confidence="weak"),
        seen("package", f"{ROOT}-core", ("part", "x"), ("place", "global"), version="0.168.0"),
        seen("package", "/home/ana/other", ("METADATA", "x"), version="1", tool="t2"),
        seen("package", "/home/ana/.npm/_cacache/a", ("npm-cache", "x@0.169.0"), version="0.169.0", confidence="weak"),
    ]
    binary, package, _ = merge(parts)
    assert (binary.surface, binary.path, binary.confidence) == ("binary", f"{platform}/vendor/codex", "certain")
    assert (package.surface, package.path, package.version) == ("package", ROOT, "0.169.0")
    assert package.confidence == "certain"  # its content agrees
    assert {"package.json", "platform-package", "launcher", "npm-cache", "program"} <= kinds(package)
    assert [piece.kind for piece in package.evidence][:3] == ["package.json", "place", "also"]
    assert {piece.detail for piece in package.evidence if piece.kind == "also"} == {
        platform, f"{ROOT}/bin/codex.js", "/home/ana/.npm-global/bin/codex.cmd", "/home/ana/.npm-global/bin/codex.ps1",
        "/home/ana/.npm/_cacache/a", f"{ROOT}-core",
    }  # fmt: skip


def test_a_distribution_its_receipt_and_its_scripts_are_one() -> None:
    environment = "/home/ana/.local/share/uv/tools/aider-chat"
    info = f"{environment}/lib/python3.12/site-packages/aider_chat-0.8.dist-info"
    (one,) = merge(
        [
            seen("package", environment, ("uv-receipt.toml", "x")),
            seen("package", info, ("METADATA", "x"), ("place", "uv tool"), version="0.8"),
            seen("package", info, ("entry_points.txt", "aider"), confidence="certain"),
            seen("binary", f"{environment}/bin/aider", ("package", "x"), ("format", "python")),
            seen("package", "/c/aider_chat-0.8.dist-info", ("METADATA", "x"), ("place", "uv cache"), version="0.8"),
        ]
    )
    assert (one.path, one.version, one.confidence) == (environment, "0.8", "certain")


def test_scripts_in_the_bin_of_an_environment_belong_to_the_distribution() -> None:
    info = "/home/ana/.local/lib/python3.12/site-packages/aider_chat-0.8.dist-info"
    script = seen("binary", "/home/ana/.local/bin/aider", ("package", "x"), ("format", "python"))
    native = seen("binary", "/home/ana/.local/bin/aider2", ("bun-entry", "x"), ("format", "elf"))
    merged = merge([seen("package", info, ("METADATA", "x")), script, native])
    assert [one.path for one in merged] == [native.path, info]


def test_modules_belong_to_their_distribution_and_without_one_are_one_program() -> None:
    site = "/home/ana/x/lib/python3.12/site-packages"
    modules = [seen("binary", f"{site}/aider/{name}.py", ("script", "x"), ("format", "python")) for name in "abcd"]
    deeper = seen("binary", f"{site}/aider/coders/e.py", ("script", "x"), ("format", "python"), confidence="certain")
    info = seen("package", f"{site}/aider_chat-0.8.dist-info", ("METADATA", "x"))
    assert shown(merge([info, *modules, deeper])) == [("package", info.path, "certain")]
    assert shown(merge([*modules, deeper])) == [("binary", f"{site}/aider/a.py", "certain")]
    assert len(merge(modules[:2])) == 2


def test_a_file_that_is_package_and_program_is_one() -> None:
    wheel = "/home/ana/Downloads/x-1-py3-none-any.whl"
    package, program = (
        seen("package", wheel, ("wheel", "x 1")),
        seen("binary", wheel, ("archive", "x"), ("format", "zip")),
    )
    assert [one.surface for one in merge([package, program])] == ["package"]


def test_what_is_not_one_thing_stays_apart() -> None:
    several = [
        seen("package", "/home/ana/.nvm/versions/node/v20/lib/node_modules/x", ("place", "nvm"), version="1"),
        seen("package", "/home/ana/.nvm/versions/node/v22/lib/node_modules/x", ("place", "nvm"), version="1"),
        seen("package", "/home/bo/.npm-global/lib/node_modules/x", ("place", "global"), version="1", user="bo"),
        seen("package", "/home/ana/p/node_modules/x", ("place", "project"), version="2"),
        seen("package", "/home/ana/p/node_modules/x/node_modules/y", ("place", "project"), tool="u"),
        seen("binary", "/home/ana/bin/notes", ("bun-entry", "x"), ("format", "elf")),
        seen("config", "/home/ana/p/node_modules/x/settings.json", ("path", "x")),
        seen("editor-extension", "/home/ana/.vscode/extensions/a.b-1", ("package.json", "x"), version="1"),
    ]
    assert len(merge(several)) == len(several)


def test_a_listed_extension_without_its_folder_stays_weak_and_a_removed_one_is_gone() -> None:
    folder = "/home/ana/.vscode/extensions"
    removed = seen("editor-extension", f"{folder}/a.b-1", ("obsolete", "x"), confidence="weak")
    still = seen("editor-extension", f"{folder}/a.b-1", ("package.json", "x"), confidence="certain")
    listed = seen("editor-extension", f"{folder}/a.b-2", ("extensions.json", "x"), confidence="weak")
    assert merge([removed]) == ()
    assert shown(merge([removed, listed])) == [("editor-extension", f"{folder}/a.b-2", "weak")]
    (one,) = merge([removed, still])
    assert (one.confidence, kinds(one)) == ("certain", {"obsolete", "package.json"})


def test_a_place_is_dropped_where_the_tool_is_in_it() -> None:
    place = seen("package", "/home/ana/.windsurf", ("install-place", "x"), confidence="weak")
    inside = seen(
        "editor-extension", "/home/ana/.windsurf/extensions/a.b-1", ("package.json", "x"), confidence="certain"
    )
    assert shown(merge([place])) == [("package", "/home/ana/.windsurf", "weak")]
    assert shown(merge([place, inside])) == [("editor-extension", inside.path, "certain")]


def test_launchers_go_to_what_they_start_else_to_the_nearest_else_stay() -> None:
    one = seen("package", "/home/ana/a/node_modules/x", ("place", "project"))
    two = seen("package", "/home/ana/b/node_modules/x", ("place", "project"))
    to_two = seen("binary", "/home/ana/a/x.cmd", ("launcher", "/home/ana/b/node_modules/x/cli.js"), confidence="weak")
    to_none = seen("binary", "/home/ana/a/x", ("launcher", "/home/ana/a/store/x/cli.js"), confidence="weak")
    other_user = seen("binary", "/home/bo/x", ("launcher", "/home/bo/y"), user="bo", confidence="weak")
    merged = {sighting.path: sighting for sighting in merge([one, two, to_two, to_none, other_user])}
    assert set(merged) == {one.path, two.path, other_user.path}
    assert Evidence("also", to_two.path) in merged[two.path].evidence
    assert Evidence("also", to_none.path) in merged[one.path].evidence


def test_index_entries_alone_are_one_sighting_a_user() -> None:
    entries = [
        seen("package", f"/home/ana/.npm/{n}", ("npm-cache", f"x@1.{n}"), version=f"1.{n}", confidence="weak")
        for n in (2, 10, 9)
    ]
    (one,) = merge(entries)
    assert (one.version, one.confidence) == ("1.10", "weak")


def test_a_snap_as_file_and_as_mount_is_one() -> None:
    file = seen("package", "/var/lib/snapd/snaps/x_12.snap", ("snap", "x"), user=None)
    mount = seen("package", "/snap/x/12", ("snap.yaml", "x"), user=None, version="1")
    assert shown(merge([file, mount])) == [("package", "/snap/x/12", "strong")]


def test_copies_in_pnpms_store_belong_to_a_package_of_the_user() -> None:
    package = seen("package", "/home/ana/.local/share/pnpm/global/5/node_modules/x", ("place", "pnpm global"))
    copy = seen(
        "binary", "/home/ana/.local/share/pnpm/store/v10/files/ab/cd-exec", ("bun-entry", "x"), ("format", "elf")
    )
    assert shown(merge([package, copy])) == [("package", package.path, "strong")]
    assert shown(merge([copy])) == [("binary", copy.path, "strong")]


def test_a_conda_package_is_its_record_and_its_distribution() -> None:
    base = "/home/ana/miniconda3/envs/ai"
    record = seen("package", f"{base}/conda-meta/x-1-0.json", ("conda-meta", "x 1"), version="1")
    info = seen("package", f"{base}/lib/python3.12/site-packages/x-1.dist-info", ("METADATA", "x 1"), version="1")
    script = seen("binary", f"{base}/bin/x", ("format", "python"))
    assert shown(merge([record, info, script])) == [("package", record.path, "strong")]


PATHS = (
    "/a", "/a/node_modules/x", "/a/node_modules/x/bin/y", "/a/lib/python3.1/site-packages/x.dist-info", "/a/bin/y",
    "/snap/x/1", "/h/x_1.snap", "/h/pnpm/store/v1/files/x", "/a/conda-meta/x.json",
)  # fmt: skip
KINDS = (
    "conda-meta",
    "launcher",
    "place",
    "platform-package",
    "npm-cache",
    "obsolete",
    "install-place",
    "format",
    "other",
)
DETAILS = ("/a/node_modules/x/bin/y", "uv cache", "elf", "global")


@st.composite
def any_sighting(draw: st.DrawFn) -> Sighting:
    surface: Surface = draw(st.sampled_from(("package", "binary", "editor-extension", "config")))
    pieces = draw(st.lists(st.tuples(st.sampled_from(KINDS), st.sampled_from(DETAILS)), max_size=3))
    confidence: Confidence = draw(st.sampled_from(("certain", "strong", "weak")))
    options: dict[str, Any] = {
        "tool": draw(st.sampled_from("tu")), "version": draw(st.sampled_from((None, "1", "1.2"))),
        "user": draw(st.sampled_from((None, "ana"))), "confidence": confidence,
    }  # fmt: skip
    return seen(surface, draw(st.sampled_from(PATHS)), *pieces, **options)


@given(st.lists(any_sighting(), max_size=12), st.randoms(use_true_random=False))
def test_order_does_not_matter_and_nothing_is_lost(sightings: list[Sighting], order: random.Random) -> None:
    merged = merge(sightings)
    shuffled = list(sightings)
    order.shuffle(shuffled)
    assert merge(shuffled) == merged
    assert len(merge(merged)) <= len(merged) <= len(sightings)
    assert len({one.id for one in merged if one.surface != "config"}) == sum(one.surface != "config" for one in merged)
    told = {one.path for one in merged} | {e.detail for one in merged for e in one.evidence if e.kind == "also"}
    kept = [one for one in sightings if {piece.kind for piece in one.evidence} != {"obsolete"}]
    assert {one.path for one in kept} <= told
    assert {one.tool for one in kept} <= {one.tool for one in merged}


@pytest.mark.parametrize("count", [2000])
def test_many_sightings_of_one_tool(count: int) -> None:
    many = [seen("package", f"/home/ana/p{n}/node_modules/x", ("place", "project"), version="1") for n in range(count)]
    assert len(merge(many)) == count
