// One step of a recurrence after the other: the products forward and backward,
// shared by the cells.
//
// Units are handled in blocks of as many as a vector has lanes. What the
// kernels keep is laid out step by step, block by block, row by row, and for
// each of these holds G vectors, one a gate: the sums of a product are written
// in one run, and read as they are by the products of the backward pass. Lanes
// past the last unit stay zero or are never looked at.
#pragma once

#include "array.h"
#include "gradients.h"
#include "packing.h"
#include "parallel.h"
#include "parts.h"
#include "product.h"
#include "steps.h"

namespace recell {
namespace RECELL_ISA {

// One call on a batch of sequences: its sizes, and what its threads share.
class Recurrence {
 protected:
  // `columns`: floats of weights that belong to one unit and are read in every
  // step.
  Recurrence(const RecellSequence& sequence, long columns)
      : sequence_(sequence),
        steps_(sequence),
        units_(static_cast<int>(sequence.units)),
        depth_(static_cast<int>(sequence.depth)),
        threads_(static_cast<int>(sequence.threads)),
        blocks_(blocks_of(units_)),
        by_rows_(splits_by_rows(sequence, columns * units_)) {}

  const RecellSequence& sequence_;
  const Steps steps_;
  const int units_, depth_, threads_, blocks_;
  const bool by_rows_;
  Barrier barrier_;
};

// Rows handled together between two looks at a panel: their sums stay in the
// first cache.
constexpr int kTileRows = 48;

// The steps from `step` on whose inputs' products are made at once: as many as
// have rows enough to be worth reading `weights` floats from afar. Weights that
// stay in the cache anyway are read step by step, if a step has some rows.
RECELL_INLINE int chunk_end(const Steps& steps, int step, long weights) {
  constexpr long kCached = 192 * 1024;
  constexpr int kSome = 12;
  const int wanted = weights <= kCached ? kSome : kChunkRows;
  int rows = 0;
  while (step < steps.count && rows < wanted) rows += steps.alive[step++];
  return step;
}

// sums = biases + x * weights, for the rows and blocks of a part: for several
// steps at once, or, where they are one, block by block together with the
// recurrent product.
template <int G>
class InputProducts {
 public:
  InputProducts(const Steps& steps, const Part& part, const float* x, const GateWeights<G>& weights,
                const float* biases, float* buffer)
      : steps_(steps),
        part_(part),
        x_(x),
        weights_(weights),
        biases_(biases),
        buffer_(buffer),
        rows_(chunk_places(steps)),
        base_(chunk_places(steps)),
        sums_(chunk_places(steps)),
        stride_(chunk_places(steps)) {}

  // For steps [begin, end), of which step `origin` is the first in the buffer.
  void steps(int begin, int end, int origin) {
    const int blocks = blocks_of(weights_.units);
    float* start = buffer_ - steps_.first[origin] * blocks * G * kLanes;
    int count = 0;
    for (int step = begin; step < end; ++step) {
      for (int k = 0; k < part_.rows(steps_.alive[step]); ++k) {
        const int row = part_.row(k);
        rows_[count] = x_ + steps_.at[steps_.first[step] + row] * weights_.depth;
        base_[count] = find(start, steps_, step, blocks, 0, row, G);
        stride_[count] = static_cast<long>(steps_.alive[step]) * G * kLanes;
        ++count;
      }
    }
    one_step_ = end - begin == 1;
    if (one_step_) return;
    for (int block = part_.blocks.begin; block < part_.blocks.end; ++block) {
      for (int k = 0; k < count; ++k) sums_[k] = base_[k] + block * stride_[k];
      start_sums(block, count, sums_.data());
      const Term term = input(block);
      multiply_rows<G>(&term, 1, count, sums_.data(), weights_.panel(block + 1));
    }
  }

  // The sums of one block of a step, `recurrent` included.
  void step(int block, int rows, const Term& recurrent, float* const* sums, const float* next) {
    if (one_step_) {
      start_sums(block, rows, sums);
      const Term both[2] = {input(block), recurrent};
      multiply_rows<G>(both, 2, rows, sums, next);
    } else {
      multiply_rows<G>(&recurrent, 1, rows, sums, next);
    }
  }

 private:
  Term input(int block) { return {rows_.data(), 1, weights_.depth, 0, weights_.panel(block)}; }

  void start_sums(int block, int count, float* const* sums) const {
    const float* bias = biases_ + static_cast<long>(block) * G * kLanes;
    for (int k = 0; k < count; ++k) {
      for (int gate = 0; gate < G; ++gate) store(sums[k] + gate * kLanes, load(bias + gate * kLanes));
    }
  }

