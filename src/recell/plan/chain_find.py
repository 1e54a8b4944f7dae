"""Steps of one recurrence, written one by one, that may be computed as a whole.

Steps follow each other where every state that one yields is a state of the next, and type, attributes and weights are
the same. They are taken apart again where the whole could not tell what somebody asks for (the memory of an LSTM in the
middle), and where a step waits for an earlier one in another way than by its state: a decoder that feeds its output
back is left as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from recell.graph.body import Body
from recell.graph.registry import OverTime
from recell.graph.tensor import Operation, Tensor
from recell.plan.chain_graph import Contracted
from recell.plan.chain_numbers import Numbers, signature
from recell.plan.chain_states import HandedOn, needs
from recell.plan.chain_types import Scene, Users

LEAST_STEPS = 2


def over_time(op: Operation) -> OverTime:
    found: OverTime = op.definition.extra["over_time"]
    return found


def is_step(op: Operation) -> bool:
    return "over_time" in op.definition.extra


def why_no_link(op: Operation, scene: Scene) -> str | None:
    """Why a step of a recurrence cannot be one among several that are computed as a whole; None when it can."""
    if scene.is_special(op):
        return "one of its outputs is fed, or is what somebody differentiates by"
    if any(key.startswith("_") for key in op.attrs):
        return "its gradient is the program's own"
    if any(isinstance(value, Body) for value in op.attrs.values()):
        return "its activation is the program's own"
    if not op.outputs[0].dtype.is_floating:
        return f"it computes in {op.outputs[0].dtype.name}"
    x = op.inputs[0].shape
    if x.ndims != 2 or x.as_list()[1] is None:
        return f"its input has the shape {x}, and [batch, depth] with a known depth is needed"
    if any(t.shape.ndims != 2 or t.shape.as_list()[1] is None for t in op.outputs):
        return "the size of one of its states is not known"
    return None


class Steps:
    """The steps of recurrences among the operations of a stretch, and how they follow each other."""

    def __init__(self, ops: Sequence[Operation], scene: Scene, numbers: Numbers, users: Users) -> None:
        kinds = {op: _kind(op, scene, numbers) for op in ops if is_step(op) and why_no_link(op, scene) is None}
        handed_on = HandedOn(ops, set(kinds), scene)
        self._scene = scene
        self._users = users
        self._before: dict[Operation, Operation] = {}
        self._after: dict[Operation, list[Operation]] = {}
        # The states of steps that follow another, which are its outputs.
        self.states: dict[Operation, list[Tensor]] = {}
        for op in kinds:
            states = [handed_on.origin(op.inputs[place]) for place in over_time(op).carried]
            previous = states[0].op
            if states == previous.outputs and kinds.get(previous) == kinds[op]:
                self._before[op] = previous
                self._after.setdefault(previous, []).append(op)
                self.states[op] = states
        self._kinds = kinds
        # What joins and cuts states for nobody but these steps.
        self.idle = handed_on.unneeded(self.states, scene, users)

    def chains(self) -> Iterator[list[Operation]]:
        """The steps, each chain as long as states are handed on and all that stays the same is the same."""
        for op in self._kinds:
            previous = self._before.get(op)
            if previous is None or len(self._after[previous]) > 1:  # two that go on from one state begin anew
                chain = [op]
                while len(self._after.get(chain[-1], ())) == 1:
                    chain += self._after[chain[-1]]
                yield chain

    def needs(self, op: Operation) -> list[Tensor]:
        """The inputs of `op`, its states those of the step before it, if it follows one."""
        return needs(op, self.states)

    def takes_apart(self, op: Operation) -> bool:
        """Whether the states of `op` come joined in one tensor, that this step need not wait for."""
        return self.needs(op) != list(op.inputs)

    def parts(self, chain: Sequence[Operation], graph: Contracted) -> Iterator[list[Operation]]:
        """The stretches of a chain that can be computed as a whole."""
        waits_for = graph.waits_for(chain) if len(chain) > 1 else [-1]
        part: list[Operation] = []
        for k, op in enumerate(chain):
            start = k - len(part)
            if part and self.why_apart(part, op, waits_for[k] >= start) is not None:
                yield part
                part = []
            part.append(op)
        yield part

    def why_apart(self, part: Sequence[Operation], op: Operation, waits: bool) -> str | None:
        """Why `op` does not go with the steps of `part`, which it follows; None when it does.

        `waits`: whether it needs one of those steps by a way through other operations.
        """
        if waits or op.inputs[0].op in part:
            return f"the input of '{op.name}' depends on the output of an earlier step"
        previous, rule = part[-1], over_time(op)
        for k, state in enumerate(previous.outputs):
            if k != rule.sequence and self._is_needed(state, op):
                return f"'{state.name}' is needed by others, and of that only the last is known after the whole"
        return None

    def _is_needed(self, state: Tensor, op: Operation) -> bool:
        """Whether anybody but the step `op` needs the state."""
        return state in self._scene.fetched or any(
            user is not op and user not in self.idle for user in self._users.get(state, ())
        )


def _kind(op: Operation, scene: Scene, numbers: Numbers) -> tuple[object, ...]:
    """What must be the same at every step."""
    rule = over_time(op)
    fixed = [t for k, t in enumerate(op.inputs) if k and k not in rule.carried]
    return signature(op), op in scene.recorded, numbers.of_all(fixed), op.inputs[0].shape.as_list()[1]
