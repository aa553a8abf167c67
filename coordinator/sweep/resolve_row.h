#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "coordinator/sweep/expand.h"
#include "coordinator/sweep/model_facts.h"
#include "coordinator/sweep/schema.h"
#include "coordinator/sweep/sweep_file.h"

namespace cox::sweep {

/// A row with every parameter of its method, and what `derive` computes besides.
struct Settings {
  const MethodSchema* method = nullptr;
  Assignments values;
  std::map<std::string, Value> derived;  ///< names that are no parameters
};

/// How messages and default names call a row: its id, the values of its axes, or the series.
std::string row_name(const Row& row, const SweepFile& sweep);

/// Lays the layers over each other, one row at a time: see `Layer`.
class RowResolver {
 public:
  RowResolver(const SweepFile& sweep, const Schemas& schemas, const ModelFacts& facts,
              Diagnostics& diagnostics)
      : sweep_(sweep), schemas_(schemas), facts_(facts), diagnostics_(diagnostics) {}

  /// Takes out of `row` what `when` switches off there. Nothing when the row has no method; other
  /// errors are reported and leave their parameter out.
  std::optional<Settings> resolve(Row& row);

 private:
  using Names = std::set<std::string>;

  const MethodSchema* method_of(const Row& row);
  Settings defaults_of(const MethodSchema& method) const;
  /// Every layer from the schema to `--set`, less `derive`; `without` are names that only rows and
  /// `--set` may give. Foreign parameters are reported when `reports`.
  Settings layered(const MethodSchema& method, const Row& row, const Names& without, bool reports);
  Names switched_off(const MethodSchema& method, const Row& row);
  void report_foreign(const std::string& name, const Assigned& value, const MethodSchema& method);
  void check_values(const Row& row, const Settings& settings);
  /// Why the model does not allow the value, or "".
  std::string model_error(const ParameterSchema& schema, const Value& value) const;

  const SweepFile& sweep_;
  const Schemas& schemas_;
  const ModelFacts& facts_;
  Diagnostics& diagnostics_;
};

}  // namespace cox::sweep
