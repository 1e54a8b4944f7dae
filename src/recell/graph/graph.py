"""The graph: a program that has not run yet. Building it records data and computes nothing."""

from __future__ import annotations

import contextlib
import os
import re
import sys
import threading
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from recell.graph.collections import Collections
from recell.graph.description import Described
from recell.graph.device import DeviceQuery, canonical_device, merge_devices
from recell.graph.inference import make_outputs
from recell.graph.registry import REGISTRY
from recell.graph.tensor import Operation, Site, Tensor

if TYPE_CHECKING:
    from recell.graph.body import Body

_SCOPE_NAME = re.compile(r"^[A-Za-z0-9.][A-Za-z0-9_.\-/]*$")
_INNER_SCOPE_NAME = re.compile(r"^[A-Za-z0-9_.\-/]*$")
_SITE_DEPTH = 8
_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
_OURS = (_PACKAGE, "<frozen ")
_DEMOS = _PACKAGE + "demos" + os.sep


class Graph(Collections, Described):
    """Operations in the order in which they were made, their names, and the scopes that are open.

    Not safe for building from several threads at once; TF1's is not either. TF symbol: `tf.Graph`.
    """

    def __init__(self) -> None:
        super().__init__()
        self._ops: list[Operation] = []
        self._by_name: dict[str, Operation] = {}
        self._names_in_use: dict[str, int] = {}
        self._name_stack = ""
        self._controls: list[tuple[Operation, ...]] = []
        self._devices: list[Any] = []
        self._unfeedable: set[Tensor] = set()
        self._unfetchable: set[Operation] = set()
        self._lock = threading.RLock()
        self.body: Body | None = None
        self.seed: int | None = None
        self.gradient_overrides: dict[str, str] = {}
        self.changes = 0
        self.scope_data: dict[str, Any] = {}

    # -- operations ---------------------------------------------------------------------------------------------

    def create_op(
        self,
        op_type: str,
        inputs: Sequence[Tensor],
        attrs: dict[str, Any] | None = None,
        name: str | None = None,
        dtypes: Sequence[Any] | None = None,
        shapes: Sequence[Any] | None = None,
        *,
        groups: dict[str, Any] | None = None,
        layout: tuple[int | None, ...] | None = None,
    ) -> Operation:
        """Adds an operation of a registered type and returns it.

        Output dtypes and shapes follow from the type's rules unless given. `groups` maps the type's parameters to
        the tensors given for them, for the rules to ask. Raises RuntimeError when the graph is finalized, ValueError
        for shapes that do not go together and for an input of another graph.
        """
        definition = REGISTRY[op_type]
        if self._finalized:
            raise RuntimeError("Graph is finalized and cannot be modified.")
        for tensor in inputs:
            if tensor.op.graph is not self:
                ours = next((other for other in inputs if other.op.graph is self), f"this operation ({op_type})")
                raise ValueError(f"{tensor} must be from the same graph as {ours}.")
            if tensor.op.body is not self.body:
                self._capture(tensor)
        with self._lock:
            full_name = self._op_name(name, op_type)
            if full_name in self._by_name:  # a name that ends in a slash is taken as it is
                raise ValueError(f"Duplicate node name in graph: '{full_name}'")
            op = Operation(
                self,
                full_name,
                definition,
                tuple(inputs),
                attrs or {},
                self._current_controls(),
                self._current_device(op_type) if self._devices else "",
                self.body,
                _user_site(),
                layout,
            )
            make_outputs(op, definition, dtypes, shapes, groups or {})
            override = self.gradient_overrides.get(op_type)
            if override is not None:
                op.attrs["_gradient_op_type"] = override
            op.index = len(self._ops)
            self._ops.append(op)
            self._by_name[full_name] = op
        return op

    def _capture(self, tensor: Tensor) -> None:
        if self.body is not None:
            self.body.capture(tensor)
        else:
            home = tensor.op.body
            raise ValueError(
                f"Cannot use '{tensor.name}' here: it is made inside '{home.name if home else ''}' (a loop or a "
                "branch) and has no value outside of it. Return it from the loop or the branch instead."
            )

    def note_change(self) -> None:
        """Tells those who cache plans that an existing operation has changed."""
        self.changes += 1

    def _op_name(self, name: str | None, op_type: str) -> str:
        if name is None:
            name = op_type
        elif name.endswith("/"):
            return name[:-1]
        elif not (_INNER_SCOPE_NAME if self._name_stack else _SCOPE_NAME).match(name):
            raise ValueError(f"'{name}' is not a valid node name")
        return self.unique_name(name)

    def unique_name(self, name: str, mark_as_used: bool = True) -> str:
        """`name` within the open name scope, with `_1`, `_2`, ... added until nothing else has it (case ignored)."""
        if self._name_stack:
            name = f"{self._name_stack}/{name}"
        key = name.lower()
        count = self._names_in_use.get(key, 0)
        if mark_as_used:
            self._names_in_use[key] = count + 1
        if count:
            base_key, base = key, name
            while key in self._names_in_use:
                name = f"{base}_{count}"
                key = f"{base_key}_{count}"
                count += 1
            if mark_as_used:
                self._names_in_use[base_key] = count
                self._names_in_use[key] = 1
        return name

    def get_operations(self) -> list[Operation]:
        return list(self._ops)

    def get_operation_by_name(self, name: str) -> Operation:
        """Raises KeyError when there is none, TypeError when `name` is no string."""
        if not isinstance(name, str):
            raise TypeError(f"Operation names are strings (or similar), not {type(name).__name__}.")
        element = self.as_graph_element(name, allow_tensor=False)
        return element

    def get_tensor_by_name(self, name: str) -> Tensor:
        """The tensor called `operation:index`. KeyError when there is none, ValueError for a malformed name."""
        if not isinstance(name, str):
            raise TypeError(f"Tensor names are strings (or similar), not {type(name).__name__}.")
        return self.as_graph_element(name, allow_operation=False)

    def as_graph_element(self, obj: Any, allow_tensor: bool = True, allow_operation: bool = True) -> Any:
        """The tensor or operation that `obj` is or names. TypeError, ValueError or KeyError as TF1 raises them."""
        convert = getattr(obj, "_as_graph_element", None)
        if convert is not None:
            obj = convert()
        types = " or ".join(
            kind for kind, allowed in (("Tensor", allow_tensor), ("Operation", allow_operation)) if allowed
        )
        if isinstance(obj, str):
            return self._element_by_name(obj, allow_tensor, allow_operation)
        allowed = (Tensor,) * allow_tensor + (Operation,) * allow_operation
        if isinstance(obj, allowed):
            if obj.graph is not self:
                kind = "Tensor" if isinstance(obj, Tensor) else "Operation"
                raise ValueError(f"{kind} {obj} is not an element of this graph.")
            return obj
        raise TypeError(f"Can not convert a {type(obj).__name__} into a {types}.")

    def _element_by_name(self, name: str, allow_tensor: bool, allow_operation: bool) -> Any:
        if ":" in name and allow_tensor:
            op_name, _, index = name.rpartition(":")
            if not index.isdigit():
                raise ValueError(
                    f"The name {name!r} looks a like a Tensor name, but is not a valid one. Tensor names must be of "
                    'the form "<op_name>:<output_index>".'
                )
            op = self._by_name.get(op_name)
            if op is None:
                raise KeyError(
                    f"The name {name!r} refers to a Tensor which does not exist. The operation, {op_name!r}, does "
                    "not exist in the graph."
                )
            if int(index) >= len(op.outputs):
                raise KeyError(
                    f"The name {name!r} refers to a Tensor which does not exist. The operation, {op_name!r}, exists "
                    f"but only has {len(op.outputs)} outputs."
                )
            return op.outputs[int(index)]
        if ":" in name:
            raise ValueError(f"Name {name!r} appears to refer to a Tensor, not a Operation.")
        op = self._by_name.get(name)
        if not allow_operation:
            if op is not None:
                raise ValueError(
                    f"The name {name!r} refers to an Operation, not a Tensor. Tensor names must be of the form "
                    '"<op_name>:<output_index>".'
                )
            raise ValueError(
                f"The name {name!r} looks like an (invalid) Operation name, not a Tensor. Tensor names must be of "
                'the form "<op_name>:<output_index>".'
            )
        if op is None:
            raise KeyError(f"The name {name!r} refers to an Operation not in the graph.")
        return op

    # -- scopes -------------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def name_scope(self, name: str | None) -> Iterator[str]:
        """Opens a name scope; yields its prefix. `None` or `""` is the top; a name ending in `/` is taken as it is."""
        if name:
            if name.endswith("/"):
                scope = name[:-1]
            else:
                if not (_INNER_SCOPE_NAME if self._name_stack else _SCOPE_NAME).match(name):
                    raise ValueError(f"'{name}' is not a valid scope name")
                scope = self.unique_name(name)
        else:
            scope = ""
        outer, self._name_stack = self._name_stack, scope
        try:
            yield scope + "/" if scope else ""
        finally:
            self._name_stack = outer

    def get_name_scope(self) -> str:
        return self._name_stack

    @contextlib.contextmanager
    def control_dependencies(self, control_inputs: Sequence[Any] | None) -> Iterator[None]:
        """Operations made inside wait for `control_inputs`; None forgets what is asked for outside."""
        outer = self._controls
        if control_inputs is None:
            self._controls = []
        else:
            self._controls = [*outer, tuple(self._as_operation(item) for item in control_inputs)]
        try:
            yield
        finally:
            self._controls = outer

    def _as_operation(self, item: Any) -> Operation:
        if hasattr(item, "values") and hasattr(item, "indices"):
            item = item.values
        element = self.as_graph_element(item)
        return element if isinstance(element, Operation) else element.op

    def _current_controls(self) -> tuple[Operation, ...]:
        if not self._controls:
            return ()
        found: dict[Operation, None] = {}
        for group in self._controls:
            found.update(dict.fromkeys(group))
        if self.body is not None:
            for op in found:
                if op.body is not self.body:
                    self.body.capture_control(op)
        return tuple(op for op in found if op.body is self.body)

    def enter_body(self, body: Body) -> Any:
        """Opens a body; control dependencies asked for outside are for its owner, not for what it holds."""
        saved = self._controls
        self.body, self._controls = body, []
        return saved

    def leave_body(self, outer: Body | None, saved: Any) -> None:
        self.body, self._controls = outer, saved

    @contextlib.contextmanager
    def outside_bodies(self) -> Iterator[None]:
        """Inside, operations belong to the top of the graph and wait for nothing, as variables must."""
        saved = self.body, self._controls
        self.body, self._controls = None, []
        try:
            yield
        finally:
            self.body, self._controls = saved

    @contextlib.contextmanager
    def outside_unrolled(self) -> Iterator[None]:
        """Inside, operations belong to what is around an unrolled step: what TF1 makes once for all the steps."""
        saved = self.body, self._controls
        while self.body is not None and self.body.unrolled:
            self.body, self._controls = self.body.outer, []
        try:
            yield
        finally:
            self.body, self._controls = saved

    @contextlib.contextmanager
    def device(self, device_name_or_function: Any) -> Iterator[None]:
        """Records where operations made inside were asked to be: a name, a function of the operation, or None."""
        outer = self._devices
        if device_name_or_function is None:
            self._devices = [None]
        elif callable(device_name_or_function):
            self._devices = [*outer, device_name_or_function]
        else:
            self._devices = [*outer, canonical_device(device_name_or_function)]
        try:
            yield
        finally:
            self._devices = outer

    def _current_device(self, op_type: str) -> str:
        device = ""
        for entry in self._devices:
            if callable(entry):
                entry = canonical_device(entry(DeviceQuery(op_type)))
            device = merge_devices(device, entry)
        return device

    @contextlib.contextmanager
    def colocate_with(self, op: Any, ignore_existing: bool = False) -> Iterator[None]:
        """Accepted: everything here shares one memory, so there is nothing to bring together."""
        self.as_graph_element(op)
        yield

    @contextlib.contextmanager
    def gradient_override_map(self, op_type_map: dict[str, str]) -> Iterator[None]:
        """Operations made inside take their gradient from the functions registered under the mapped names."""
        outer = self.gradient_overrides
        self.gradient_overrides = {**outer, **op_type_map}
        try:
            yield
        finally:
            self.gradient_overrides = outer

    @contextlib.contextmanager
    def container(self, container_name: str) -> Iterator[str]:
        yield container_name

    # -- feeding, fetching, defaults -------------------------------------------------------------------------------

    @property
    def _last_id(self) -> int:
        return len(self._ops)

    @property
    def building_function(self) -> bool:
        return False

    def prevent_feeding(self, tensor: Tensor) -> None:
        self._unfeedable.add(tensor)

    def is_feedable(self, tensor: Tensor) -> bool:
        return tensor not in self._unfeedable and tensor.op.body is None

    def prevent_fetching(self, op: Operation) -> None:
        self._unfetchable.add(op)

    def is_fetchable(self, element: Any) -> bool:
        op = element.op if isinstance(element, Tensor) else element
        return op not in self._unfetchable and op.body is None

    def as_default(self) -> contextlib.AbstractContextManager[Graph]:
        """Makes this the graph that new operations go into, within a `with` block, in this thread."""
        from recell.graph.core import as_default

        return as_default(self)

    def switch_to_thread_local(self) -> None:
        """Accepted for compatibility: scopes are held by the graph, as TF1's are unless switched."""


def _user_site() -> Site:
    """The frames of the user's program that lead here, innermost first: ours and Python's own are left out."""
    frame = sys._getframe(2)
    site: list[tuple[str, int, str]] = []
    while frame is not None and len(site) < _SITE_DEPTH:
        code = frame.f_code
        file = code.co_filename
        if not file.startswith(_OURS) or file.startswith(_DEMOS):
            site.append((file, frame.f_lineno, code.co_name))
        frame = frame.f_back  # type: ignore[assignment]
    return tuple(site)
