// Losses and updates: by one thread and by several, of all rows and of some.

#include "training.h"

#include "driver.h"

namespace {

// Enough numbers for several threads, and sides that fill no vector.
constexpr int64_t kRows = 70, kWidth = 1001;

struct Loss {
  Loss(bool labelled, int threads) {
    RecellCrossEntropyGradient call{};
    call.of = {kRows,
               kWidth,
               logits.data(),
               labelled ? labels.data() : nullptr,
               labelled ? nullptr : shares.data(),
               greatest.data(),
               sums.data(),
               losses.data(),
               threads};
    call.weights = weights.data();
    call.gradient = gradient.data();
    recell_cross_entropy(&call.of);
    recell_cross_entropy_gradient(&call);
  }

  static std::vector<int64_t> classes() {
    std::vector<int64_t> result;
    for (int64_t row = 0; row < kRows; ++row) result.push_back(row * 37 % kWidth);
    result[1] = kWidth - 1;
    return result;
  }

  Floats logits = numbers(kRows * kWidth, 1), shares = numbers(kRows * kWidth, 2), weights = numbers(kRows, 3);
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
    const int64_t* some = sparse ? indices.data() : nullptr;
    call = {rows, kWidth, variable.data(), {first.data(), second.data()}, gradient.data(), some, 0.5f, threads};
  }

  static std::vector<int64_t> every_third() {
    std::vector<int64_t> result;
    for (int64_t row = 1; row < kRows; row += 3) result.push_back(row);
    return result;
  }

  std::vector<int64_t> indices;
  Floats variable = numbers(kRows * kWidth, 1), first = numbers(kRows * kWidth, 2), second = numbers(kRows * kWidth, 3);
  Floats gradient;
  RecellUpdate call;
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
    const Loss one(labelled, 1), several(labelled, 3);
    expect_alike(one.losses, several.losses, "cross entropy");
    expect_alike(one.gradient, several.gradient, "gradient of cross entropy");
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
