"""Recurrent cells, their wrappers, and the drivers that run a cell along the time axis.

A cell is its fields, its variables, and one step; a known cell's step is one operation whose maths stands in
`recell.kernels`. Every driver makes the same operation, `Recurrence`, which owns one traced step.

May import: ops, graph, kernels.
"""
