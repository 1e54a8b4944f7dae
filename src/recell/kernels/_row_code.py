"""Straight-line code over the numbers of one row: how it is written down, and how it is differentiated."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

ARITHMETIC = ("scale", "shift", "add", "subtract", "multiply", "divide")
"""`scale` is `factor * a`, `shift` is `a + factor`."""

FUNCTIONS = ("root", "inverse root", "sigmoid", "tanh", "relu")
"""Their gradient is computed from the result and the gradient by the result."""

REDUCTIONS = ("sum", "mean", "variance")
"""All numbers of `a` become one. The variance is that around `b`, their mean."""

OPERATIONS = ("set", *ARITHMETIC, *FUNCTIONS, *REDUCTIONS, *(f"{name} gradient" for name in FUNCTIONS))
"""In the order of `RecellRowOperation` of csrc/rowwise.h; `set` is the factor itself."""


class Part(NamedTuple):
    """`width` numbers of what line `line` gives, from number `start` on."""

    line: int
    start: int
    width: int

    @property
    def end(self) -> int:
        return self.start + self.width

    def slice(self, start: int, width: int) -> Part:
        return Part(self.line, self.start + start, width)


class Line(NamedTuple):
    """One value of a row: an input, or an operation of earlier values.

    A part that is one number wide goes with all numbers of a wider one.
    """

    operation: str
    width: int
    parts: tuple[Part, ...] = ()
    factor: float = 0.0


class Input(NamedTuple):
    """A matrix `[rows, width]`, or, shared by all rows, `[width]` (or a scalar, of width 1)."""

    width: int
    shared: bool


class Code(NamedTuple):
    """What `RowCode` has written down. Equal code computes the same."""

    inputs: tuple[Input, ...]
    lines: tuple[Line, ...]
    outputs: tuple[Part, ...]


class RowCode:
    """Lines in the making. `code.input(...)`, then `code.apply(...)`; `outputs` are what the code is for."""

    def __init__(self) -> None:
        self.inputs: list[Input] = []
        self.lines: list[Line] = []
        self.outputs: list[Part] = []

    def input(self, width: int, shared: bool) -> Part:
        """Inputs are the first lines."""
        assert len(self.inputs) == len(self.lines)
        self.inputs.append(Input(width, shared))
        return self._add(Line("input", width))

    def constant(self, number: float) -> Part:
        return self._add(Line("set", 1, factor=number))

    def apply(self, operation: str, *parts: Part, factor: float = 0.0) -> Part:
        """The result of an operation of `ARITHMETIC`, `FUNCTIONS` or `REDUCTIONS`."""
        width = 1 if operation in REDUCTIONS else max(part.width for part in parts)
        return self._add(Line(operation, width, parts, factor))

    def done(self) -> Code:
        return Code(tuple(self.inputs), tuple(self.lines), tuple(self.outputs))

    def _add(self, line: Line) -> Part:
        self.lines.append(line)
        return Part(len(self.lines) - 1, 0, line.width)


class Place(NamedTuple):
    """A stretch of a row's memory."""

    at: int
    width: int


class Step(NamedTuple):
    """`operation` of the numbers at `a` and `b`, written to `to`, or added onto what is there."""

    operation: str
    to: Place
    a: Place
    b: Place
    factor: float
    onto: bool

    @property
    def width(self) -> int:
        """How many numbers it goes through."""
        return (self.a if self.operation in REDUCTIONS else self.to).width


class Layout(NamedTuple):
    """Code with every value in its place."""

    memory: int
    steps: list[Step]
    inputs: list[Place]
    outputs: list[Place]
    """First those of one row each, then those that are summed over the rows."""
    sums: int
    """How many of the outputs are sums."""


class _Layout:
    """A layout in the making."""

    def __init__(self, code: Code) -> None:
        self.lines = code.lines
        self.memory = 0
        self.steps: list[Step] = []
        self.values = [self.place(line.width) for line in code.lines]

    def place(self, width: int) -> Place:
        self.memory += width
        return Place(self.memory - width, width)

    def value(self, part: Part) -> Place:
        return Place(self.values[part.line].at + part.start, part.width)

    def step(
        self, operation: str, to: Place, a: Place, b: Place | None = None, factor: float = 0.0, onto: bool = False
    ) -> Place:
        self.steps.append(Step(operation, to, a, a if b is None else b, factor, onto))
        return to

    def run(self, lines: Sequence[int]) -> None:
        """The values of those lines, in order."""
        for number in lines:
            line = self.lines[number]
            if line.operation != "input":
                to = self.values[number]
                a, b = (self.value(line.parts[k]) if line.parts else to for k in (0, -1))
                self.step(line.operation, to, a, b, line.factor)


def forward(code: Code) -> Layout:
    """The code's outputs from its inputs."""
    layout = _Layout(code)
    layout.run(range(len(code.lines)))
    inputs = layout.values[: len(code.inputs)]
    return Layout(layout.memory, layout.steps, inputs, [layout.value(part) for part in code.outputs], 0)


def gradient(code: Code, given: Sequence[bool], wanted: Sequence[bool]) -> Layout:
    """The gradients by the wanted inputs, from the inputs and the gradients by those outputs that are given.

    What the code computes is computed again. Inputs of the result are those of the code, then the given gradients; its
    outputs are the gradients by wanted inputs of one row each, then the sums of those by wanted shared inputs.
    """
    made = _Gradient(code, given, wanted)
    inputs = made.values[: len(code.inputs)]
    rows = [made.by[k] for k, source in enumerate(code.inputs) if wanted[k] and not source.shared]
    sums = [made.by[k] for k, source in enumerate(code.inputs) if wanted[k] and source.shared]
    return Layout(made.memory, made.steps, inputs + made.given, rows + sums, len(sums))


