"""Folders of a home whose opening makes macOS ask the person for permission, in the name of the program that opens.

A scan that nobody is watching must not raise such a question. Source: Apple's Privacy Preferences Policy Control
payload.
"""

from __future__ import annotations

from typing import Final

PLACES: Final = (
    "Desktop", "Documents", "Downloads", "Movies", "Music", "Pictures", ".Trash", "Library/Accounts",
    "Library/AddressBook", "Library/Application Support/AddressBook", "Library/Application Support/CallHistoryDB",
    "Library/Application Support/com.apple.TCC", "Library/Application Support/FileProvider",
    "Library/Application Support/MobileSync", "Library/Autosave Information", "Library/Calendars",
    "Library/CloudStorage", "Library/Containers", "Library/Cookies", "Library/Group Containers",
    "Library/HomeKit", "Library/IdentityServices", "Library/Mail", "Library/Messages", "Library/Metadata/CoreSpotlight",
    "Library/Mobile Documents", "Library/PersonalizationPortrait", "Library/Reminders", "Library/Safari",
    "Library/Sharing", "Library/Shortcuts", "Library/Suggestions", "Library/Weather",
)  # fmt: skip

WHY: Final = "macOS would ask for permission; look into it with --deep and this path"


def private_places(home: str) -> dict[str, str]:
    """The folders of this home to stay out of, with the reason."""
    return dict.fromkeys((f"{home}/{place}" for place in PLACES), WHY)
