"""A language model: two LSTM layers that guess the next word of Penn Treebank, measured by perplexity.

Perplexity is `exp` of the mean cross-entropy: among how many equally likely words the model still hesitates. Without
the data (`RECELL_DATA`) the model reads the English text that ships with Python.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

import recell.v1 as tf
from recell.datasets import english, ptb
from recell.demos.charts import draw_perplexity
from recell.demos.display import progress, table

BATCH, STEPS = 20, 35
LAYERS = 2
KEEP = 0.5
CLIP = 5.0


@dataclass
class Text:
    """Word numbers for training, validation and the test, and the words by number."""

    train: list[int]
    valid: list[int]
    test: list[int]
    words: list[str]
    name: str


class LanguageModel:
    """The graph for batches of one size; under one variable scope several of them share their weights.

    Args:
        batch, steps: the batch is `[batch, steps]` word numbers.
        units: of each LSTM layer, and of a word's embedding.
        training: with dropout and an update of the weights.
    """

    def __init__(self, words: int, units: int, batch: int, steps: int, training: bool) -> None:
        self.inputs = tf.placeholder(tf.int32, [batch, steps], name="inputs")
        self.targets = tf.placeholder(tf.int32, [batch, steps], name="targets")

        def layer() -> Any:
            cell = tf.nn.rnn_cell.BasicLSTMCell(units)
            return tf.nn.rnn_cell.DropoutWrapper(cell, output_keep_prob=KEEP) if training else cell

        cell = tf.nn.rnn_cell.MultiRNNCell([layer() for _ in range(LAYERS)])
        self.initial_state = cell.zero_state(batch, tf.float32)
        embedding = tf.get_variable("embedding", [words, units])
        embedded = tf.nn.embedding_lookup(embedding, self.inputs)
        if training:
            embedded = tf.nn.dropout(embedded, KEEP)
        outputs, self.final_state = tf.nn.dynamic_rnn(cell, embedded, initial_state=self.initial_state)
        weights = tf.get_variable("weights", [units, words])
        biases = tf.get_variable("biases", [words])
        self.logits = tf.matmul(tf.reshape(outputs, [-1, units]), weights) + biases
        losses = tf.contrib.legacy_seq2seq.sequence_loss_by_example(
            [self.logits], [tf.reshape(self.targets, [-1])], [tf.ones([batch * steps])]
        )
        self.cost = tf.reduce_sum(losses) / batch
        if training:
            variables = tf.trainable_variables()
            # Through 35 steps a gradient can grow without bound: it is cut back to a length of at most 5.
            gradients, _ = tf.clip_by_global_norm(tf.gradients(self.cost, variables), CLIP)
            optimizer = tf.train.GradientDescentOptimizer(1.0)
            self.train_step = optimizer.apply_gradients(zip(gradients, variables, strict=True))


def load(vocabulary_size: int) -> Text:
    """Penn Treebank where it is found, else English from Python's own help."""
    try:
        folder = ptb.locate("simple-examples/data")
    except tf.errors.NotFoundError:
        print("Penn Treebank is not there (set RECELL_DATA): reading the English text that ships with Python instead")
        train, valid, test, words = english.raw_data(vocabulary_size)
        return Text(train, valid, test, words, "Python's help")
    train, valid, test, _ = ptb.ptb_raw_data(folder)
    words = list(ptb.vocabulary(f"{folder}/{ptb.FILES[0]}"))
    return Text(train, valid, test, words, "Penn Treebank")


def perplexity(session: Any, model: LanguageModel, text: list[int]) -> float:
    """Of `model` on a whole text, the state handed on from batch to batch."""
    state, costs, count = session.run(model.initial_state), 0.0, 0
    for x, y in ptb.ptb_iterator(text, BATCH, STEPS):
        feeds = {model.inputs: x, model.targets: y, model.initial_state: state}
        cost, state = session.run([model.cost, model.final_state], feeds)
        costs += cost
        count += STEPS
    return float(np.exp(costs / count))


