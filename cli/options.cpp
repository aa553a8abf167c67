#include "cli/options.h"

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <filesystem>

#include "base/text.h"
#include "coordinator/sweep/load_sweep.h"

namespace cox::cli {

void OutputOptions::declare(CLI::App& app) {
  app.add_option("--format", format, "Output format")
      ->check(CLI::IsMember(format_names()))
      ->capture_default_str();
  app.add_flag("--json", json, "The same as --format json");
  app.add_flag("-q,--quiet", quiet, "Print only the first column, for scripts");
}

Layout OutputOptions::layout(const Terminal& terminal, JsonSchema schema) const {
  Layout layout{.schema = std::move(schema), .terminal = terminal};
  Result<Format> named = format_named(json ? "json" : format);
  COX_CHECK(named.is_ok(), "declare() admits known formats alone");
  layout.format = quiet ? Format::kIds : *named;
  return layout;
}

Status SeriesNames::add(const std::string& path, const std::string& series) {
  const auto [first, is_new] = paths_.emplace(series, path);
  if (is_new) return Status::ok();
  return invalid_argument(
      concat(first->second, " and ", path, " are both series '", series,
             "'; the second would replace the first: give them different names"));
}

void SpecOptions::declare(CLI::App& app) {
  app.add_option("SPEC", paths, "Sweep files")->required()->type_name("");
  app.add_option("--set", overrides, "Override a value (key=value, YAML); repeatable")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
}

Result<std::vector<sweep::SweepPlan>> SpecOptions::load(const sweep::FindBest& find_best,
                                                        bool for_plan) const {
  std::vector<sweep::SweepPlan> plans;
  SeriesNames names;
  for (const std::string& path : paths) {
    COX_ASSIGN_OR_RETURN(sweep::SweepPlan plan,
                         sweep::load_sweep(path, {overrides, find_best, for_plan, for_plan}));
    COX_RETURN_IF_ERROR(names.add(path, plan.series.name));
    plans.push_back(std::move(plan));
  }
  return plans;
}

std::string process_environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

void PlaceOptions::declare(CLI::App& app) {
  app.add_option("--db", database, "Database file to read or change (env COX_DB)")
      ->type_name("FILE");
  declare_coordinator_only(app);
}

void PlaceOptions::declare_coordinator_only(CLI::App& app) {
  app.add_option("--coordinator", coordinator,
                 concat("Coordinator to ask (env COX_COORDINATOR; default ", kDefaultAddress, ")"))
      ->type_name("HOST:PORT");
  app.add_option("--ca-file", ca_file, "CA certificate (PEM) of the coordinator (env COX_CA_FILE)")
      ->type_name("FILE");
}

Endpoint PlaceOptions::endpoint(const Environment& environment) const {
  const auto first_of = [](std::initializer_list<std::string> texts) {
    for (const std::string& text : texts) {
      if (!text.empty()) return text;
    }
    return std::string();
  };
  return {.address = first_of({coordinator, environment("COX_COORDINATOR"), kDefaultAddress}),
          .ca_file = first_of({ca_file, environment("COX_CA_FILE")}),
          .token = environment("COX_TOKEN")};
}

Status check_database_name(const std::string& path) {
  if (path.empty()) return invalid_argument("--db: expected a file name, got an empty string");
  if (path != ":memory:" && !starts_with(path, "file:")) return Status::ok();
  return invalid_argument(concat("--db: '", path, "' is not a plain file name; write './", path,
                                 "' if the file is really called that"));
}

Result<Place> PlaceOptions::choose(const Environment& environment) const {
  const Place remote{.database = "", .endpoint = endpoint(environment)};
  if (!database.empty() && !coordinator.empty()) {
    return invalid_argument("--db and --coordinator are mutually exclusive");
  }
  if (!database.empty()) {
    COX_RETURN_IF_ERROR(check_database_name(database));
    return Place{.database = database, .endpoint = {}};
  }
  if (!coordinator.empty()) return remote;

  const std::string env_database = environment("COX_DB");
  const bool env_coordinator = !environment("COX_COORDINATOR").empty();
  if (!env_database.empty() && env_coordinator) {
    return invalid_argument("COX_DB and COX_COORDINATOR are both set: give --db or --coordinator");
  }
  if (!env_database.empty()) {
    COX_RETURN_IF_ERROR(check_database_name(env_database));
    return Place{.database = env_database, .endpoint = {}};
  }
  if (env_coordinator || !std::filesystem::exists(kDefaultDatabase)) return remote;
  return Place{.database = kDefaultDatabase, .endpoint = {}};
}

}  // namespace cox::cli
