"""`Session` and `InteractiveSession`: they run what is fetched, through plans made once per signature."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import torch

from recell._torch import to_numpy
from recell.graph import default_session
from recell.graph.core import as_default as graph_as_default
from recell.graph.core import get_default_graph
from recell.graph.graph import Graph
from recell.graph.tensor import Tensor
from recell.kernels import keep_freed_memory
from recell.plan import at_work
from recell.plan.compile import compile_plan
from recell.plan.plan import Plan
from recell.plan.resources import Resources
from recell.session.config import ConfigProto
from recell.session.feeds import expand_feeds, feed_value
from recell.session.fetches import Fetches, signature


class _Compiled(NamedTuple):
    plan: Plan
    copies: list[bool]
    fetches: Fetches


class BaseSession:
    """What both kinds of session share. Safe to use from several threads at once, as TF1's are."""

    def __init__(self, target: str | bytes = "", graph: Graph | None = None, config: ConfigProto | None = None) -> None:
        if graph is not None and not isinstance(graph, Graph):
            raise TypeError(f"graph must be a tf.Graph, but got {type(graph)}")
        if not isinstance(target, (str, bytes)):
            raise TypeError(f"target must be a string, but got {type(target)}")
        if target:
            raise ValueError(f"There are no remote sessions here: target must be empty, but got {target!r}.")
        if config is not None and not isinstance(config, ConfigProto):
            raise TypeError(f"config must be a tf.ConfigProto, but got {type(config)}")
        self._graph = graph or get_default_graph()
        self._config = config
        self._time_limit = 0 if config is None else config.operation_timeout_in_ms
        self._resources = Resources()
        self._plans: dict[Any, _Compiled] = {}
        self._planned_at = self._graph.changes
        self._lock = threading.Lock()
        if config is not None and config.intra_op_parallelism_threads > 0:
            torch.set_num_threads(config.intra_op_parallelism_threads)
        keep_freed_memory()

    @property
    def graph(self) -> Graph:
        return self._graph

    @property
    def graph_def(self) -> Any:
        """The graph as a `tf.GraphDef`, which programs of 0.x hand to a summary writer."""
        return self._graph.as_graph_def()

    @property
    def sess_str(self) -> bytes:
        return b""

    @property
    def resources(self) -> Resources:
        """The variables' values and other state, for what saves, restores and exports them."""
        return self._resources

    def run(
        self,
        fetches: Any,
        feed_dict: Mapping[Any, Any] | None = None,
        options: Any = None,
        run_metadata: Any = None,
    ) -> Any:
        """Values of `fetches`, in the nesting they are given in: numpy arrays and scalars, None for operations.

        `options.timeout_in_ms` (or the configuration's `operation_timeout_in_ms`) limits how long it waits for queues.

        Raises RuntimeError for a closed session, TypeError or ValueError for what can be neither fetched nor fed,
        and a tf.errors exception for what fails while running: DeadlineExceededError when the time limit passes.
        """
        if self._resources.closed:
            raise RuntimeError("Attempted to use a closed Session.")
        if not self._graph._last_id:
            raise RuntimeError("The Session graph is empty.  Add operations to the graph before calling run().")
        if torch.is_inference_mode_enabled():  # values made under it could never be differentiated
            with torch.inference_mode(False):
                return self.run(fetches, feed_dict, options, run_metadata)
        with at_work.Working():
            tensors, values = expand_feeds(self._graph, feed_dict) if feed_dict else ((), [])
            compiled = self._compiled(fetches, tensors)
            given = [feed_value(tensor, value) for tensor, value in zip(tensors, values, strict=True)]
            return compiled.fetches.rebuild(self._execute(compiled, given, options))

    def make_callable(
        self, fetches: Any, feed_list: Sequence[Any] | None = None, accept_options: bool = False
    ) -> Callable[..., Any]:
        """A function of the values of `feed_list` that does what `run(fetches)` does, with less to look up.

        With `accept_options` it takes `options` and `run_metadata`, too, as `run` does.
        """
        tensors = [self._graph.as_graph_element(t, allow_operation=False) for t in feed_list or ()]
        with at_work.Working():
            compiled = self._compiled(fetches, tuple(tensors))

        def call(*values: Any, options: Any = None, run_metadata: Any = None) -> Any:
            if self._resources.closed:
                raise RuntimeError("Attempted to use a closed Session.")
            if len(values) != len(tensors):
                raise ValueError(f"Expected {len(tensors)} feed values, but got {len(values)}.")
            with at_work.Working():
                given = [feed_value(tensor, value) for tensor, value in zip(tensors, values, strict=True)]
                return compiled.fetches.rebuild(self._execute(compiled, given, options))

        def plain(*values: Any) -> Any:
            return call(*values)

        return call if accept_options else plain

    def _compiled(self, fetches: Any, fed: tuple[Tensor, ...]) -> _Compiled:
        key = (signature(fetches), fed, self._graph.changes)
        found = self._plans.get(key)
        if found is None:
            parsed = Fetches(self._graph, fetches)
            with self._lock:
                if self._planned_at != self._graph.changes:  # plans of the graph as it was are of no use any more
                    self._planned_at = self._graph.changes
                    self._plans.clear()
                plan, copies = compile_plan(parsed.tensors, parsed.targets, fed, self._resources)
            found = self._plans[key] = _Compiled(plan, copies, parsed)
        return found

    def _execute(self, compiled: _Compiled, given: list[Any], options: Any = None) -> list[Any]:
        limit = getattr(options, "timeout_in_ms", 0) or self._time_limit
        if limit:
            with self._resources.time_limit(limit / 1000):
                return self._executed(compiled, given)
        return self._executed(compiled, given)

    def _executed(self, compiled: _Compiled, given: list[Any]) -> list[Any]:
        variables = compiled.plan.variables
        self._resources.begin_run(variables)
        recording = torch.is_grad_enabled()
        torch.set_grad_enabled(False)
        try:
            values = compiled.plan.execute(given)
            return [to_numpy(value, copy) for value, copy in zip(values, compiled.copies, strict=True)]
        finally:
            torch.set_grad_enabled(recording)
            self._resources.end_run(variables)

    def close(self) -> None:
        """Frees the variables' values and wakes whoever waits on the session's queues. A second call does nothing."""
        if not self._resources.closed:
            self._resources.close()
            self._plans.clear()

    def list_devices(self) -> list[str]:
        return ["/job:localhost/replica:0/task:0/device:CPU:0"]

    @contextlib.contextmanager
    def as_default(self) -> Iterator[BaseSession]:
        """Makes this the session that `eval()` and `Operation.run()` use, without closing it at the end."""
        default_session.push(self)
        try:
            yield self
        finally:
            default_session.remove(self)


