"""The closed sets of words. Each is used with this spelling in code, on the command line, in JSON and in docs."""

from __future__ import annotations

from typing import Final, Literal, get_args

Effect = Literal["allow", "allow-with-settings", "warn", "block"]
"""What a directive says about a request, weakest first."""

Enforce = Literal["observe", "warn", "block"]
"""How far an effect is carried out, weakest first."""

Risk = Literal["low", "medium", "high", "critical"]

Kind = Literal["coding-agent", "code-completion", "assistant-app", "general-agent", "model-server", "relay"]
"""What a tool does, not how it is packaged (that is `Surface`). A tool may have several."""

Deployment = Literal["cloud", "hybrid", "on-prem", "local", "unknown"]

Training = Literal["never", "opt-in", "opt-out", "always", "by-plan", "unknown"]
"""Whether the vendor states that it trains on what a tool sends."""

Surface = Literal[
    "binary", "package", "editor-extension", "browser-extension", "config", "instructions", "session-store",
    "credential", "base-url", "mcp-server", "process", "socket", "endpoint",
]  # fmt: skip
"""One way a tool shows."""

EndpointClass = Literal["vendor", "cleared-gateway", "cloud-provider", "relay", "unknown"]

Confidence = Literal["certain", "strong", "weak"]
"""How sure an identification is, surest first."""

Scope = Literal["managed", "user", "project"]
"""Who may write a setting, strongest first: managed wins over user, user over project."""

Topic = Literal[
    "telemetry", "error-reports", "training", "indexing", "snapshot", "session-sync", "sharing", "web-search",
    "remote-session", "feedback", "updates", "file-content",
]  # fmt: skip
"""What a data switch stops when it is off."""

OS = Literal["linux", "macos", "windows"]

EFFECTS: Final[tuple[Effect, ...]] = get_args(Effect)
ENFORCES: Final[tuple[Enforce, ...]] = get_args(Enforce)
RISKS: Final[tuple[Risk, ...]] = get_args(Risk)
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
DEPLOYMENTS: Final[tuple[Deployment, ...]] = get_args(Deployment)
TRAININGS: Final[tuple[Training, ...]] = get_args(Training)
SURFACES: Final[tuple[Surface, ...]] = get_args(Surface)
ENDPOINT_CLASSES: Final[tuple[EndpointClass, ...]] = get_args(EndpointClass)
CONFIDENCES: Final[tuple[Confidence, ...]] = get_args(Confidence)
SCOPES: Final[tuple[Scope, ...]] = get_args(Scope)
TOPICS: Final[tuple[Topic, ...]] = get_args(Topic)

UNKNOWN: Final = "unknown"
"""A catalog fact that was looked for and not found. It is a value: `not: {residency: in-house}` holds for it."""

IN_HOUSE: Final = "in-house"
"""The residency of what stays on the company's own machines."""
