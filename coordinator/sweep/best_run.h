#pragma once

#include <functional>
#include <map>
#include <string>

#include "base/status.h"
#include "coordinator/sweep/schema.h"
#include "coordinator/sweep/sources.h"

namespace cox::sweep {

/// What `from_best` asks for: the run of a series whose mean of a metric is the best.
struct BestQuery {
  std::string series;
  std::string metric;  ///< a name of schemas/metrics
  bool highest = true;
};

struct BestRun {
  std::string name;                               ///< `series/run`
  std::map<std::string, std::string> parameters;  ///< by name, each as JSON
};

/// Answers from finished results, wherever they are; refuses when the series is not finished.
using FindBest = std::function<Result<BestRun>(const BestQuery&)>;

/// Takes `from_best` out of a sweep: the values that it takes are laid under the sweep's own, as if
/// it extended a file that holds them in `params`. That file is one of `sources`, named after the
/// run, so that every value remembers where it came from. `find_best` may be empty: then a sweep
/// with `from_best` is an error.
Node with_best(Node root, const FindBest& find_best, const Schemas& schemas, Sources& sources,
               Diagnostics& diagnostics);

}  // namespace cox::sweep
