// A program over rows that has everything: shared and own inputs, outputs, sums over the rows, every operation.

#include "rowwise.h"

#include "driver.h"

namespace {

// Numbers of a row that fill no vector, and rows that are enough for several threads.
constexpr int32_t kWidth = 37;
constexpr int64_t kRows = 301;

// Places in the memory: a scale that all rows share, a row's numbers, one number, what is computed, what is summed.
enum Place : int32_t { kScale = 0, kRow = 48, kOne = 96, kResult = 112, kSum = 160, kMemory = 208 };

RecellRowStep step(int32_t operation, int32_t to, int32_t a, int32_t b, int32_t flags = 0, float factor = 1.0f) {
  return {operation, flags, kWidth, to, a, b, factor};
}

// The row minus its mean over its deviation, times the scale; then each of the operations onto it.
std::vector<RecellRowStep> steps() {
  std::vector<RecellRowStep> result = {
      step(RECELL_ROW_MEAN, kOne, kRow, kRow),
      step(RECELL_ROW_VARIANCE, kOne + 1, kRow, kOne),
      {RECELL_ROW_SHIFT, 0, 1, kOne + 1, kOne + 1, kOne + 1, 1e-3f},
      {RECELL_ROW_INVERSE_ROOT, 0, 1, kOne + 1, kOne + 1, kOne + 1, 0.0f},
      step(RECELL_ROW_SUBTRACT, kResult, kRow, kOne, RECELL_ROW_ONE_B),
      step(RECELL_ROW_MULTIPLY, kResult, kResult, kOne + 1, RECELL_ROW_ONE_B),
      step(RECELL_ROW_MULTIPLY, kResult, kScale, kResult),
  };
  for (int32_t operation = RECELL_ROW_SCALE; operation <= RECELL_ROW_RELU_GRADIENT; ++operation) {
    // These need what is positive, or give one number: they are in the program already, or below.
    if (operation >= RECELL_ROW_DIVIDE && operation <= RECELL_ROW_INVERSE_ROOT) continue;
    if (operation >= RECELL_ROW_SUM && operation <= RECELL_ROW_INVERSE_ROOT_GRADIENT) continue;
    result.push_back(step(operation, kResult, kResult, kRow, RECELL_ROW_ONTO, 0.5f));
    result.push_back(step(RECELL_ROW_TANH, kResult, kResult, kResult));
  }
  result.push_back(step(RECELL_ROW_SUM, kOne, kResult, kResult));
  result.push_back(step(RECELL_ROW_ADD, kSum, kOne, kResult, RECELL_ROW_ONE_A | RECELL_ROW_ONTO));
  return result;
}

struct Run {
  explicit Run(int threads) {
    const std::vector<RecellRowStep> all = steps();
    const RecellRowPlace places[] = {{kScale, kWidth}, {kRow, kWidth}, {kResult, kWidth}, {kSum, kWidth}};
    RecellRowProgram program{};
    program.memory = kMemory;
    program.step_count = static_cast<int32_t>(all.size());
    program.steps = all.data();
    program.shared = program.inputs = program.outputs = program.sums = 1;
    program.places = places;
    const float* inputs[] = {scale.data(), rows.data()};
    float* outputs[] = {result.data(), sum.data()};
    recell_rowwise(&program, kRows, inputs, outputs, threads);
  }

  Floats scale = numbers(kWidth, 1), rows = numbers(kRows * kWidth, 2), result = rows, sum = scale;
};

}  // namespace

void exercise_rowwise() {
  const Run one(1), several(3);
  expect_alike(one.result, several.result, "rows");
  expect_alike(one.sum, several.sum, "sum over rows");
}
