"""Which operations must run before which, with some of them contracted to one."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Sequence

from recell.graph.tensor import Operation


class Contracted:
    """The operations of a stretch of a plan's order as nodes: one each at first, then one for those that are joined."""

    def __init__(self, ops: Sequence[Operation], needs: Iterable[Iterable[Operation]]) -> None:
        """`needs`: for each operation what must run before it; what is not among `ops` is there from the start."""
        self._ops = ops
        self._place = {op: k for k, op in enumerate(ops)}
        place = self._place
        self._before = [{place[other] for other in others if other in place} for others in needs]
        self._after: list[set[int]] = [set() for _ in ops]
        for k, others in enumerate(self._before):
            for other in others:
                self._after[other].add(k)
        self._node = list(range(len(ops)))
        self._members = [[k] for k in range(len(ops))]

    def _neighbours(self, node: int, edges: list[set[int]]) -> Iterator[int]:
        for member in self._members[node]:
            for other in edges[member]:
                found = self._node[other]
                if found != node:
                    yield found

    def waits_for(self, ops: Sequence[Operation]) -> list[int]:
        """For each of `ops` the place of the last of them that it needs by a way through other operations; else -1."""
        nodes = {self._node[self._place[op]]: k for k, op in enumerate(ops)}
        latest: dict[int, int] = {}
        found = []
        for own in nodes:
            others = [n for n in self._neighbours(own, self._before) if n not in nodes]
            found.append(max((self._latest(n, nodes, latest) for n in others), default=-1))
        return found

    def _latest(self, start: int, nodes: dict[int, int], latest: dict[int, int]) -> int:
        """The place of the last of `nodes` that node `start` needs; -1 for none. `latest` keeps what has been found."""
        stack = [start]
        while stack:
            node = stack[-1]
            if node not in latest:
                latest[node] = -1  # a node is met again only when what it needs is known: there are no circles
                stack.extend(n for n in self._neighbours(node, self._before) if n not in nodes and n not in latest)
                continue
            stack.pop()
            for other in self._neighbours(node, self._before):
                latest[node] = max(latest[node], nodes[other] if other in nodes else latest[other])
        return latest[start]

    def can_join(self, ops: Sequence[Operation]) -> bool:
        """Whether none of `ops` needs another of them by a way through other operations."""
        nodes = {self._node[self._place[op]] for op in ops}
        stack = [n for node in nodes for n in self._neighbours(node, self._after) if n not in nodes]
        seen = set(stack)
        while stack:
            for node in self._neighbours(stack.pop(), self._after):
                if node in nodes:
                    return False
                if node not in seen:
                    seen.add(node)
                    stack.append(node)
        return True

    def join(self, ops: Sequence[Operation]) -> None:
        """Makes one node of `ops`, for which `can_join` holds."""
        places = [self._place[op] for op in ops]
        into = min(self._node[k] for k in places)
        members = sorted({m for k in places for m in self._members[self._node[k]]})
        self._members[into] = members
        for member in members:
            self._node[member] = into

    def order(self) -> Iterator[list[Operation]]:
        """The nodes, each with its operations, as near to the first order as what they need allows."""
        nodes = sorted(set(self._node))
        waiting = {node: len(set(self._neighbours(node, self._before))) for node in nodes}
        ready = [node for node in nodes if not waiting[node]]
        while ready:
            node = heapq.heappop(ready)
            yield [self._ops[member] for member in self._members[node]]
            for after in set(self._neighbours(node, self._after)):
                waiting[after] -= 1
                if not waiting[after]:
                    heapq.heappush(ready, after)
