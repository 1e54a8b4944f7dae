// The basic recurrent network over whole sequences: recell.kernels.rnn is the
// reference.

#include "../recurrence.h"
#include "../workspace.h"
#include "tables.h"

namespace recell {
namespace RECELL_ISA {
namespace {

class Forward : Recurrence {
 public:
  explicit Forward(const RecellRnn& call)
      : Recurrence(call.sequence, call.sequence.depth + call.sequence.units), call_(call) {
    const long from_x = GateWeights<1>::floats(depth_, units_), from_h = GateWeights<1>::floats(units_, units_);
    const long bias = static_cast<long>(blocks_) * kLanes;
    float* floats = workspace(static_cast<size_t>(from_x + from_h + bias + chunk_places(steps_) * bias));
    from_x_ = {floats, depth_, units_};
    from_h_ = {floats += from_x, units_, units_};
    biases_ = floats += from_h;
    sums_ = floats + bias;
  }

  void run() {
    parallel(threads_, [this](int thread, int team) {
      const Range own = share(blocks_, thread, team), rows = share(steps_.rows, thread, team);
      from_x_.pack(call_.kernel, own);
      from_h_.pack(call_.kernel + static_cast<long>(depth_) * units_, own);
      pack_biases<1>(call_.bias, units_, own, biases_);
      barrier_.wait(team);
      work(part_of(by_rows_, blocks_, thread, team), team);
      barrier_.wait(team);
      clear_past_lengths(sequence_, steps_, rows, call_.y, units_);
      final_state(steps_, rows, call_.y, call_.h0, call_.h, units_);
    });
  }

 private:
  void work(const Part& part, int team) {
    Array<const float*> h(steps_.rows);
    Array<float*> sums(steps_.rows);
    InputProducts<1> inputs(steps_, part, call_.x, from_x_, biases_, sums_);
    for (int begin = 0, end; begin < steps_.count; begin = end) {
      end = chunk_end(steps_, begin, static_cast<long>(depth_) * units_);
      // The buffer of one chunk serves the next, in which the others' rows lie
      // elsewhere.
      if (by_rows_) barrier_.wait(team);
      inputs.steps(begin, end, begin);
      for (int step = begin; step < end; ++step) {
        for (int k = 0; k < part.rows(steps_.alive[step]); ++k) {
          h[k] = state_before(steps_, step, part.row(k), call_.y, call_.h0, units_);
        }
        const auto after = [&](int block, int rows, float* const* row_sums) {
          const int unit = block * kLanes, width = width_at(unit, units_);
          for (int k = 0; k < rows; ++k) {
            const Vec sum = load(row_sums[k]);
            float* y = call_.y + steps_.at[steps_.first[step] + part.row(k)] * units_;
            store(y + unit, call_.relu ? at_least(sum, 0.0f) : tanh(sum), width);
          }
        };
        step_products<1>(steps_, part, step, h.data(), from_h_, sums_, begin, sums.data(), inputs, after);
        barrier_.wait(part.waits_for);
      }
    }
  }

  const RecellRnn& call_;
  GateWeights<1> from_x_, from_h_;
  float *biases_, *sums_;
};

class Backward : Recurrence {
 public:
  explicit Backward(const RecellRnnGradient& call)
      : Recurrence(call.sequence, call.sequence.units), call_(call), sums_(static_cast<long>(threads_) * blocks_) {
    const long to_h = BackWeights<1>::floats(units_, units_);
    const long to_x = call.dx ? BackWeights<1>::floats(depth_, units_) : 0;
    float* floats = workspace(static_cast<size_t>(to_h + to_x + steps_.places * blocks_ * kLanes));
    to_h_ = {floats, units_, units_};
    to_x_ = {floats += to_h, depth_, units_};
    gradients_ = floats + to_x;
  }

  void run() {
    parallel(threads_, [this](int thread, int team) {
      const Part part = part_of(by_rows_, blocks_, thread, team);
      const Range inputs = share(blocks_of(depth_), thread, team);
      pack_back(to_h_, call_.kernel + static_cast<long>(depth_) * units_, part, by_rows_, thread, team);
      if (call_.dx) pack_back(to_x_, call_.kernel, inputs);
      barrier_.wait(team);
      work(part, sums_.data() + static_cast<long>(thread) * blocks_);
      barrier_.wait(team);
      if (call_.dx) {
        clear_past_lengths(sequence_, steps_, share(steps_.rows, thread, team), call_.dx, depth_);
        input_gradient(steps_, inputs, to_x_, gradients_, call_.dx, false);
      }
      if (call_.dkernel) weights(thread, team);
    });
    add_sums<1>(sums_, threads_, units_, &call_.dbias);
  }

 private:
  void work(const Part& part, Vec (*sums)[1]) {
    Array<const float*> left(steps_.rows);
    for (int step = steps_.count - 1; step >= -1; --step) {
      // Rows that have a gradient of the step after this one; the others' state
      // is final, or was never used.
      const int products = step + 1 == steps_.count ? 0 : part.rows(steps_.alive[step + 1]);
      const int rows = part.rows(step < 0 ? steps_.rows : steps_.alive[step]);
      const auto after = [&](int block, int first, int count, float* const* dh, int offset) {
        for (int k = 0; k < count; ++k) {
          const int row = part.row(first + k);
          Vec by_h = first + k < products ? load(dh[k] + offset) : load_state(steps_, call_.dh, block, row, units_);
          if (step < 0) {
            store_state(steps_, call_.dh0, block, row, units_, by_h);
            continue;
          }
          const int unit = block * kLanes, width = width_at(unit, units_);
          const long at = steps_.at[steps_.first[step] + row] * units_ + unit;
          if (call_.dy) by_h += load(call_.dy + at, width);
          const Vec y = load(call_.y + at, width);
          const Vec by_sum = call_.relu ? (y > 0.0f ? by_h : Vec{}) : by_h * (1.0f - y * y);
          store(find(gradients_, steps_, step, blocks_, block, row, 1), by_sum);
          sums[block][0] += by_sum;
        }
      };
      back_products<1>(steps_, part, step + 1, products, rows, to_h_, gradients_, left.data(), after);
      barrier_.wait(part.waits_for);
    }
  }

  void weights(int thread, int team) {
    Array<const float*> rows(steps_.places);
    rows_now(steps_, call_.x, depth_, rows);
    weight_gradients<1>(steps_, units_, rows.data(), depth_, gradients_, call_.dkernel, thread, team);
    rows_before(steps_, call_.y, call_.h0, units_, rows);
    float* recurrent = call_.dkernel + static_cast<long>(depth_) * units_;
    weight_gradients<1>(steps_, units_, rows.data(), units_, gradients_, recurrent, thread, team);
  }

  const RecellRnnGradient& call_;
  Array<Vec[1]> sums_;
  BackWeights<1> to_h_, to_x_;
  float* gradients_;
};

}  // namespace

void rnn(const RecellRnn& call) { Forward(call).run(); }
void rnn_gradient(const RecellRnnGradient& call) { Backward(call).run(); }

}  // namespace RECELL_ISA
}  // namespace recell
