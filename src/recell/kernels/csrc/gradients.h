// Gradients by inputs, weights and biases, from those by gates of all steps.
#pragma once

#include "array.h"
#include "packing.h"
#include "steps.h"

namespace recell {
namespace RECELL_ISA {

// Places summed up between two looks at a weight's gradient: their gates stay in the first cache.
constexpr long kSumPlaces = 64;

// Columns of weights whose gradients are summed up together: some blocks of six and of eight.
constexpr int kSumColumns = 96;

// dx = dgates * weights for every place, for the inputs whose vectors are `vectors`; `accumulate`: dx += it.
template <int G>
void input_gradient(const Steps& steps, Range vectors, const BackWeights<G>& weights, const float* dgates, float* dx,
                    bool accumulate) {
  const int blocks = blocks_of(weights.units), depth = weights.columns;
  const long most = chunk_places(steps);
  Array<const float*> rows(most);
  Array<float*> sums(most);
  Array<float> tile(most * kMaxVectors * kLanes);
  for (long k = 0; k < most; ++k) sums[k] = tile.data() + k * kMaxVectors * kLanes;
  for (int begin = 0, end; begin < steps.count; begin = end) {
    // Rows of one product must have their blocks equally far apart.
    end = begin + 1;
    for (int rows_so_far = steps.alive[begin];
         end < steps.count && steps.alive[end] == steps.alive[begin] && rows_so_far + steps.alive[end] <= kChunkRows;
         ++end) {
      rows_so_far += steps.alive[end];
    }
    const long first = steps.first[begin], count = steps.first[end] - first;
    for (int step = begin; step < end; ++step) {
      for (int k = 0; k < steps.alive[step]; ++k) {
        rows[steps.first[step] - first + k] = find(const_cast<float*>(dgates), steps, step, blocks, 0, k, G);
      }
    }
    const long stride = static_cast<long>(steps.alive[begin]) * G * kLanes;
    for (int k = 0; k < weights.panels(vectors); ++k) {
      const auto panel = weights.panel(vectors, k);
      std::memset(tile.data(), 0, sizeof(float) * static_cast<size_t>(count * kMaxVectors * kLanes));
      const float* packed = weights.weights(panel);
      const Term term{rows.data(), blocks, G * kLanes, stride, packed};
      multiply(term, static_cast<int>(count), panel.vectors, sums.data(),
               packed + static_cast<long>(blocks) * G * kLanes * panel.vectors * kLanes);
      for (long place = 0; place < count; ++place) {
        float* to = dx + steps.at[first + place] * depth;
        for (int n = 0; n < panel.vectors; ++n) {
          const int column = (panel.first + n) * kLanes, width = width_at(column, depth);
          Vec sum = load(sums[place] + n * kLanes);
          if (accumulate) sum += load(to + column, width);
          store(to + column, sum, width);
        }
      }
    }
  }
}

// out[m, gate * units + unit] = the sum over places of left[place][m] * dgates[place], for the columns m in `range` of
// the left rows and the units of `block`. `out` is `[columns, G * units]`; `sums` has room for the columns' G vectors.
template <int G>
void weight_gradient(const Steps& steps, int block, int units, const float* const* left, Range range,
                     const float* const* dgates, Vec (*sums)[G], float* out) {
  constexpr int kColumns = kRowsBeside<G>;
  const int unit = block * kLanes, width = width_at(unit, units);
  std::memset(static_cast<void*>(sums), 0, sizeof(Vec[G]) * static_cast<size_t>(range.end - range.begin));
  for (long begin = 0; begin < steps.places; begin += kSumPlaces) {
    const long rest = steps.places - begin, count = rest < kSumPlaces ? rest : kSumPlaces;
    for (int column = range.begin; column < range.end; column += kColumns) {
      const int some = smaller(kColumns, range.end - column);
      correlate<G>(some, left + begin, column, dgates + begin, count, sums + (column - range.begin));
    }
  }
  for (int column = range.begin; column < range.end; ++column) {
    float* to = out + static_cast<long>(column) * G * units + unit;
    for (int gate = 0; gate < G; ++gate) store(to + gate * units, sums[column - range.begin][gate], width);
  }
}

// Where each place's gates of a block begin.
template <int G>
RECELL_INLINE void rows_of_block(const Steps& steps, int blocks, int block, const float* gates,
                                 Array<const float*>& rows) {
  for (int step = 0; step < steps.count; ++step) {
    const float* first = find(const_cast<float*>(gates), steps, step, blocks, block, 0, G);
    for (int k = 0; k < steps.alive[step]; ++k) rows[steps.first[step] + k] = first + static_cast<long>(k) * G * kLanes;
  }
}

// The whole gradient by weights of `columns` inputs, or one thread's share of it. `left` has a row for each place.
template <int G>
void weight_gradients(const Steps& steps, int units, const float* const* left, int columns, const float* dgates,
                      float* out, int thread, int team) {
  const int blocks = blocks_of(units), groups = (columns + kSumColumns - 1) / kSumColumns;
  const Range own = share(groups * blocks, thread, team);
  Array<const float*> rows(steps.places);
  Array<Vec[G]> sums(kSumColumns);
  for (int task = own.begin; task < own.end; ++task) {
    // All blocks for one group of columns, which stays in the cache: the gates, read in one run, come in time from
    // afar.
    const int first = task / blocks * kSumColumns, block = task % blocks;
    rows_of_block<G>(steps, blocks, block, dgates, rows);
    weight_gradient<G>(steps, block, units, left, {first, smaller(columns, first + kSumColumns)}, rows.data(),
                       sums.data(), out);
  }
}

// out[gate * units + unit]: the sum of what the threads of a team have summed up for each block.
template <int G>
RECELL_INLINE void add_sums(const Array<Vec[G]>& sums, int threads, int units, float* const* out) {
  const int blocks = blocks_of(units);
  for (int block = 0; block < blocks; ++block) {
    const int unit = block * kLanes;
    for (int n = 0; n < G; ++n) {
      Vec all{};
      for (int thread = 0; thread < threads; ++thread) all += sums[static_cast<long>(thread) * blocks + block][n];
      if (out[n]) store(out[n] + unit, all, width_at(unit, units));
    }
  }
}

}  // namespace RECELL_ISA
}  // namespace recell
