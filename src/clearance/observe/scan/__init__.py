"""The registry of probes. Adding one: a file in this folder, a line here."""

from __future__ import annotations

from typing import Final

from clearance.observe.probe import Probe
from clearance.observe.scan.applications import Applications
from clearance.observe.scan.browser_extensions import BrowserExtensions
from clearance.observe.scan.bundled_packages import BundledPackages
from clearance.observe.scan.cargo_packages import CargoPackages
from clearance.observe.scan.conda_packages import CondaPackages
from clearance.observe.scan.configuration import Configuration
from clearance.observe.scan.credentials import Credentials
from clearance.observe.scan.editor_extensions import EditorExtensions
from clearance.observe.scan.emacs_packages import EmacsPackages
from clearance.observe.scan.homebrew import Homebrew
from clearance.observe.scan.install_places import InstallPlaces
from clearance.observe.scan.instructions import Instructions
from clearance.observe.scan.jetbrains import JetBrainsPlugins
from clearance.observe.scan.launchers import Launchers
from clearance.observe.scan.manifests import Manifests
from clearance.observe.scan.mcp_servers import McpServers
from clearance.observe.scan.node_caches import NodeCaches
from clearance.observe.scan.node_trees import NodeTrees
from clearance.observe.scan.python_packages import PythonPackages
from clearance.observe.scan.rpm_packages import RpmPackages
from clearance.observe.scan.session_stores import SessionStores
from clearance.observe.scan.system_packages import SystemPackages
from clearance.observe.scan.tool_settings import ToolSettings
from clearance.observe.scan.variables import Variables
from clearance.observe.scan.vim_plugins import VimPlugins
from clearance.observe.scan.windows_packages import WindowsPackages
from clearance.observe.scan.zed import ZedExtensions

PROBES: Final[tuple[Probe, ...]] = (
    Manifests(),
    NodeTrees(),
    NodeCaches(),
    PythonPackages(),
    CondaPackages(),
    CargoPackages(),
    SystemPackages(),
    RpmPackages(),
    BundledPackages(),
    Homebrew(),
    WindowsPackages(),
    Applications(),
    Launchers(),
    InstallPlaces(),
    EditorExtensions(),
    JetBrainsPlugins(),
    ZedExtensions(),
    VimPlugins(),
    EmacsPackages(),
    BrowserExtensions(),
    Configuration(),
    Instructions(),
    McpServers(),
    Credentials(),
    SessionStores(),
    ToolSettings(),
    Variables(),
)
