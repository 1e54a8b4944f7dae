// Long short-term memory over whole sequences: recell.kernels.lstm is the reference, in equations and in numbers.

#include "../recell.h"

#include <limits>

#include "../array.h"
#include "../parallel.h"
#include "../product.h"
#include "../rows.h"
#include "../vec.h"
#include "../workspace.h"
#include "tables.h"

namespace recell {
namespace RECELL_ISA {
namespace {

constexpr int kGates = 4;
constexpr float kNoClip = std::numeric_limits<float>::infinity();

// The peepholes of some units, zero where there are none.
struct Peepholes {
  Peepholes(const float* i, const float* f, const float* o, int unit, int count)
      : i(i ? load(i + unit, count) : Vec{}), f(f ? load(f + unit, count) : Vec{}), o(o ? load(o + unit, count) : Vec{}) {}

  Vec i, f, o;
};

// One step of some units of one row, from the sums of its gates.
struct Cell {
  const RecellLstm& call;
  bool peepholes, clips;

  explicit Cell(const RecellLstm& call)
      : call(call),
        peepholes(call.peephole_i || call.peephole_f || call.peephole_o),
        clips(call.cell_clip < kNoClip) {}

  void operator()(const float* sums, float* gates, const float* c_before, float* c_after, float* y, int unit,
                  int count, const Peepholes& seen) const {
    const long units = call.sequence.units;
    Vec i = load(sums), j = load(sums + kLanes), f = load(sums + 2 * kLanes), o = load(sums + 3 * kLanes);
    if (call.x == nullptr) {
      i += load(gates + unit, count);
      j += load(gates + units + unit, count);
      f += load(gates + 2 * units + unit, count);
      o += load(gates + 3 * units + unit, count);
    }
    Vec c = load(c_before + unit, count);
    if (peepholes) {
      i += seen.i * c;
      f += seen.f * c;
    }
    i = sigmoid(i);
    j = tanh(j);
    f = sigmoid(f);
    c = f * c + i * j;
    if (clips) c = clamp(c, call.cell_clip);
    if (peepholes) o += seen.o * c;
    o = sigmoid(o);
    store(c_after + unit, c, count);
    store(y + unit, o * tanh(c), count);
    if (call.cs != nullptr) {
      store(gates + unit, i, count);
      store(gates + units + unit, j, count);
      store(gates + 2 * units + unit, f, count);
      store(gates + 3 * units + unit, o, count);
    }
  }
};

class Forward {
 public:
  explicit Forward(const RecellLstm& call)
      : call_(call),
        sequence_(call.sequence),
        cell_(call),
        units_(static_cast<int>(sequence_.units)),
        blocks_(blocks_of(units_)),
        depth_(call.x ? static_cast<int>(sequence_.depth) : 0),
        by_rows_(split_by_rows(sequence_, (depth_ + sequence_.units) * kGates * sequence_.units)),
        panel_(static_cast<long>(depth_ + units_) * kTileWidth),
        packed_(workspace(static_cast<size_t>((panel_ + kTileWidth) * blocks_))),
        biases_(packed_ + panel_ * blocks_) {}

  void run() {
    parallel(sequence_.threads, [this](int thread, int team) {
      const Range own = share(blocks_, thread, team);
      pack(own);
      if (by_rows_) {
        barrier_.wait(team);
        steps(Rows(sequence_, thread, team), {0, blocks_}, 1);
        barrier_.wait(team);
      } else {
        steps(Rows(sequence_, 0, 1), own, team);
      }
      finish(share(static_cast<int>(sequence_.batch), thread, team));
    });
  }

 private:
  void pack(Range blocks) {
    const long stride = static_cast<long>(kGates) * units_;
    for (int block = blocks.begin; block < blocks.end; ++block) {
      const int unit = block * kLanes, count = width_at(unit, units_);
      for (int gate = 0; gate < kGates; ++gate) {
        const int first = gate * units_ + unit;
        float* panel = packed_ + panel_ * block;
        pack_columns(call_.kernel + (sequence_.depth - depth_) * stride, stride, depth_ + units_, first, count, gate,
                     kGates, panel);
        Vec bias = load(call_.bias + first, count);
        if (gate == 2) bias += call_.forget_bias;
        store(biases_ + (block * kGates + gate) * kLanes, bias);
      }
    }
  }

  // Where one row's numbers of a step lie.
  struct RowStep {
    const float* c_before;
    float *c_after, *y, *gates;
  };

