// Softmax cross entropy of rows of logits: recell.kernels.softmax_cross_entropy is the reference.
//
// The forward pass reads the logits once, the backward pass reads them once and writes the gradient. In between only
// two numbers a row are kept: what a row's exponentials are relative to, and their sum.

#include <cmath>
#include <limits>

#include "../parallel.h"
#include "../training.h"
#include "../vec.h"
#include "tables.h"

namespace recell {
namespace RECELL_ISA {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

// Columns between two looks at the greatest so far: they are read twice, from the first cache.
constexpr int64_t kStretch = 2048;

// Fewer logits than this are not worth a second thread.
constexpr int64_t kLogitsPerThread = 1 << 14;

// The first `count` lanes, the others as `rest` has them.
inline Vec load_or(const float* from, int count, float rest) {
  if (count >= kLanes) return load(from);
  IntVec lane;
  for (int n = 0; n < kLanes; ++n) lane[n] = n;
  return lane < count ? load(from, count) : spread(rest);
}

inline int lanes_of(int64_t left) { return left < kLanes ? static_cast<int>(left) : kLanes; }

// e^x for x <= 0, zero where it is too small for a float: a class that was ruled out stays so.
inline Vec fraction(Vec x) { return x < -87.0f ? Vec{} : exponential_within(x); }

inline float greatest_of(Vec v) {
  float result = v[0];
  for (int n = 1; n < kLanes; ++n) result = v[n] > result ? v[n] : result;
  return result;
}

inline float sum_of(Vec v) {
  float result = 0.0f;
  for (int n = 0; n < kLanes; ++n) result += v[n];
  return result;
}

// Calls `visit(offset, lanes)` over `count` columns, a vector at a time, as four independent chains where it can.
template <class Visit>
inline void each_vector(int64_t count, Visit&& visit) {
  int64_t k = 0;
  for (; k + 4 * kLanes <= count; k += 4 * kLanes) {
    visit(0, k, kLanes);
    visit(1, k + kLanes, kLanes);
    visit(2, k + 2 * kLanes, kLanes);
    visit(3, k + 3 * kLanes, kLanes);
  }
  for (; k < count; k += kLanes) visit(0, k, lanes_of(count - k));
}

// The logits of a row, some columns at a time.
struct Row {
  const float* product;
  const float* bias;  // null: none

