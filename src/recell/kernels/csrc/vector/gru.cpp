// The gated recurrent unit over whole sequences: recell.kernels.gru is the
// reference, in equations and in numbers.
//
// A step has two products, one after the other: gates r and u see the state,
// the candidate sees it reset by r.

#include "../recurrence.h"
#include "../workspace.h"
#include "tables.h"

namespace recell {
namespace RECELL_ISA {
namespace {

constexpr int kGates = 2;

// What a pass keeps of its places, one after the other: gates r and u,
// candidates, and reset states as rows.
struct Kept {
  float *gates, *candidates, *reset;

  static long floats(long places, int blocks) { return places * blocks * (kGates + 2) * kLanes; }

  Kept(float* floats, long places, int blocks)
      : gates(floats),
        candidates(gates + places * blocks * kGates * kLanes),
        reset(candidates + places * blocks * kLanes) {}
};

class Forward : Recurrence {
 public:
  explicit Forward(const RecellGru& call)
      : Recurrence(call.sequence, 3 * (call.sequence.depth + call.sequence.units)), call_(call), kept_(nullptr, 0, 0) {
    const long gates_x = GateWeights<kGates>::floats(depth_, units_),
               gates_h = GateWeights<kGates>::floats(units_, units_);
    const long candidate_x = GateWeights<1>::floats(depth_, units_),
               candidate_h = GateWeights<1>::floats(units_, units_);
    const long biases = static_cast<long>(blocks_) * (kGates + 1) * kLanes;
    const long chunk = call.kept ? 0 : Kept::floats(chunk_places(steps_), blocks_);
    float* floats = workspace(static_cast<size_t>(gates_x + gates_h + candidate_x + candidate_h + biases + chunk));
    gates_x_ = {floats, depth_, units_};
    gates_h_ = {floats += gates_x, units_, units_};
    candidate_x_ = {floats += gates_h, depth_, units_};
    candidate_h_ = {floats += candidate_x, units_, units_};
    gate_biases_ = floats += candidate_h;
    candidate_biases_ = gate_biases_ + static_cast<long>(blocks_) * kGates * kLanes;
    kept_ = call.kept ? Kept(call.kept, steps_.places, blocks_) : Kept(floats + biases, chunk_places(steps_), blocks_);
  }

  void run() {
    parallel(threads_, [this](int thread, int team) {
      const Range own = share(blocks_, thread, team), rows = share(steps_.rows, thread, team);
      gates_x_.pack(call_.gate_kernel, own);
      gates_h_.pack(call_.gate_kernel + static_cast<long>(depth_) * kGates * units_, own);
      candidate_x_.pack(call_.candidate_kernel, own);
      candidate_h_.pack(call_.candidate_kernel + static_cast<long>(depth_) * units_, own);
      pack_biases<kGates>(call_.gate_bias, units_, own, gate_biases_);
      pack_biases<1>(call_.candidate_bias, units_, own, candidate_biases_);
      barrier_.wait(team);
      work(part_of(by_rows_, blocks_, thread, team), team);
      barrier_.wait(team);
      clear_past_lengths(sequence_, steps_, rows, call_.y, units_);
      final_state(steps_, rows, call_.y, call_.h0, call_.h, units_);
    });
  }

 private:
  void work(const Part& part, int team) {
    Array<const float*> h(steps_.rows), reset(steps_.rows);
    Array<float*> sums(steps_.rows);
    InputProducts<kGates> to_gates(steps_, part, call_.x, gates_x_, gate_biases_, kept_.gates);
    InputProducts<1> to_candidate(steps_, part, call_.x, candidate_x_, candidate_biases_, kept_.candidates);
    for (int begin = 0, end; begin < steps_.count; begin = end) {
      end = chunk_end(steps_, begin, 3L * depth_ * units_);
      // The buffer of one chunk serves the next, in which the others' rows lie
      // elsewhere.
      if (!call_.kept && by_rows_) barrier_.wait(team);
      const int origin = call_.kept ? 0 : begin;
      to_gates.steps(begin, end, origin);
      to_candidate.steps(begin, end, origin);
      for (int step = begin; step < end; ++step) {
        for (int k = 0; k < part.rows(steps_.alive[step]); ++k) {
          h[k] = state_before(steps_, step, part.row(k), call_.y, call_.h0, units_);
          reset[k] = reset_at(step, origin, part.row(k));
        }
        const auto gate = [&](int block, int rows, float* const* gates) {
          reset_states(part, step, origin, block, rows, h, gates);
        };
        step_products<kGates>(steps_, part, step, h.data(), gates_h_, kept_.gates, origin, sums.data(), to_gates, gate);
        barrier_.wait(part.waits_for);
        const auto state = [&](int block, int rows, float* const* c) {
          new_states(part, step, origin, block, rows, h, c);
        };
        step_products<1>(steps_, part, step, reset.data(), candidate_h_, kept_.candidates, origin, sums.data(),
                         to_candidate, state);
        barrier_.wait(part.waits_for);
      }
    }
  }

