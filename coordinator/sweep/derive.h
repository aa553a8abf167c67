#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "coordinator/sweep/settings.h"

namespace cox::sweep {

/// Returns the value of `method` or of a parameter, or why there is none.
Expression::Found value_of(const std::string& name, const Settings& settings);

/// Evaluates `rule`; an error is reported at its place, with the run's name.
std::optional<Value> evaluate_rule(const Rule& rule, const Expression::Lookup& lookup,
                                   const std::string& run_name, Diagnostics& diagnostics);

/// Computes every rule of `derive`, each after those that it uses; none may use itself. A rule for
/// a parameter applies where the method has that parameter and neither a row, the grid nor `--set`
/// gives it. A rule for another name defines that name for checks, names and other rules; where it
/// uses a parameter that the method lacks, the name has no value.
void derive_values(const std::vector<Rule>& rules, const std::string& run_name, Settings& settings,
                   Diagnostics& diagnostics);

}  // namespace cox::sweep
