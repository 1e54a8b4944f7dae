// Forward and backward of the simple recurrent network, by one thread and by several.

#include "driver.h"

namespace {

// What a call may have or leave out.
struct Options {
  bool relu, only_state;
};

struct Run {
  Run(const Shape& shape, const Options& options, int threads)
      : shape(shape), options(options), sequence(sequence_of(shape, lengths, threads)) {
    forward();
    backward();
  }

  void forward() {
    RecellRnn call{};
    call.sequence = sequence;
    call.x = x.data();
    call.h0 = h0.data();
    call.kernel = kernel.data();
    call.bias = bias.data();
    call.relu = options.relu;
    call.y = y.data();
    call.h = h.data();
    recell_rnn(&call);
  }

  void backward() {
    RecellRnnGradient call{};
    call.sequence = sequence;
    call.x = x.data();
    call.h0 = h0.data();
    call.kernel = kernel.data();
    call.relu = options.relu;
    call.y = y.data();
    call.dy = options.only_state ? nullptr : dy.data();
    call.dh = options.only_state ? dh.data() : nullptr;
    call.dx = if_any(dx);
    call.dh0 = dh0.data();
    call.dkernel = if_any(dkernel);
    call.dbias = dbias.data();
    recell_rnn_gradient(&call);
  }

  Floats results() const { return joined({&y, &h, &dx, &dh0, &dkernel, &dbias}); }

  Shape shape;
  Options options;
  std::vector<int64_t> lengths = shape.row_lengths();
  RecellSequence sequence;
  int64_t steps = shape.time * shape.batch, state = shape.batch * shape.units;
  Floats x = numbers(steps * shape.depth, 1), h0 = numbers(state, 2);
  // Small, so that sums of relu stay small too.
  Floats kernel = numbers((shape.depth + shape.units) * shape.units, 3, 0.1f), bias = numbers(shape.units, 4);
  Floats dy = numbers(steps * shape.units, 5), dh = numbers(state, 6);
  Floats y = dy, h = h0, dh0 = h0, dbias = bias;
  Floats dx = options.only_state ? Floats() : x, dkernel = options.only_state ? Floats() : kernel;
};

}  // namespace

void exercise_rnn() {
  for (const Shape& shape : kShapes) {
    for (const Options& options : {Options{false, false}, Options{true, false}, Options{false, true}}) {
      const Floats one = Run(shape, options, 1).results();
      for (int threads : {2, 3}) expect_alike(one, Run(shape, options, threads).results(), "rnn, " + shape.text());
    }
  }
}
