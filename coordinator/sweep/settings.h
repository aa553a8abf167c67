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

/// Every parameter of one row with the layer that gives it, and the other names under `derive`.
struct Settings {
  const MethodSchema* method = nullptr;
  Assignments values;
  std::map<std::string, Value> derived;  ///< names that are not parameters
};

/// Returns the name of a row in messages and by default: its id, the values of its axes, or the
/// series.
std::string row_name(const Row& row, const SweepFile& sweep);

/// Lays the layers over each other, one row at a time: see `Layer`.
class SettingsResolver {
 public:
  SettingsResolver(const SweepFile& sweep, const Schemas& schemas, const ModelFacts& facts,
                   Diagnostics& diagnostics)
      : sweep_(sweep), schemas_(schemas), facts_(facts), diagnostics_(diagnostics) {}

  /// Removes from `row` what `when` switches off there. Returns nothing when the row has no method;
  /// other errors are reported and leave their parameter out.
  std::optional<Settings> resolve(Row& row);

 private:
  using Names = std::set<std::string>;

  const MethodSchema* method_of(const Row& row);
  Settings defaults_of(const MethodSchema& method) const;
  /// Lays every layer from the schema to `--set` over each other, except `derive`. Names in
  /// `without` are taken from rows and `--set` only. Reports foreign parameters when `reports`.
  Settings layered(const MethodSchema& method, const Row& row, const Names& without, bool reports);
  /// Gives a task without true frames the metrics that need none, unless a layer names some.
  static void lay_task_defaults(Settings& settings);
  /// Lays the values of one layer, or of a row, over `settings`.
  void lay(const Assignments& values, const Names& without, bool reports, Settings& settings);
  void lay_method_params(const Names& without, bool reports, Settings& settings);
  Names switched_off(const MethodSchema& method, const Row& row);
  void report_foreign(const std::string& name, const Assigned& value, const MethodSchema& method);
  void report_common(const std::string& name, const Assigned& value, const std::string& member);
  void check_values(const Row& row, const Settings& settings);
  /// Returns why the model does not allow the value, or "".
  std::string model_error(const ParameterSchema& schema, const Value& value) const;
  std::string index_error(const ParameterSchema& schema, const Value::List& list) const;

  const SweepFile& sweep_;
  const Schemas& schemas_;
  const ModelFacts& facts_;
  Diagnostics& diagnostics_;
};

}  // namespace cox::sweep
