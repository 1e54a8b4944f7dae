#include "parallel.h"

#include <thread>

#include "recell.h"

#if defined(__x86_64__) || defined(__i386__)
#include <immintrin.h>
#endif

namespace {

// GOMP_parallel: the entry point that GNU's runtime has and LLVM's and Intel's offer too.
using GompParallel = void (*)(recell::Work, void*, unsigned, unsigned);
using Ask = int (*)();

GompParallel gomp_parallel = nullptr;
Ask omp_get_thread_num = nullptr;
Ask omp_get_num_threads = nullptr;

// Looks before a thread yields: one that lost its processor needs it to arrive.
constexpr int kSpins = 4000;

void pause() {
#if defined(__x86_64__) || defined(__i386__)
  _mm_pause();
#endif
}

}  // namespace

namespace recell {

void run_team(int threads, Work work, void* data) {
  if (gomp_parallel == nullptr) {
    work(data);
  } else {
    gomp_parallel(work, data, static_cast<unsigned>(threads), 0);
  }
}

int thread_number() { return gomp_parallel == nullptr ? 0 : omp_get_thread_num(); }
int team_size() { return gomp_parallel == nullptr ? 1 : omp_get_num_threads(); }

void Barrier::wait(int threads) {
  if (threads == 1) return;
  const int round = round_.load(std::memory_order_relaxed);
  if (arrived_.fetch_add(1, std::memory_order_acq_rel) == threads - 1) {
    arrived_.store(0, std::memory_order_relaxed);
    round_.store(round + 1, std::memory_order_release);
    return;
  }
  for (int spins = 0; round_.load(std::memory_order_acquire) == round; ++spins) {
    if (spins < kSpins) {
      pause();
    } else {
      std::this_thread::yield();
    }
  }
}

}  // namespace recell

extern "C" void recell_bind_openmp(void* parallel, void* thread_num, void* num_threads) {
  omp_get_thread_num = reinterpret_cast<Ask>(thread_num);
  omp_get_num_threads = reinterpret_cast<Ask>(num_threads);
  gomp_parallel = reinterpret_cast<GompParallel>(parallel);
}
