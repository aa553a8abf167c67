#include "cli/sources/predicted_time.h"

#include <fmt/format.h>

#include <set>
#include <utility>

#include "coordinator/report/data/row_reader.h"
#include "coordinator/sweep/price.h"

namespace cox::cli {

namespace {

/// The device model of every result; nothing when there are several, or one that is not known.
const sweep::DeviceModel* device_of(const report::Table& devices) {
  const sweep::DeviceModel* common = nullptr;
  for (std::size_t i = 0; i < devices.rows.size(); ++i) {
    const report::RowReader row(devices, i);
    const sweep::DeviceModel* found = nullptr;
    for (const sweep::DeviceModel& model : sweep::device_models()) {
      const bool fits = row.text("device") == model.device &&
                        row.text("device_name").find(model.name_contains) != std::string::npos;
      if (fits) found = &model;
    }
    if (found == nullptr || (common != nullptr && common != found)) return nullptr;
    common = found;
  }
  return common;
}

/// Whether the database has exactly the runs of the plan, by content.
Result<bool> has_runs_of(const report::Query& query, const std::string& where,
                         const sweep::SweepPlan& plan) {
  COX_ASSIGN_OR_RETURN(const report::Table stored, query("SELECT DISTINCT run_digest FROM v_runs" +
                                                         where + " AND superseded = 0"));
  std::set<std::string> ours;
  for (const sweep::Run& run : plan.runs) ours.insert(run.digest);
  std::set<std::string> theirs;
  for (std::size_t i = 0; i < stored.rows.size(); ++i) {
    theirs.insert(report::RowReader(stored, i).text("run_digest"));
  }
  return ours == theirs;
}

}  // namespace

Result<std::optional<report::PredictedTime>> predicted_time(const report::Query& query,
                                                            const sweep::SweepPlan& plan) {
  const std::string where = fmt::format(" WHERE series = {}", report::sql_text(plan.series.name));
  COX_ASSIGN_OR_RETURN(const report::Table devices,
                       query("SELECT DISTINCT device, device_name FROM v_results" + where));
  COX_ASSIGN_OR_RETURN(
      const report::Table sums,
      query("SELECT count(*) AS jobs, total(alone_s) AS alone_s, total(spent_s) AS spent_s FROM"
            " (SELECT * FROM v_results" +
            where + " GROUP BY job_digest)"));
  COX_ASSIGN_OR_RETURN(const report::Table left,
                       query("SELECT count(DISTINCT video) AS videos,"
                             " total(state <> 'done') AS unfinished FROM v_jobs" +
                             where));
  const report::RowReader done(sums, 0);
  const report::RowReader jobs(left, 0);
  const sweep::DeviceModel* device = device_of(devices);
  const std::int64_t videos = jobs.integer("videos");
  COX_ASSIGN_OR_RETURN(const bool is_of_plan, has_runs_of(query, where, plan));
  if (!is_of_plan || device == nullptr || videos == 0 || jobs.real("unfinished") > 0) {
    return std::optional<report::PredictedTime>();
  }

  // The data set is the one that was run, even if the file names another now.
  sweep::SweepPlan counted = plan;
  counted.dataset = {};
  counted.written.max_videos.reset();
  std::set<std::string> effects;  // runs that compute the same have one result
  std::erase_if(counted.runs,
                [&](const sweep::Run& run) { return !effects.insert(run.effect).second; });
  sweep::PriceOptions options;
  options.device = *device;
  options.videos = videos;
  COX_ASSIGN_OR_RETURN(const sweep::PlanPrice price, sweep::price_of({counted}, options));
  report::PredictedTime time;
  time.device = device->name;
  time.jobs = done.integer("jobs");
  time.shared_s = price.shared.seconds.total();
  time.alone_s = price.naive.seconds.total();
  time.actual_spent_s = done.real("spent_s");
  time.actual_alone_s = done.real("alone_s");
  return std::optional(std::move(time));
}

}  // namespace cox::cli
