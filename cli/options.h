#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/status.h"
#include "cli/option_checks.h"
#include "cli/output/format.h"
#include "coordinator/sweep/best_run.h"
#include "coordinator/sweep/plan.h"
#include "proto/channel.h"

namespace CLI {
class App;
}

namespace cox::cli {

/// Declares a verb of a command, as in `cox db info`: its help opens with an example.
CLI::App& declare_verb(CLI::App& app, const std::string& name, const std::string& example,
                       const std::string& summary);

/// --format, --json and --quiet of every command that prints a table.
struct OutputOptions {
  std::string format = "table";
  bool json = false;
  bool quiet = false;

  void declare(CLI::App& app);
  /// `schema` is the format that JSON output names.
  Layout layout(const Terminal& terminal, JsonSchema schema) const;
};

/// The series of one command's sweep files. Two series with one name are refused: the second would
/// replace the first.
class SeriesNames {
 public:
  /// kInvalidArgument, with both files, when `series` was added before.
  Status add(const std::string& path, const std::string& series);

 private:
  std::map<std::string, std::string> paths_;  ///< by series
};

/// SPEC... and --set of commands that load sweep files.
struct SpecOptions {
  std::vector<std::string> paths;
  std::vector<std::string> overrides;

  void declare(CLI::App& app);
  /// Every file, each a separate series, or the first error. `find_best` answers their
  /// `from_best`. With `for_plan`, the file of every video must exist, and sweeps that wait for a
  /// later version are accepted.
  Result<std::vector<sweep::SweepPlan>> load(const sweep::FindBest& find_best,
                                             bool for_plan = false) const;
};

/// Where results are read from and jobs are changed: a database file or a coordinator.
struct Source {
  std::string database;  ///< "" = the coordinator
  Endpoint endpoint;
};

/// kInvalidArgument for names that SQLite reads as something else than a file: "", ":memory:" and
/// "file:..." URIs.
Status check_database_name(const std::string& path);

/// --db, --coordinator and --ca-file. Precedence: option, then COX_DB or COX_COORDINATOR, then the
/// default. COX_TOKEN holds the token: an option would show it to every user of the machine.
struct SourceOptions {
  std::string database;
  std::string coordinator;
  std::string ca_file;

  void declare(CLI::App& app);
  void declare_coordinator_only(CLI::App& app);

  /// When nothing is given: kDefaultDatabase if that file exists, else the coordinator at
  /// kDefaultAddress. Fails when both are given as options, or both as variables.
  Result<Source> choose(const Environment& environment = process_environment) const;
  /// For commands that only a coordinator can answer.
  Endpoint endpoint(const Environment& environment = process_environment) const;
};

constexpr const char* kDefaultOutput = "out";
constexpr const char* kDefaultDatabase = "out/cox.db";

}  // namespace cox::cli
