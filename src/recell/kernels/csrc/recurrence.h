// What the recurrences share: how a team of threads splits the work, how weights are packed for it, the input's product
// before the steps, and after them the gradients by inputs and weights.
//
// Units are handled in blocks of as many as a vector has lanes. What the kernels keep is laid out step by step, block by
// block, row by row, and for each of these holds G vectors, one a gate: the sums of a product are written in one run,
// and read as they are by the products of the backward pass. Lanes past the last unit stay zero or are never looked at.
#pragma once

#include "array.h"
#include "parallel.h"
#include "product.h"
#include "steps.h"
#include "vec.h"

namespace recell {
namespace RECELL_ISA {

// Rows for which the products over several steps are made at once: enough of them to be worth reading the weights, few
// enough that what they give stays in the cache until it is used.
constexpr int kChunkRows = 96;

// Rows handled together between two looks at a panel: their sums stay in the first cache.
constexpr int kTileRows = 48;

// Places summed up between two looks at a weight's gradient: their gates stay in the first cache.
constexpr long kSumPlaces = 64;

// Columns of weights whose gradients are summed up together: some blocks of six and of eight.
constexpr int kSumColumns = 96;

// What one thread of a team does. Either it has rows of its own, all units of them, and waits for nobody, or it has
// units of its own and waits for the others in every step, who need what it gives.
struct Part {
  int first_row, stride;  // of the rows of a step
  Range blocks;
  int waits_for;  // threads at the barrier of each step: 1 is nobody

  RECELL_INLINE int rows(int alive) const { return alive > first_row ? (alive - first_row + stride - 1) / stride : 0; }
  RECELL_INLINE int row(int k) const { return first_row + k * stride; }
};

RECELL_INLINE Part part_of(bool by_rows, int blocks, int thread, int team) {
  if (by_rows) return {thread, team, {0, blocks}, 1};
  return {0, 1, share(blocks, thread, team), team};
}

// Rows of their own are better while each thread has enough of them to use what it reads of the weights, of which there
// are `weights` floats, and these stay in its cache.
RECELL_INLINE bool splits_by_rows(const RecellSequence& sequence, long weights) {
  constexpr long kCached = 256 * 1024;
  constexpr int kEnough = 12;
  return sequence.threads == 1 || (weights <= kCached && sequence.batch >= kEnough * sequence.threads);
}

// Where `vectors` vectors of a row lie in a buffer that is laid out by steps, blocks and rows.
RECELL_INLINE float* find(float* buffer, const Steps& steps, int step, int blocks, int block, int row, int vectors) {
  const long place = steps.first[step] * blocks + static_cast<long>(block) * steps.alive[step] + row;
  return buffer + place * vectors * kLanes;
}

// Weights `[depth, G * units]` whose panels hold the G gates of one block each.
template <int G>
struct GateWeights {
  float* packed;
  int depth, units;

  static long floats(int depth, int units) { return static_cast<long>(depth) * blocks_of(units) * G * kLanes; }

  RECELL_INLINE float* panel(int block) const { return packed + static_cast<long>(block) * depth * G * kLanes; }

  // A few of the matrix's rows at a time: each is a stream of its own, of which a processor foresees only so many.
  RECELL_INLINE void pack(const float* matrix, Range blocks) const {
    constexpr int kRows = 4;
    for (int begin = 0; begin < depth; begin += kRows) {
      const int end = smaller(depth, begin + kRows);
      for (int block = blocks.begin; block < blocks.end; ++block) {
        const int unit = block * kLanes, width = width_at(unit, units);
        for (int k = begin; k < end; ++k) {
          const float* from = matrix + static_cast<long>(k) * G * units + unit;
          float* to = panel(block) + static_cast<long>(k) * G * kLanes;
          for (int gate = 0; gate < G; ++gate) store(to + gate * kLanes, load(from + gate * units, width));
        }
      }
    }
  }
};

// The same weights' rows from one on, transposed: what leads gradients of gates back to `columns` inputs or units.
template <int G>
struct BackWeights {
  float* packed;
  int columns, units;

  // Consecutive vectors of columns whose weights make one panel.
  struct Panel {
    int first, vectors;
  };

  static long floats(int columns, int units) {
    return static_cast<long>(blocks_of(columns)) * kLanes * blocks_of(units) * G * kLanes;
  }

  static int panels(Range vectors) { return (vectors.end - vectors.begin + kMaxVectors - 1) / kMaxVectors; }

  // As equal as can be: 21 vectors are 3 + 4 + 3 + 4 + 3 + 4, not 5 x 4 + 1.
  static Panel panel(Range vectors, int k) {
    const Range part = share(vectors.end - vectors.begin, k, panels(vectors));
    return {vectors.begin + part.begin, part.end - part.begin};
  }

  RECELL_INLINE float* weights(const Panel& panel) const {
    return packed + static_cast<long>(panel.first) * kLanes * blocks_of(units) * G * kLanes;
  }

