// Long short-term memory over whole sequences: recell.kernels.lstm is the
// reference, in equations and in numbers.

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

class Forward : Recurrence {
 public:
  explicit Forward(const RecellLstm& call)
      : Recurrence(call.sequence, kGates * (call.sequence.depth + call.sequence.units)),
        call_(call),
        peepholes_(call.peephole_i || call.peephole_f || call.peephole_o),
        clips_(call.cell_clip < kNoClip) {
    const long from_x = GateWeights<kGates>::floats(depth_, units_),
               from_h = GateWeights<kGates>::floats(units_, units_);
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
    parallel(threads_, [this](int thread, int team) {
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
    pack_biases<kGates>(call_.bias, units_, blocks, biases_, 2, call_.forget_bias);
  }

  void work(const Part& part, int team) {
    Array<const float*> h(steps_.rows);
    Array<float*> sums(steps_.rows);
    InputProducts<kGates> inputs(steps_, part, call_.x, from_x_, biases_, gates_);
    for (int begin = 0, end; begin < steps_.count; begin = end) {
      end = chunk_end(steps_, begin, static_cast<long>(depth_) * kGates * units_);
      // The buffer of one chunk serves the next, in which the others' rows lie
      // elsewhere.
      if (!call_.kept && by_rows_) barrier_.wait(team);
      const int origin = call_.kept ? 0 : begin;
      inputs.steps(begin, end, origin);
      for (int step = begin; step < end; ++step) {
        for (int k = 0; k < part.rows(steps_.alive[step]); ++k) {
          h[k] = state_before(steps_, step, part.row(k), call_.y, call_.h0, units_);
        }
        const auto after = [&](int block, int rows, float* const* gates) { cells(part, step, block, rows, gates); };
        step_products<kGates>(steps_, part, step, h.data(), from_h_, gates_, origin, sums.data(), inputs, after);
        barrier_.wait(part.waits_for);
      }
    }
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
      const Vec before =
          step ? load(memory_at(step - 1, block, row)) : load_state(steps_, call_.c0, block, row, units_);
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
    final_state(steps_, rows, call_.y, call_.h0, call_.h, units_);
    for (int k = rows.begin; k < rows.end; ++k) {
      for (int block = 0; block < blocks_; ++block) {
        const int last = steps_.length[k] - 1;
        const Vec c = last < 0 ? load_state(steps_, call_.c0, block, k, units_) : load(memory_at(last, block, k));
        store_state(steps_, call_.c, block, k, units_, c);
      }
    }
  }

  const RecellLstm& call_;
  const bool peepholes_, clips_;
  GateWeights<kGates> from_x_, from_h_;
  float *biases_, *gates_, *memory_;
};

// Sums over rows and steps of one block: the gradients by biases, and by the
// peepholes of i, f and o.
constexpr int kSums = kGates + 3;
using Sums = Vec[kSums];

class Backward : Recurrence {
 public:
  explicit Backward(const RecellLstmGradient& call)
      : Recurrence(call.sequence, kGates * call.sequence.units),
        call_(call),
        peepholes_(call.peephole_i || call.peephole_f || call.peephole_o),
        clips_(call.cell_clip < kNoClip && !call.straight_through),
        sums_(static_cast<long>(threads_) * blocks_),
        memory_(call.kept + steps_.places * blocks_ * kGateFloats) {
    const long to_h = BackWeights<kGates>::floats(units_, units_);
    const long to_x = call.dx ? BackWeights<kGates>::floats(depth_, units_) : 0;
    float* floats = workspace(static_cast<size_t>(to_h + to_x + static_cast<long>(steps_.rows) * blocks_ * kLanes));
    to_h_ = {floats, units_, units_};
    to_x_ = {floats += to_h, depth_, units_};
    carried_ = floats + to_x;
  }

  void run() {
    parallel(threads_, [this](int thread, int team) {
      const Part part = part_of(by_rows_, blocks_, thread, team);
      const Range inputs = share(blocks_of(depth_), thread, team);
      pack_back(to_h_, call_.kernel + static_cast<long>(depth_) * kGates * units_, part, by_rows_, thread, team);
      if (call_.dx) pack_back(to_x_, call_.kernel, inputs);
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
    float* const totals[kSums] = {
        call_.dbias,       call_.dbias + units_, call_.dbias + 2L * units_, call_.dbias + 3L * units_,
        call_.dpeephole_i, call_.dpeephole_f,    call_.dpeephole_o};
    add_sums<kSums>(sums_, threads_, units_, totals);
  }

 private:
  // The gradient by the memory where a row begins to be alive, going back in
  // time.
  void start(Range rows) {
    for (int k = rows.begin; k < rows.end; ++k) {
      for (int block = 0; block < blocks_; ++block) {
        store(carried(block, k), load_state(steps_, call_.dc, block, k, units_));
      }
    }
  }

  float* carried(int block, int row) const {
    return carried_ + (static_cast<long>(block) * steps_.rows + row) * kLanes;
  }

  void work(const Part& part, Sums* sums) {
    Array<const float*> left(steps_.rows);
    for (int step = steps_.count - 1; step >= -1; --step) {
      // Rows that have a gradient of the step after this one; the others' state
      // is final, or was never used.
      const int products = step + 1 == steps_.count ? 0 : part.rows(steps_.alive[step + 1]);
      const int rows = part.rows(step < 0 ? steps_.rows : steps_.alive[step]);
      const auto after = [&](int block, int first, int count, float* const* dh, int offset) {
        const int unit = block * kLanes;
        const Peepholes seen = peepholes_of(call_, unit, width_at(unit, units_));
        Sums own;
        for (int n = 0; n < kSums; ++n) own[n] = sums[block][n];
        for (int k = 0; k < count; ++k) {
          const int row = part.row(first + k);
          const Vec by_h =
              first + k < products ? load(dh[k] + offset) : load_state(steps_, call_.dh, block, row, units_);
          if (step >= 0) {
            unit_step(step, block, row, by_h, seen, own);
          } else {
            store_state(steps_, call_.dh0, block, row, units_, by_h);
            store_state(steps_, call_.dc0, block, row, units_, load(carried(block, row)));
          }
        }
        for (int n = 0; n < kSums; ++n) sums[block][n] = own[n];
      };
      back_products<kGates>(steps_, part, step + 1, products, rows, to_h_, call_.kept, left.data(), after);
      barrier_.wait(part.waits_for);
    }
  }

  void unit_step(int step, int block, int row, Vec dh, const Peepholes& seen, Sums& sums) const {
    const int unit = block * kLanes, width = width_at(unit, units_);
    float* gates = find(call_.kept, steps_, step, blocks_, block, row, kGates);
    const Vec i = load(gates), j = load(gates + kLanes), f = load(gates + 2 * kLanes), o = load(gates + 3 * kLanes);
    const Vec c = load(find(memory_, steps_, step, blocks_, block, row, 1));
    const Vec before = step ? load(find(memory_, steps_, step - 1, blocks_, block, row, 1))
                            : load_state(steps_, call_.c0, block, row, units_);
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
      sums[kGates] += d_i * before;
      sums[kGates + 1] += d_f * before;
      sums[kGates + 2] += d_o * c;
    }
    store(carried(block, row), dc);
    store(gates, d_i);
    store(gates + kLanes, d_j);
    store(gates + 2 * kLanes, d_f);
    store(gates + 3 * kLanes, d_o);
    sums[0] += d_i;
    sums[1] += d_j;
    sums[2] += d_f;
    sums[3] += d_o;
  }

  void weights(int thread, int team) {
    Array<const float*> rows(steps_.places);
    rows_now(steps_, call_.x, depth_, rows);
    weight_gradients<kGates>(steps_, units_, rows.data(), depth_, call_.kept, call_.dkernel, thread, team);
    rows_before(steps_, call_.y, call_.h0, units_, rows);
    float* recurrent = call_.dkernel + static_cast<long>(depth_) * kGates * units_;
    weight_gradients<kGates>(steps_, units_, rows.data(), units_, call_.kept, recurrent, thread, team);
  }

  const RecellLstmGradient& call_;
  const bool peepholes_, clips_;
  Array<Sums> sums_;
  float* const memory_;
  BackWeights<kGates> to_h_, to_x_;
  float* carried_;
};

}  // namespace

void lstm(const RecellLstm& call) { Forward(call).run(); }
void lstm_gradient(const RecellLstmGradient& call) { Backward(call).run(); }

}  // namespace RECELL_ISA
}  // namespace recell
