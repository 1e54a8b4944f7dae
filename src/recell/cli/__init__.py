"""The command line, and the import hook that makes `tensorflow` mean Recell in a process.

`recell run`, `demo`, `check` and `info` are about programs; `inspect`, `convert` and `diff` about checkpoints.

May import everything. Importing it is light: what a command needs is imported when the command runs.
"""
