// The product at the heart of a step: a few rows, each where it lies, times a matrix packed into panels.
//
// A panel is up to four vectors of columns wide and as deep as the matrix: [depth][vectors][lanes], zeros past the last
// column. Which columns stand beside each other is the packer's choice: an LSTM's panel holds all gates of some units.
#pragma once

#include "vec.h"

namespace recell {
namespace RECELL_ISA {

constexpr int kMaxVectors = 4;
constexpr int kTileWidth = kMaxVectors * kLanes;

// Rows handled together between two looks at a panel: their sums stay in the first cache.
constexpr int kTileRows = 8 * kMaxRows;

// sums[m] += rows[m] * panel, for M rows and a panel of N vectors. `sums` is [M][kTileWidth].
template <int M, int N>
void multiply_block(const float* const* rows, int depth, const float* panel, float* sums) {
  Vec acc[M][N];
  const float* row[M];
#pragma GCC unroll 8
  for (int m = 0; m < M; ++m) {
    row[m] = rows[m];
#pragma GCC unroll 8
    for (int n = 0; n < N; ++n) acc[m][n] = load(sums + m * kTileWidth + n * kLanes);
  }
  for (int k = 0; k < depth; ++k) {
    Vec w[N];
#pragma GCC unroll 8
    for (int n = 0; n < N; ++n) w[n] = load(panel + (static_cast<long>(k) * N + n) * kLanes);
#pragma GCC unroll 8
    for (int m = 0; m < M; ++m) {
      const Vec a = spread(row[m][k]);
#pragma GCC unroll 8
      for (int n = 0; n < N; ++n) acc[m][n] += a * w[n];
    }
  }
#pragma GCC unroll 8
  for (int m = 0; m < M; ++m) {
#pragma GCC unroll 8
    for (int n = 0; n < N; ++n) store(sums + m * kTileWidth + n * kLanes, acc[m][n]);
  }
}

template <int N>
void multiply_rows(const float* const* rows, int count, int depth, const float* panel, float* sums) {
  // Blocks as equal as can be: 20 rows are 4 x 5, not 3 x 6 and 2.
  for (int blocks = (count + kMaxRows - 1) / kMaxRows; blocks > 0; --blocks) {
    const int m = count / blocks;
    switch (m) {
      case 1: multiply_block<1, N>(rows, depth, panel, sums); break;
      case 2: multiply_block<2, N>(rows, depth, panel, sums); break;
      case 3: multiply_block<3, N>(rows, depth, panel, sums); break;
#if defined(__AVX512F__)
      case 4: multiply_block<4, N>(rows, depth, panel, sums); break;
      case 5: multiply_block<5, N>(rows, depth, panel, sums); break;
      case 6: multiply_block<6, N>(rows, depth, panel, sums); break;
#endif
    }
    rows += m;
    sums += m * kTileWidth;
    count -= m;
  }
}

// sums[m] += rows[m] * panel for `count` rows of `depth` numbers.
RECELL_INLINE void multiply(const float* const* rows, int count, int depth, const float* panel, int vectors, float* sums) {
  switch (vectors) {
    case 1: multiply_rows<1>(rows, count, depth, panel, sums); break;
    case 2: multiply_rows<2>(rows, count, depth, panel, sums); break;
    case 3: multiply_rows<3>(rows, count, depth, panel, sums); break;
    default: multiply_rows<4>(rows, count, depth, panel, sums);
  }
}

// Packs columns [first, first + count) of `matrix` [depth, stride] as vector `n` of a panel of `vectors`.
RECELL_INLINE void pack_columns(const float* matrix, long stride, int depth, int first, int count, int n, int vectors,
                         float* panel) {
  for (int k = 0; k < depth; ++k) {
    store(panel + (static_cast<long>(k) * vectors + n) * kLanes, load(matrix + k * stride + first, count));
  }
}

// The same of the transposed matrix: rows [first, first + count) of `matrix` [.., stride], `depth` numbers of each.
RECELL_INLINE void pack_rows(const float* matrix, long stride, int depth, int first, int count, int n, int vectors,
                      float* panel) {
  constexpr int kStretch = 16;  // one cache line of each row at a time
  for (int start = 0; start < depth; start += kStretch) {
    const int end = start + kStretch < depth ? start + kStretch : depth;
    for (int lane = 0; lane < kLanes; ++lane) {
      const float* row = matrix + (first + lane) * stride;
      float* to = panel + n * kLanes + lane;
      for (int k = start; k < end; ++k) to[static_cast<long>(k) * vectors * kLanes] = lane < count ? row[k] : 0.0f;
    }
  }
}

}  // namespace RECELL_ISA
}  // namespace recell
