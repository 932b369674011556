from __future__ import annotations

from clearance.observe.probe import Home
from clearance.observe.scan.windows_packages import WindowsPackages
from tests.observe.scan.handing import evidence, hand, one, reasons

PROBE = WindowsPackages()
BO = Home("bo", "/Users/bo")


def test_winget_names_its_folders() -> None:
    packages = "/Users/bo/AppData/Local/Microsoft/WinGet/Packages"
    seen = one(hand(PROBE, f"{packages}/Anthropic.ClaudeCode_Microsoft.Winget.Source_8w", folder=True, home=BO))
    assert (seen.tool, seen.user) == ("claude-code", "bo")
    assert hand(PROBE, f"{packages}/Other.Claude_x", folder=True, home=BO) == []


def test_scoop_and_chocolatey_need_the_home_page() -> None:
    path = "/Users/bo/scoop/apps/ollama/0.13.1/manifest.json"
    seen = one(hand(PROBE, path, {"version": "0.13.1", "homepage": "https://ollama.com"}, home=BO))
    current = one(
        hand(PROBE, path.replace("0.13.1", "current"), {"version": "0.13.1", "homepage": "https://ollama.com"}, home=BO)
    )
    assert seen.id == current.id
    assert hand(PROBE, path, {"version": "0.13.1", "homepage": "https://x.example"}, home=BO) == []
    assert reasons(hand(PROBE, path, "{", home=BO))
    spec = "<package><metadata><id> ollama </id><version>0.13</version><projectUrl>https://ollama.com</projectUrl>"
    assert one(hand(PROBE, "/ProgramData/chocolatey/lib/ollama/ollama.nuspec", spec, home=None)).version == "0.13"


def test_store_packages_show_their_publisher() -> None:
    manifest = (
        '<Package><Identity Version="1.1.0" Name="Claude" Publisher="CN=Anthropic"/>'
        "<DisplayName>ms-resource:name</DisplayName>"
    )
    seen = one(hand(PROBE, "/Program Files/WindowsApps/Claude_1/AppxManifest.xml", manifest, home=None))
    assert (seen.tool, seen.version, evidence(seen)["vendor"]) == ("claude-desktop", "1.1.0", "CN=Anthropic")
    stranger = manifest.replace("Anthropic", "Stranger")
    assert hand(PROBE, "/Program Files/WindowsApps/Claude_1/AppxManifest.xml", stranger, home=None) == []
