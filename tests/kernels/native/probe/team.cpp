// A library that has the interface's first functions and shows what its parallel regions run on.

#include "parallel.h"

#include <atomic>
#include <thread>

#include "recell.h"

int recell_abi() { return PRETENDED_ABI; }
const char* recell_instruction_set() { return "portable"; }

// How many threads a region that asks for `threads` has; all of them were in it at once if each could wait for the
// others.
extern "C" RECELL_EXPORT int team(int threads) {
  std::atomic<int> size{0};
  recell::Barrier barrier;
  recell::parallel(threads, [&](int thread, int team) {
    barrier.wait(team);
    if (thread == team - 1) size = team;
  });
  return size;
}