  Vec operator()(int64_t k, int lanes, float rest) const {
    const Vec x = load_or(product + k, lanes, rest);
    return bias == nullptr ? x : x + load_or(bias + k, lanes, 0.0f);
  }
  float operator()(int64_t k) const { return bias == nullptr ? product[k] : product[k] + bias[k]; }
};

// What the exponentials of a row are relative to, and their sum.
struct Scale {
  float greatest, sum;
};

inline float stretch_greatest(const Row& x, int64_t begin, int64_t count) {
  Vec best[4] = {spread(-kInfinity), spread(-kInfinity), spread(-kInfinity), spread(-kInfinity)};
  each_vector(count, [&](int chain, int64_t k, int lanes) {
    const Vec v = x(begin + k, lanes, -kInfinity);
    best[chain] = v > best[chain] ? v : best[chain];
  });
  const Vec upper = best[0] > best[1] ? best[0] : best[1], lower = best[2] > best[3] ? best[2] : best[3];
  return greatest_of(upper > lower ? upper : lower);
}

inline float stretch_sum(const Row& x, int64_t begin, int64_t count, float greatest) {
  Vec sums[4] = {};
  each_vector(count, [&](int chain, int64_t k, int lanes) {
    sums[chain] += fraction(x(begin + k, lanes, -kInfinity) - greatest);
  });
  return sum_of((sums[0] + sums[1]) + (sums[2] + sums[3]));
}

Scale scale_of(const Row& x, int64_t classes) {
  Scale scale = {-kInfinity, 0.0f};
  for (int64_t k = 0; k < classes; k += kStretch) {
    const int64_t count = classes - k < kStretch ? classes - k : kStretch;
    const float greatest = stretch_greatest(x, k, count);
    if (greatest > scale.greatest) {
      scale.sum *= std::exp(scale.greatest - greatest);
      scale.greatest = greatest;
    }
    // Where there is only -inf so far, nothing is added; a NaN still shows in the sum.
    scale.sum += stretch_sum(x, k, count, scale.greatest == -kInfinity ? 0.0f : scale.greatest);
  }
  return scale;
}

// sum(labels * -log(softmax(x))) of one row.
float against_shares(const Row& x, const float* labels, int64_t classes, const Scale& scale) {
  const float log_sum = std::log(scale.sum);
  Vec sums[4] = {};
  each_vector(classes, [&](int chain, int64_t k, int lanes) {
    sums[chain] += load_or(labels + k, lanes, 0.0f) * (log_sum - (x(k, lanes, 0.0f) - scale.greatest));
  });
  return sum_of((sums[0] + sums[1]) + (sums[2] + sums[3]));
}

// The gradient of one row with respect to its logits: softmax(x) * weight, less the labels' part. `total`, where it is
// not null, has it added.
void row_gradient(const Row& x, const float* shares, int64_t classes, const Scale& scale, float weight, float* to,
                  float* total) {
  const float per_sum = weight / scale.sum;
  if (weight == 0.0f && shares == nullptr && std::isfinite(scale.greatest) && std::isfinite(scale.sum)) {
    std::memset(to, 0, static_cast<size_t>(classes) * sizeof(float));
    return;
  }
  each_vector(classes, [&](int, int64_t k, int lanes) {
    Vec gradient = fraction(x(k, lanes, 0.0f) - scale.greatest) * per_sum;
    if (shares != nullptr) gradient -= load(shares + k, lanes) * weight;
    store(to + k, gradient, lanes);
    if (total != nullptr) store(total + k, load(total + k, lanes) + gradient, lanes);
  });
}

int threads_for(const RecellCrossEntropy& call) {
  const int64_t worth = call.rows * call.classes / kLogitsPerThread;
  return worth < call.threads ? static_cast<int>(worth) : call.threads;
}

}  // namespace

void cross_entropy(const RecellCrossEntropy& call) {
  parallel(threads_for(call), [&](int thread, int threads) {
    const Range rows = share(static_cast<int>(call.rows), thread, threads);
    for (int64_t row = rows.begin; row < rows.end; ++row) {
      const Row x = {call.logits + row * call.classes, call.bias};
      const Scale scale = scale_of(x, call.classes);
      call.greatest[row] = scale.greatest;
      call.sums[row] = scale.sum;
      call.losses[row] = call.labels != nullptr
                             ? std::log(scale.sum) - (x(call.labels[row]) - scale.greatest)
                             : against_shares(x, call.shares + row * call.classes, call.classes, scale);
    }
  });
}

void cross_entropy_gradient(const RecellCrossEntropyGradient& call) {
  const RecellCrossEntropy& of = call.of;
  parallel(threads_for(of), [&](int thread, int threads) {
    float* total = call.totals == nullptr ? nullptr : call.totals + thread * of.classes;
    const Range rows = share(static_cast<int>(of.rows), thread, threads);
    for (int64_t row = rows.begin; row < rows.end; ++row) {
      const int64_t at = row * of.classes;
      row_gradient({of.logits + at, of.bias}, of.shares ? of.shares + at : nullptr, of.classes,
                   {of.greatest[row], of.sums[row]}, call.weights[row], call.gradient + at, total);
      if (of.labels != nullptr) {
        call.gradient[at + of.labels[row]] -= call.weights[row];
        if (total != nullptr) total[of.labels[row]] -= call.weights[row];
      }
    }
  });
}

}  // namespace RECELL_ISA
}  // namespace recell
