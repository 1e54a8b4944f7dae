// Forward and backward over a sequence: with and without what is optional, by one thread and by several.

#include <limits>
#include <thread>

#include "driver.h"

namespace {

// What a call may have or leave out.
struct Options {
  bool kept, peepholes, clip, seeds, only_states;

  std::string text() const {
    std::string result = "lstm";
    if (kept) result += " kept";
    if (peepholes) result += " peepholes";
    if (clip) result += " clipped";
    if (seeds) result += " seeded";
    if (only_states) result += " only states";
    return result;
  }
};

// All results of one call, one after another.
struct Run {
  Run(const Shape& shape, const Options& options, int threads)
      : shape(shape), options(options), sequence(sequence_of(shape, lengths, threads)) {
    forward();
    results = joined({&y, &c, &h});
    if (!options.kept) return;
    backward();
    const Floats gradients = joined({&dx, &dc0, &dh0, &dkernel, &dbias, &dpeephole_i, &dpeephole_f, &dpeephole_o});
    results.insert(results.end(), gradients.begin(), gradients.end());
  }

  void forward() {
    RecellLstm call{};
    call.sequence = sequence;
    call.x = x.data();
    call.c0 = c0.data();
    call.h0 = h0.data();
    call.kernel = kernel.data();
    call.bias = bias.data();
    call.peephole_i = if_any(peephole_i);
    call.peephole_f = if_any(peephole_f);
    call.peephole_o = if_any(peephole_o);
    call.forget_bias = 1.0f;
    call.cell_clip = clip();
    call.y = y.data();
    call.c = c.data();
    call.h = h.data();
    call.kept = if_any(kept);
    recell_lstm(&call);
  }

  void backward() {
    RecellLstmGradient call{};
    call.sequence = sequence;
    call.x = x.data();
    call.c0 = c0.data();
    call.h0 = h0.data();
    call.kernel = kernel.data();
    call.peephole_i = if_any(peephole_i);
    call.peephole_f = if_any(peephole_f);
    call.peephole_o = if_any(peephole_o);
    call.cell_clip = clip();
    call.straight_through = shape.reverse;
    call.y = y.data();
    call.kept = kept.data();
    call.dy = options.only_states ? nullptr : dy.data();
    call.dc = options.seeds ? dc.data() : nullptr;
    call.dh = options.seeds ? dh.data() : nullptr;
    call.dx = if_any(dx);
    call.dc0 = dc0.data();
    call.dh0 = dh0.data();
    call.dkernel = if_any(dkernel);
    call.dbias = dbias.data();
    call.dpeephole_i = if_any(dpeephole_i);
    call.dpeephole_f = if_any(dpeephole_f);
    call.dpeephole_o = if_any(dpeephole_o);
    recell_lstm_gradient(&call);
  }

  float clip() const { return options.clip ? 0.5f : std::numeric_limits<float>::infinity(); }

  Shape shape;
  Options options;
  std::vector<int64_t> lengths = shape.row_lengths();
  RecellSequence sequence;
  int64_t steps = shape.time * shape.batch, state = shape.batch * shape.units, hole = options.peepholes * shape.units;
  Floats x = numbers(steps * shape.depth, 1), c0 = numbers(state, 2), h0 = numbers(state, 3);
  Floats kernel = numbers((shape.depth + shape.units) * 4 * shape.units, 4), bias = numbers(4 * shape.units, 5);
  Floats peephole_i = numbers(hole, 6), peephole_f = numbers(hole, 7), peephole_o = numbers(hole, 8);
  Floats dy = numbers(steps * shape.units, 9), dc = numbers(state, 10), dh = numbers(state, 11);
  Floats kept = Floats(static_cast<size_t>(options.kept * 5 * steps * shape.whole_blocks()));
  Floats y = dy, c = c0, h = h0, dc0 = c0, dh0 = h0, dbias = bias;
  Floats dx = options.only_states ? Floats() : x, dkernel = options.only_states ? Floats() : kernel;
  Floats dpeephole_i = peephole_i, dpeephole_f = peephole_f, dpeephole_o = peephole_o;
  Floats results;
};

}  // namespace

void exercise_lstm() {
  const std::vector<Options> all = {
      {true, false, false, false, false}, {true, true, true, true, false},    {true, true, false, true, true},
      {false, false, true, false, false}, {false, true, false, false, false},
  };
  for (const Shape& shape : kShapes) {
    for (const Options& options : all) {
      const Floats one = Run(shape, options, 1).results;
      for (int threads : {2, 3}) {
        expect_alike(one, Run(shape, options, threads).results, options.text() + ", " + shape.text());
      }
    }
  }
}

void misuse() {
  Run run(kShapes[1], {false, false, false, false, false}, 1);
  run.y = Floats(run.y.begin(), run.y.end() - 1);
  std::thread other([&run] { run.forward(); });
  run.forward();
  other.join();
}
