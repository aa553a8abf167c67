#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "coordinator/sweep/schema.h"
#include "schemas/embedded_schemas.h"
#include "schemas/metric_schema.h"
#include "schemas/result_columns.h"

namespace cox::cli {

namespace {

constexpr std::size_t kMaxSuggestions = 5;

/// One thing that has a name in sweep files or results.
struct Entry {
  std::string kind;
  std::string name;
  std::string type;
  std::string unit;
  std::string standard;  ///< default value
  std::string doc;
};

std::string type_text(const sweep::ParameterSchema& parameter) {
  if (parameter.values.empty()) return sweep::type_name(parameter.type);
  return join(parameter.values, " | ");
}

Entry entry_of(const sweep::ParameterSchema& parameter) {
  return {"parameter",
          parameter.name,
          type_text(parameter),
          parameter.unit,
          parameter.default_value ? canonical_text(*parameter.default_value) : "",
          parameter.doc};
}

/// The views v_*, each with the first sentence of the comment above it.
std::vector<Entry> views() {
  std::vector<Entry> entries;
  std::string comment;
  for (const std::string& line : split(embedded_schemas().at("views.sql"), '\n')) {
    if (starts_with(line, "-- ")) {
      comment += (comment.empty() ? "" : " ") + line.substr(3);
      continue;
    }
    if (starts_with(line, "CREATE VIEW v_")) {
      const std::string name = split(line, ' ').at(2);
      entries.push_back({"view", name, "", "", "", comment.substr(0, comment.find(". "))});
    }
    comment.clear();
  }
  return entries;
}

std::vector<Entry> all_entries(const sweep::Schemas& schemas) {
  std::vector<Entry> entries;
  std::map<std::string, Entry> parameters;
  for (const auto& [name, method] : schemas.methods) {
    entries.push_back({"method", name, "", "", "", method.title});
    for (const auto& [key, parameter] : method.parameters) parameters[key] = entry_of(parameter);
  }
  for (auto& [name, entry] : parameters) entries.push_back(std::move(entry));
  for (const MetricSchema& metric : metric_schemas()) {
    entries.push_back({"metric", std::string(metric.name), "", std::string(metric.unit), "",
                       std::string(metric.definition)});
  }
  for (const auto& [name, preset] : schemas.presets) {
    entries.push_back({"preset", name, "", "", "", preset.doc});
  }
  for (const auto& [name, doc] : schemas.backbones) {
    entries.push_back({"backbone", name, "", "", "", doc});
  }
  for (const ResultColumn& column : result_columns()) {
    entries.push_back({"column", column.name, column.type, column.unit, "", column.doc});
  }
  for (Entry& view : views()) entries.push_back(std::move(view));
  return entries;
}

/// The entries of one name; for a method or a backbone also its parameters.
std::vector<Entry> entries_named(const sweep::Schemas& schemas, const std::vector<Entry>& all,
                                 const std::string& name) {
  std::vector<Entry> found;
  for (const Entry& entry : all) {
    if (entry.name == name) found.push_back(entry);
  }
  if (const auto own = schemas.backbone_parameters.find(name);
      own != schemas.backbone_parameters.end()) {
    for (const sweep::ParameterSchema& parameter : own->second) {
      found.push_back(entry_of(parameter));
    }
  }
  if (const sweep::MethodSchema* method = schemas.find_method(name)) {
    for (const auto& [key, parameter] : method->parameters) found.push_back(entry_of(parameter));
  }
  return found;
}

/// Names that mean `wanted`: those spelled most like it, and those whose description has its words,
/// so that `learning_rate` finds `lr`.
std::vector<std::string> suggestions(const std::vector<Entry>& all, const std::string& wanted) {
  std::string spaced = lower_case(wanted);
  std::replace_if(
      spaced.begin(), spaced.end(), [](char c) { return c == '_' || c == '-' || c == '.'; }, ' ');
  std::vector<std::string> names;
  std::vector<std::string> found;
  for (const Entry& entry : all) {
    names.push_back(entry.name);
    const bool means_it = lower_case(entry.doc).find(spaced) != std::string::npos;
    if (means_it && found.size() < kMaxSuggestions) found.push_back(entry.name);
  }
  const std::string nearest = nearest_name(wanted, names);
  if (!nearest.empty() && std::find(found.begin(), found.end(), nearest) == found.end()) {
    found.insert(found.begin(), nearest);
  }
  return found;
}

Cell cell_of(const std::string& text) { return text.empty() ? Cell() : Cell(text); }

class SchemaCommand final : public Command {
 public:
  CommandText text() const override {
    return {.name = "schema",
            .summary = "List methods, parameters, metrics, columns and views, or explain one",
            .examples =
                "cox schema\n"
                "cox schema adasteer\n"
                "cox schema learning_rate\n"
                "cox schema lr --json"};
  }

  void declare(CLI::App& app) override {
    app.add_option("NAME", name_, "A method, parameter, metric, preset, backbone, column or view")
        ->type_name("");
    output_.declare(app);
  }

  Result<ExitCode> run(Session& session) override {
    COX_ASSIGN_OR_RETURN(const sweep::Schemas schemas, sweep::load_schemas());
    const std::vector<Entry> all = all_entries(schemas);
    const std::vector<Entry> shown = name_.empty() ? all : entries_named(schemas, all, name_);
    if (shown.empty()) {
      const std::vector<std::string> close = suggestions(all, name_);
      return not_found(fmt::format(
          "unknown name '{}'{}", name_,
          close.empty() ? "; 'cox schema' lists all names"
                        : fmt::format("; did you mean {}?", join_first(close, kMaxSuggestions))));
    }
    Table table{{"name", "kind", "type", "unit", "default", "description"}, {}};
    for (const Entry& entry : shown) {
      table.rows.push_back({entry.name, entry.kind, cell_of(entry.type), cell_of(entry.unit),
                            cell_of(entry.standard), cell_of(entry.doc)});
    }
    write_rows(session.out, table, output_.layout(session.out_terminal, {"cox-schema", 1}));
    return kExitOk;
  }

 private:
  OutputOptions output_;
  std::string name_;
};

}  // namespace

CommandPtr make_schema() { return std::make_unique<SchemaCommand>(); }

}  // namespace cox::cli
