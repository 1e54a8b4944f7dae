// Losses and updates: by one thread and by several, of all rows and of some.

#include "training.h"

#include "driver.h"

namespace {

// Enough numbers for several threads, and sides that fill no vector.
constexpr int64_t kRows = 70, kWidth = 1001;

struct Loss {
  Loss(bool labelled, bool biased, int threads) : totals(static_cast<size_t>(threads * kWidth)) {
    RecellCrossEntropyGradient call{};
    call.of.rows = kRows;
    call.of.classes = kWidth;
    call.of.logits = logits.data();
    call.of.bias = biased ? bias.data() : nullptr;
    call.of.labels = labelled ? labels.data() : nullptr;
    call.of.shares = labelled ? nullptr : shares.data();
    call.of.greatest = greatest.data();
    call.of.sums = sums.data();
    call.of.losses = losses.data();
    call.of.threads = threads;
    call.weights = weights.data();
    call.gradient = gradient.data();
    call.totals = biased ? totals.data() : nullptr;
    recell_cross_entropy(&call.of);
    recell_cross_entropy_gradient(&call);
  }

  // The gradient's sum over the rows.
  Floats total() const {
    Floats result(kWidth);
    for (size_t k = 0; k < totals.size(); ++k) result[k % kWidth] += totals[k];
    return result;
  }

  static std::vector<int64_t> classes() {
    std::vector<int64_t> result;
    for (int64_t row = 0; row < kRows; ++row) result.push_back(row * 37 % kWidth);
    result[1] = kWidth - 1;
    return result;
  }

  Floats logits = numbers(kRows * kWidth, 1), shares = numbers(kRows * kWidth, 2), weights = numbers(kRows, 3);
  Floats bias = numbers(kWidth, 4), totals;
  std::vector<int64_t> labels = classes();
  Floats greatest = weights, sums = weights, losses = weights, gradient = logits;
};

// The variable and its slots after one update; slots are positive, as rules take their roots.
struct Update {
  explicit Update(bool sparse, int threads) : indices(sparse ? every_third() : std::vector<int64_t>()) {
    for (Floats* slot : {&first, &second}) {
      for (float& value : *slot) value = value * value + 0.1f;
    }
    const int64_t rows = sparse ? static_cast<int64_t>(indices.size()) : kRows;
    gradient = numbers(rows * kWidth, 4);
    call.rows = rows;
    call.width = kWidth;
    call.variable = variable.data();
    call.slots[0] = first.data();
    call.slots[1] = second.data();
    call.gradient = gradient.data();
    call.indices = sparse ? indices.data() : nullptr;
    call.scale = 0.5f;
    call.threads = threads;
  }

  static std::vector<int64_t> every_third() {
    std::vector<int64_t> result;
    for (int64_t row = 1; row < kRows; row += 3) result.push_back(row);
    return result;
  }

  std::vector<int64_t> indices;
  Floats variable = numbers(kRows * kWidth, 1), first = numbers(kRows * kWidth, 2), second = numbers(kRows * kWidth, 3);
  Floats gradient;
  RecellUpdate call{};
};

const std::vector<void (*)(const RecellUpdate*)> kRules = {
    [](const RecellUpdate* call) { recell_gradient_descent(call, 0.1f); },
    [](const RecellUpdate* call) { recell_momentum(call, 0.1f, 0.9f, 0); },
    [](const RecellUpdate* call) { recell_momentum(call, 0.1f, 0.9f, 1); },
    [](const RecellUpdate* call) { recell_adam(call, 0.1f, 0.9f, 0.99f, 1e-7f, 0); },
    [](const RecellUpdate* call) { recell_adam(call, 0.1f, 0.9f, 0.99f, 1e-7f, 1); },
    [](const RecellUpdate* call) { recell_adagrad(call, 0.1f, 1); },
    [](const RecellUpdate* call) { recell_rms_prop(call, 0.1f, 0.9f, 0.5f, 1e-7f); },
    [](const RecellUpdate* call) {
      if (call->indices) recell_adam_between(call, kRows, 0.1f, 0.9f, 0.99f, 1e-7f);
    },
};

}  // namespace

void exercise_training() {
  for (bool labelled : {true, false}) {
    for (bool biased : {true, false}) {
      const Loss one(labelled, biased, 1), several(labelled, biased, 3);
      expect_alike(one.losses, several.losses, "cross entropy");
      expect_alike(one.gradient, several.gradient, "gradient of cross entropy");
      expect_alike(one.total(), several.total(), "gradient by the bias");
    }
  }
  for (size_t rule = 0; rule < kRules.size(); ++rule) {
    for (bool sparse : {true, false}) {
      const Update one(sparse, 1), several(sparse, 3);
      kRules[rule](&one.call);
      kRules[rule](&several.call);
      const std::string what = "rule " + std::to_string(rule);
      expect_alike(one.variable, several.variable, what);
      expect_alike(one.first, several.first, what);
      expect_alike(one.second, several.second, what);
    }
  }
}