  const Steps& steps_;
  const Part& part_;
  const float* const x_;
  const GateWeights<G>& weights_;
  const float* const biases_;
  float* const buffer_;
  Array<const float*> rows_;
  Array<float*> base_, sums_;
  Array<long> stride_;
  bool one_step_ = false;
};

// The sums of one step, for the rows and blocks of `part`: `left` has a row for
// each of its rows and meets the recurrent `weights`, `buffer` begins with step
// `origin`. `after(block, rows, sums)` is called for each block, while its sums
// are in the cache.
template <int G, class After>
RECELL_INLINE void step_products(const Steps& steps, const Part& part, int step, const float* const* left,
                                 const GateWeights<G>& weights, float* buffer, int origin, float** sums,
                                 InputProducts<G>& inputs, After after) {
  const int blocks = blocks_of(weights.units), rows = part.rows(steps.alive[step]);
  float* start = buffer - steps.first[origin] * blocks * G * kLanes;
  const int count = part.blocks.end - part.blocks.begin;
  for (int n = 0; n < count; ++n) {
    // To and fro, so that each step begins with the weights that the one before
    // it left in the cache.
    const int block = step % 2 ? part.blocks.end - 1 - n : part.blocks.begin + n;
    const int next = n + 1 == count ? block : step % 2 ? block - 1 : block + 1;
    for (int k = 0; k < rows; ++k) sums[k] = find(start, steps, step, blocks, block, part.row(k), G);
    inputs.step(block, rows, {left, 1, weights.depth, 0, weights.panel(block)}, sums, weights.panel(next));
    after(block, rows, sums);
  }
}

// dgates * weights in one step, for the rows and blocks of `part`; `columns` of
// the weights are units. `after(block, first, count, sums, offset)` is called
// for tiles of `count` rows from the `first` one on, `rows` in all: the block's
// sums of the k-th row of the tile are at sums[k] + offset, where that row is
// among the first `products`.
template <int G, class After>
RECELL_INLINE void back_products(const Steps& steps, const Part& part, int step, int products, int rows,
                                 const BackWeights<G>& weights, float* dgates, const float** left, After after) {
  const int blocks = blocks_of(weights.units), panels = weights.panels(part.blocks);
  const long stride = products ? static_cast<long>(steps.alive[step]) * G * kLanes : 0;
  for (int k = 0; k < products; ++k) left[k] = find(dgates, steps, step, blocks, 0, part.row(k), G);
  alignas(64) float tile[kTileRows * kMaxVectors * kLanes];
  float* sums[kTileRows];
  for (int k = 0; k < kTileRows; ++k) sums[k] = tile + k * kMaxVectors * kLanes;
  for (int n = 0; n < panels; ++n) {
    const auto panel = weights.panel(part.blocks, step % 2 ? panels - 1 - n : n);
    const float* packed = weights.weights(panel);
    for (int first = 0; first < rows; first += kTileRows) {
      const int count = smaller(kTileRows, rows - first), some = smaller(larger(products - first, 0), count);
      std::memset(tile, 0, sizeof(float) * static_cast<size_t>(some * kMaxVectors * kLanes));
      const Term term{left + first, blocks, G * kLanes, stride, packed};
      multiply(term, some, panel.vectors, sums,
               packed + static_cast<long>(blocks) * G * kLanes * panel.vectors * kLanes);
      for (int k = 0; k < panel.vectors; ++k) after(panel.first + k, first, count, sums, k * kLanes);
    }
  }
}

// The rows that a product of each place reads: `now` at its own position along
// [time, batch], ...
RECELL_INLINE void rows_now(const Steps& steps, const float* now, int depth, Array<const float*>& rows) {
  for (long place = 0; place < steps.places; ++place) rows[place] = now + steps.at[place] * depth;
}

// ... or the state before it, in `y` at the position of the step before, in the
// first step `h0`.
RECELL_INLINE const float* state_before(const Steps& steps, int step, int k, const float* y, const float* h0,
                                        int units) {
  return step ? y + steps.at[steps.first[step - 1] + k] * units : h0 + static_cast<long>(steps.row[k]) * units;
}

RECELL_INLINE void rows_before(const Steps& steps, const float* y, const float* h0, int units,
                               Array<const float*>& rows) {
  for (int step = 0; step < steps.count; ++step) {
    for (int k = 0; k < steps.alive[step]; ++k)
      rows[steps.first[step] + k] = state_before(steps, step, k, y, h0, units);
  }
}

// The state after each row's last step, for some rows: from outputs, or the
// state before for an empty row.
RECELL_INLINE void final_state(const Steps& steps, Range rows, const float* y, const float* h0, float* h, int units) {
  for (int k = rows.begin; k < rows.end; ++k) {
    const float* last = state_before(steps, steps.length[k], k, y, h0, units);
    std::memcpy(h + static_cast<long>(steps.row[k]) * units, last, sizeof(float) * static_cast<size_t>(units));
  }
}

// A block of a `[batch, units]` array, zero where there is none.
RECELL_INLINE Vec load_state(const Steps& steps, const float* state, int block, int k, int units) {
  if (!state) return Vec{};
  return load(state + static_cast<long>(steps.row[k]) * units + block * kLanes, width_at(block * kLanes, units));
}

RECELL_INLINE void store_state(const Steps& steps, float* state, int block, int k, int units, Vec value) {
  store(state + static_cast<long>(steps.row[k]) * units + block * kLanes, value, width_at(block * kLanes, units));
}

// Zeros at the positions of `sequence` [time, batch, depth] past the lengths,
// for some rows.
RECELL_INLINE void clear_past_lengths(const RecellSequence& sequence, const Steps& steps, Range rows, float* values,
                                      long depth) {
  for (int k = rows.begin; k < rows.end; ++k) {
    for (long t = steps.length[k]; t < sequence.time; ++t) {
      std::memset(values + (t * sequence.batch + steps.row[k]) * depth, 0, sizeof(float) * static_cast<size_t>(depth));
    }
  }
}

}  // namespace RECELL_ISA
}  // namespace recell
