// Long short-term memory over whole sequences: recell.kernels.lstm is the reference, in equations and in numbers.

#include <limits>

#include "../recurrence.h"
#include "../workspace.h"
#include "tables.h"

namespace recell {
namespace RECELL_ISA {
namespace {

constexpr int kGates = 4;
constexpr int kGateFloats = kGates * kLanes;
constexpr float kNoClip = std::numeric_limits<float>::infinity();

// The peepholes of a block, zero where there are none.
struct Peepholes {
  Vec i, f, o;
};

template <class Call>
Peepholes peepholes_of(const Call& call, int unit, int width) {
  return {call.peephole_i ? load(call.peephole_i + unit, width) : Vec{},
          call.peephole_f ? load(call.peephole_f + unit, width) : Vec{},
          call.peephole_o ? load(call.peephole_o + unit, width) : Vec{}};
}

class Forward {
 public:
  explicit Forward(const RecellLstm& call)
      : call_(call),
        sequence_(call.sequence),
        steps_(call.sequence),
        units_(static_cast<int>(sequence_.units)),
        depth_(static_cast<int>(sequence_.depth)),
        blocks_(blocks_of(units_)),
        by_rows_(splits_by_rows(sequence_, static_cast<long>(depth_ + units_) * kGates * units_)),
        peepholes_(call.peephole_i || call.peephole_f || call.peephole_o),
        clips_(call.cell_clip < kNoClip) {
    const long from_x = GateWeights<kGates>::floats(depth_, units_), from_h = GateWeights<kGates>::floats(units_, units_);
    const long bias = static_cast<long>(blocks_) * kGateFloats;
    const long gates = call.kept ? 0 : chunk_places(steps_) * bias;
    const long memory = call.kept ? 0 : static_cast<long>(steps_.rows) * blocks_ * kLanes;
    float* floats = workspace(static_cast<size_t>(from_x + from_h + bias + gates + memory));
    from_x_ = {floats, depth_, units_};
    from_h_ = {floats += from_x, units_, units_};
    biases_ = floats += from_h;
    gates_ = call.kept ? call.kept : floats + bias;
    memory_ = call.kept ? call.kept + steps_.places * bias : floats + bias + gates;
  }

  void run() {
    parallel(static_cast<int>(sequence_.threads), [this](int thread, int team) {
      const Range own = share(blocks_, thread, team);
      pack(own);
      if (by_rows_) barrier_.wait(team);
      work(part_of(by_rows_, blocks_, thread, team), team);
      barrier_.wait(team);
      finish(share(steps_.rows, thread, team));
    });
  }

 private:
  void pack(Range blocks) {
    from_x_.pack(call_.kernel, blocks);
    from_h_.pack(call_.kernel + static_cast<long>(depth_) * kGates * units_, blocks);
    for (int block = blocks.begin; block < blocks.end; ++block) {
      const int unit = block * kLanes;
      for (int gate = 0; gate < kGates; ++gate) {
        Vec bias = load(call_.bias + gate * units_ + unit, width_at(unit, units_));
        if (gate == 2) bias += call_.forget_bias;
        store(biases_ + (block * kGates + gate) * kLanes, bias);
      }
    }
  }

  void work(const Part& part, int team) {
    Array<const float*> h(steps_.rows);
    Array<float*> sums(steps_.rows);
    for (int begin = 0, end; begin < steps_.count; begin = end) {
      end = chunk_end(steps_, begin);
      // The buffer of one chunk serves the next, in which the others' rows lie elsewhere.
      if (!call_.kept && by_rows_) barrier_.wait(team);
      const int origin = call_.kept ? 0 : begin;
      input_products(steps_, part, begin, end, call_.x, from_x_, biases_, gates_, origin);
      for (int step = begin; step < end; ++step) {
        const int rows = part.rows(steps_.alive[step]);
        for (int k = 0; k < rows; ++k) h[k] = state_before(steps_, step, part.row(k), call_.y, call_.h0, units_);
        // To and fro, so that each step begins with the weights that the one before it left in the cache.
        const int way = step % 2 ? -1 : 1;
        const Range blocks = part.blocks;
        for (int n = 0; n < blocks.end - blocks.begin; ++n) {
          const int block = way > 0 ? blocks.begin + n : blocks.end - 1 - n;
          for (int k = 0; k < rows; ++k) sums[k] = gates_at(step, origin, block, part.row(k));
          const float* next = from_h_.panel(smaller(larger(block + way, 0), blocks_ - 1));
          multiply_rows<kGates>({h.data(), 1, units_, 0}, rows, from_h_.panel(block), sums.data(), next);
          cells(part, step, block, rows, sums.data());
        }
        barrier_.wait(part.waits_for);
      }
    }
  }