  float* reset_at(int step, int origin, int row) const {
    return kept_.reset + (steps_.first[step] - steps_.first[origin] + row) * units_;
  }

  float* gates_at(int step, int origin, int block, int row) const {
    return find(kept_.gates - steps_.first[origin] * blocks_ * kGates * kLanes, steps_, step, blocks_, block, row,
                kGates);
  }

  void reset_states(const Part& part, int step, int origin, int block, int rows, const Array<const float*>& h,
                    float* const* gates) {
    const int unit = block * kLanes, width = width_at(unit, units_);
    for (int k = 0; k < rows; ++k) {
      const Vec r = sigmoid(load(gates[k]));
      store(gates[k], r);
      store(gates[k] + kLanes, sigmoid(load(gates[k] + kLanes)));
      store(reset_at(step, origin, part.row(k)) + unit, r * load(h[k] + unit, width), width);
    }
  }

  void new_states(const Part& part, int step, int origin, int block, int rows, const Array<const float*>& h,
                  float* const* candidates) {
    const int unit = block * kLanes, width = width_at(unit, units_);
    for (int k = 0; k < rows; ++k) {
      const Vec c = tanh(load(candidates[k]));
      const Vec u = load(gates_at(step, origin, block, part.row(k)) + kLanes);
      if (call_.kept) store(candidates[k], c);
      float* y = call_.y + steps_.at[steps_.first[step] + part.row(k)] * units_ + unit;
      store(y, u * load(h[k] + unit, width) + (1.0f - u) * c, width);
    }
  }

  const RecellGru& call_;
  GateWeights<kGates> gates_x_, gates_h_;
  GateWeights<1> candidate_x_, candidate_h_;
  float *gate_biases_, *candidate_biases_;
  Kept kept_;
};

// Sums over rows and steps of one block: the gradients by the biases of r, u
// and the candidate.
constexpr int kSums = kGates + 1;
using Sums = Vec[kSums];

class Backward : Recurrence {
 public:
  explicit Backward(const RecellGruGradient& call)
      : Recurrence(call.sequence, 3 * call.sequence.units),
        call_(call),
        kept_(call.kept, steps_.places, blocks_),
        sums_(static_cast<long>(threads_) * blocks_) {
    const long gates_h = BackWeights<kGates>::floats(units_, units_),
               candidate_h = BackWeights<1>::floats(units_, units_);
    const long gates_x = call.dx ? BackWeights<kGates>::floats(depth_, units_) : 0;
    const long candidate_x = call.dx ? BackWeights<1>::floats(depth_, units_) : 0;
    const long carried = static_cast<long>(steps_.rows) * blocks_ * kLanes;
    float* floats = workspace(static_cast<size_t>(gates_h + candidate_h + gates_x + candidate_x + carried));
    gates_h_ = {floats, units_, units_};
    candidate_h_ = {floats += gates_h, units_, units_};
    gates_x_ = {floats += candidate_h, depth_, units_};
    candidate_x_ = {floats += gates_x, depth_, units_};
    carried_ = floats + candidate_x;
  }

  void run() {
    parallel(threads_, [this](int thread, int team) {
      const Part part = part_of(by_rows_, blocks_, thread, team);
      const Range inputs = share(blocks_of(depth_), thread, team);
      const float* gates = call_.gate_kernel + static_cast<long>(depth_) * kGates * units_;
      pack_back(gates_h_, gates, part, by_rows_, thread, team);
      pack_back(candidate_h_, call_.candidate_kernel + static_cast<long>(depth_) * units_, part, by_rows_, thread,
                team);
      if (call_.dx) {
        pack_back(gates_x_, call_.gate_kernel, inputs);
        pack_back(candidate_x_, call_.candidate_kernel, inputs);
      }
      barrier_.wait(team);
      work(part, sums_.data() + static_cast<long>(thread) * blocks_);
      barrier_.wait(team);
      if (call_.dx) {
        clear_past_lengths(sequence_, steps_, share(steps_.rows, thread, team), call_.dx, depth_);
        input_gradient(steps_, inputs, gates_x_, kept_.gates, call_.dx, false);
        input_gradient(steps_, inputs, candidate_x_, kept_.candidates, call_.dx, true);
      }
      weights(thread, team);
    });
    float* const totals[kSums] = {call_.dgate_bias, call_.dgate_bias + units_, call_.dcandidate_bias};
    add_sums<kSums>(sums_, threads_, units_, totals);
  }

 private:
  float* carried(int block, int row) const {
    return carried_ + (static_cast<long>(block) * steps_.rows + row) * kLanes;
  }

