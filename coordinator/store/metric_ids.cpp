#include "coordinator/store/metric_ids.h"

#include "schemas/metric_schema.h"

namespace cox::store {

namespace {

constexpr const char* kAdd = "INSERT INTO metrics (name) VALUES (?) ON CONFLICT DO NOTHING";

}  // namespace

Result<MetricIds> load_metric_ids(const Database& database) {
  COX_ASSIGN_OR_RETURN(Statement rows,
                       Statement::prepare(database.handle(), "SELECT name, id FROM metrics"));
  MetricIds ids;
  while (true) {
    COX_ASSIGN_OR_RETURN(const bool found, rows.step());
    if (!found) return ids;
    ids.emplace(rows.text(0), rows.integer(1));
  }
}

Status add_registered_metrics(const Database& database) {
  COX_ASSIGN_OR_RETURN(Statement add, Statement::prepare(database.handle(), kAdd));
  for (const MetricSchema& metric : metric_schemas()) COX_RETURN_IF_ERROR(add.run(metric.name));
  return Status::ok();
}

Status MetricNumbers::prepare(const Database& database) {
  COX_ASSIGN_OR_RETURN(ids_, load_metric_ids(database));
  COX_ASSIGN_OR_RETURN(add_, Statement::prepare(database.handle(), kAdd));
  return Status::ok();
}

Result<std::int64_t> MetricNumbers::id_of(const std::string& name) {
  if (const auto known = ids_.find(name); known != ids_.end()) return known->second;
  COX_RETURN_IF_ERROR(add_.run(name));
  const std::int64_t id = sqlite3_last_insert_rowid(sqlite3_db_handle(add_.handle()));
  ids_.emplace(name, id);
  return id;
}

}  // namespace cox::store
