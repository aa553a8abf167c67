#pragma once

#include <string>
#include <vector>

namespace cox {

/// A column of v_results.
struct ResultColumn {
  std::string name;
  std::string type;  ///< text, integer, real, or json (text that contains JSON)
  std::string unit;  ///< "" for what has none
  std::string doc;   ///< one sentence
};

/// Every column of v_results, in order: one row per series x run x finished video. Those of
/// metrics, timings, adaptation and provenance follow from the registry and from the records.
/// Durations are wall seconds of one stage and never overlap. Reals are NULL when the value was not
/// finite.
const std::vector<ResultColumn>& result_columns();

}  // namespace cox