def write(session: Any, model: LanguageModel, words: list[str], count: int = 30) -> str:
    """What the model says when it goes on from its own words, each drawn by its probability."""
    random = np.random.default_rng(1)
    state, word, said = session.run(model.initial_state), words.index(ptb.END_OF_SENTENCE), []
    for _ in range(count):
        feeds = {model.inputs: [[word]], model.initial_state: state}
        logits, state = session.run([model.logits, model.final_state], feeds)
        likely = np.exp((logits[0] - logits[0].max()).astype(np.float64))
        word = int(random.choice(len(words), p=likely / likely.sum()))
        said.append(words[word])
    return " ".join(said)


def main(out: str = "ptb.png", full: bool = False, steps: int | None = None) -> float:
    """Trains, draws perplexity against words seen into `out`, prints a table. Returns the test perplexity.

    `full`: the tutorial's 200 units and two epochs. `steps`: how many batches instead.
    """
    units = 200 if full else 128
    text = load(3000)
    epoch = (len(text.train) // BATCH - 1) // STEPS
    total = steps or (2 * epoch if full else min(400, 5 * epoch))
    with tf.Graph().as_default(), tf.Session() as session:
        tf.set_random_seed(1)
        models: dict[str, LanguageModel] = {}
        initializer = tf.random_uniform_initializer(-0.05, 0.05)
        for name, batch, length in (("train", BATCH, STEPS), ("eval", BATCH, STEPS), ("write", 1, 1)):
            with tf.variable_scope("language_model", reuse=bool(models), initializer=initializer):
                models[name] = LanguageModel(len(text.words), units, batch, length, name == "train")
        session.run(tf.global_variables_initializer())
        started = time.perf_counter()
        curve, checks = _train(session, models, text, total)
        seconds = time.perf_counter() - started
        tested = perplexity(session, models["eval"], text.test)
        print(f"it writes: {write(session, models['write'], text.words)}")
    draw_perplexity(out, curve, checks, f"{text.name}: {units} units, {total} batches")
    table(
        f"language model on {text.name}",
        ["vocabulary", "words seen", "words a second", "training", "validation", "test perplexity"],
        [
            [
                len(text.words),
                total * BATCH * STEPS,
                int(total * BATCH * STEPS / seconds),
                curve[-1][1],
                checks[-1][1],
                tested,
            ]
        ],
    )
    print(f"wrote {out}: perplexity against words seen")
    return tested


def _train(session: Any, models: dict[str, LanguageModel], text: Text, total: int) -> tuple[list[Any], list[Any]]:
    """Perplexity by words seen: of the training text over the last 50 batches, of the validation text now and then."""
    model = models["train"]
    costs: list[float] = []
    curve: list[tuple[int, float]] = []
    checks: list[tuple[int, float]] = []
    state: Any = None
    batches: Iterator[tuple[np.ndarray, np.ndarray]] = iter(())
    with progress(total) as advance:
        for step in range(1, total + 1):
            found = next(batches, None)
            if found is None:  # a new epoch begins, from an empty state
                batches = ptb.ptb_iterator(text.train, BATCH, STEPS)
                found, state = next(batches), session.run(model.initial_state)
            feeds = {model.inputs: found[0], model.targets: found[1], model.initial_state: state}
            cost, state, _ = session.run([model.cost, model.final_state, model.train_step], feeds)
            costs.append(cost)
            now = float(np.exp(np.mean(costs[-50:]) / STEPS))
            curve.append((step * BATCH * STEPS, now))
            if step % max(1, total // 5) == 0 or step == total:
                checks.append((step * BATCH * STEPS, perplexity(session, models["eval"], text.valid)))
            advance(f"batches, perplexity {now:.0f}")
    return curve, checks


if __name__ == "__main__":
    main()
