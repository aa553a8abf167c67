#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "cli/output/format.h"
#include "coordinator/sweep/best_run.h"
#include "coordinator/sweep/plan.h"
#include "proto/channel.h"

namespace CLI {
class App;
}

namespace cox::cli {

/// --format, --json and --quiet of every reading command.
struct OutputOptions {
  std::string format = "table";
  bool json = false;
  bool quiet = false;

  void declare(CLI::App& app);
  /// `schema` is what JSON calls itself.
  Layout layout(const Terminal& terminal, JsonSchema schema) const;
};

/// The series of one command's sweep files: of two with one name the second would replace the
/// first.
class SeriesNames {
 public:
  /// kInvalidArgument, with both files, when `series` was added before.
  Status add(const std::string& path, const std::string& series);

 private:
  std::map<std::string, std::string> paths_;  ///< by series
};

/// SPEC... and --set of the commands that load sweep files.
struct SpecOptions {
  std::vector<std::string> paths;
  std::vector<std::string> overrides;

  void declare(CLI::App& app);
  /// Every file, each a series of its own, or the first error. `find_best` answers their
  /// `from_best`. With `for_plan`, the file of every video must exist, and sweeps that wait for a
  /// later version are accepted.
  Result<std::vector<sweep::SweepPlan>> load(const sweep::FindBest& find_best,
                                             bool for_plan = false) const;
};

/// A database file or a coordinator: exactly one of the two.
struct Place {
  std::string database;  ///< "" = the coordinator
  Endpoint endpoint;
};

/// kInvalidArgument for names that SQLite reads as something else than a file: "", ":memory:" and
/// "file:..." URIs.
Status check_database_name(const std::string& path);

/// What the places are chosen from: a variable's value, or "" when it is not set.
using Environment = std::function<std::string(const char*)>;
std::string process_environment(const char* name);

/// --db, --coordinator and --ca-file. Precedence: option, then COX_DB or COX_COORDINATOR, then the
/// default. COX_TOKEN holds the token: an option would show it to everybody on the machine.
struct PlaceOptions {
  std::string database;
  std::string coordinator;
  std::string ca_file;

  void declare(CLI::App& app);
  void declare_coordinator_only(CLI::App& app);

  /// Without any word from the user: kDefaultDatabase when that file exists, else the coordinator
  /// at kDefaultAddress. Both given on one level is an error.
  Result<Place> choose(const Environment& environment = process_environment) const;
  /// For commands that only a coordinator can answer.
  Endpoint endpoint(const Environment& environment = process_environment) const;
};

constexpr const char* kDefaultOutput = "out";
constexpr const char* kDefaultDatabase = "out/cox.db";

}  // namespace cox::cli
