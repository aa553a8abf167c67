#include "coordinator/store/result_writer.h"

#include <bit>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <utility>

#include "base/digest.h"

namespace cox::store {

namespace {

static_assert(std::endian::native == std::endian::little,
              "features are stored in the byte order of this machine");

/// The columns of a result that are NULL although they had a value, as JSON by name. Nearly all
/// results have none.
class NonFinite {
 public:
  void note(std::string_view column, double value) {
    if (std::isfinite(value)) return;
    if (!noted_) noted_.emplace();
    (*noted_)[std::string(column)] = std::isnan(value) ? "nan" : value > 0 ? "inf" : "-inf";
  }
  std::optional<std::string> json() const {
    return noted_ ? std::optional(noted_->dump()) : std::nullopt;
  }

 private:
  std::optional<nlohmann::ordered_json> noted_;
};

template <typename Record>
void note_fields(const Record& record, NonFinite& nonfinite) {
  for_each_field(record, [&](const auto& field, const auto& value) {
    if constexpr (std::is_same_v<std::decay_t<decltype(value)>, double>) {
      nonfinite.note(field.name, value);
    }
  });
}

/// The fields that distinguish environments.
void append_key(std::string& key, const std::string& value) {
  key += value;
  key += '\n';
}
void append_key(std::string& key, std::int64_t value) { append_key(key, std::to_string(value)); }

void set_environment_key(const Provenance& provenance, std::string& key) {
  key.clear();
  for_each_field(provenance, [&](const auto& field, const auto& value) {
    if (is_of_environment(field.name)) append_key(key, value);
  });
}

/// Reads what EnvironmentRow wrote.
void read_value(const Statement& row, int column, std::string& value) { value = row.text(column); }
template <typename Number>
void read_value(const Statement& row, int column, Number& value) {
  value = row.integer<Number>(column);
}

std::string select_environments() {
  std::string names;
  EnvironmentRow::columns({}, [&](std::string_view name, const auto&) {
    names += fmt::format("{}{}", names.empty() ? "" : ", ", name);
  });
  return fmt::format("SELECT {} FROM {}", names, EnvironmentRow::kTable);
}

Provenance environment_at(const Statement& row) {
  Provenance provenance;
  int column = 1;  // after the id
  for_each_field(provenance, [&](const auto& field, auto& value) {
    if (is_of_environment(field.name)) read_value(row, column++, value);
  });
  return provenance;
}

}  // namespace

Status ResultWriter::prepare(const Database& database) {
  COX_RETURN_IF_ERROR(prepare_all(database, result_, details_, metric_, feature_, result_feature_,
                                  environment_, totals_));
  COX_ASSIGN_OR_RETURN(
      find_feature_,
      Statement::prepare(database.handle(), "SELECT id FROM features WHERE digest = ?"));
  COX_ASSIGN_OR_RETURN(Statement rows,
                       Statement::prepare(database.handle(), select_environments()));
  while (true) {
    COX_ASSIGN_OR_RETURN(const bool found, rows.step());
    if (!found) return Status::ok();
    set_environment_key(environment_at(rows), environment_key_);
    environments_.emplace(environment_key_, rows.integer(0));
  }
}

Result<std::int64_t> ResultWriter::environment_of(const Provenance& provenance) {
  set_environment_key(provenance, environment_key_);
  if (const auto known = environments_.find(environment_key_); known != environments_.end()) {
    return known->second;
  }
  const auto id = static_cast<std::int64_t>(environments_.size()) + 1;
  COX_RETURN_IF_ERROR(environment_.run({id, provenance}));
  environments_.emplace(environment_key_, id);
  return id;
}

Status ResultWriter::write_feature(core::JobNumber job, std::int64_t metric,
                                   const std::vector<float>& values) {
  const std::string_view bytes(reinterpret_cast<const char*>(values.data()),
                               values.size() * sizeof(float));
  const std::string digest = sha256_of(bytes);
  COX_RETURN_IF_ERROR(feature_.run({digest, bytes}));
  find_feature_.start(digest);
  COX_ASSIGN_OR_RETURN(const bool found, find_feature_.step());
  COX_CHECK(found, "a feature vector that was just written");
  const std::int64_t feature = find_feature_.integer(0);
  find_feature_.reset();
  return result_feature_.run({job, metric, feature});
}

Status ResultWriter::write(const core::SaveResult& save, MetricNumbers& metrics) {
  const JobOutput& output = save.result.output();
  COX_ASSIGN_OR_RETURN(const std::int64_t environment, environment_of(output.provenance));
  NonFinite nonfinite;
  means_.clear();
  for (const MetricValue& metric : output.metrics) {
    if (!metric.features.empty()) continue;
    nonfinite.note(metric.name, metric.mean);
    COX_ASSIGN_OR_RETURN(const std::int64_t id, metrics.id_of(metric.name));
    means_.emplace_back(id, metric.mean);
  }
  note_fields(output.timings, nonfinite);
  note_fields(output.adaptation, nonfinite);
  const ResultRow::Record row{&save, environment, nonfinite.json()};
  COX_RETURN_IF_ERROR(result_.run(row));
  COX_RETURN_IF_ERROR(details_.run(save));
  for (const auto& [metric, mean] : means_) {
    COX_RETURN_IF_ERROR(metric_.run({save.job, metric, mean}));
  }
  for (const MetricValue& metric : output.metrics) {
    if (metric.features.empty()) continue;
    COX_ASSIGN_OR_RETURN(const std::int64_t id, metrics.id_of(metric.name));
    COX_RETURN_IF_ERROR(write_feature(save.job, id, metric.features));
  }
  return totals_.add(save, means_, environment, !row.nonfinite);
}

}  // namespace cox::store