  float* gates_at(int step, int origin, int block, int row) const {
    return find(gates_ - steps_.first[origin] * blocks_ * kGateFloats, steps_, step, blocks_, block, row, kGates);
  }

  // The memory after a step.
  float* memory_at(int step, int block, int row) const {
    if (call_.kept) return find(memory_, steps_, step, blocks_, block, row, 1);
    return memory_ + (static_cast<long>(block) * steps_.rows + row) * kLanes;
  }

  void cells(const Part& part, int step, int block, int rows, float* const* sums) {
    const int unit = block * kLanes, width = width_at(unit, units_);
    const Peepholes seen = peepholes_of(call_, unit, width);
    for (int k = 0; k < rows; ++k) {
      const int row = part.row(k);
      const Vec before = step ? load(memory_at(step - 1, block, row))
                              : load(call_.c0 + static_cast<long>(steps_.row[row]) * units_ + unit, width);
      float* y = call_.y + steps_.at[steps_.first[step] + row] * units_ + unit;
      cell(sums[k], before, memory_at(step, block, row), y, width, seen);
    }
  }

  void cell(float* gates, Vec c, float* c_after, float* y, int width, const Peepholes& seen) const {
    Vec i = load(gates), j = load(gates + kLanes), f = load(gates + 2 * kLanes), o = load(gates + 3 * kLanes);
    if (peepholes_) {
      i += seen.i * c;
      f += seen.f * c;
    }
    i = sigmoid(i);
    j = tanh(j);
    f = sigmoid(f);
    c = f * c + i * j;
    if (clips_) c = clamp(c, call_.cell_clip);
    if (peepholes_) o += seen.o * c;
    o = sigmoid(o);
    store(c_after, c);
    store(y, o * tanh(c), width);
    if (call_.kept) {
      store(gates, i);
      store(gates + kLanes, j);
      store(gates + 2 * kLanes, f);
      store(gates + 3 * kLanes, o);
    }
  }

  // Zeros past the lengths, and the final states.
  void finish(Range rows) {
    clear_past_lengths(sequence_, steps_, rows, call_.y, units_);
    for (int k = rows.begin; k < rows.end; ++k) {
      const long to = static_cast<long>(steps_.row[k]) * units_;
      const int last = steps_.length[k] - 1;
      const float* h = last < 0 ? call_.h0 + to : call_.y + steps_.at[steps_.first[last] + k] * units_;
      std::memcpy(call_.h + to, h, sizeof(float) * static_cast<size_t>(units_));
      for (int block = 0; block < blocks_; ++block) {
        const int unit = block * kLanes, width = width_at(unit, units_);
        const Vec c = last < 0 ? load(call_.c0 + to + unit, width) : load(memory_at(last, block, k));
        store(call_.c + to + unit, c, width);
      }
    }
  }

  const RecellLstm& call_;
  const RecellSequence& sequence_;
  const Steps steps_;
  const int units_, depth_, blocks_;
  const bool by_rows_, peepholes_, clips_;
  GateWeights<kGates> from_x_, from_h_;
  float *biases_, *gates_, *memory_;
  Barrier barrier_;
};

// Sums over rows and steps of one block: the gradients by biases and peepholes.
struct Sums {
  Vec bias[kGates];
  Vec i, f, o;
};

class Backward {
 public:
  explicit Backward(const RecellLstmGradient& call)
      : call_(call),
        sequence_(call.sequence),
        steps_(call.sequence),
        units_(static_cast<int>(sequence_.units)),
        depth_(static_cast<int>(sequence_.depth)),
        blocks_(blocks_of(units_)),
        by_rows_(splits_by_rows(sequence_, static_cast<long>(kGates) * units_ * units_)),
        peepholes_(call.peephole_i || call.peephole_f || call.peephole_o),
        clips_(call.cell_clip < kNoClip && !call.straight_through),
        sums_(static_cast<long>(sequence_.threads) * blocks_),
        memory_(call.kept + steps_.places * blocks_ * kGateFloats) {
    const long to_h = BackWeights<kGates>::floats(units_, units_);
    const long to_x = call.dx ? BackWeights<kGates>::floats(depth_, units_) : 0;
    float* floats = workspace(static_cast<size_t>(to_h + to_x + static_cast<long>(steps_.rows) * blocks_ * kLanes));
    to_h_ = {floats, units_, units_};
    to_x_ = {floats += to_h, depth_, units_};
    carried_ = floats + to_x;
  }