  void steps(const Rows& rows, Range blocks, int team) {
    Array<const float*> x(rows.size()), h(rows.size());
    Array<RowStep> at(rows.size());
    const int steps = rows.steps();
    for (int step = 0; step < steps; ++step) {
      const int alive = rows.alive(step);
      for (int k = 0; k < alive; ++k) {
        const int row = rows.number(k);
        const long place = rows.place(row, step), before = step ? rows.place(row, step - 1) : row;
        if (depth_) x[k] = call_.x + place * depth_;
        h[k] = (step ? call_.y : call_.h0) + before * units_;
        float* running = call_.c + static_cast<long>(row) * units_;
        at[k].c_before = step && !call_.cs ? running : (step ? call_.cs : call_.c0) + before * units_;
        at[k].c_after = call_.cs ? call_.cs + place * units_ : running;
        at[k].y = call_.y + place * units_;
        at[k].gates = call_.gates ? call_.gates + place * kGates * units_ : nullptr;
      }
      for (int k = blocks.begin; k < blocks.end; ++k) {
        // To and fro, so that each step begins with the weights that the one before it left in the cache.
        const int block = step % 2 ? blocks.begin + blocks.end - 1 - k : k;
        for (int first = 0; first < alive; first += kTileRows) {
          block_step(block, smaller(kTileRows, alive - first), x.data() + first, h.data() + first, at.data() + first);
        }
      }
      barrier_.wait(team);
    }
  }

  void block_step(int block, int count, const float* const* x, const float* const* h, const RowStep* at) {
    alignas(64) float tile[kTileRows * kTileWidth];
    const float* bias = biases_ + static_cast<long>(block) * kTileWidth;
    const float* panel = packed_ + panel_ * block;
    for (int k = 0; k < count; ++k) std::memcpy(tile + k * kTileWidth, bias, sizeof(float) * kTileWidth);
    if (depth_) multiply_rows<kGates>(x, count, depth_, panel, tile);
    multiply_rows<kGates>(h, count, units_, panel + static_cast<long>(depth_) * kTileWidth, tile);
    const int unit = block * kLanes, width = width_at(unit, units_);
    const Peepholes seen(call_.peephole_i, call_.peephole_f, call_.peephole_o, unit, width);
    for (int k = 0; k < count; ++k) {
      const RowStep& row = at[k];
      cell_(tile + k * kTileWidth, row.gates, row.c_before, row.c_after, row.y, unit, width, seen);
    }
  }

  // Zeros past the lengths, and the final states.
  void finish(Range rows) {
    const Rows all(sequence_, 0, 1);
    const size_t bytes = sizeof(float) * static_cast<size_t>(units_);
    for (int row = rows.begin; row < rows.end; ++row) {
      const int length = all.length(row);
      for (long t = length; t < sequence_.time; ++t) {
        std::memset(call_.y + (t * sequence_.batch + row) * units_, 0, bytes);
      }
      const long to = static_cast<long>(row) * units_;
      const long last = length ? all.place(row, length - 1) * units_ : 0;
      std::memcpy(call_.h + to, length ? call_.y + last : call_.h0 + to, bytes);
      if (!length) {
        std::memcpy(call_.c + to, call_.c0 + to, bytes);
      } else if (call_.cs) {
        std::memcpy(call_.c + to, call_.cs + last, bytes);
      }
    }
  }

  const RecellLstm& call_;
  const RecellSequence& sequence_;
  const Cell cell_;
  const int units_, blocks_, depth_;
  const bool by_rows_;
  const long panel_;  // floats of one panel
  float* const packed_;
  float* const biases_;
  Barrier barrier_;
};

// The sums over rows and steps that one thread makes: of the biases' gradients, and of the peepholes'.
struct Sums {
  Vec bias[kGates]{};
  Vec i{}, f{}, o{};
};

class Backward {
 public:
  explicit Backward(const RecellLstmGradient& call)
      : call_(call),
        sequence_(call.sequence),
        units_(static_cast<int>(sequence_.units)),
        blocks_(blocks_of(units_)),
        depth_(kGates * units_),
        by_rows_(split_by_rows(sequence_, kGates * sequence_.units * sequence_.units)),
        peepholes_(call.peephole_i || call.peephole_f || call.peephole_o),
        clips_(call.cell_clip < kNoClip && !call.straight_through),
        sums_(static_cast<long>(sequence_.threads) * blocks_),
        packed_(workspace(static_cast<size_t>(depth_) * static_cast<size_t>(blocks_ * kLanes))) {}