  Vec state_at(int step, int block, int row) const {
    const int unit = block * kLanes;
    return load(state_before(steps_, step, row, call_.y, call_.h0, units_) + unit, width_at(unit, units_));
  }

  void work(const Part& part, Sums* sums) {
    Array<const float*> left(steps_.rows);
    for (int step = steps_.count - 1; step >= -1; --step) {
      // Rows that have a gradient of the step after this one; the others' state
      // is final, or was never used.
      const int products = step + 1 == steps_.count ? 0 : part.rows(steps_.alive[step + 1]);
      const int rows = part.rows(step < 0 ? steps_.rows : steps_.alive[step]);
      const auto state = [&](int block, int first, int count, float* const* by_gates, int offset) {
        for (int k = 0; k < count; ++k) {
          const int row = part.row(first + k);
          const Vec dh = first + k < products ? load(carried(block, row)) + load(by_gates[k] + offset)
                                              : load_state(steps_, call_.dh, block, row, units_);
          if (step < 0) {
            store_state(steps_, call_.dh0, block, row, units_, dh);
          } else {
            back_from_state(step, block, row, dh, sums[block]);
          }
        }
      };
      back_products<kGates>(steps_, part, step + 1, products, rows, gates_h_, kept_.gates, left.data(), state);
      barrier_.wait(part.waits_for);
      if (step < 0) return;
      const auto reset = [&](int block, int first, int count, float* const* by_candidate, int offset) {
        for (int k = 0; k < count; ++k) {
          back_from_reset(step, block, part.row(first + k), load(by_candidate[k] + offset), sums[block]);
        }
      };
      back_products<1>(steps_, part, step, rows, rows, candidate_h_, kept_.candidates, left.data(), reset);
      barrier_.wait(part.waits_for);
    }
  }

  // By h': to u, the candidate and, directly, h.
  void back_from_state(int step, int block, int row, Vec dh, Sums& sums) const {
    const int unit = block * kLanes;
    if (call_.dy) {
      const long at = steps_.at[steps_.first[step] + row] * units_;
      dh += load(call_.dy + at + unit, width_at(unit, units_));
    }
    float* u_at = find(kept_.gates, steps_, step, blocks_, block, row, kGates) + kLanes;
    float* c_at = find(kept_.candidates, steps_, step, blocks_, block, row, 1);
    const Vec u = load(u_at), c = load(c_at);
    const Vec d_u = dh * (state_at(step, block, row) - c) * u * (1.0f - u);
    const Vec d_c = dh * (1.0f - u) * (1.0f - c * c);
    store(u_at, d_u);
    store(c_at, d_c);
    store(carried(block, row), dh * u);
    sums[1] += d_u;
    sums[2] += d_c;
  }

  // By the reset state: to r and h.
  void back_from_reset(int step, int block, int row, Vec by_reset, Sums& sums) const {
    float* r_at = find(kept_.gates, steps_, step, blocks_, block, row, kGates);
    const Vec r = load(r_at);
    const Vec d_r = by_reset * state_at(step, block, row) * r * (1.0f - r);
    store(r_at, d_r);
    store(carried(block, row), load(carried(block, row)) + by_reset * r);
    sums[0] += d_r;
  }

  void weights(int thread, int team) {
    Array<const float*> rows(steps_.places);
    const long below = static_cast<long>(depth_) * units_;
    rows_now(steps_, call_.x, depth_, rows);
    if (call_.dgate_kernel) {
      weight_gradients<kGates>(steps_, units_, rows.data(), depth_, kept_.gates, call_.dgate_kernel, thread, team);
    }
    if (call_.dcandidate_kernel) {
      weight_gradients<1>(steps_, units_, rows.data(), depth_, kept_.candidates, call_.dcandidate_kernel, thread, team);
      for (long place = 0; place < steps_.places; ++place) rows[place] = kept_.reset + place * units_;
      weight_gradients<1>(steps_, units_, rows.data(), units_, kept_.candidates, call_.dcandidate_kernel + below,
                          thread, team);
    }
    if (call_.dgate_kernel) {
      rows_before(steps_, call_.y, call_.h0, units_, rows);
      weight_gradients<kGates>(steps_, units_, rows.data(), units_, kept_.gates, call_.dgate_kernel + kGates * below,
                               thread, team);
    }
  }

  const RecellGruGradient& call_;
  const Kept kept_;
  Array<Sums> sums_;
  BackWeights<kGates> gates_h_, gates_x_;
  BackWeights<1> candidate_h_, candidate_x_;
  float* carried_;
};

}  // namespace

void gru(const RecellGru& call) { Forward(call).run(); }
void gru_gradient(const RecellGruGradient& call) { Backward(call).run(); }

}  // namespace RECELL_ISA
}  // namespace recell
