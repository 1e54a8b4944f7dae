// Products of a few rows, each where it lies, and a matrix packed into panels; and the transposed kind that weights'
// gradients need.
//
// A panel is up to four vectors of columns wide and as deep as the matrix: [depth][vectors][lanes], zeros past the last
// column. Which columns stand beside each other is the packer's choice: an LSTM's panel holds all gates of some units.
#pragma once

#include "vec.h"

namespace recell {
namespace RECELL_ISA {

constexpr int kMaxVectors = 4;

// Rows whose sums fit the registers beside N vectors of weights and one of inputs. No more than eight: their addresses
// take registers too.
template <int N>
constexpr int kRowsBeside = kRegisters / N < 8 ? kRegisters / N : 8;

// One product of a sum of products: rows that may lie in `segments` pieces of `depth` numbers, `stride` apart, and the
// panel they meet.
struct Term {
  const float* const* rows;
  int segments, depth;
  long stride;
  const float* panel;
};

// sums[m] += rows[m] * panel over all terms, for M rows and panels of N vectors; what lies at `next` is brought closer
// meanwhile.
template <int M, int N>
void multiply_block(const Term* terms, int count, float* const* sums, const float* next) {
  Vec acc[M][N];
#pragma GCC unroll 8
  for (int m = 0; m < M; ++m) {
#pragma GCC unroll 8
    for (int n = 0; n < N; ++n) acc[m][n] = load(sums[m] + n * kLanes);
  }
  for (const Term* term = terms; term < terms + count; ++term) {
    const float* row[M];
#pragma GCC unroll 8
    for (int m = 0; m < M; ++m) row[m] = term->rows[m];
    const float* panel = term->panel;
    const int depth = term->depth;
    for (int segment = 0; segment < term->segments; ++segment) {
      for (int k = 0; k < depth; ++k) {
        Vec w[N];
#pragma GCC unroll 8
        for (int n = 0; n < N; ++n) w[n] = load(panel + n * kLanes);
        panel += N * kLanes;
        __builtin_prefetch(next, 0, 2);
        next += 16;
#pragma GCC unroll 8
        for (int m = 0; m < M; ++m) {
          const Vec a = spread(row[m][k]);
#pragma GCC unroll 8
          for (int n = 0; n < N; ++n) acc[m][n] += a * w[n];
        }
      }
#pragma GCC unroll 8
      for (int m = 0; m < M; ++m) row[m] += term->stride;
    }
  }
#pragma GCC unroll 8
  for (int m = 0; m < M; ++m) {
#pragma GCC unroll 8
    for (int n = 0; n < N; ++n) store(sums[m] + n * kLanes, acc[m][n]);
  }
}

template <int N, int M>
RECELL_INLINE void multiply_some(int rows, const Term* terms, int count, float* const* sums, const float* next) {
  if constexpr (M > 0) {
    if (rows == M) {
      multiply_block<M, N>(terms, count, sums, next);
    } else {
      multiply_some<N, M - 1>(rows, terms, count, sums, next);
    }
  }
}

// The same for any number of rows, and one term or two. `next` is where the panel after them lies.
template <int N>
void multiply_rows(const Term* terms, int count, int rows, float* const* sums, const float* next) {
  constexpr int kRows = kRowsBeside<N>;
  Term own[2] = {terms[0], terms[count - 1]};
  long depth = 0;
  for (int k = 0; k < count; ++k) depth += static_cast<long>(terms[k].segments) * terms[k].depth;
  // Blocks as equal as can be: 20 rows are 4 x 5, not 3 x 6 and 2.
  for (int blocks = (rows + kRows - 1) / kRows; blocks > 0; --blocks) {
    const int some = rows / blocks;
    multiply_some<N, kRows>(some, own, count, sums, next);
    own[0].rows += some;
    own[1].rows += some;
    sums += some;
    rows -= some;
    next += depth * 16;
  }
}

RECELL_INLINE void multiply(const Term& term, int rows, int vectors, float* const* sums, const float* next) {
  switch (vectors) {
    case 1:
      multiply_rows<1>(&term, 1, rows, sums, next);
      break;
    case 2:
      multiply_rows<2>(&term, 1, rows, sums, next);
      break;
    case 3:
      multiply_rows<3>(&term, 1, rows, sums, next);
      break;
    default:
      multiply_rows<4>(&term, 1, rows, sums, next);
  }
}

// sums[m] += the sum over k of left[k][m] * right[k], for M columns of the left rows and N vectors of the right ones.
template <int M, int N>
void correlate_block(const float* const* left, int column, const float* const* right, long count, Vec (*sums)[N]) {
  Vec acc[M][N];
#pragma GCC unroll 8
  for (int m = 0; m < M; ++m) {
#pragma GCC unroll 8
    for (int n = 0; n < N; ++n) acc[m][n] = sums[m][n];
  }
  for (long k = 0; k < count; ++k) {
    const float* row = left[k] + column;
    const float* vectors = right[k];
    Vec w[N];
#pragma GCC unroll 8
    for (int n = 0; n < N; ++n) w[n] = load(vectors + n * kLanes);
#pragma GCC unroll 8
    for (int m = 0; m < M; ++m) {
      const Vec a = spread(row[m]);
#pragma GCC unroll 8
      for (int n = 0; n < N; ++n) acc[m][n] += a * w[n];
    }
  }
#pragma GCC unroll 8
  for (int m = 0; m < M; ++m) {
#pragma GCC unroll 8
    for (int n = 0; n < N; ++n) sums[m][n] = acc[m][n];
  }
}

template <int N, int M = kRowsBeside<N>>
RECELL_INLINE void correlate(int columns, const float* const* left, int column, const float* const* right, long count,
                             Vec (*sums)[N]) {
  if constexpr (M > 0) {
    if (columns == M) {
      correlate_block<M, N>(left, column, right, count, sums);
    } else {
      correlate<N, M - 1>(columns, left, column, right, count, sums);
    }
  }
}

// Up to kLanes x kLanes numbers of `rows` and `columns`, transposed: to[column * width + row]; zeros beyond them.
RECELL_INLINE void pack_transposed(const float* from, long stride, int rows, int columns, float* to, long width) {
  for (int column = columns; column < kLanes; ++column) store(to + column * width, Vec{});
  for (int row = 0; row < kLanes; ++row) {
    for (int column = 0; column < columns; ++column) {
      to[column * width + row] = row < rows ? from[row * stride + column] : 0.0f;
    }
  }
}

}  // namespace RECELL_ISA
}  // namespace recell
