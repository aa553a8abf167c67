#include <CLI/CLI.hpp>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/lookup.h"
#include "cli/options.h"
#include "cli/output/number.h"
#include "cli/results/series_results.h"
#include "coordinator/sweep/plan.h"
#include "coordinator/sweep/schema.h"

namespace cox::cli {

namespace {

using Json = nlohmann::ordered_json;

/// Where the values came from; empty when the run was submitted before this was kept.
using Origins = std::optional<std::map<std::string, sweep::Origin>>;

/// A value that its run's origins do not name has its schema's default.
Cell origin_cell(const Origins& origins, const std::string& name,
                 const sweep::ParameterSchema* schema) {
  if (!origins) return Cell();
  const auto origin = origins->find(name);
  if (origin != origins->end()) return sweep::origin_text(origin->second);
  return schema == nullptr ? std::string("default") : concat("default of ", schema->file);
}

/// One row for each parameter; `set` marks those that differ from the schema's default.
Result<Rows> parameter_rows(const std::string& method, const std::string& parameters,
                            const Origins& origins) {
  COX_ASSIGN_OR_RETURN(const sweep::Schemas schemas, sweep::load_schemas());
  const Json json = Json::parse(parameters, nullptr, false);
  if (!json.is_object()) return internal_error("v_runs.parameters is not a JSON object");
  const sweep::MethodSchema* schema = schemas.find_method(method);
  Rows rows{{"parameter", "value", "default", "unit", "set", "origin"}, {}};
  for (const auto& [name, value] : json.items()) {
    Cell default_text;
    Cell unit;
    bool differs = true;
    const sweep::ParameterSchema* declared = nullptr;
    if (schema != nullptr && schema->parameters.contains(name)) {
      declared = &schema->parameters.at(name);
      if (!declared->unit.empty()) unit = declared->unit;
      if (declared->default_value) {
        const std::string text = canonical_text(*declared->default_value);
        default_text = text;
        differs = Json::parse(text, nullptr, false) != value;
      }
    }
    rows.cells.push_back({name, value.dump(), default_text, unit,
                          differs ? Cell(std::string("*")) : Cell(std::string()),
                          origin_cell(origins, name, declared)});
  }
  return rows;
}

class Show final : public Command {
 public:
  CommandText text() const override {
    return {.name = "show",
            .summary = "One run: its parameters and defaults, where its jobs stand, its numbers",
            .examples =
                "cox show demo/adasteer\n"
                "cox show demo/adasteer --origins\n"
                "cox show 1f0c33aa --json"};
  }

  void declare(CLI::App& app) override {
    app.add_option("RUN", run_, "SERIES/RUN, RUN, or 8 or more characters of the run's digest")
        ->required()
        ->type_name("");
    app.add_flag("--json", json_, "One cox-run/1 document, with origins");
    app.add_flag("--origins", origins_,
                 "Where each value came from: a default, a preset, a line of a sweep file, --set");
    place_.declare(app);
  }

  Result<ExitCode> run(Session& session) override {
    COX_ASSIGN_OR_RETURN(const Place place, place_.choose());
    COX_ASSIGN_OR_RETURN(const auto source, open_source(place));
    COX_ASSIGN_OR_RETURN(const RunName name, find_run(*source, run_));
    COX_ASSIGN_OR_RETURN(
        const Rows run,
        source->query(concat("SELECT * FROM v_runs WHERE superseded = 0 AND series = ",
                             sql_text(name.series), " AND run = ", sql_text(name.run))));
    COX_ASSIGN_OR_RETURN(
        const Rows timings,
        source->query(concat(
            "SELECT count(*) AS n, avg(waited_s) AS waited_s, avg(load_model_s) AS load_model_s,"
            " avg(decode_s) AS decode_s, avg(encode_s) AS encode_s, avg(train_s) AS train_s,"
            " avg(early_stop_s) AS early_stop_s, avg(generate_s) AS generate_s,"
            " avg(latent_decode_s) AS latent_decode_s, avg(metrics_s) AS metrics_s,"
            " avg(write_s) AS write_s, avg(total_s) AS total_s FROM v_timings WHERE series = ",
            sql_text(name.series), " AND run = ", sql_text(name.run))));
    if (json_) {
      session.out << json_text(run, timings);
      return kExitOk;
    }
    COX_RETURN_IF_ERROR(tell(session, run, timings));
    return kExitOk;
  }

