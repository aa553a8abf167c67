#include "coordinator/store/totals.h"

#include <fmt/format.h>

#include <cmath>
#include <string>

namespace cox::store {

namespace {

/// The tables of totals, each with the view that counts its rows from the results and its columns.
struct CountedTable {
  const char* table;
  const char* view;
  std::string columns;
};

std::string totals_columns() {
  std::string names;
  RunTotalsRow::columns({}, [&](std::string_view name, const auto&) {
    names += fmt::format("{}{}", names.empty() ? "" : ", ", name);
  });
  return names;
}

std::array<CountedTable, 3> counted_tables() {
  return {{{"run_totals", "counted_totals", totals_columns()},
           {"metric_totals", "counted_metric_totals", "run_id, dataset_id, metric_id, sum, count"},
           {"run_environments", "counted_environments", "run_id, dataset_id, environment_id"}}};
}

}  // namespace

void Sum::add(double value) {
  if (!std::isfinite(value)) return;
  sum += value;
  ++count;
}

Status Totals::prepare(const Database& database) {
  const auto prepare = [&](Statement& statement, const std::string& sql) -> Status {
    COX_ASSIGN_OR_RETURN(statement, Statement::prepare(database.handle(), sql));
    return Status::ok();
  };
  const auto tables = counted_tables();
  for (std::size_t i = 0; i < tables.size(); ++i) {
    const auto& [table, view, columns] = tables[i];
    COX_RETURN_IF_ERROR(prepare(
        clear_[i], fmt::format("DELETE FROM {} WHERE run_id = ? AND dataset_id = ?", table)));
    COX_RETURN_IF_ERROR(
        prepare(count_[i], fmt::format("INSERT INTO {} ({}) SELECT {} FROM {} WHERE run_id = ? AND "
                                       "dataset_id = ?",
                                       table, columns, columns, view)));
  }
  COX_RETURN_IF_ERROR(
      prepare(find_totals_, fmt::format("SELECT {} FROM run_totals WHERE run_id = ? AND "
                                        "dataset_id = ?",
                                        totals_columns())));
  COX_RETURN_IF_ERROR(prepare(find_metrics_,
                              "SELECT metric_id, sum, count FROM metric_totals "
                              "WHERE run_id = ? AND dataset_id = ?"));
  COX_RETURN_IF_ERROR(prepare(find_environments_,
                              "SELECT environment_id FROM run_environments "
                              "WHERE run_id = ? AND dataset_id = ?"));
  return prepare_all(database, add_totals_, change_totals_, add_metric_, change_metric_,
                     add_environment_);
}

Status Totals::add(const core::SaveResult& save, const MetricMeans& metrics,
                   std::int64_t environment, bool all_finite) {
  for (const core::DatasetNumber dataset : save.datasets) {
    const Key key{save.run, dataset};
    COX_ASSIGN_OR_RETURN(Entry * entry, entry_of(key));
    RunTotalsRow::Record& totals = entry->totals.record;
    entry->totals.is_changed = true;
    ++totals.results;
    totals.nonfinite_results += all_finite ? 0 : 1;
    for_each_field(save.result.output().timings, [&](const auto& field, double value) {
      for (std::size_t i = 0; i < totals.timings.size(); ++i) {
        if (field.name == kTotaledTimings[i].name) totals.timings[i].add(value);
      }
    });
    for (const auto& [metric, mean] : metrics) {
      auto& kept = entry->metrics[metric];
      kept.record.run = save.run;
      kept.record.dataset = dataset;
      kept.record.metric = metric;
      kept.record.values.add(mean);
      kept.is_changed = true;
    }
    auto& used = entry->environments[environment];
    used.record = {save.run, dataset, environment};
    used.is_changed = !used.is_stored;
    changed_.insert(key);
  }
  return Status::ok();
}

Result<Totals::Entry*> Totals::entry_of(const Key& key) {
  if (const auto known = entries_.find(key); known != entries_.end()) return &known->second;
  Entry entry;
  COX_RETURN_IF_ERROR(load(entry, key));
  return &entries_.emplace(key, std::move(entry)).first->second;
}

Status Totals::load(Entry& entry, const Key& key) {
  const auto& [run, dataset] = key;
  RunTotalsRow::Record& totals = entry.totals.record;
  totals.run = run;
  totals.dataset = dataset;
  find_totals_.start(run, dataset);
  COX_ASSIGN_OR_RETURN(entry.totals.is_stored, find_totals_.step());
  if (entry.totals.is_stored) {
    int column = RunTotalsRow::kKeys;
    totals.results = find_totals_.integer(column++);
    totals.nonfinite_results = find_totals_.integer(column++);
    for (Sum& timing : totals.timings) {
      timing.sum = find_totals_.real(column++);
      timing.count = find_totals_.integer(column++);
    }
  }
  find_totals_.reset();
  const auto each_row = [&, run = run, dataset = dataset](Statement& rows, auto&& take) -> Status {
    rows.start(run, dataset);
    while (true) {
      COX_ASSIGN_OR_RETURN(const bool found, rows.step());
      if (!found) break;
      take(rows);
    }
    rows.reset();
    return Status::ok();
  };
  COX_RETURN_IF_ERROR(
      each_row(find_metrics_, [&, run = run, dataset = dataset](const Statement& row) {
        const auto metric = row.integer(0);
        entry.metrics[metric] = {{run, dataset, metric, {row.real(1), row.integer(2)}}, true};
      }));
  return each_row(find_environments_, [&, run = run, dataset = dataset](const Statement& row) {
    entry.environments[row.integer(0)] = {{run, dataset, row.integer(0)}, true};
  });
}

Status Totals::count(const core::SaveTotals& save) {
  COX_RETURN_IF_ERROR(write());
  entries_.erase(Key{save.run, save.dataset});
  for (Statement& clear : clear_) COX_RETURN_IF_ERROR(clear.run(save.run, save.dataset));
  for (Statement& count : count_) COX_RETURN_IF_ERROR(count.run(save.run, save.dataset));
  return Status::ok();
}

Status Totals::write() {
  for (const Key& key : changed_) COX_RETURN_IF_ERROR(write(entries_.at(key)));
  changed_.clear();
  return Status::ok();
}

Status Totals::write(Entry& entry) {
  const auto write = [](auto& kept, auto& add, auto& change) -> Status {
    if (!kept.is_changed) return Status::ok();
    COX_RETURN_IF_ERROR(kept.is_stored ? change.run(kept.record) : add.run(kept.record));
    kept.is_stored = true;
    kept.is_changed = false;
    return Status::ok();
  };
  COX_RETURN_IF_ERROR(write(entry.totals, add_totals_, change_totals_));
  for (auto& [metric, kept] : entry.metrics) {
    COX_RETURN_IF_ERROR(write(kept, add_metric_, change_metric_));
  }
  for (auto& [environment, kept] : entry.environments) {
    // It has no columns but its key: one that is stored never changes.
    COX_RETURN_IF_ERROR(write(kept, add_environment_, add_environment_));
  }
  return Status::ok();
}

}  // namespace cox::store
