"""The command line: `recell run`, `demo`, `info`, and the import hook that makes `tensorflow` mean Recell in a process.

May import everything. Importing it is light: what a command needs is imported when the command runs.
"""
