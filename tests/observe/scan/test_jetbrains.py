from __future__ import annotations

from clearance.observe.scan.jetbrains import JetBrainsPlugins
from tests.observe.scan.handing import hand, one, reasons, zipped

PROBE = JetBrainsPlugins()
JAR = "/home/ana/.local/share/JetBrains/IntelliJIdea2026.2/copilot/lib/core.jar"
XML = "<idea-plugin url='x'><id>com.github.copilot</id><name>N</name><version>1.5.60</version></idea-plugin>"


def test_the_descriptor_in_one_of_the_jars() -> None:
    seen = one(hand(PROBE, JAR, zipped({"a/B.class": b"\xca\xfe", "META-INF/plugin.xml": XML})))
    assert (seen.tool, seen.version, seen.confidence) == ("copilot", "1.5.60", "certain")
    assert seen.path == "/home/ana/.local/share/JetBrains/IntelliJIdea2026.2/copilot"
    assert hand(PROBE, JAR, zipped({"a": b""})) == []
    assert hand(PROBE, JAR, zipped({"META-INF/plugin.xml": XML.replace("github", "gitlab")})) == []


def test_a_plug_in_that_is_one_jar() -> None:
    path = "/Applications/IDEA.app/Contents/plugins/x.jar"
    seen = one(
        hand(
            PROBE,
            path,
            zipped({"META-INF/plugin.xml": XML.replace("github.copilot", "Anthropic.Code.Plugin")}),
            home=None,
        )
    )
    assert (seen.tool, seen.path) == ("claude-code", path)


def test_bombs_and_noise_are_said() -> None:
    laughs = '<!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "&b;&b;">]><idea-plugin><id>&c;</id></idea-plugin>'
    assert reasons(hand(PROBE, JAR, zipped({"META-INF/plugin.xml": laughs}))) == [
        "META-INF/plugin.xml: declares entities"
    ]
    bomb = zipped({"META-INF/plugin.xml": b"<idea-plugin><id>" + b" " * 60_000_000})
    assert len(bomb) < 100_000
    assert "not valid XML" in reasons(hand(PROBE, JAR, bomb))[0]
    assert reasons(hand(PROBE, JAR, b"noise")) == ["not a ZIP archive"]
