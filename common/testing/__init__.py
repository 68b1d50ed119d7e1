"""The tests that every resource inherits: see `common.testing.contract`."""
