"""Graph to plan: which operations a run needs, in which order, with which gradients, and what lives how long.

A *plan* is a flat list of calls of plain PyTorch functions, made once per signature of feeds and fetches; executing it
walks the list. May import `graph` and `kernels`.
"""