 private:
  static std::string value(const Rows& rows, std::string_view column) {
    for (size_t c = 0; c < rows.columns.size(); ++c) {
      if (rows.columns[c] == column) return readable_cell(column, rows.cells.front()[c]);
    }
    return "-";
  }

  Status tell(Session& session, const Rows& run, const Rows& timings) const {
    std::ostream& out = session.out;
    const auto field = [&](std::string_view column) { return value(run, column); };
    out << field("series") << '/' << field("run") << "  " << field("method") << " on "
        << field("dataset") << "\ndigest    " << field("run_digest") << "\nbackbone  "
        << field("backbone") << ", model " << field("model_digest").substr(0, 12);
    if (field("owner_series") != field("series") || field("owner_run") != field("run")) {
      out << "\nowner     " << field("owner_series") << '/' << field("owner_run");
    }
    out << "\njobs      " << field("done") << " of " << field("videos") << " done, "
        << field("failed") << " failed, " << field("failed_as_expected") << " failed as expected, "
        << field("queued") << " queued, " << field("blocked") << " blocked, " << field("leased")
        << " with workers, " << field("cancelled") << " cancelled, " << field("quarantined")
        << " quarantined\n";
    for (const char* metric : {"psnr", "ssim", "lpips", "lpips_random_trunk"}) {
      if (field(metric) != "-") {
        out << metric << ' ' << field(metric) << "  (mean over " << field("done") << " videos)\n";
      }
    }
    Origins origins;
    if (origins_ && field("origins") != "-") {
      COX_ASSIGN_OR_RETURN(origins, sweep::origins_from_json(field("origins")));
    }
    COX_ASSIGN_OR_RETURN(Rows parameters,
                         parameter_rows(field("method"), field("parameters"), origins));
    if (!origins) parameters = without_empty_columns(parameters, {"origin"});
    out << "\nparameters (* = not the default)\n";
    write_table(out, parameters, session.out_terminal);
    if (origins_ && !origins) {
      session.say(
          "the run was submitted before origins were kept; submit its sweep again to have them");
    }
    if (value(timings, "n") == "0") return Status::ok();
    out << "\nmean wall seconds of each stage\n";
    write_table(out, timings, session.out_terminal);
    return Status::ok();
  }

  static std::string json_text(const Rows& run, const Rows& timings) {
    Json json = {{"format", "cox-run/1"}};
    const auto add = [](Json& object, const Rows& rows) {
      for (size_t c = 0; c < rows.columns.size(); ++c) {
        const Cell& cell = rows.cells.front()[c];
        Json& field = object[rows.columns[c]];
        if (const auto* integer = std::get_if<std::int64_t>(&cell)) field = *integer;
        if (const auto* real = std::get_if<double>(&cell)) field = *real;
        if (const auto* text = std::get_if<std::string>(&cell)) field = *text;
      }
    };
    add(json, run);
    for (const char* embedded : {"parameters", "labels", "origins"}) {
      if (json[embedded].is_string()) {
        json[embedded] = Json::parse(json[embedded].get<std::string>(), nullptr, false);
      }
    }
    json["mean_timings"] = Json::object();
    add(json["mean_timings"], timings);
    return json.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
  }

  PlaceOptions place_;
  std::string run_;
  bool json_ = false;
  bool origins_ = false;
};

}  // namespace

CommandPtr make_show() { return std::make_unique<Show>(); }

}  // namespace cox::cli
