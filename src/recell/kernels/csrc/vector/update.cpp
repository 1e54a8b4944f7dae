// What optimizers do to a variable and its slots, in one pass: recell.ops.training_rules is the reference.

#include <cmath>

#include "../parallel.h"
#include "../training.h"
#include "../vec.h"
#include "tables.h"

namespace recell {
namespace RECELL_ISA {
namespace {

// Fewer elements than this are not worth a second thread.
constexpr int64_t kElementsPerThread = 1 << 15;

inline Vec root(Vec x) {
#if defined(__AVX512F__)
  return (Vec)_mm512_sqrt_ps((__m512)x);
#elif defined(__AVX2__)
  return (Vec)_mm256_sqrt_ps((__m256)x);
#else
  for (int n = 0; n < kLanes; ++n) x[n] = std::sqrt(x[n]);
  return x;
#endif
}

struct GradientDescent {
  static constexpr int kSlots = 0;
  float rate;

  void operator()(Vec gradient, Vec& variable, Vec*) const { variable -= rate * gradient; }
};

struct Momentum {
  static constexpr int kSlots = 1;
  float rate, factor;
  bool nesterov;

  void operator()(Vec gradient, Vec& variable, Vec* slots) const {
    slots[0] = factor * slots[0] + gradient;
    if (nesterov) variable -= rate * gradient;
    variable -= (nesterov ? rate * factor : rate) * slots[0];
  }
};

struct Adam {
  static constexpr int kSlots = 2;
  float rate, beta1, beta2, epsilon;
  bool nesterov;

  void operator()(Vec gradient, Vec& variable, Vec* slots) const {
    slots[0] += (gradient - slots[0]) * (1.0f - beta1);
    slots[1] = slots[1] * beta2 + gradient * gradient * (1.0f - beta2);
    const Vec step = nesterov ? slots[0] + (gradient - slots[0]) * (1.0f - beta1) : slots[0];
    variable -= rate * step / (root(slots[1]) + epsilon);
  }
};

struct Adagrad {
  static constexpr int kSlots = 1;
  float rate;
  bool update_slots;

  void operator()(Vec gradient, Vec& variable, Vec* slots) const {
    if (update_slots) slots[0] += gradient * gradient;
    variable -= rate * gradient / root(slots[0]);
  }
};

struct RmsProp {
  static constexpr int kSlots = 2;
  float rate, rho, factor, epsilon;

  void operator()(Vec gradient, Vec& variable, Vec* slots) const {
    slots[0] = slots[0] * rho + gradient * gradient * (1.0f - rho);
    slots[1] = slots[1] * factor + rate * gradient / root(slots[0] + epsilon);
    variable -= slots[1];
  }
};

// `count` elements of a variable from `at` on, and those of a gradient; without one it is zero.
template <class Rule>
void over(const Rule& rule, const RecellUpdate& call, int64_t at, const float* gradient, int64_t count) {
  for (int64_t k = 0; k < count; k += kLanes) {
    const int lanes = count - k < kLanes ? static_cast<int>(count - k) : kLanes;
    Vec variable = load(call.variable + at + k, lanes), slots[2];
    for (int n = 0; n < Rule::kSlots; ++n) slots[n] = load(call.slots[n] + at + k, lanes);
    rule(gradient ? load(gradient + k, lanes) * call.scale : Vec{}, variable, slots);
    for (int n = 0; n < Rule::kSlots; ++n) store(call.slots[n] + at + k, slots[n], lanes);
    store(call.variable + at + k, variable, lanes);
  }
}

int threads_for(int64_t elements, int most) {
  const int64_t worth = elements / kElementsPerThread;
  return worth < most ? static_cast<int>(worth) : most;
}

int64_t part_of(int64_t count, int part, int parts) { return count / parts * part + count % parts * part / parts; }

template <class Rule>
void update(const RecellUpdate& call, const Rule& rule) {
  const int64_t elements = call.rows * call.width;
  parallel(threads_for(elements, call.threads), [&](int thread, int threads) {
    if (call.indices == nullptr) {
      const int64_t begin = part_of(elements, thread, threads), end = part_of(elements, thread + 1, threads);
      over(rule, call, begin, call.gradient + begin, end - begin);
      return;
    }
    for (int64_t row = part_of(call.rows, thread, threads); row < part_of(call.rows, thread + 1, threads); ++row) {
      over(rule, call, call.indices[row] * call.width, call.gradient + row * call.width, call.width);
    }
  });
}

// All of a variable of `total` rows, where the gradient is zero in the rows that `indices`, ascending, do not name.
template <class Rule>
void update_between(const RecellUpdate& call, int64_t total, const Rule& rule) {
  parallel(threads_for(total * call.width, call.threads), [&](int thread, int threads) {
    int64_t row = part_of(total, thread, threads), given = 0;
    const int64_t end = part_of(total, thread + 1, threads);
    while (given < call.rows && call.indices[given] < row) ++given;
    while (row < end) {
      const int64_t next = given < call.rows && call.indices[given] < end ? call.indices[given] : end;
      over(rule, call, row * call.width, nullptr, (next - row) * call.width);
      if (next < end) over(rule, call, next * call.width, call.gradient + given++ * call.width, call.width);
      row = next + 1;
    }
  });
}

}  // namespace

void gradient_descent(const RecellUpdate& call, float rate) { update(call, GradientDescent{rate}); }

void momentum(const RecellUpdate& call, float rate, float factor, bool nesterov) {
  update(call, Momentum{rate, factor, nesterov});
}

void adam(const RecellUpdate& call, float rate, float beta1, float beta2, float epsilon, bool nesterov) {
  update(call, Adam{rate, beta1, beta2, epsilon, nesterov});
}

void adam_between(const RecellUpdate& call, int64_t total, float rate, float beta1, float beta2, float epsilon) {
  update_between(call, total, Adam{rate, beta1, beta2, epsilon, false});
}

void adagrad(const RecellUpdate& call, float rate, bool update_slots) { update(call, Adagrad{rate, update_slots}); }

void rms_prop(const RecellUpdate& call, float rate, float rho, float factor, float epsilon) {
  update(call, RmsProp{rate, rho, factor, epsilon});
}

}  // namespace RECELL_ISA
}  // namespace recell
