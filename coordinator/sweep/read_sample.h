#pragma once

#include <optional>

#include "coordinator/sweep/read_rows.h"

namespace cox::sweep {

/// Reads `sample: {points: 32, design: sobol, seed: 0, space: {lr: {log: [1e-4, 1e-1]}}}` as an
/// axis: each point gives every parameter of `space`. The points follow from these values only,
/// never from the order of keys. Reports what is wrong and then returns nothing.
std::optional<Axis> read_sample(const Node& node, RowReader& rows, Diagnostics& diagnostics);

}  // namespace cox::sweep
