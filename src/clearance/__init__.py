"""Clearance: which AI coding tools are here, may they be used, why, and what instead."""

__version__ = "0.1.0"
