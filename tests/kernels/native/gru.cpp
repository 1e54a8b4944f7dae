// Forward and backward of the gated recurrent unit, by one thread and by several.

#include "driver.h"

namespace {

// What a call may have or leave out.
struct Options {
  bool kept, only_state;
};

struct Run {
  Run(const Shape& shape, const Options& options, int threads)
      : shape(shape), options(options), sequence(sequence_of(shape, lengths, threads)) {
    forward();
    results = joined({&y, &h});
    if (!options.kept) return;
    backward();
    const Floats gradients =
        joined({&dx, &dh0, &dgate_kernel, &dgate_bias, &dcandidate_kernel, &dcandidate_bias});
    results.insert(results.end(), gradients.begin(), gradients.end());
  }

  void forward() {
    RecellGru call{};
    call.sequence = sequence;
    call.x = x.data();
    call.h0 = h0.data();
    call.gate_kernel = gate_kernel.data();
    call.gate_bias = gate_bias.data();
    call.candidate_kernel = candidate_kernel.data();
    call.candidate_bias = candidate_bias.data();
    call.y = y.data();
    call.h = h.data();
    call.kept = if_any(kept);
    recell_gru(&call);
  }

  void backward() {
    RecellGruGradient call{};
    call.sequence = sequence;
    call.x = x.data();
    call.h0 = h0.data();
    call.gate_kernel = gate_kernel.data();
    call.candidate_kernel = candidate_kernel.data();
    call.y = y.data();
    call.kept = kept.data();
    call.dy = options.only_state ? nullptr : dy.data();
    call.dh = options.only_state ? dh.data() : nullptr;
    call.dx = if_any(dx);
    call.dh0 = dh0.data();
    call.dgate_kernel = if_any(dgate_kernel);
    call.dgate_bias = dgate_bias.data();
    call.dcandidate_kernel = if_any(dcandidate_kernel);
    call.dcandidate_bias = dcandidate_bias.data();
    recell_gru_gradient(&call);
  }

  Shape shape;
  Options options;
  std::vector<int64_t> lengths = shape.row_lengths();
  RecellSequence sequence;
  int64_t steps = shape.time * shape.batch, state = shape.batch * shape.units;
  int64_t weights = (shape.depth + shape.units) * shape.units;
  Floats x = numbers(steps * shape.depth, 1), h0 = numbers(state, 2);
  Floats gate_kernel = numbers(2 * weights, 3), gate_bias = numbers(2 * shape.units, 4);
  Floats candidate_kernel = numbers(weights, 5), candidate_bias = numbers(shape.units, 6);
  Floats dy = numbers(steps * shape.units, 7), dh = numbers(state, 8);
  Floats kept = Floats(static_cast<size_t>(options.kept * 4 * steps * shape.whole_blocks()));
  Floats y = dy, h = h0, dh0 = h0, dgate_bias = gate_bias, dcandidate_bias = candidate_bias;
  Floats dx = options.only_state ? Floats() : x;
  Floats dgate_kernel = options.only_state ? Floats() : gate_kernel;
  Floats dcandidate_kernel = options.only_state ? Floats() : candidate_kernel;
  Floats results;
};

}  // namespace

void exercise_gru() {
  for (const Shape& shape : kShapes) {
    for (const Options& options : {Options{true, false}, Options{true, true}, Options{false, false}}) {
      const Floats one = Run(shape, options, 1).results;
      for (int threads : {2, 3}) expect_alike(one, Run(shape, options, threads).results, "gru, " + shape.text());
    }
  }
}
