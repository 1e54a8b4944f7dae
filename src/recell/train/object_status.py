"""What `Checkpoint.restore` gives: which objects a checkpoint fits, and their values when a session asks for them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any

from recell import checkpoint
from recell.graph.core import get_default_graph, name_scope
from recell.graph.default_session import get_default_session
from recell.graph.variables import Variable
from recell.ops.state import assign, group, placeholder
from recell.train import object_graph
from recell.train.object_graph import Holder
from recell.train.saver_ops import restore_v2, told_as_tensorflow


def the_session(session: Any) -> Any:
    """The session that is given, or the default one. ValueError when there is neither."""
    found = get_default_session() if session is None else session
    if found is None:
        raise ValueError("There is no session: give one, or make one the default (`with tf.Session():`).")
    return found


def variables_of(root: Holder) -> list[Any]:
    """All variables that can be reached from an object."""
    return [node.value for node in object_graph.nodes(root) if isinstance(node.value, Variable)]


def initialize(variables: Iterable[Any], session: Any) -> None:
    """Gives variables their initial values."""
    found = [variable.initializer for variable in variables]
    if found:
        session.run(found)


class InitializationOnlyStatus:
    """Nothing is restored: there was no checkpoint. TF symbol: what `restore(None)` gives."""

    def __init__(self, root: Holder) -> None:
        self._root = root

    def assert_consumed(self) -> InitializationOnlyStatus:
        """AssertionError."""
        raise AssertionError("No checkpoint specified (save_path=None); nothing is being restored.")

    assert_existing_objects_matched = assert_nontrivial_match = assert_consumed

    def expect_partial(self) -> InitializationOnlyStatus:
        return self

    def run_restore_ops(self, session: Any = None) -> None:
        """AssertionError."""
        raise AssertionError(
            "No checkpoint specified, so no restore ops are available (save_path=None to Saver.restore)."
        )

    def initialize_or_restore(self, session: Any = None) -> None:
        """Gives all variables their initial values."""
        initialize(variables_of(self._root), the_session(session))


class _Status(ABC):
    """What the ways to match a checkpoint with objects share."""

    def __init__(self, root: Holder, prefix: str) -> None:
        self._root = root
        self._prefix = prefix

    @abstractmethod
    def _keys(self) -> dict[Any, str]:
        """Where the checkpoint has the value of each variable that it has."""

    def expect_partial(self) -> Any:
        """Nothing is told of what the checkpoint holds besides: here nothing is told anyway."""
        return self

    def run_restore_ops(self, session: Any = None) -> None:
        """Gives the variables their values. InvalidArgumentError for one of another shape or dtype."""
        session, keys = the_session(session), self._keys()
        if not keys:
            return
        filename, restored = restorer(keys)
        session.run(restored, {filename: self._prefix})

    def initialize_or_restore(self, session: Any = None) -> None:
        """`run_restore_ops`, and initial values for variables that the checkpoint lacks."""
        session, keys = the_session(session), self._keys()
        initialize([variable for variable in variables_of(self._root) if variable not in keys], session)
        self.run_restore_ops(session)

    def _assert_all_have_values(self) -> None:
        keys = self._keys()
        lacking = [variable for variable in variables_of(self._root) if variable not in keys]
        if lacking:
            raise AssertionError(
                "Some Python objects were not bound to checkpointed values, likely due to changes in the Python "
                f"program: {lacking}"
            )


class CheckpointLoadStatus(_Status):
    """A checkpoint of objects. TF symbol: what `tf.train.Checkpoint.restore` gives.

    Objects are matched when they are asked for: what is made after `restore` is restored too.
    """

    def __init__(self, root: Holder, prefix: str, message: Any) -> None:
        super().__init__(root, prefix)
        self._message = message

    def _matched(self) -> dict[int, Any]:
        return object_graph.matched(self._root, self._message)

    def _keys(self) -> dict[Any, str]:
        return {
            value: found.checkpoint_key
            for number, value in self._matched().items()
            if isinstance(value, Variable)
            for found in self._message.nodes[number].attributes
        }

    def assert_consumed(self) -> CheckpointLoadStatus:
        """AssertionError for variables that the checkpoint lacks, and for what it holds besides."""
        self._assert_all_have_values()
        found = self._matched()
        for number, path in self._paths().items():
            if number not in found:
                attributes = ", ".join(each.checkpoint_key for each in self._message.nodes[number].attributes)
                raise AssertionError(f"Unresolved object in checkpoint {path}: attributes {{{attributes}}}")
        return self

    def assert_existing_objects_matched(self) -> CheckpointLoadStatus:
        """AssertionError for variables that the checkpoint lacks."""
        self._assert_all_have_values()
        return self

    def assert_nontrivial_match(self) -> CheckpointLoadStatus:
        """AssertionError when nothing at all fits."""
        if len(self._matched()) == 1:
            raise AssertionError(
                "Nothing except the root object matched a checkpointed value. Typically this means that the checkpoint "
                f"does not match the Python program. The checkpoint has {sorted(self._paths().values())}."
            )
        return self

    def _paths(self) -> dict[int, str]:
        """How the checkpoint's objects are reached from its root."""
        found, nodes = {0: "(root)"}, self._message.nodes
        waiting = [0]
        while waiting:
            number = waiting.pop(0)
            for child in nodes[number].children:
                if child.node_id not in found:
                    found[child.node_id] = f"{found[number]}.{child.local_name}"
                    waiting.append(child.node_id)
        for node in nodes:
            for slot in node.slot_variables:
                variable = found.get(slot.original_variable_node_id, "(root)")
                found.setdefault(slot.slot_variable_node_id, f"{variable}'s slot {slot.slot_name}")
        return found


class NameBasedSaverStatus(_Status):
    """A checkpoint that a Saver has written: variables are found by their names."""

    def _keys(self) -> dict[Any, str]:
        with told_as_tensorflow(self._prefix):
            held = checkpoint.describe(self._prefix)
        return {variable: variable.op.name for variable in variables_of(self._root) if variable.op.name in held}

    def assert_consumed(self) -> NameBasedSaverStatus:
        """AssertionError for variables that the checkpoint lacks."""
        self._assert_all_have_values()
        return self

    assert_existing_objects_matched = assert_nontrivial_match = assert_consumed


def restorer(keys: dict[Any, str]) -> tuple[Any, Any]:
    """A placeholder for a checkpoint's prefix, and the operation that then gives variables their values.

    They are made once in a graph for the same variables and keys.
    """
    made: dict[Any, tuple[Any, Any]] = get_default_graph().scope_data.setdefault("object_restorers", {})
    wanted = tuple((variable.op.name, key) for variable, key in keys.items())
    if wanted not in made:
        with name_scope(None, "restore_objects"):
            filename = placeholder("string", [], name="prefix")
            values = restore_v2(filename, list(keys.values()), [""] * len(keys), [var.dtype for var in keys])
            assigned = [assign(var._ref(), value) for var, value in zip(keys, values, strict=True)]
            made[wanted] = filename, group(*assigned)
    return made[wanted]


__all__ = ["CheckpointLoadStatus", "InitializationOnlyStatus", "NameBasedSaverStatus", "initialize", "the_session"]
