// Parallel regions on the OpenMP runtime that the process has loaded already.
//
// Two runtimes in one process fight each other's spinning threads, so this library links none: Python hands over the
// addresses of the one that torch uses. Until then, and where there is none, everything runs on the calling thread.
#pragma once

#include <atomic>

namespace recell {

using Work = void (*)(void* data);

// Runs `work(data)` on up to `threads` threads at once; each asks `thread_number` and `team_size` who it is.
void run_team(int threads, Work work, void* data);
int thread_number();
int team_size();

// `body(thread, threads)` on each thread of a team of at most `threads`, which may turn out smaller.
template <class Body>
void parallel(int threads, Body body) {
  if (threads <= 1) {
    body(0, 1);
  } else {
    run_team(threads, [](void* data) { (*static_cast<Body*>(data))(thread_number(), team_size()); }, &body);
  }
}

// All threads of a team wait for each other, once a time step: too often to go to sleep, so they spin.
class Barrier {
 public:
  void wait(int threads);

 private:
  alignas(64) std::atomic<int> arrived_{0};
  alignas(64) std::atomic<int> round_{0};
};

}  // namespace recell
