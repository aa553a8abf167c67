#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/status.h"
#include "coordinator/report/data/query.h"
#include "coordinator/web/web_server.h"

namespace cox::cli {

/// Sweep files and folders of them, as a person names them: every .yaml file of a folder, by name.
/// kNotFound for what does not exist, kInvalidArgument for more than kMaxPlanFiles files.
Result<std::vector<std::string>> sweep_files(const std::vector<std::string>& named);

constexpr std::size_t kMaxPlanFiles = 1000;

/// The page's view of what `files` would cost, with the times that `query` knows. A request names a
/// file by one of `files`, never by another path; without a file it gets their list. `file` may
/// be repeated; `workers`, `videos` and `device` are as in `cox plan`.
web::PlanView plan_view(std::vector<std::string> files, report::Query query);

}  // namespace cox::cli
