"""What `swap_memory=True` saves: peak memory and time of training an LSTM that reads long sequences.

    python -m benchmarks.swap_memory [--time 500] [--batch 64] [--units 256]

Each of the two runs in a process of its own, as a process's peak never falls again.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time

from benchmarks.memory import peak


def measure(arguments: argparse.Namespace) -> None:
    """Prints the growth of the peak memory in MB, and the seconds a step."""
    import numpy as np

    import recell.v1 as tf

    x = tf.placeholder(tf.float32, [arguments.batch, None, 32])
    cell = tf.nn.rnn_cell.BasicLSTMCell(arguments.units)
    _, state = tf.nn.dynamic_rnn(cell, x, dtype=tf.float32, swap_memory=arguments.swap)
    step = tf.train.GradientDescentOptimizer(0.01).minimize(tf.reduce_mean(tf.square(state.h)))
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        session.run(step, {x: np.ones([arguments.batch, 2, 32], np.float32)})
        before = peak()
        value = np.ones([arguments.batch, arguments.time, 32], np.float32)
        start = time.perf_counter()
        for _ in range(arguments.repeat):
            session.run(step, {x: value})
        seconds = (time.perf_counter() - start) / arguments.repeat
    print(peak() - before, seconds)


def compare(*options: str) -> list[tuple[float, float]]:
    """(MB, seconds) without and with `swap_memory`."""
    results = []
    for swap in ([], ["--swap"]):
        command = [sys.executable, "-m", "benchmarks.swap_memory", "--measure", *options, *swap]
        megabytes, seconds = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
        results.append((float(megabytes), float(seconds)))
    return results


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name, default in (("time", 500), ("batch", 64), ("units", 256), ("repeat", 2)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--measure", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--swap", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        measure(arguments)
        return
    plain, swapped = compare(*sys.argv[1:])
    for name, (megabytes, seconds) in (("plain", plain), ("swap_memory=True", swapped)):
        print(f"{name:18s} {megabytes:8.0f} MB {1000 * seconds:8.0f} ms a step")
    print(f"memory {swapped[0] / plain[0]:.2f}, time {swapped[1] / plain[1]:.2f}")


if __name__ == "__main__":
    main()
