#include "cli/options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>

#include "base/text.h"
#include "coordinator/sweep/load_sweep.h"

namespace cox::cli {

CLI::App& declare_verb(CLI::App& app, const std::string& name, const std::string& example,
                       const std::string& summary) {
  return *app.add_subcommand(name, fmt::format("Examples:\n  {}\n\n{}.", example, summary));
}

void OutputOptions::declare(CLI::App& app) {
  app.add_option("--format", format, "Output format")
      ->check(CLI::IsMember(format_names()))
      ->capture_default_str();
  app.add_flag("--json", json, "Short for --format json");
  app.add_flag("-q,--quiet", quiet, "Print only the first column, for scripts");
}

Layout OutputOptions::layout(const Terminal& terminal, JsonSchema schema) const {
  Layout layout{.schema = std::move(schema), .terminal = terminal};
  Result<Format> named = format_named(json ? "json" : format);
  COX_CHECK(named.is_ok(), "declare() accepts only known formats");
  layout.format = quiet ? Format::kIds : *named;
  return layout;
}

Status SeriesNames::add(const std::string& path, const std::string& series) {
  const auto [first, is_new] = paths_.emplace(series, path);
  if (is_new) return Status::ok();
  return invalid_argument(
      fmt::format("{} and {} are both series '{}'; the second would replace the first: give them "
                  "different names",
                  first->second, path, series));
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
    COX_ASSIGN_OR_RETURN(
        sweep::SweepPlan plan,
        sweep::load_sweep(path, {overrides, find_best, for_plan, for_plan, /*find_parts=*/true}));
    COX_RETURN_IF_ERROR(names.add(path, plan.series.name));
    plans.push_back(std::move(plan));
  }
  return plans;
}

void SourceOptions::declare(CLI::App& app) {
  app.add_option("--db", database, "Database file to read or change (env COX_DB)")
      ->check(not_empty)
      ->type_name("FILE");
  declare_coordinator_only(app);
}

void SourceOptions::declare_coordinator_only(CLI::App& app) {
  app.add_option(
         "--coordinator", coordinator,
         fmt::format("Coordinator to ask (env COX_COORDINATOR; default {})", kDefaultAddress))
      ->check(not_empty)
      ->type_name("HOST:PORT");
  app.add_option("--ca-file", ca_file, "CA certificate (PEM) of the coordinator (env COX_CA_FILE)")
      ->check(not_empty)
      ->type_name("FILE");
}

Endpoint SourceOptions::endpoint(const Environment& environment) const {
  return endpoint_from(coordinator, ca_file, environment);
}

Status check_database_name(const std::string& path) {
  if (path.empty()) return invalid_argument("--db: expected a file name, got an empty string");
  if (path != ":memory:" && !starts_with(path, "file:")) return Status::ok();
  return invalid_argument(fmt::format(
      "--db: '{0}' is not a plain file name; write './{0}' if the file really has this name",
      path));
}

Result<Source> SourceOptions::choose(const Environment& environment) const {
  const Source remote{.database = "", .endpoint = endpoint(environment)};
  if (!database.empty() && !coordinator.empty()) {
    return invalid_argument("--db and --coordinator are mutually exclusive");
  }
  if (!database.empty()) {
    COX_RETURN_IF_ERROR(check_database_name(database));
    return Source{.database = database, .endpoint = {}};
  }
  if (!coordinator.empty()) return remote;

  const std::string env_database = environment("COX_DB");
  const bool env_coordinator = !environment("COX_COORDINATOR").empty();
  if (!env_database.empty() && env_coordinator) {
    return invalid_argument(
        "COX_DB and COX_COORDINATOR are both set: choose one with --db or --coordinator");
  }
  if (!env_database.empty()) {
    COX_RETURN_IF_ERROR(check_database_name(env_database));
    return Source{.database = env_database, .endpoint = {}};
  }
  if (env_coordinator || !std::filesystem::exists(kDefaultDatabase)) return remote;
  return Source{.database = kDefaultDatabase, .endpoint = {}};
}

}  // namespace cox::cli
