from __future__ import annotations

import importlib.util
import shutil
import subprocess
from pathlib import Path
from types import ModuleType

import pytest

from clearance.cli.main import VERBS

ROOT = Path(__file__).resolve().parents[2]


def load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("clearance_documents", ROOT / "packaging" / "documents.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with all of them."""
    folder = tmp_path_factory.mktemp("documents")
    load().write(folder)
    return folder


def test_every_verb_has_its_page_and_its_completion(written: Path) -> None:
    pages = "".join(path.read_text("utf-8") for path in written.glob("clearance*.[158]")).replace("\\-", "-")
    for verb in VERBS:
        assert f".SH CLEARANCE {verb.name.upper()}\n" in pages
        for name in ("clearance.bash", "_clearance", "clearance.fish"):
            assert verb.name in (written / name).read_text("utf-8")


@pytest.mark.parametrize("page", ["clearance.1", "clearance-directive.5", "clearance-enforce.8"])
def test_a_page_is_sound(written: Path, page: str) -> None:
    if shutil.which("groff") is None:
        pytest.skip("needs groff")
    done = subprocess.run(
        ["groff", "-man", "-ww", "-K", "utf8", "-T", "utf8", str(written / page)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    assert len(done.stdout.splitlines()) > 50


@pytest.mark.parametrize(
    ("shell", "name"), [("bash", "clearance.bash"), ("zsh", "_clearance"), ("fish", "clearance.fish")]
)
def test_a_completion_is_sound(written: Path, shell: str, name: str) -> None:
    if shutil.which(shell) is None:
        assert (written / name).stat().st_size > 1000
        return
    done = subprocess.run([shell, "-n", str(written / name)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_nothing_in_a_text_is_a_request() -> None:
    roff, inline, page = load().roff, load().inline, load().page
    assert roff(".so /etc/passwd\n'x\n\\*z") == "\\&.so /etc/passwd\n\\(aqx\n\\e*z"
    assert inline("a `b-c` [words](link.md) **d**") == "a \\fBb\\-c\\fR words d"
    assert page("# T\n\n| a | b |\n|---|---|\n| `x` | y |\n\n- one\n  two\n") == (
        ".SH T\n.TP\n\\fBx\\fR\ny\n.IP \\(bu 2\none two\n"
    )
