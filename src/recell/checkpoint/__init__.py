"""Checkpoint files: writing and reading the values of variables, of use on its own. Imports numpy only."""
