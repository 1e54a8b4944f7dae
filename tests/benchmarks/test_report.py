"""What the benchmarks say follows from what they measured."""

from __future__ import annotations

import pytest
from benchmarks.figures import Spread, markdown, ratio
from benchmarks.peers import PEERS
from benchmarks.programs import PROGRAMS, Comparison, Watched
from benchmarks.rounds import BEHIND, Result, behind
from benchmarks.workloads import MEASURED, WORKLOADS, Task

from benchmarks import programs, report


def result() -> Result:
    seconds = {
        "kernels": [0.010, 0.020, 0.011],
        "program": [0.012, 0.022, 0.013],
        "torch": [0.020, 0.060, 0.022],
        "tf115": [0.100],
    }
    return Result(Task("A", "lstm", True), seconds)


def test_a_ratio_is_formed_within_each_round_so_a_slow_minute_does_not_count() -> None:
    assert ratio([2.0, 60.0, 6.0], [1.0, 20.0, 2.0]) == Spread(3.0, 2.0, 3.0)


def test_a_peer_that_sat_out_is_compared_with_the_rounds_it_took_part_in() -> None:
    assert ratio([0.1], [0.01, 0.02, 0.03]) == Spread(10.0, 10.0, 10.0)


def test_a_table_is_markdown() -> None:
    assert markdown(["", "x"], [["a", "1"]]) == "|  | x |\n| --- | ---: |\n| a | 1 |"


def test_a_row_marks_the_fastest_peer_and_compares_each_of_ours_with_it() -> None:
    names = ["kernels", "program", "torch", "tf115", "flax"]
    rate = 3 * 2 * 50 * 28 * (28 + 100) * 4 * 100 / 0.022  # half of it is what the kernels, at 11 ms, reach
    cells = report.row(result(), names, rate)
    assert cells == [
        "A: B50 T28 I28 H100",
        *["11", "13", "**22**", "100", "-"],
        "2 (2 to 3)",
        "1.69 (1.67 to 2.73)",
        "8.33 (8.33 to 8.33)",
        "200%",
    ]


def test_tables_are_made_of_the_peers_that_were_measured() -> None:
    text = report.tables([result()], 1e11)
    assert "### LSTM, training" in text
    assert "torch nn" in text
    assert "flax" not in text.replace(report.LEGEND, "")


def test_who_is_far_behind_sits_out_but_never_we() -> None:
    slow = Result(Task("A", "lstm", True), {"kernels": [1.0], "torch": [0.1], "tf115": [0.1 * BEHIND + 0.01]})
    assert [behind(name, slow) for name in ("kernels", "torch", "tf115")] == [False, False, True]


def test_operations_are_those_of_the_products() -> None:
    layers = 28 * (28 + 256) + 28 * (256 + 256)
    assert WORKLOADS["B"].operations("lstm", training=False) == 2 * 128 * 4 * 256 * layers
    assert WORKLOADS["B"].operations("gru", training=True) == 3 * 2 * 128 * 3 * 256 * layers


def test_steps_past_a_row_s_length_are_no_work() -> None:
    spread = WORKLOADS["V"]
    lengths = spread.lengths()
    assert lengths is not None
    assert (lengths.min(), lengths.max()) == (20, 200)
    assert spread.operations("lstm", False) == 2 * lengths.sum() * (128 + 128) * 4 * 128
    assert [name for name in MEASURED if WORKLOADS[name].lengths() is not None] == ["V"]


def test_a_program_s_rate_is_counted_after_its_first_tenth() -> None:
    ends = [10.0, 12.0] + [12.0 + 0.5 * step for step in range(1, 19)]
    watched = programs.summary(7.0, ends, 300.0)
    assert watched == Watched(first=3.0, rate=pytest.approx(2.0), peak=300.0)


def test_a_program_s_ratios_say_how_many_times_better_we_are() -> None:
    ours, theirs = Watched(1.0, 30.0, 100.0), Watched(4.0, 10.0, 250.0)
    cells = programs.row(Comparison(PROGRAMS["s003"], {"recell": [ours], "tensorflow": [theirs]}))
    assert cells[:2] == ["s003", "1.0.1"]
    assert [cell.split()[0] for cell in cells[2:]] == ["1", "4", "4", "30", "10", "3", "100", "250", "2.5"]


def test_every_peer_has_a_title_of_its_own() -> None:
    assert len({peer.title for peer in PEERS.values()}) == len(PEERS)