  void run() {
    parallel(sequence_.threads, [this](int thread, int team) {
      const Range own = share(blocks_, thread, team);
      start(share(static_cast<int>(sequence_.batch), thread, team));
      Sums* sums = sums_.data() + static_cast<long>(thread) * blocks_;
      if (by_rows_) {
        const Panels all{{0, blocks_}};
        const Range packs = share(all.count(), thread, team);
        for (int k = packs.begin; k < packs.end; ++k) pack(all[k]);
        barrier_.wait(team);
        steps(Rows(sequence_, thread, team), all, 1, sums);
      } else {
        const Panels some{own};
        for (int k = 0; k < some.count(); ++k) pack(some[k]);
        barrier_.wait(team);
        steps(Rows(sequence_, 0, 1), some, team, sums);
      }
    });
    add_up();
  }

 private:
  // Some blocks of units, whose weights lie together.
  struct Panel {
    int first, vectors;
  };

  struct Panels {
    Range blocks;

    int count() const { return (blocks.end - blocks.begin + kMaxVectors - 1) / kMaxVectors; }
    Panel operator[](int k) const {
      const int first = blocks.begin + k * kMaxVectors;
      return {first, smaller(kMaxVectors, blocks.end - first)};
    }
  };

  float* packed(const Panel& panel) const { return packed_ + static_cast<long>(panel.first) * depth_ * kLanes; }

  void pack(const Panel& panel) {
    const float* recurrent = call_.kernel + sequence_.depth * depth_;
    for (int n = 0; n < panel.vectors; ++n) {
      const int unit = (panel.first + n) * kLanes;
      pack_rows(recurrent, depth_, depth_, unit, width_at(unit, units_), n, panel.vectors, packed(panel));
    }
  }

  // The state's gradient where a row begins to be alive, going back in time; zeros where it never is.
  void start(Range rows) {
    const Rows all(sequence_, 0, 1);
    const size_t bytes = sizeof(float) * static_cast<size_t>(units_);
    for (int row = rows.begin; row < rows.end; ++row) {
      const long at = static_cast<long>(row) * units_;
      copy_or_zero(call_.dc0 + at, call_.dc ? call_.dc + at : nullptr, bytes);
      copy_or_zero(call_.dh0 + at, call_.dh ? call_.dh + at : nullptr, bytes);
      for (long t = all.length(row); t < sequence_.time; ++t) {
        std::memset(call_.gates + (t * sequence_.batch + row) * depth_, 0, kGates * bytes);
      }
    }
  }

  static void copy_or_zero(float* to, const float* from, size_t bytes) {
    if (from) {
      std::memcpy(to, from, bytes);
    } else {
      std::memset(to, 0, bytes);
    }
  }

  // Where one row's numbers of a step lie.
  struct RowStep {
    const float *c_before, *c, *dy;
    float *gates, *dc, *dh;
  };

  void steps(const Rows& rows, const Panels& panels, int team, Sums* sums) {
    Array<const float*> after(rows.size());
    Array<RowStep> at(rows.size());
    for (int step = rows.steps() - 1; step >= -1; --step) {
      // Rows that have a gradient of the step after this one; the others' state is final, or was never used.
      const int going_on = rows.alive(step + 1), alive = step < 0 ? going_on : rows.alive(step);
      for (int k = 0; k < alive; ++k) {
        const int row = rows.number(k);
        if (k < going_on) after[k] = call_.gates + rows.place(row, step + 1) * depth_;
        at[k] = row_step(rows, row, step);
      }
      for (int k = 0; k < panels.count(); ++k) {
        const Panel panel = panels[step % 2 ? panels.count() - 1 - k : k];
        for (int first = 0; first < alive; first += kTileRows) {
          const int count = smaller(kTileRows, alive - first);
          const int products = smaller(larger(going_on - first, 0), count);
          panel_step(panel, step, count, products, after.data() + first, at.data() + first, sums);
        }
      }
      barrier_.wait(team);
    }
  }

