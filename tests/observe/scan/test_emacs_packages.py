from __future__ import annotations

from clearance.observe.scan.emacs_packages import EmacsPackages
from tests.observe.scan.handing import hand, one

PROBE = EmacsPackages()


def test_a_package_of_the_package_manager() -> None:
    path = "/home/ana/.emacs.d/elpa/copilot-0.3/copilot-pkg.el"
    seen = one(hand(PROBE, path, ';; x\n(define-package\n "copilot" "0.3" "d" nil)'))
    assert (seen.tool, seen.version, seen.path) == ("copilot", "0.3", "/home/ana/.emacs.d/elpa/copilot-0.3")
    assert hand(PROBE, path, '(define-package "magit" "4")') == []
    assert hand(PROBE, path, b"\xff\xfe") == []


def test_a_checkout() -> None:
    path = "/home/ana/.config/emacs/straight/repos/copilot.el/.git/config"
    assert one(hand(PROBE, path, "\turl = https://github.com/copilot-emacs/copilot.el.git\n")).tool == "copilot"
    assert hand(PROBE, path, "\turl = https://github.com/magit/magit\n") == []
