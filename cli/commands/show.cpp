#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <map>
#include <optional>

#include "cli/commands.h"
#include "cli/options.h"
#include "cli/sources/query.h"
#include "coordinator/report/data/names.h"
#include "coordinator/report/data/row_reader.h"
#include "coordinator/report/data/run_page.h"
#include "coordinator/report/data/words.h"
#include "coordinator/report/print/cell_json.h"
#include "coordinator/report/print/number.h"
#include "coordinator/report/print/text_table.h"
#include "coordinator/sweep/origin.h"
#include "coordinator/sweep/schema.h"

namespace cox::cli {

namespace {

using Json = report::OrderedJson;

/// Where the values came from; empty when the run was submitted without origins.
using Origins = std::optional<std::map<std::string, sweep::Origin>>;

/// A value without an origin has its schema's default.
Cell origin_cell(const Origins& origins, const std::string& name,
                 const sweep::ParameterSchema* schema) {
  if (!origins) return Cell();
  const auto origin = origins->find(name);
  if (origin != origins->end()) return sweep::origin_text(origin->second);
  return schema == nullptr ? std::string("default") : "default of " + schema->file;
}

/// One row for each parameter; `set` marks those that differ from the schema's default.
Result<Table> parameter_rows(const std::string& method, const std::string& backbone,
                             const std::string& parameters, const Origins& origins) {
  COX_ASSIGN_OR_RETURN(const sweep::Schemas schemas, sweep::load_schemas());
  const Json json = Json::parse(parameters, nullptr, false);
  if (!json.is_object()) return internal_error("v_runs.parameters is not a JSON object");
  const sweep::MethodSchema* schema = schemas.find_method(method, backbone);
  Table rows{{"parameter", "value", "default", "unit", "set", "origin"}, {}};
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
    rows.rows.push_back({name, value.dump(), default_text, unit,
                         differs ? Cell(std::string("*")) : Cell(std::string()),
                         origin_cell(origins, name, declared)});
  }
  return rows;
}

class Show final : public Command {
 public:
  CommandText text() const override {
    return {
        .name = "show",
        .summary = "Show one run: parameters with defaults, state of its jobs, means and timings",
        .examples =
            "cox show demo/adasteer\n"
            "cox show demo/adasteer --origins\n"
            "cox show 1f0c33aa --json"};
  }

  void declare(CLI::App& app) override {
    app.add_option("RUN", run_, "SERIES/RUN, RUN, or 8 or more characters of the run's digest")
        ->required()
        ->type_name("");
    app.add_flag("--json", json_, "Print one cox-run/1 document, with origins");
    app.add_flag(
        "--origins", origins_,
        "Show where each value came from: a default, a preset, a line of a sweep file, --set");
    source_.declare(app);
  }

  Result<ExitCode> run(Session& session) override {
    COX_ASSIGN_OR_RETURN(const report::Query query, open_query(source_));
    COX_ASSIGN_OR_RETURN(const report::RunName name, report::find_run(query, run_));
    COX_ASSIGN_OR_RETURN(const report::RunPage page, report::load_run_page(query, name));
    if (json_) {
      session.out << json_text(page);
      return kExitOk;
    }
    COX_RETURN_IF_ERROR(print(session, page));
    return kExitOk;
  }

 private:
  Status print(Session& session, const report::RunPage& page) const {
    std::ostream& out = session.out;
    const report::RowReader run(page.run, 0);
    const auto field = [&](std::string_view column) { return readable(page.run, column); };
    out << fmt::format("{}/{}  {} on {}\ndigest    {}\nbackbone  {}, model {}", field("series"),
                       field("run"), field("method"), field("dataset"), field("run_digest"),
                       field("backbone"), report::short_digest(field("model_digest")));
    if (field("owner_series") != field("series") || field("owner_run") != field("run")) {
      out << fmt::format("\nowner     {}/{}", field("owner_series"), field("owner_run"));
    }
    out << fmt::format(
        "\njobs      {} of {} done, {} failed, {} failed as expected, {} queued, {} blocked, {} "
        "running, {} cancelled, {} quarantined\n",
        field("done"), field("videos"), field("failed"), field("failed_as_expected"),
        field("queued"), field("blocked"), field("leased"), field("cancelled"),
        field("quarantined"));
    for (const char* label : {"tags", "note"}) {
      if (!run.is_null(label)) out << fmt::format("{:<10}{}\n", label, printable(run.text(label)));
    }
    for (const report::MetricMean& mean : page.means) {
      out << fmt::format("{} {}  (mean over {})\n", mean.metric.name,
                         report::decimal(mean.mean, mean.metric.decimals),
                         report::counted(mean.videos, field("item_kind")));
    }
    Origins origins;
    if (origins_ && !run.is_null("origins")) {
      COX_ASSIGN_OR_RETURN(origins, sweep::origins_from_json(run.text("origins")));
    }
    COX_ASSIGN_OR_RETURN(Table parameters, parameter_rows(run.text("method"), run.text("backbone"),
                                                          run.text("parameters"), origins));
    if (!origins) parameters = report::without_empty_columns(parameters, {"origin"});
    out << "\nparameters (* = not the default)\n";
    write_table(out, parameters, session.out_terminal);
    if (origins_ && !origins) {
      session.say("this run was submitted without origins; resubmit its sweep to add them");
    }
    if (report::RowReader(page.timings, 0).integer("n") == 0) return Status::ok();
    out << "\nmean wall seconds of each stage\n";
    write_table(out, page.timings, session.out_terminal);
    return Status::ok();
  }

  static std::string readable(const Table& table, std::string_view column) {
    for (std::size_t c = 0; c < table.columns.size(); ++c) {
      if (table.columns[c] == column) return report::readable_cell(column, table.rows.front()[c]);
    }
    return "-";
  }

  static std::string json_text(const report::RunPage& page) {
    Json json = {{"format", "cox-run/1"}};
    json.update(report::json_row(page.run, 0));
    for (const char* embedded : {"parameters", "labels", "origins"}) {
      if (json[embedded].is_string()) {
        json[embedded] = Json::parse(json[embedded].get<std::string>(), nullptr, false);
      }
    }
    json["mean_timings"] = report::json_row(page.timings, 0);
    return report::json_document(json);
  }

  SourceOptions source_;
  std::string run_;
  bool json_ = false;
  bool origins_ = false;
};

}  // namespace

CommandPtr make_show() { return std::make_unique<Show>(); }

}  // namespace cox::cli