  RowStep row_step(const Rows& rows, int row, int step) const {
    const long to = static_cast<long>(row) * units_;
    RowStep at{nullptr, nullptr, nullptr, nullptr, call_.dc0 + to, call_.dh0 + to};
    if (step < 0) return at;
    const long place = rows.place(row, step);
    at.c_before = step ? call_.cs + rows.place(row, step - 1) * units_ : call_.c0 + to;
    at.c = call_.cs + place * units_;
    at.dy = call_.dy ? call_.dy + place * units_ : nullptr;
    at.gates = call_.gates + place * depth_;
    return at;
  }

  void panel_step(const Panel& panel, int step, int count, int products, const float* const* after, const RowStep* at,
                  Sums* sums) {
    alignas(64) float tile[kTileRows * kTileWidth];
    std::memset(tile, 0, sizeof(float) * static_cast<size_t>(products * kTileWidth));
    multiply(after, products, depth_, packed(panel), panel.vectors, tile);
    for (int n = 0; n < panel.vectors; ++n) {
      const int unit = (panel.first + n) * kLanes, width = width_at(unit, units_);
      const Peepholes seen(call_.peephole_i, call_.peephole_f, call_.peephole_o, unit, width);
      for (int k = 0; k < count; ++k) {
        float* kept = at[k].dh + unit;
        const Vec dh = k < products ? load(tile + k * kTileWidth + n * kLanes) : load(kept, width);
        if (step < 0) {
          store(kept, dh, width);
        } else {
          unit_step(at[k], unit, width, dh, seen, sums[panel.first + n]);
        }
      }
    }
  }

  void unit_step(const RowStep& at, int unit, int width, Vec dh, const Peepholes& seen, Sums& sums) const {
    float* gates = at.gates + unit;
    const Vec i = load(gates, width), j = load(gates + units_, width);
    const Vec f = load(gates + 2 * units_, width), o = load(gates + 3 * units_, width);
    const Vec c_before = load(at.c_before + unit, width), c = load(at.c + unit, width);
    const Vec squashed = tanh(c);
    if (at.dy) dh += load(at.dy + unit, width);
    const Vec d_o = dh * squashed * o * (1.0f - o);
    Vec dc = load(at.dc + unit, width) + dh * o * (1.0f - squashed * squashed);
    if (peepholes_) dc += d_o * seen.o;
    if (clips_) dc = absolute(f * c_before + i * j) > call_.cell_clip ? Vec{} : dc;
    const Vec d_i = dc * j * i * (1.0f - i);
    const Vec d_j = dc * i * (1.0f - j * j);
    const Vec d_f = dc * c_before * f * (1.0f - f);
    dc = dc * f;
    if (peepholes_) {
      dc += d_i * seen.i + d_f * seen.f;
      sums.i += d_i * c_before;
      sums.f += d_f * c_before;
      sums.o += d_o * c;
    }
    store(at.dc + unit, dc, width);
    store(gates, d_i, width);
    store(gates + units_, d_j, width);
    store(gates + 2 * units_, d_f, width);
    store(gates + 3 * units_, d_o, width);
    sums.bias[0] += d_i;
    sums.bias[1] += d_j;
    sums.bias[2] += d_f;
    sums.bias[3] += d_o;
  }

  void add_up() {
    for (int block = 0; block < blocks_; ++block) {
      Sums all;
      for (int thread = 0; thread < sequence_.threads; ++thread) {
        const Sums& own = sums_[static_cast<long>(thread) * blocks_ + block];
        for (int gate = 0; gate < kGates; ++gate) all.bias[gate] += own.bias[gate];
        all.i += own.i;
        all.f += own.f;
        all.o += own.o;
      }
      const int unit = block * kLanes, width = width_at(unit, units_);
      for (int gate = 0; gate < kGates; ++gate) store(call_.dbias + gate * units_ + unit, all.bias[gate], width);
      if (call_.dpeephole_i) store(call_.dpeephole_i + unit, all.i, width);
      if (call_.dpeephole_f) store(call_.dpeephole_f + unit, all.f, width);
      if (call_.dpeephole_o) store(call_.dpeephole_o + unit, all.o, width);
    }
  }

  const RecellLstmGradient& call_;
  const RecellSequence& sequence_;
  const int units_, blocks_, depth_;
  const bool by_rows_, peepholes_, clips_;
  Array<Sums> sums_;
  float* const packed_;
  Barrier barrier_;
};

}  // namespace

void lstm(const RecellLstm& call) { Forward(call).run(); }
void lstm_gradient(const RecellLstmGradient& call) { Backward(call).run(); }

}  // namespace RECELL_ISA
}  // namespace recell
