"""Functions that own their variables: made at the first call, shared by the others. TF symbol: `tf.make_template`."""

from __future__ import annotations

import functools
import traceback
from collections.abc import Callable
from typing import Any

from recell.graph.core import get_default_graph
from recell.graph.keys import GraphKeys
from recell.graph.variable_scope import variable_scope
from recell.graph.variable_scope_object import Getter, VariableScope


def make_template(
    name_: str,
    func_: Callable[..., Any],
    create_scope_now_: bool = False,
    unique_name_: str | None = None,
    custom_getter_: Getter | None = None,
    **kwargs: Any,
) -> Template:
    """A function that runs `func_` under a variable scope of its own, with the same variables at each call.

    Args:
        name_: name of the scope, made unique with `_1`, `_2`, ... when the template is first called.
        func_: builds operations; its variables must come from `get_variable`.
        create_scope_now_: chooses the scope now and not at the first call.
        unique_name_: the scope's name as it is; ValueError later if two templates make the same variables under it.
        custom_getter_: around every `get_variable` inside.
        **kwargs: given to `func_` at each call.

    TF symbol: `tf.make_template`.
    """
    function = functools.partial(func_, **kwargs) if kwargs else func_
    return Template(name_, function, create_scope_now_, unique_name_, custom_getter_)


class Template:
    """What `make_template` returns: call it as the function it wraps."""

    def __init__(
        self,
        name: str,
        func: Callable[..., Any],
        create_scope_now: bool = False,
        unique_name: str | None = None,
        custom_getter: Getter | None = None,
    ) -> None:
        if name is None:
            raise ValueError("name cannot be None.")
        self._func = func
        self._name = name
        self._unique_name = unique_name
        self._custom_getter = custom_getter
        self._stacktrace = traceback.format_stack()[:-2]
        self._called = False
        self._variable_scope: VariableScope | None = None
        if create_scope_now:
            with variable_scope(unique_name, name, custom_getter=custom_getter) as scope:
                self._variable_scope = scope

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Builds the function's operations once more. Raises ValueError when a later call makes new variables."""
        if self._variable_scope is not None:
            # The first call may make variables; after one that failed, what exists is taken again.
            with variable_scope(self._variable_scope, reuse=self._called):
                return self._run(args, kwargs)
        with variable_scope(self._unique_name, self._name, custom_getter=self._custom_getter) as scope:
            self._variable_scope = scope
            return self._run(args, kwargs)

    def _run(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        graph = get_default_graph()
        before = len(graph.get_collection(GraphKeys.GLOBAL_VARIABLES))
        trained = len(graph.get_collection(GraphKeys.TRAINABLE_VARIABLES))
        try:
            result = self._func(*args, **kwargs)
            if self._called:
                self._check_no_new_variables(before, trained)
            self._called = True
            return result
        except Exception as error:
            place = f"\n\noriginally defined at:\n{''.join(self._stacktrace[-5:])}"
            if error.args and isinstance(error.args[0], str):
                error.args = (error.args[0] + place, *error.args[1:])
            else:
                error.args = (*error.args, place)
            raise

    @staticmethod
    def _check_no_new_variables(before: int, trained: int) -> None:
        graph = get_default_graph()
        new = graph.get_collection(GraphKeys.TRAINABLE_VARIABLES)[trained:]
        if new:
            raise ValueError(
                "Trainable variable created when calling a template after the first time, perhaps you used tf.Variable "
                f"when you meant tf.get_variable: {new}"
            )
        made = graph.get_collection(GraphKeys.GLOBAL_VARIABLES)[before:]
        if made:
            raise ValueError(
                "New tf.Variable created when calling a template after the first time, perhaps you used tf.Variable "
                f"when you meant tf.get_variable: {made}"
            )

    @property
    def name(self) -> str:
        return self._name

    @property
    def func(self) -> Callable[..., Any]:
        return self._func

    @property
    def variable_scope(self) -> VariableScope | None:
        """The scope of its variables; None before the first call."""
        return self._variable_scope

    @property
    def var_scope(self) -> VariableScope | None:
        return self._variable_scope

    @property
    def variable_scope_name(self) -> str | None:
        """The scope's name with its closing slash; None before the first call."""
        if self._variable_scope is None:
            return None
        name = self._variable_scope.name
        return name if not name or name.endswith("/") else name + "/"

    def _under_scope(self, key: str) -> list[Any]:
        name = self.variable_scope_name
        return [] if name is None else get_default_graph().get_collection(key, name)

    @property
    def trainable_variables(self) -> list[Any]:
        return self._under_scope(GraphKeys.TRAINABLE_VARIABLES)

    @property
    def trainable_weights(self) -> list[Any]:
        return self.trainable_variables

    @property
    def global_variables(self) -> list[Any]:
        return self._under_scope(GraphKeys.GLOBAL_VARIABLES)

    @property
    def local_variables(self) -> list[Any]:
        return self._under_scope(GraphKeys.LOCAL_VARIABLES)

    @property
    def variables(self) -> list[Any]:
        return self.global_variables + self.local_variables

    @property
    def weights(self) -> list[Any]:
        return self.variables

    @property
    def non_trainable_variables(self) -> list[Any]:
        trained = set(self.trainable_variables)
        return [variable for variable in self.variables if variable not in trained]

    @property
    def non_trainable_weights(self) -> list[Any]:
        return self.non_trainable_variables


__all__ = ["Template", "make_template"]
