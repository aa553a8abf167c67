#include "cli/sources/plan_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "cli/sources/measured_runs.h"
#include "coordinator/sweep/load_sweep.h"
#include "coordinator/sweep/plan_json.h"
#include "coordinator/sweep/price.h"

namespace cox::cli {

namespace {

constexpr std::size_t kMaxWorkers = 100'000;
constexpr std::size_t kMaxVideos = 1'000'000;

using web::OrderedJson;

/// Manifests and models are not read: a page must answer immediately.
Result<std::vector<sweep::SweepPlan>> load_plans(const std::vector<std::string>& known,
                                                 const std::vector<std::string>& asked) {
  std::vector<sweep::SweepPlan> plans;
  for (const std::string& file : asked) {
    if (std::find(known.begin(), known.end(), file) == known.end()) {
      return not_found(fmt::format("'{}' is not among the sweep files of this page", file));
    }
    COX_ASSIGN_OR_RETURN(sweep::SweepPlan plan,
                         sweep::load_sweep_without_inputs(file, {{}, {}, false, true}));
    plans.push_back(std::move(plan));
  }
  return plans;
}

OrderedJson runs_json(const std::vector<sweep::SweepPlan>& plans) {
  OrderedJson runs = OrderedJson::array();
  for (const sweep::SweepPlan& plan : plans) {
    for (const sweep::Run& run : plan.runs) {
      runs.push_back({{"series", plan.series.name}, {"run", run.name}, {"method", run.method}});
    }
  }
  return runs;
}

Result<OrderedJson> priced(const std::vector<std::string>& files, const report::Query& query,
                           const web::Request& request) {
  OrderedJson document = {{"files", files}, {"price", nullptr}, {"runs", OrderedJson::array()}};
  const std::vector<std::string> asked = request.texts("file");
  if (asked.empty()) return document;
  sweep::PriceOptions options;
  COX_ASSIGN_OR_RETURN(const std::size_t workers, request.number("workers", 1, kMaxWorkers));
  COX_ASSIGN_OR_RETURN(const std::size_t videos, request.number("videos", 100, kMaxVideos));
  options.workers = static_cast<std::int64_t>(workers);
  options.videos = static_cast<std::int64_t>(videos);
  const std::string device = request.text("device");
  if (!device.empty()) {
    COX_ASSIGN_OR_RETURN(options.device, sweep::device_model(device));
  }
  COX_ASSIGN_OR_RETURN(const auto plans, load_plans(files, asked));
  COX_ASSIGN_OR_RETURN(options.measured, measured_runs(query));
  COX_ASSIGN_OR_RETURN(const sweep::PlanPrice price, sweep::price_of(plans, options));
  document["price"] = OrderedJson::parse(sweep::price_json(price));
  document["text"] = sweep::price_text(price);
  document["runs"] = runs_json(plans);
  return document;
}

}  // namespace

Result<std::vector<std::string>> sweep_files(const std::vector<std::string>& named) {
  std::vector<std::string> files;
  for (const std::string& path : named) {
    std::error_code error;
    if (!std::filesystem::is_directory(path, error)) {
      if (!std::filesystem::is_regular_file(path, error)) {
        return not_found(fmt::format("--sweeps '{}': no such file or folder", path));
      }
      files.push_back(path);
      continue;
    }
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(path, error)) {
      if (entry.path().extension() == ".yaml") found.push_back(entry.path().string());
      if (files.size() + found.size() > kMaxPlanFiles) {
        return invalid_argument(
            fmt::format("--sweeps '{}': more than {} sweep files", path, kMaxPlanFiles));
      }
    }
    std::sort(found.begin(), found.end());
    files.insert(files.end(), found.begin(), found.end());
  }
  return files;
}

web::PlanView plan_view(std::vector<std::string> files, report::Query query) {
  return [files = std::move(files), query = std::move(query)](const web::Request& request) {
    return priced(files, query, request);
  };
}

}  // namespace cox::cli
