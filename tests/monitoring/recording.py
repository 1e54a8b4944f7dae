"""What cases of savers and sessions are recorded with, under TensorFlow 1.15 as under Recell: folders, logs, hooks."""

import atexit
import contextlib
import importlib
import logging
import os
import re
import shutil
import tempfile


def folder():
    """A new folder, gone when Python ends."""
    made = tempfile.mkdtemp(prefix="recell-cases-")
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    return made


def text(path):
    """What a file says."""
    with open(path) as file:
        return file.read()


def write(path, content):
    """Makes a file say something."""
    with open(path, "w") as file:
        file.write(content)


def tidy(text):
    """Text without what differs from run to run: folders, times, speeds."""
    text = re.sub(r"/\S*?recell-cases-[a-z0-9_]+", "D", str(text))
    text = re.sub(r"\(\d+\.\d+ sec\)", "(T sec)", text)
    text = re.sub(r"<class '(\w+\.)*(\w+)'>", r"\2", text)
    return re.sub(r"(global_step/sec): \S+", r"\1: N", text)


def checkpoints(path):
    """What a folder holds of checkpoints: its prefixes, in order of name."""
    return sorted(name[: -len(".index")] for name in os.listdir(path) if name.endswith(".index"))


@contextlib.contextmanager
def logged():
    """The texts that are logged inside, without TensorFlow's advice about deprecated names."""
    lines = []

    class Keep(logging.Handler):
        def emit(self, record):
            text = record.getMessage()
            if "deprecated" not in text and "contrib module" not in text:
                lines.append(f"{record.levelname}:{tidy(text)}")

    logger, handler = logging.getLogger("tensorflow"), Keep()
    level = logger.level
    logger.setLevel(logging.INFO)
    logger.addHandler(handler)
    try:
        yield lines
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)


def plain(value):
    """A nested result with Python's own numbers in it, whose text is the same in all releases of numpy."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value.tolist() if hasattr(value, "tolist") else value


def printer(tf):
    """`print_tensors_in_checkpoint_file`, which genuine TensorFlow has only by an import."""
    tools = importlib.import_module(f"{tf.__name__}.python.tools.inspect_checkpoint")
    return tools.print_tensors_in_checkpoint_file


def attempt(function, *args, **kwargs):
    """What a call gives, or the class and the beginning of the text of what it raises."""
    try:
        return function(*args, **kwargs)
    except Exception as error:
        text = tidy(error).split("\n")[0]
        return [type(error).__name__, re.split(r"['\"`\d(\[:]", text, maxsplit=1)[0][:24]]


def recorder(tf):
    """A class of hooks that write down how they are called."""

    class Recorder(tf.train.SessionRunHook):
        def __init__(self, name, lines, fetches=None, feeds=None, stop_at=None):
            self.name, self.lines, self.fetches, self.feeds, self.stop_at = name, lines, fetches, feeds, stop_at
            self.runs = 0

        def note(self, *what):
            self.lines.append(" ".join([self.name, *map(str, what)]))

        def begin(self):
            self.note("begin", tf.get_default_graph().finalized)

        def after_create_session(self, session, coord):
            self.note("created", type(session).__name__, type(coord).__name__, session.graph.finalized)

        def before_run(self, run_context):
            self.runs += 1
            self.note("before", run_context.stop_requested, type(run_context.session).__name__)
            if self.fetches is not None or self.feeds is not None:
                return tf.train.SessionRunArgs(self.fetches, self.feeds)

        def after_run(self, run_context, run_values):
            self.note("after", plain(run_values.results))
            if self.runs == self.stop_at:
                run_context.request_stop()

        def end(self, session):
            self.note("end", type(session).__name__)

    return Recorder
