"""Sessions that start, restore, watch and close themselves: hooks, `MonitoredSession`, `Supervisor`.

May import: train (savers, coordinators), summary, session, ops, graph.
"""
