"""The composition root: it imports every app, and nobody imports it."""

__version__ = "0.1.0"