  RECELL_INLINE void pack(const float* matrix, const Panel& panel) const {
    const int width = panel.vectors * kLanes;
    for (int gate = 0; gate < G; ++gate) {
      for (int n = 0; n < panel.vectors; ++n) {
        const int column = (panel.first + n) * kLanes, count = width_at(column, columns);
        const float* rows = matrix + (static_cast<long>(column) * G + gate) * units;
        for (int block = 0; block < blocks_of(units); ++block) {
          const int unit = block * kLanes;
          float* to = weights(panel) + static_cast<long>(block * G + gate) * kLanes * width + n * kLanes;
          pack_transposed(rows + unit, static_cast<long>(G) * units, count, width_at(unit, units), to, width);
        }
      }
    }
  }
};

// The steps from `step` on whose inputs' products are made at once: as many as have rows enough to be worth reading
// `weights` floats from afar. Weights that stay in the cache anyway are read step by step, if a step has some rows.
RECELL_INLINE int chunk_end(const Steps& steps, int step, long weights) {
  constexpr long kCached = 192 * 1024;
  constexpr int kSome = 12;
  const int wanted = weights <= kCached ? kSome : kChunkRows;
  int rows = 0;
  while (step < steps.count && rows < wanted) rows += steps.alive[step++];
  return step;
}

// The most places that a chunk can have.
RECELL_INLINE long chunk_places(const Steps& steps) { return kChunkRows + steps.rows; }

// sums = biases + x * weights, for the rows and blocks of a part: for several steps at once, or, where they are one,
// block by block together with the recurrent product.
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

// The sums of one step, for the rows and blocks of `part`: `left` has a row for each of its rows and meets the recurrent
// `weights`, `buffer` begins with step `origin`. `after(block, rows, sums)` is called for each block, while its sums are
// in the cache.
template <int G, class After>
RECELL_INLINE void step_products(const Steps& steps, const Part& part, int step, const float* const* left,
                                 const GateWeights<G>& weights, float* buffer, int origin, float** sums,
                                 InputProducts<G>& inputs, After after) {
  const int blocks = blocks_of(weights.units), rows = part.rows(steps.alive[step]);
  float* start = buffer - steps.first[origin] * blocks * G * kLanes;
  const int count = part.blocks.end - part.blocks.begin;
  for (int n = 0; n < count; ++n) {
    // To and fro, so that each step begins with the weights that the one before it left in the cache.
    const int block = step % 2 ? part.blocks.end - 1 - n : part.blocks.begin + n;
    const int next = n + 1 == count ? block : step % 2 ? block - 1 : block + 1;
    for (int k = 0; k < rows; ++k) sums[k] = find(start, steps, step, blocks, block, part.row(k), G);
    inputs.step(block, rows, {left, 1, weights.depth, 0, weights.panel(block)}, sums, weights.panel(next));
    after(block, rows, sums);
  }
}

// dgates * weights in one step, for the rows and blocks of `part`; `columns` of the weights are units.
// `after(block, first, count, sums, offset)` is called for tiles of `count` rows from the `first` one on, `rows` in all:
// the block's sums of the k-th row of the tile are at sums[k] + offset, where that row is among the first `products`.
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
      multiply(term, some, panel.vectors, sums, packed + static_cast<long>(blocks) * G * kLanes * panel.vectors * kLanes);
      for (int k = 0; k < panel.vectors; ++k) after(panel.first + k, first, count, sums, k * kLanes);
    }
  }
}

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
    for (int rows_so_far = steps.alive[begin]; end < steps.count && steps.alive[end] == steps.alive[begin] &&
                                               rows_so_far + steps.alive[end] <= kChunkRows; ++end) {
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
    // All blocks for one group of columns, which stays in the cache: the gates, read in one run, come in time from afar.
    const int first = task / blocks * kSumColumns, block = task % blocks;
    rows_of_block<G>(steps, blocks, block, dgates, rows);
    weight_gradient<G>(steps, block, units, left, {first, smaller(columns, first + kSumColumns)}, rows.data(),
                       sums.data(), out);
  }
}

// The rows that a product of each place reads: `now` at its own position along [time, batch], ...
RECELL_INLINE void rows_now(const Steps& steps, const float* now, int depth, Array<const float*>& rows) {
  for (long place = 0; place < steps.places; ++place) rows[place] = now + steps.at[place] * depth;
}

// ... or the state before it, in `y` at the position of the step before, in the first step `h0`.
RECELL_INLINE const float* state_before(const Steps& steps, int step, int k, const float* y, const float* h0,
                                        int units) {
  return step ? y + steps.at[steps.first[step - 1] + k] * units : h0 + static_cast<long>(steps.row[k]) * units;
}

RECELL_INLINE void rows_before(const Steps& steps, const float* y, const float* h0, int units,
                               Array<const float*>& rows) {
  for (int step = 0; step < steps.count; ++step) {
    for (int k = 0; k < steps.alive[step]; ++k) rows[steps.first[step] + k] = state_before(steps, step, k, y, h0, units);
  }
}

// The state after each row's last step, for some rows: from outputs, or the state before for an empty row.
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

// Packs one thread's share of the weights that lead back from gates.
template <int G>
RECELL_INLINE void pack_back(const BackWeights<G>& weights, const float* matrix, const Part& part, bool by_rows,
                             int thread, int team) {
  const int panels = weights.panels(part.blocks);
  const Range own = by_rows ? share(panels, thread, team) : Range{0, panels};
  for (int k = own.begin; k < own.end; ++k) weights.pack(matrix, weights.panel(part.blocks, k));
}

// The same of those that lead to the inputs, which are shared out by inputs.
template <int G>
RECELL_INLINE void pack_back(const BackWeights<G>& weights, const float* matrix, Range inputs) {
  for (int k = 0; k < weights.panels(inputs); ++k) weights.pack(matrix, weights.panel(inputs, k));
}

// Packs biases `[G * units]` as the gates' blocks want them, for some blocks; `extra` goes to gate `to`.
template <int G>
RECELL_INLINE void pack_biases(const float* bias, int units, Range blocks, float* packed, int to = -1,
                               float extra = 0.0f) {
  for (int block = blocks.begin; block < blocks.end; ++block) {
    const int unit = block * kLanes;
    for (int gate = 0; gate < G; ++gate) {
      Vec value = load(bias + gate * units + unit, width_at(unit, units));
      if (gate == to) value += extra;
      store(packed + (block * G + gate) * kLanes, value);
    }
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

// Zeros at the positions of `sequence` [time, batch, depth] past the lengths, for some rows.
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
