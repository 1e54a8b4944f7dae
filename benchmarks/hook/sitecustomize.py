"""Watches a program from outside: when its training steps end, and the most memory that it has held.

Python imports this before the program, when this folder is on PYTHONPATH. TensorFlow's sessions and Recell's are
watched in the same way. The program stays as it is; after RECELL_STEPS training steps its process ends, and the file
RECELL_WATCHED holds {"ends": [seconds since 1970, one a step], "peak": MB}.

A training step is a `Session.run` whose fetches need an operation that applies gradients to variables. Holds to Python
3.6, the last one that TensorFlow 1.0.1 runs on.
"""

import json
import os
import sys
import time

STEPS = int(os.environ.get("RECELL_STEPS", "0"))
SESSIONS = ("tensorflow.python.client.session", "tensorflow_core.python.client.session", "recell.session.session")


class Finder:
    """Finds the module of sessions as Python would, and watches its sessions once it is loaded."""

    def find_spec(self, name, path, target=None):
        if name not in SESSIONS:
            return None
        found = (finder.find_spec(name, path, target) for finder in sys.meta_path if finder is not self)
        spec = next(one for one in found if one is not None)
        load = spec.loader.exec_module

        def exec_module(module):
            load(module)
            watch(module.BaseSession)

        spec.loader.exec_module = exec_module
        return spec


def watch(session_class):
    run = session_class.run
    known = {}
    ends = []

    def watched(self, fetches, *args, **kwargs):
        result = run(self, fetches, *args, **kwargs)
        ended = time.time()
        fetched = list(leaves(fetches))
        key = (self.graph, tuple(fetched))
        if key not in known:
            known[key] = trains(self.graph, fetched)
        if known[key]:
            ends.append(ended)
            if len(ends) == STEPS:
                finish(ends)
        return result

    session_class.run = watched


def leaves(fetches):
    """What is fetched, out of its nesting."""
    if isinstance(fetches, dict):
        fetches = list(fetches.values())
    if isinstance(fetches, (list, tuple)):
        for part in fetches:
            yield from leaves(part)
    else:
        yield fetches


def trains(graph, fetched):
    """Whether the fetches need an operation that applies gradients."""
    waiting = [graph.as_graph_element(one) for one in fetched]
    waiting = [getattr(one, "op", one) for one in waiting]
    seen = set()
    while waiting:
        op = waiting.pop()
        if op.name in seen:
            continue
        seen.add(op.name)
        if "Apply" in op.type or op.type.startswith("Scatter"):
            return True
        waiting.extend(tensor.op for tensor in op.inputs)
        waiting.extend(op.control_inputs)
    return False


def finish(ends):
    with open("/proc/self/status") as status:
        peak = next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM"))
    with open(os.environ["RECELL_WATCHED"], "w") as file:
        json.dump({"ends": ends, "peak": peak}, file)
    sys.stdout.flush()
    os._exit(0)  # whatever threads and hooks the program has


if STEPS:
    sys.meta_path.insert(0, Finder())
