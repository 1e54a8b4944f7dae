// Straight-line programs over the rows of matrices: what a cell computes between its products, in one pass.
#pragma once

#include <cstdint>

#include "recell.h"

extern "C" {

// What a step does with the numbers at `a` and `b`. A gradient is that by the argument: `a` is the gradient by the
// result, `b` the result.
enum RecellRowOperation {
  RECELL_ROW_SET,    // factor
  RECELL_ROW_SCALE,  // factor * a
  RECELL_ROW_SHIFT,  // a + factor
  RECELL_ROW_ADD,
  RECELL_ROW_SUBTRACT,
  RECELL_ROW_MULTIPLY,
  RECELL_ROW_DIVIDE,
  RECELL_ROW_ROOT,
  RECELL_ROW_INVERSE_ROOT,
  RECELL_ROW_SIGMOID,
  RECELL_ROW_TANH,
  RECELL_ROW_RELU,
  RECELL_ROW_SUM,            // of all numbers of a
  RECELL_ROW_MEAN,           // of all numbers of a
  RECELL_ROW_VARIANCE,       // of all numbers of a around the mean b
  RECELL_ROW_ROOT_GRADIENT,  // this one and the next: zero where nothing flows back, even at a pole
  RECELL_ROW_INVERSE_ROOT_GRADIENT,
  RECELL_ROW_SIGMOID_GRADIENT,
  RECELL_ROW_TANH_GRADIENT,
  RECELL_ROW_RELU_GRADIENT
};

enum { RECELL_ROW_ONE_A = 1, RECELL_ROW_ONE_B = 2, RECELL_ROW_ONTO = 4 };

struct RecellRowStep {
  int32_t operation;
  int32_t flags;     // a or b is one number, to be used with all of the other; the result is added onto what is there
  int32_t width;     // how many numbers a and b have
  int32_t to, a, b;  // places in the memory
  float factor;
};

// A stretch of the memory that is read from an array or written to one.
struct RecellRowPlace {
  int32_t at, width;
};

// The places come in this order: inputs that all rows share [width], inputs [rows, width], outputs [rows, width], and
// outputs [width] that are summed over the rows, whose stretches start as zeros.
struct RecellRowProgram {
  int32_t memory;  // floats
  int32_t step_count;
  const RecellRowStep* steps;
  int32_t shared, inputs, outputs, sums;
  const RecellRowPlace* places;
};

RECELL_EXPORT void recell_rowwise(const RecellRowProgram* program, int64_t rows, const float* const* inputs,
                                  float* const* outputs, int32_t threads);
}
