// Memory for packed weights, kept by each calling thread from one call to the next: fresh pages cost more than packing.
#pragma once

#include <cstddef>

namespace recell {

// At least `count` floats, on a cache line, until the next call of the same thread. Aborts where there is no memory,
// as nothing may be thrown through a C interface.
float* workspace(size_t count);

}  // namespace recell
