"""tf.logging."""

from __future__ import annotations

import contextlib
import logging as standard
from collections.abc import Iterator

import pytest

from recell.platform import logging


@pytest.fixture(autouse=True)
def _levels_go_back() -> Iterator[None]:
    logger = standard.getLogger("tensorflow")
    level = logger.level
    logger.setLevel(standard.NOTSET)
    yield
    logger.setLevel(level)


@contextlib.contextmanager
def lone_logger() -> Iterator[None]:
    """A process in which nobody has set up logging; pytest has handlers of its own on the root logger."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(standard.getLogger(), "handlers", [])
        patch.setattr(standard.getLogger("tensorflow"), "handlers", [])
        yield


@lone_logger()
def test_levels_and_form(capsys: pytest.CaptureFixture[str]) -> None:
    assert logging.get_verbosity() == logging.WARN == 30
    logging.info("hidden")
    logging.warn("a %s", "b")
    logging.set_verbosity(logging.INFO)
    logging.info("shown")
    logging.debug("hidden")
    logging.fatal("f")
    logging.log(logging.ERROR, "%d", 3)
    logging.vlog(20, "v")
    logging.TaskLevelStatusMessage("t")
    assert capsys.readouterr().err.splitlines() == [
        "WARNING:tensorflow:a b",
        "INFO:tensorflow:shown",
        "CRITICAL:tensorflow:f",
        "ERROR:tensorflow:3",
        "INFO:tensorflow:v",
        "ERROR:tensorflow:t",
    ]


@lone_logger()
def test_counting_by_line(capsys: pytest.CaptureFixture[str]) -> None:
    for i in range(5):
        logging.log_every_n(logging.WARN, "every %d", 2, i)
        logging.log_first_n(logging.WARN, "first %d", 2, i)
        logging.log_if(logging.WARN, "if %d", i == 3, i)
    lines = [line.removeprefix("WARNING:tensorflow:") for line in capsys.readouterr().err.splitlines()]
    assert lines == ["every 0", "first 0", "first 1", "every 2", "if 3", "every 4"]


@lone_logger()
def test_logging_of_the_programs_own_is_left_alone(capsys: pytest.CaptureFixture[str]) -> None:
    handler = standard.NullHandler()
    standard.getLogger().addHandler(handler)
    logging.error("to the handler only")
    assert capsys.readouterr().err == ""
