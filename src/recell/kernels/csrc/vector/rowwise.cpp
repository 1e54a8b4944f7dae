// Runs a program for one row after the other: all numbers of a row stay in the nearest cache.

#include "../rowwise.h"

#include <cmath>

#include "../array.h"
#include "../parallel.h"
#include "../vec.h"
#include "tables.h"

namespace recell {
namespace RECELL_ISA {
namespace {

// Fewer numbers than this are not worth a second thread.
constexpr int64_t kNumbersPerThread = 1 << 14;

RECELL_INLINE Vec root(Vec x) {
#if defined(__AVX512F__)
  return (Vec)_mm512_maskz_sqrt_ps(0xffff, (__m512)x);
#elif defined(__AVX2__)
  return (Vec)_mm256_sqrt_ps((__m256)x);
#else
  for (int n = 0; n < kLanes; ++n) x[n] = std::sqrt(x[n]);
  return x;
#endif
}

// `f` of every number, or of every pair, of a step. Whole vectors are read, also behind the end; only what belongs to
// the result is written.
template <class F>
RECELL_INLINE void each(const RecellRowStep step, float* memory, F f) {
  const float* a = memory + step.a;
  const float* b = memory + step.b;
  float* to = memory + step.to;
  const int width = step.width;
  const int whole = width - width % kLanes;
  if (step.flags == 0) {
    for (int n = 0; n < whole; n += kLanes) store(to + n, f(load(a + n), load(b + n)));
    if (whole < width) store(to + whole, f(load(a + whole), load(b + whole)), width - whole);
    return;
  }
  const Vec one_a = spread(*a);
  const Vec one_b = spread(*b);
  for (int n = 0; n < width; n += kLanes) {
    const Vec left = step.flags & RECELL_ROW_ONE_A ? one_a : load(a + n);
    const Vec right = step.flags & RECELL_ROW_ONE_B ? one_b : load(b + n);
    Vec result = f(left, right);
    if (step.flags & RECELL_ROW_ONTO) result += load(to + n);
    store(to + n, result, width_at(n, width));
  }
}

RECELL_INLINE float total(Vec x) {
  float parts[kLanes];
  store(parts, x);
  for (int half = kLanes / 2; half > 0; half /= 2) {
    for (int k = 0; k < half; ++k) parts[k] += parts[k + half];
  }
  return parts[0];
}

// The sum of `f` of every number of a.
template <class F>
RECELL_INLINE float sum(const RecellRowStep step, const float* memory, F f) {
  const float* a = memory + step.a;
  const int whole = step.width - step.width % kLanes;
  Vec first{}, second{};
  int n = 0;
  for (; n + 2 * kLanes <= whole; n += 2 * kLanes) {
    first += f(load(a + n));
    second += f(load(a + n + kLanes));
  }
  if (n < whole) first += f(load(a + n));
  if (whole < step.width) {
    float last[kLanes];
    store(last, f(load(a + whole)));
    for (int k = step.width - whole; k < kLanes; ++k) last[k] = 0.0f;
    second += load(last);
  }
  return total(first + second);
}

RECELL_INLINE void put(const RecellRowStep& step, float* memory, float value) {
  memory[step.to] = step.flags & RECELL_ROW_ONTO ? memory[step.to] + value : value;
}

// What is left over when the mean is taken away is averaged too: of equal numbers the mean is then one of them.
RECELL_INLINE float mean(const RecellRowStep& step, const float* memory) {
  const float count = static_cast<float>(step.width);
  const float first = sum(step, memory, [](Vec x) { return x; }) / count;
  return first + sum(step, memory, [=](Vec x) { return x - first; }) / count;
}

RECELL_INLINE float variance(const RecellRowStep& step, const float* memory) {
  const float around = memory[step.b];
  return sum(step, memory, [=](Vec x) { return (x - around) * (x - around); }) / static_cast<float>(step.width);
}

RECELL_INLINE Vec where_asked(Vec gradient, Vec result) { return gradient == 0.0f ? Vec{} : result; }

void execute(const RecellRowStep& step, float* memory) {
  const float factor = step.factor;
  switch (step.operation) {
    case RECELL_ROW_SET:
      return each(step, memory, [=](Vec, Vec) { return spread(factor); });
    case RECELL_ROW_SCALE:
      return each(step, memory, [=](Vec a, Vec) { return factor * a; });
    case RECELL_ROW_SHIFT:
      return each(step, memory, [=](Vec a, Vec) { return a + factor; });
    case RECELL_ROW_ADD:
      return each(step, memory, [](Vec a, Vec b) { return a + b; });
    case RECELL_ROW_SUBTRACT:
      return each(step, memory, [](Vec a, Vec b) { return a - b; });
    case RECELL_ROW_MULTIPLY:
      return each(step, memory, [](Vec a, Vec b) { return a * b; });
    case RECELL_ROW_DIVIDE:
      return each(step, memory, [](Vec a, Vec b) { return a / b; });
    case RECELL_ROW_ROOT:
      return each(step, memory, [](Vec a, Vec) { return root(a); });
    case RECELL_ROW_INVERSE_ROOT:
      return each(step, memory, [](Vec a, Vec) { return 1.0f / root(a); });
    case RECELL_ROW_SIGMOID:
      return each(step, memory, [](Vec a, Vec) { return sigmoid(a); });
    case RECELL_ROW_TANH:
      return each(step, memory, [](Vec a, Vec) { return tanh(a); });
    case RECELL_ROW_RELU:
      return each(step, memory, [](Vec a, Vec) { return at_least(a, 0.0f); });
    case RECELL_ROW_SUM:
      return put(step, memory, sum(step, memory, [](Vec x) { return x; }));
    case RECELL_ROW_MEAN:
      return put(step, memory, mean(step, memory));
    case RECELL_ROW_VARIANCE:
      return put(step, memory, variance(step, memory));
    case RECELL_ROW_ROOT_GRADIENT:
      return each(step, memory, [](Vec g, Vec y) { return where_asked(g, 0.5f * g / y); });
    case RECELL_ROW_INVERSE_ROOT_GRADIENT:
      return each(step, memory, [](Vec g, Vec y) { return where_asked(g, -0.5f * g * (y * y * y)); });
    case RECELL_ROW_SIGMOID_GRADIENT:
      return each(step, memory, [](Vec g, Vec y) { return g * y * (1.0f - y); });
    case RECELL_ROW_TANH_GRADIENT:
      return each(step, memory, [](Vec g, Vec y) { return g * (1.0f - y * y); });
    case RECELL_ROW_RELU_GRADIENT:
      return each(step, memory, [](Vec g, Vec y) { return y > 0.0f ? g : Vec{}; });
    default:
      return;
  }
}

void read(RecellRowPlace place, const float* from, float* memory) {
  __builtin_memcpy(memory + place.at, from, sizeof(float) * static_cast<size_t>(place.width));
}

}  // namespace

void rowwise(const RecellRowProgram& program, int64_t rows, const float* const* inputs, float* const* outputs,
             int threads) {
  const RecellRowPlace* own = program.places + program.shared;
  const RecellRowPlace* written = own + program.inputs;
  const RecellRowPlace* sums = written + program.outputs;
  int64_t numbers = 0;
  for (int k = 0; k < program.step_count; ++k) numbers += program.steps[k].width;
  const int64_t worth = rows * numbers / kNumbersPerThread + 1;
  const int team = worth < threads ? static_cast<int>(worth) : threads;
  const long size = program.memory + kLanes;
  Array<float> memories(size * team);
  parallel(team, [&](int thread, int members) {
    float* memory = memories.data() + size * thread;
    for (int k = 0; k < program.shared; ++k) read(program.places[k], inputs[k], memory);
    const Range part = share(static_cast<int>(rows), thread, members);
    for (int64_t row = part.begin; row < part.end; ++row) {
      for (int k = 0; k < program.inputs; ++k) {
        read(own[k], inputs[program.shared + k] + row * own[k].width, memory);
      }
      for (int k = 0; k < program.step_count; ++k) execute(program.steps[k], memory);
      for (int k = 0; k < program.outputs; ++k) {
        __builtin_memcpy(outputs[k] + row * written[k].width, memory + written[k].at,
                         sizeof(float) * static_cast<size_t>(written[k].width));
      }
    }
  });
  for (int k = 0; k < program.sums; ++k) {
    for (int n = 0; n < sums[k].width; ++n) {
      float total = 0.0f;
      for (int thread = 0; thread < team; ++thread) total += memories[size * thread + sums[k].at + n];
      outputs[program.outputs + k][n] = total;
    }
  }
}

}  // namespace RECELL_ISA
}  // namespace recell