class _Gradient(_Layout):
    """Goes through the lines backwards; `by` says where the gradient by a line's value is collected."""

    def __init__(self, code: Code, given: Sequence[bool], wanted: Sequence[bool]) -> None:
        super().__init__(code)
        asked = [part for part, is_given in zip(code.outputs, given, strict=True) if is_given]
        self.given = [self.place(part.width) for part in asked]
        self.active = _active(code, wanted)
        self.uses = Counter(part.line for part in (*asked, *(read for line in code.lines for read in line.parts)))
        self.by: dict[int, Place] = {}
        self.written: dict[int, list[Part]] = {}
        self.used: set[int] = set()
        sums = [k for k, source in enumerate(code.inputs) if wanted[k] and source.shared]
        for number in sums:  # they start as zeros, and go on from row to row
            self.by[number] = self.place(code.inputs[number].width)
        self.sums = frozenset(sums)
        for part, place in zip(asked, self.given, strict=True):
            self.hand_on(part, place)
        for number in reversed(range(len(code.inputs), len(code.lines))):
            if number in self.by:
                self.complete(number)
                self.differentiate(number)
        for number in range(len(code.inputs)):
            if wanted[number] and number not in self.sums:
                self.complete(number)
        backwards, self.steps = self.steps, []
        self.run(_needed(code, self.used))
        self.steps += backwards

    def complete(self, number: int) -> None:
        """Zeros where no gradient has reached the line's value."""
        if number not in self.by:
            self.by[number] = self.place(self.lines[number].width)
        end = 0
        for part in [*sorted(self.written.get(number, ())), Part(number, self.lines[number].width, 0)]:
            if part.start > end:
                gap = Place(self.by[number].at + end, part.start - end)
                self.step("set", gap, gap)
            end = max(end, part.end)

    def use(self, part: Part) -> Place:
        """A value that the gradient needs."""
        self.used.add(part.line)
        return self.value(part)

    def temporary(self, operation: str, a: Place, b: Place) -> Place:
        return self.step(operation, self.place(max(a.width, b.width)), a, b)

    def hand_on(self, part: Part, gradient: Place) -> None:
        """Adds a gradient to that by `part`; where it is the only one, it stays where it is."""
        alone = self.uses[part.line] == 1 and part.width == self.lines[part.line].width == gradient.width
        if alone and part.line not in self.by and part.line in self.active:
            self.by[part.line] = gradient
            self.written[part.line] = [part]
        else:
            self.collect(part, "scale", gradient, factor=1.0)

    def collect(self, part: Part, operation: str, a: Place, b: Place | None = None, factor: float = 0.0) -> None:
        """Adds the result of a step to the gradient by `part`: summed where the part is one number, or else spread."""
        if part.line not in self.active:
            return
        if part.line not in self.by:
            self.by[part.line] = self.place(self.lines[part.line].width)
        written = self.written.setdefault(part.line, [])
        onto = part.line in self.sums or part in written
        if not onto and any(part.start < other.end and other.start < part.end for other in written):
            self.complete(part.line)  # parts that overlap
            written[:] = [Part(part.line, 0, self.lines[part.line].width)]
            onto = True
        elif not onto:
            written.append(part)
        to = Place(self.by[part.line].at + part.start, part.width)
        width = max(a.width, 1 if b is None else b.width)
        if width <= part.width:
            self.step(operation, to, a, b, factor, onto)
        else:
            self.step("sum", to, self.step(operation, self.place(width), a, b, factor), onto=onto)

    def differentiate(self, number: int) -> None:
        """Hands the gradient by a line's value on to what the line reads."""
        operation, width, parts, factor = self.lines[number]
        g, a, b = self.by[number], parts[0], parts[-1]
        result = Part(number, 0, width)
        if operation in FUNCTIONS:
            self.collect(a, f"{operation} gradient", g, self.use(result))
        elif operation == "multiply":
            self.collect(a, "multiply", g, self.use(b))
            self.collect(b, "multiply", g, self.use(a))
        elif operation == "divide":
            self.collect(a, "divide", g, self.use(b))
            if b.line in self.active:
                share = self.temporary("divide", self.temporary("multiply", g, self.use(result)), self.use(b))
                self.collect(b, "scale", share, factor=-1.0)
        elif operation == "variance":
            distance = self.temporary("subtract", self.use(a), self.use(b))
            self.collect(a, "scale", self.temporary("multiply", distance, g), factor=2.0 / a.width)
        elif operation in ("scale", "mean"):
            self.collect(a, "scale", g, factor=factor if operation == "scale" else 1.0 / a.width)
        else:
            self.hand_on(a, g)
            if operation == "add":
                self.hand_on(b, g)
            elif operation == "subtract":
                self.collect(b, "scale", g, factor=-1.0)


def _active(code: Code, wanted: Sequence[bool]) -> set[int]:
    """The lines that depend on a wanted input."""
    active = {number for number, is_wanted in enumerate(wanted) if is_wanted}
    for number, line in enumerate(code.lines):
        if any(part.line in active for part in line.parts):
            active.add(number)
    return active


def _needed(code: Code, used: set[int]) -> list[int]:
    """The lines that the used ones are computed from, in order."""
    needed = set(used)
    for number in reversed(range(len(code.lines))):
        if number in needed:
            needed.update(part.line for part in code.lines[number].parts)
    return sorted(needed)