  void run() {
    parallel(static_cast<int>(sequence_.threads), [this](int thread, int team) {
      const Part part = part_of(by_rows_, blocks_, thread, team);
      const Range inputs = share(blocks_of(depth_), thread, team);
      pack(part, inputs, thread, team);
      start(share(steps_.rows, thread, team));
      barrier_.wait(team);
      work(part, sums_.data() + static_cast<long>(thread) * blocks_);
      barrier_.wait(team);
      if (call_.dx) {
        clear_past_lengths(sequence_, steps_, share(steps_.rows, thread, team), call_.dx, depth_);
        input_gradient(steps_, inputs, to_x_, call_.kept, call_.dx, false);
      }
      if (call_.dkernel) weights(thread, team);
    });
    add_up();
  }

 private:
  void pack(const Part& part, Range inputs, int thread, int team) {
    const float* recurrent = call_.kernel + static_cast<long>(depth_) * kGates * units_;
    const int panels = to_h_.panels(part.blocks);
    const Range own = by_rows_ ? share(panels, thread, team) : Range{0, panels};
    for (int k = own.begin; k < own.end; ++k) to_h_.pack(recurrent, to_h_.panel(part.blocks, k));
    if (!call_.dx) return;
    for (int k = 0; k < to_x_.panels(inputs); ++k) to_x_.pack(call_.kernel, to_x_.panel(inputs, k));
  }

  // The gradient by the memory where a row begins to be alive, going back in time.
  void start(Range rows) {
    for (int k = rows.begin; k < rows.end; ++k) {
      for (int block = 0; block < blocks_; ++block) store(carried(block, k), final_gradient(call_.dc, block, k));
    }
  }

  Vec final_gradient(const float* gradient, int block, int row) const {
    if (!gradient) return Vec{};
    return load(gradient + static_cast<long>(steps_.row[row]) * units_ + block * kLanes, width_at(block * kLanes, units_));
  }

  float* carried(int block, int row) const {
    return carried_ + (static_cast<long>(block) * steps_.rows + row) * kLanes;
  }

  void work(const Part& part, Sums* sums) {
    Array<const float*> after(steps_.rows);
    for (int step = steps_.count - 1; step >= -1; --step) {
      // Rows that have a gradient of the step after this one; the others' state is final, or was never used.
      const bool last = step + 1 == steps_.count;
      const int going_on = last ? 0 : part.rows(steps_.alive[step + 1]);
      const int rows = part.rows(step < 0 ? steps_.rows : steps_.alive[step]);
      for (int k = 0; k < going_on; ++k) {
        after[k] = find(call_.kept, steps_, step + 1, blocks_, 0, part.row(k), kGates);
      }
      const long stride = last ? 0 : static_cast<long>(steps_.alive[step + 1]) * kGateFloats;
      const int panels = to_h_.panels(part.blocks);
      for (int k = 0; k < panels; ++k) {
        const auto panel = to_h_.panel(part.blocks, step % 2 ? panels - 1 - k : k);
        for (int first = 0; first < rows; first += kTileRows) {
          const int count = smaller(kTileRows, rows - first);
          const Left left{after.data() + first, blocks_, kGateFloats, stride};
          panel_step(part, panel, step, first, count, smaller(larger(going_on - first, 0), count), left, sums);
        }
      }
      barrier_.wait(part.waits_for);
    }
  }

