from __future__ import annotations

import shutil
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from msgspec import structs

from clearance.model.sighting import Coverage, Endpoint, Evidence, Host, ScanResult, Sighting, Skipped, SwitchState
from clearance.model.terms import SURFACES
from clearance.prove.formats.rendering import RenderOptions
from clearance.prove.formats.scan.html import MOST_HOSTS, MOST_PEOPLE, MOST_PLACES, render
from tests.browser import browser, chromium
from tests.prove.formats.sample import CLAUDE, OPTIONS, nothing_found, sample, seen
from tests.prove.formats.strategies import ATTACKS, results

VOID = {"meta", "input", "rect", "circle", "br", "link", "img"}
ELEMENTS = {
    "html", "head", "meta", "title", "style", "body", "header", "main", "footer", "section", "h1", "h2", "h3", "p", "a",
    "bdi", "code", "div", "strong", "ul", "li", "dl", "dt", "dd", "span", "svg", "rect", "circle", "text", "table",
    "caption", "thead", "tbody", "tr", "th", "td", "fieldset", "legend", "input", "label", "details", "summary",
}  # fmt: skip


class Outline(HTMLParser):
    """The elements of a page; it fails on what is not closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: set[str] = set()
        self.attributes: list[tuple[str, str, str]] = []
        self.text = ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in VOID or tag in ("rect", "circle"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.text += data


@settings(max_examples=80)
@given(result=results)
def test_a_hostile_host_adds_no_element_and_no_address(result: ScanResult) -> None:
    outline = Outline(render(result, RenderOptions(verbose=True)))
    assert outline.elements <= ELEMENTS
    for tag, name, value in outline.attributes:
        assert not name.startswith("on")
        assert name not in ("style", "src", "srcset", "action", "background", "ping")
        if name == "href":
            assert tag == "a"
            assert value.startswith(("https://", "http://"))


def test_the_headline_is_the_answer() -> None:
    def headline(result: ScanResult) -> str:
        text = render(result, OPTIONS)
        return text[text.index("<h1>") + 4 : text.index("</h1>")]

    assert headline(sample()) == ("8 AI coding tools, 2 of them not cleared, 1 not set as asked, and 2 unknown agents")
    assert headline(nothing_found()) == "No AI coding tool found"
    denied = nothing_found(skipped=(Skipped("walk", "/home/bo", "denied"),))
    assert headline(denied) == "No AI coding tool found; not everything could be read"
    assert headline(nothing_found(sightings=(seen("q", "binary", "/q", CLAUDE),))) == "1 AI coding tool, not cleared"
    assert headline(nothing_found(unknown=sample().unknown[:1])) == "1 unknown agent"
    aside = [s for s in sample().sightings if s.suppressed]
    assert headline(nothing_found(sightings=tuple(aside))) == (
        "No AI coding tool found but what was reviewed and set aside"
    )


def test_the_page_says_what_the_scan_says() -> None:
    text = Outline(render(sample(), OPTIONS)).text
    for said in (
        "This scan is incomplete.", "/home/bo (permission denied)", "~/src/shop/.env:3",
        "relay.example.net, a relay, new",
        "no in-house residency · rule no-residency, since 10 July 2026", "Qwen Code on llm.corp.example.com: run qwen",
        "may leave this machine: training opt-out not set", "LLM SDK, 3 model hosts, tool-use prompt",
        "network filesystem",
        "a style guide, read by people", "21 November 2026, 09:30 UTC", POLICY_SHA, "block from 1 January 2027",
        "for kai: allow: Red-team study · waiver W-1", "not judged by codex-old", "8 not readable",
    ):  # fmt: skip
        assert said in text, said


POLICY_SHA = sample().policy.sha256


def test_only_the_contact_is_a_link() -> None:
    links = {value for _, name, value in Outline(render(sample(), OPTIONS)).attributes if name == "href"}
    assert links == {"https://intranet.example.com/ai-tools"}


def test_of_long_lists_the_first_are_shown_and_the_rest_counted() -> None:
    many = tuple(seen("q", "binary", f"/q{n}", CLAUDE) for n in range(MOST_PLACES + 1234))
    skipped = tuple(Skipped("walk", f"/s{n}", "vanished") for n in range(5000))
    text = Outline(render(nothing_found(sightings=many, skipped=skipped), OPTIONS)).text
    assert "… and 1,234 more: clearance scan --json" in text
    assert "… and 4,800 more: clearance scan --json" in text
    assert text.count("/q1") < MOST_PLACES


def test_people_and_hosts_that_are_left_out_are_counted() -> None:
    crowd = tuple(
        seen("q", "base-url", f"/home/u{n}/.env", CLAUDE, user=f"u{n}", endpoint=Endpoint(f"h{n}.example", "relay"))
        for n in range(40)
    )
    text = Outline(render(nothing_found(sightings=crowd), OPTIONS)).text
    assert f"… and {40 - MOST_PEOPLE} more people: clearance scan --json" in text
    assert f"… and {40 - MOST_HOSTS} more hosts: clearance scan --json" in text


TAGS = (
    "<script src=//127.0.0.1:9/s></script>", "<img src=//127.0.0.1:9/i>", "<link rel=stylesheet href=//127.0.0.1:9/c>",
    "<base href=//127.0.0.1:9/>", "<svg onload=pwned=1>", "<iframe srcdoc='<script>parent.pwned=1</script>'>",
    "</title><script>pwned=1</script>", "--><script>pwned=1</script>", "<style>@import '//127.0.0.1:9/x'</style>",
    "url(//127.0.0.1:9/u)",
)  # fmt: skip


def hostile() -> ScanResult:
    """A result in which every text is an attack, and the addresses in it would be asked for if one worked."""
    attacks = (*ATTACKS, *TAGS)
    sightings = tuple(
        Sighting(
            id=f"{number:016x}",
            tool=attack,
            name=attack,
            surface=SURFACES[number % len(SURFACES)],
            path=f"/home/{attack}",
            confidence="certain",
            version=attack,
            user=attack,
            evidence=(Evidence(attack, attack),),
            endpoint=Endpoint(attack, "relay"),
            switches=(SwitchState(attack, "on", attack, attack, "telemetry"),),
            decision=structs.replace(CLAUDE, reason=attack, message=attack, rule=attack, contact=attack),
        )
        for number, attack in enumerate(attacks)
    )
    return structs.replace(
        sample(),
        host=Host("<script>pwned=1</script>", "linux", "/<img src=x onerror=pwned=1>"),
        sightings=sightings,
        skipped=tuple(Skipped(attack, attack, attack) for attack in attacks),
        coverage=tuple(Coverage(attack, attack, "not-readable", attack) for attack in attacks),
    )


needs_chromium = pytest.mark.skipif(chromium() is None, reason="no chromium (Debian package chromium)")


@pytest.fixture
def opened(tmp_path: Path, request: pytest.FixtureRequest) -> Any:
    """A page opened in a browser: `opened(text, dark=…)` gives it."""
    with browser(tmp_path) as page:

        def open_page(text: str, **options: Any) -> Any:
            file = tmp_path / "scan.html"
            file.write_text(text, "utf-8")
            page.open(file, **options)
            assert page.requests == [file.as_uri(), *page.stopped]
            return page

        yield open_page


@pytest.mark.long
@needs_chromium
@pytest.mark.parametrize("result", [sample(), nothing_found(), hostile()], ids=["sample", "nothing", "hostile"])
@pytest.mark.parametrize("dark", [False, True])
def test_a_browser_runs_no_script_asks_for_nothing_and_has_no_complaint(
    opened: Any, result: ScanResult, dark: bool
) -> None:
    page = opened(render(result, RenderOptions(home_prefixes=OPTIONS.home_prefixes, verbose=True)), dark=dark)
    assert (page.complaints, page.stopped) == ([], [])
    assert page.value("typeof pwned") == "undefined"
    assert page.value("document.scripts.length") == 0
    assert page.value("document.querySelectorAll('iframe,object,embed,img,link,base,form').length") == 0
    assert page.value("document.styleSheets.length") == 1
    assert page.value("getComputedStyle(document.querySelector('footer')).borderTopWidth") == "1px"
    assert page.value("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.long
@needs_chromium
def test_the_policy_of_the_page_stops_what_would_get_in(opened: Any) -> None:
    """So that the test above would notice: the same page with a script and a picture put into it by force."""
    injected = "<script>pwned=1</script><img src=http://127.0.0.1:9/i><p style='color:red'>x</p><footer>"
    page = opened(render(sample(), OPTIONS).replace("<footer>", injected))
    assert page.value("typeof pwned") == "undefined"
    assert len(page.complaints) >= 3
    assert page.stopped == ["http://127.0.0.1:9/i"]


VISIBLE = "[...document.querySelectorAll('details.tool')].filter(e => e.checkVisibility()).length"


@pytest.mark.long
@needs_chromium
def test_the_filters_work_without_script_and_by_keyboard(opened: Any) -> None:
    page = opened(render(sample(), OPTIONS))
    assert page.value(VISIBLE) == 10
    page.value("document.getElementById('only-block').click()")
    assert page.value(VISIBLE) == 2
    page.value("document.getElementById('only-block').focus()")
    page.press("ArrowRight", 39)
    assert page.value("document.querySelector('[name=effect]:checked').id") == "only-warn"
    assert page.value(VISIBLE) == 2
    page.value("document.getElementById('all').click(); document.getElementById('only-u1').click()")
    kai = page.value("[...document.querySelectorAll('details.tool:not(.unknown) h3')].filter(e => e.checkVisibility())"
                     ".map(e => e.textContent)")  # fmt: skip
    assert kai == ["Claude Code 2.1.329, 2.1.196", "Windsurf 1.48.2", "GitHub Copilot 1.388.0", "Aider 0.89.2"]
    rows = page.value(
        "[...document.querySelectorAll('details.tool.block tbody tr')].filter(e => e.checkVisibility()).length"
    )
    assert rows == 4


@pytest.mark.long
@needs_chromium
@pytest.mark.skipif(shutil.which("npm") is None, reason="no npm to install axe-core with")
@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [1280, 400])
def test_an_accessibility_checker_finds_nothing(opened: Any, axe: str, dark: bool, width: int) -> None:
    page = opened(render(sample(), OPTIONS), dark=dark, width=width)
    page.value("document.querySelectorAll('details').forEach(e => e.open = true)")
    page.value(f"(() => {{ {axe} }})(); 1")
    found = page.value("axe.run().then(r => r.violations.map(v => v.id + ': ' + v.nodes.map(n => n.html).join(' | ')))")
    assert found == []


@pytest.fixture(scope="session")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The checker's script: npm `axe-core`."""
    import subprocess

    folder = tmp_path_factory.mktemp("axe")
    subprocess.run(
        ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", str(folder), "axe-core@4.11.0"],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return (folder / "node_modules" / "axe-core" / "axe.min.js").read_text("utf-8")
