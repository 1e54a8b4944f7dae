"""What belongs to what in a checkpoint, by TensorFlow's names. The names are those that TensorFlow 1.15 gives."""

from __future__ import annotations

import time

import pytest

from recell.checkpoint.slots import AVERAGE, OPTIMIZER, Slot, fold, is_optimizer_state, slot_of

KERNEL = "rnn/kernel"


@pytest.mark.parametrize(
    "label",
    [
        *("Adadelta", "Adadelta_1", "Adagrad", "AdagradDA_1", "Adam", "Adam_1", "Adam_3", "Ftrl", "Ftrl_1", "Momentum"),
        *("ProximalAdagrad", "RMSProp", "RMSProp_1", "RMSProp_2", "AdamW_1", "AdaMax", "MomentumW", "LARSOptimizer"),
        *("PowerSignOptimizer", "AddSignOptimizer", "Shampoo_2", "RegAdagrad", "adam_m", "adam_v", "LAMB"),
    ],
)
def test_the_slots_of_every_optimizer(label: str) -> None:
    name = f"{KERNEL}/{label}"
    assert slot_of(name, {KERNEL, name}) == Slot(KERNEL, label, OPTIMIZER)
    assert is_optimizer_state(name, {KERNEL, name})
    assert slot_of(name, {name}) is None, "nothing is a slot of what is not there"


@pytest.mark.parametrize(
    ("name", "variable", "label"),
    [
        # An open scope comes in front, that of the variable itself too.
        ("train/rnn/kernel/Adam", KERNEL, "Adam"),
        ("OptimizeLoss/rnn/kernel/Adam_1", KERNEL, "Adam_1"),
        ("Model/Model/rnn/kernel/Adam", "Model/rnn/kernel", "Adam"),
        # A partitioned variable's slot as a whole: under a scope, TensorFlow cuts its name by length.
        ("m/kernel/Momentum", "m/kernel", "Momentum"),
        ("m/kernel/art_0/Momentum", "m/kernel", "Momentum"),
        # Keras puts the optimizer in front.
        ("training/Adam/dense/kernel/m", "dense/kernel", "Adam/m"),
        ("training/RMSprop/dense/kernel/rms", "dense/kernel", "RMSprop/rms"),
    ],
)
def test_slots_under_scopes(name: str, variable: str, label: str) -> None:
    assert slot_of(name, {name, variable}) == Slot(variable, label, OPTIMIZER)


@pytest.mark.parametrize(
    "name",
    [
        *("beta1_power", "beta2_power_1", "train/beta1_power", "OptimizeLoss/beta2_power"),
        *("training/Adam/iter", "training/Adam/beta_1", "training/RMSprop/learning_rate"),
    ],
)
def test_numbers_of_optimizers(name: str) -> None:
    assert is_optimizer_state(name, {name})
    assert slot_of(name, {name}) is None


@pytest.mark.parametrize("name", ["global_step", KERNEL, "Adam", "Adam/kernel", "cell/momentum", "decay", "x/iter"])
def test_what_stands_for_itself(name: str) -> None:
    names = {name, KERNEL, "x"}
    assert slot_of(name, names) is None
    assert not is_optimizer_state(name, names)


def test_moving_averages_are_no_state_of_an_optimizer() -> None:
    average = f"{KERNEL}/ExponentialMovingAverage"
    names = {
        KERNEL,
        average,
        f"{average}/biased",
        f"{average}/local_step",
        "bn/bn/moving_mean/biased",
        "bn/moving_mean",
    }
    assert slot_of(average, names) == Slot(KERNEL, "ExponentialMovingAverage", AVERAGE)
    assert slot_of(f"{average}/biased", names) == Slot(KERNEL, "ExponentialMovingAverage/biased", AVERAGE)
    assert slot_of("bn/bn/moving_mean/biased", names) == Slot("bn/moving_mean", "biased", AVERAGE)
    assert not any(is_optimizer_state(name, names) for name in names)


def test_the_average_of_a_slot_belongs_to_the_variable() -> None:
    slot, average = f"{KERNEL}/Adam", f"{KERNEL}/Adam/ExponentialMovingAverage"
    assert slot_of(average, {KERNEL, slot, average}) == Slot(KERNEL, "Adam/ExponentialMovingAverage", OPTIMIZER)
    assert fold([KERNEL, slot, average, "b"]) == {
        KERNEL: [
            (slot, Slot(KERNEL, "Adam", OPTIMIZER)),
            (average, Slot(KERNEL, "Adam/ExponentialMovingAverage", OPTIMIZER)),
        ],
        "b": [],
    }


def test_names_made_to_be_slow_are_not() -> None:
    chain = ["x" + "/Adam" * n for n in range(3000)]
    deep = "/".join(["Adam"] * 100_000)
    started = time.perf_counter()
    groups = fold([*chain, deep + "/m", deep + "/Adam"])
    assert 1 < len(groups["x"]) < 10
    assert [name for name, slots in groups.items() if slots] == ["x"]
    # 0.1 s on an idle machine; what such names are made for is minutes.
    assert time.perf_counter() - started < 5