  void panel_step(const Part& part, const BackWeights<kGates>::Panel& panel, int step, int first, int count,
                  int products, const Left& left, Sums* sums) {
    alignas(64) float tile[kTileRows * kMaxVectors * kLanes];
    float* rows[kTileRows];
    for (int k = 0; k < products; ++k) rows[k] = tile + k * kMaxVectors * kLanes;
    std::memset(tile, 0, sizeof(float) * static_cast<size_t>(products * kMaxVectors * kLanes));
    const float* weights = to_h_.weights(panel);
    multiply(left, products, weights, panel.vectors, rows,
             weights + static_cast<long>(blocks_) * kGateFloats * panel.vectors * kLanes);
    for (int n = 0; n < panel.vectors; ++n) {
      const int block = panel.first + n, unit = block * kLanes, width = width_at(unit, units_);
      const Peepholes seen = peepholes_of(call_, unit, width);
      Sums own = sums[block];
      for (int k = 0; k < count; ++k) {
        const int row = part.row(first + k);
        const Vec dh = k < products ? load(rows[k] + n * kLanes) : final_gradient(call_.dh, block, row);
        if (step >= 0) {
          unit_step(step, block, row, width, dh, seen, own);
        } else {
          const long to = static_cast<long>(steps_.row[row]) * units_ + unit;
          store(call_.dh0 + to, dh, width);
          store(call_.dc0 + to, load(carried(block, row)), width);
        }
      }
      sums[block] = own;
    }
  }

  void unit_step(int step, int block, int row, int width, Vec dh, const Peepholes& seen, Sums& sums) const {
    const int unit = block * kLanes;
    float* gates = find(call_.kept, steps_, step, blocks_, block, row, kGates);
    const Vec i = load(gates), j = load(gates + kLanes), f = load(gates + 2 * kLanes), o = load(gates + 3 * kLanes);
    const Vec c = load(find(memory_, steps_, step, blocks_, block, row, 1));
    const Vec before = step ? load(find(memory_, steps_, step - 1, blocks_, block, row, 1))
                            : load(call_.c0 + static_cast<long>(steps_.row[row]) * units_ + unit, width);
    const Vec squashed = tanh(c);
    if (call_.dy) dh += load(call_.dy + steps_.at[steps_.first[step] + row] * units_ + unit, width);
    const Vec d_o = dh * squashed * o * (1.0f - o);
    Vec dc = load(carried(block, row)) + dh * o * (1.0f - squashed * squashed);
    if (peepholes_) dc += d_o * seen.o;
    if (clips_) dc = absolute(f * before + i * j) > call_.cell_clip ? Vec{} : dc;
    const Vec d_i = dc * j * i * (1.0f - i);
    const Vec d_j = dc * i * (1.0f - j * j);
    const Vec d_f = dc * before * f * (1.0f - f);
    dc = dc * f;
    if (peepholes_) {
      dc += d_i * seen.i + d_f * seen.f;
      sums.i += d_i * before;
      sums.f += d_f * before;
      sums.o += d_o * c;
    }
    store(carried(block, row), dc);
    store(gates, d_i);
    store(gates + kLanes, d_j);
    store(gates + 2 * kLanes, d_f);
    store(gates + 3 * kLanes, d_o);
    sums.bias[0] += d_i;
    sums.bias[1] += d_j;
    sums.bias[2] += d_f;
    sums.bias[3] += d_o;
  }

  void weights(int thread, int team) {
    Array<const float*> rows(steps_.places);
    rows_now(steps_, call_.x, depth_, rows);
    weight_gradients<kGates>(steps_, units_, rows.data(), depth_, call_.kept, call_.dkernel, thread, team);
    rows_before(steps_, call_.y, call_.h0, units_, rows);
    float* recurrent = call_.dkernel + static_cast<long>(depth_) * kGates * units_;
    weight_gradients<kGates>(steps_, units_, rows.data(), units_, call_.kept, recurrent, thread, team);
  }

  void add_up() {
    for (int block = 0; block < blocks_; ++block) {
      Sums all{};
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
  const Steps steps_;
  const int units_, depth_, blocks_;
  const bool by_rows_, peepholes_, clips_;
  Array<Sums> sums_;
  float* const memory_;
  BackWeights<kGates> to_h_, to_x_;
  float* carried_;
  Barrier barrier_;
};

}  // namespace

void lstm(const RecellLstm& call) { Forward(call).run(); }
void lstm_gradient(const RecellLstmGradient& call) { Backward(call).run(); }

}  // namespace RECELL_ISA
}  // namespace recell
