from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.observe.patterns import Index, longest_piece
from clearance.observe.probe import Pattern


def matching(glob: str, path: str, *, folder: bool = False, fold_case: bool = False) -> bool:
    index = Index((), [[Pattern(glob, folder=folder)]], fold_case=fold_case)
    parent, _, name = path.rpartition("/")
    here = index.here(parent)
    found = bool(here.matches(name, folder))
    assert here.likely(["other", name]).count(name) == 1 or not found or folder
    return found


@pytest.mark.parametrize(
    ("glob", "path", "matches"),
    [
        ("**/package.json", "/a/b/package.json", True),
        ("**/package.json", "/package.json", True),
        ("**/package.json", "/a/package.json5", False),
        ("**/*.dist-info/METADATA", "/v/site-packages/x-1.dist-info/METADATA", True),
        ("**/*.dist-info/METADATA", "/v/METADATA", False),
        ("**/.t/rules/*.md", "/p/.t/rules/a.md", True),
        ("**/.t/rules/*.md", "/p/.t/rules/deep/a.md", False),
        ("**/node_modules/**/package.json", "/p/node_modules/@s/x/package.json", True),
        ("**/node_modules/**/package.json", "/p/node_modules/package.json", True),
        ("**/node_modules/**/package.json", "/p/package.json", False),
        ("**/*.tar.gz", "/p/a.b.tar.gz", True),
        ("**/.env.*", "/p/.env.local", True),
        ("**/.env", "/p/.env.local", False),
        ("**/a?c", "/p/abc", True),
        ("**/x.[1]", "/p/x.[1]", True),
        ("**/.roo/rules-*/**", "/p/.roo/rules-code/a", True),
        ("**/.roo/rules-*/**", "/p/.roo/rules-code/deep/a", True),
        ("**/.roo/rules-*/**", "/p/.roo/other/a", False),
        ("**/.t/**/x.md", "/p/.t/a/b/x.md", True),
        ("**/.t/**/x.md", "/p/.t/x.md", True),
        ("**/*.env", "/p/.env", False),
        ("**/*.env", "/p/a.b.env", True),
    ],
)
def test_a_floating_glob(glob: str, path: str, matches: bool) -> None:
    assert matching(glob, path) is matches


def test_folders_and_files_are_asked_for_apart() -> None:
    assert matching("**/.t", "/p/.t", folder=True)
    index = Index((), [[Pattern("**/.t", folder=True)]], fold_case=False)
    assert index.here("/p").matches(".t", False) == []


@pytest.mark.parametrize(
    "package",
    ["/p/node_modules/x", "/v/lib/python3.12/site-packages/x", "/usr/lib/python3/dist-packages/x",
     "/h/go/pkg/mod/x@1.2", "/h/.cargo/registry/src/i/x-1.0", "/h/.vscode/extensions/a.b-1.2.3", "/p/.git/x"],
)  # fmt: skip
def test_what_is_a_projects_is_not_looked_for_in_packages(package: str) -> None:
    index = Index((), [[Pattern("**/.env", scope="project"), Pattern("**/.env")]], fold_case=False)
    assert [wanted.pattern.scope for wanted in index.here(package).matches(".env", False)] == ["user"]
    assert len(index.here("/p/extensions/x").matches(".env", False)) == 2


def test_case_is_folded_where_the_system_does() -> None:
    assert matching("**/.T/Settings.json", "/p/.t/settings.JSON", fold_case=True)
    assert not matching("**/.T/Settings.json", "/p/.t/settings.JSON")


def test_anchored_globs_are_kept_apart_with_their_probe() -> None:
    index = Index((), [[Pattern("~/a")], [Pattern("/b"), Pattern("**/c")]], fold_case=False)
    assert [(wanted.probe, wanted.pattern.glob) for wanted in index.anchored] == [(0, "~/a"), (1, "/b")]
    assert [wanted.probe for wanted in index.here("/x").matches("c", False)] == [1]


@pytest.mark.parametrize(
    ("parents", "piece"),
    [
        ("*.dist-info", ".dist-info"),
        ("_cacache/index-v5/*", "/_cacache/"),
        (".t/rules/**", "/rules/"),
        ("pack/*/start/*", "/start/"),
        ("*/*", ""),
    ],
)
def test_the_text_that_a_folder_must_hold(parents: str, piece: str) -> None:
    assert longest_piece(parents) == piece


PARTS = st.sampled_from(["a", "b", ".t", "rules", "*", "*.d", "ru*", "?"])
NAMES = st.sampled_from(["a", "b", "*", "*.md", "*.tar.gz", "x.*", "a?", "**", ".env.*"])
FOLDERS = st.sampled_from(["a", "b", ".t", "rules", "x.d", "ruler"])
FILES = st.sampled_from(["a", "b", "ab", "x.md", "x.y.tar.gz", ".env.local", "gz", ".md"])


@given(
    st.lists(st.one_of(PARTS, st.just("**")), max_size=4), NAMES, st.lists(FOLDERS, max_size=5), FILES, st.booleans()
)
def test_any_glob_matches_as_its_regex_does(
    parts: list[str], last: str, folders: list[str], name: str, fold_case: bool
) -> None:
    glob = "/".join(["**", *parts, last])
    path = "/".join(["", *folders, name])
    assert matching(glob, path, fold_case=fold_case) is (plain(glob).fullmatch(path) is not None)


def plain(glob: str) -> re.Pattern[str]:
    """What a glob means, written down without any regard for speed."""
    *parts, last = glob.split("/")
    regex = "/"
    for part in parts:
        regex += "(?:[^/]+/)*" if part == "**" else re.escape(part).replace(r"\*", "[^/]*").replace(r"\?", "[^/]") + "/"
    if last == "**":
        return re.compile(regex + "(?:[^/]+/)*[^/]+")
    begin = "[^/]+" if last.startswith("*.") else ""
    rest = last[1:] if begin else last
    return re.compile(regex + begin + re.escape(rest).replace(r"\*", "[^/]*").replace(r"\?", "[^/]"))
