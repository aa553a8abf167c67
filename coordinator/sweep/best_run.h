#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "coordinator/sweep/expression.h"
#include "coordinator/sweep/plan.h"
#include "coordinator/sweep/schema.h"
#include "coordinator/sweep/sources.h"

namespace cox::sweep {

struct BestRun {
  std::string name;                               ///< `series/run`
  std::map<std::string, std::string> parameters;  ///< by name, each as JSON
};

/// Reads one value of a run's parameters as they are stored. Objects do not occur.
Value value_of_json(const std::string& text);

/// A query of `from_best`: the run of a series whose mean of a metric is the best.
struct BestQuery {
  std::string series;
  std::string metric;  ///< a name of schemas/metrics
  bool highest = true;
  std::optional<Expression> where = {};  ///< which runs are considered; nothing = all

  /// Whether `where` holds for a run. kInvalidArgument, with the run's name, when the expression
  /// has no value there. A parameter that the run's method lacks makes `where` false.
  Result<bool> admits(const std::string& method, const BestRun& run) const;
};

/// Answers from finished results, wherever they are, among the runs that the query admits; refuses
/// when one of these is not finished.
using FindBest = std::function<Result<BestRun>(const BestQuery&)>;

/// A parameter that `from_best` took.
struct TakenValue {
  std::string name;
  std::string value;   ///< as JSON
  std::string source;  ///< `from_best rates/L3 by psnr`: the file of its origin
};

struct BestTaken {
  Node root;  ///< the sweep without `from_best`
  std::vector<TakenValue> values;
};

/// Removes `from_best` from a sweep and lays the values that it takes under the sweep's own, as if
/// it extended a file that holds them in `params`. That file is one of `sources`, named after the
/// run, so that every value remembers where it came from. `find_best` may be empty: then a sweep
/// with `from_best` is an error.
BestTaken with_best(Node root, const FindBest& find_best, const Schemas& schemas, Sources& sources,
                    Diagnostics& diagnostics);

/// Returns a note for each taken value that some runs do not use, because the sweep gives another:
/// "from_best rates/L3 by psnr: lr = 0.005 is overridden in run 'A' by 0.01 (a.yaml:9:12 (runs))".
std::vector<std::string> overridden_notes(const std::vector<TakenValue>& taken,
                                          const std::vector<Run>& runs);

}  // namespace cox::sweep
