// The part of the C interface that the rest of a training step uses: losses and updates. As recell.h has it, arrays are
// float32 and contiguous, and nothing is checked here.
#pragma once

#include <cstdint>

#include "recell.h"

extern "C" {

// One of `labels` and `shares` is null.
struct RecellCrossEntropy {
  int64_t rows, classes;
  const float* logits;    // [rows, classes]
  const float* bias;      // [classes]: added to every row of the logits; null: none
  const int64_t* labels;  // [rows], each a class
  const float* shares;    // [rows, classes]
  float* greatest;        // [rows]: what a row's exponentials are relative to
  float* sums;            // [rows]: of the exponentials
  float* losses;          // [rows]
  int32_t threads;        // at most this many
};

struct RecellCrossEntropyGradient {
  RecellCrossEntropy of;  // what the forward pass was given and gave
  const float* weights;   // [rows]: the gradient by the losses
  float* gradient;        // [rows, classes]: that by the logits
  float* totals;          // [threads, classes], zeros: the parts of its sum over the rows are added; null: not wanted
};

// A variable, its slots and a gradient: of all of it, or of the rows that `indices` name.
struct RecellUpdate {
  int64_t rows, width;     // of the gradient
  float* variable;         // [.., width]
  float* slots[2];         // as the variable; null where the rule has fewer
  const float* gradient;   // [rows, width]
  const int64_t* indices;  // [rows]: the gradient's rows in the variable, none twice; null: in order, all of them
  float scale;             // the gradient counts times this
  int32_t threads;         // at most this many
};

RECELL_EXPORT void recell_cross_entropy(const RecellCrossEntropy* call);
RECELL_EXPORT void recell_cross_entropy_gradient(const RecellCrossEntropyGradient* call);

// Hyper-parameters are those of TensorFlow 1; `slots` are Momentum's accum; Adam's m and v; Adagrad's accumulator;
// RMSProp's ms and mom.
RECELL_EXPORT void recell_gradient_descent(const RecellUpdate* call, float rate);
RECELL_EXPORT void recell_momentum(const RecellUpdate* call, float rate, float factor, int32_t nesterov);
RECELL_EXPORT void recell_adam(const RecellUpdate* call, float rate, float beta1, float beta2, float epsilon,
                               int32_t nesterov);
RECELL_EXPORT void recell_adagrad(const RecellUpdate* call, float rate, int32_t update_slots);
RECELL_EXPORT void recell_rms_prop(const RecellUpdate* call, float rate, float rho, float factor, float epsilon);

// Adam on all `total` rows of a variable whose gradient is zero outside of the rows of `indices`, which ascend.
RECELL_EXPORT void recell_adam_between(const RecellUpdate* call, int64_t total, float rate, float beta1, float beta2,
                                       float epsilon);

// Philox4x32-10 from block number `low` + `high` * 2^64 on: the words of `blocks` blocks, four each; and `count`
// numbers in [0, 1), made of one word each.
RECELL_EXPORT void recell_philox_words(uint32_t* to, int64_t blocks, uint64_t key, uint64_t low, uint64_t high,
                                       int32_t threads);
RECELL_EXPORT void recell_philox_uniform(float* to, int64_t count, uint64_t key, uint64_t low, uint64_t high,
                                         int32_t threads);
}