class Session(BaseSession):
    """Runs a graph. TF symbol: `tf.Session`.

    As a `with` block it is the default session and its graph the default graph, and it is closed at the end.
    """

    def __init__(self, target: str | bytes = "", graph: Graph | None = None, config: ConfigProto | None = None) -> None:
        super().__init__(target, graph, config)
        self._entered: list[contextlib.ExitStack] = []

    def __enter__(self) -> Session:
        with contextlib.ExitStack() as stack:
            stack.enter_context(graph_as_default(self._graph))
            stack.enter_context(self.as_default())
            self._entered.append(stack.pop_all())
        return self

    def __exit__(self, *details: Any) -> None:
        self._entered.pop().__exit__(*details)
        self.close()

    @staticmethod
    def reset(target: str, containers: Any = None, config: Any = None) -> None:
        """Accepted: without remote sessions there is nothing shared to reset."""


class InteractiveSession(BaseSession):
    """A session that is the default one from its making to its closing. TF symbol: `tf.InteractiveSession`."""

    def __init__(self, target: str | bytes = "", graph: Graph | None = None, config: ConfigProto | None = None) -> None:
        super().__init__(target, graph, config)
        self._graph_stack = contextlib.ExitStack()
        if graph is not None:
            self._graph_stack.enter_context(graph_as_default(graph))
        default_session.push(self)

    def close(self) -> None:
        super().close()
        default_session.remove(self)
        self._graph_stack.close()
