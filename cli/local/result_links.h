#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/status.h"
#include "coordinator/report/data/query.h"

namespace cox::cli {

struct LinkReport {
  std::size_t links = 0;    ///< that are there now
  std::size_t removed = 0;  ///< links that no current result needs
  std::vector<std::string> notes;
};

/// Makes FOLDER/SERIES/RUN/ITEM.mkv a symbolic link to the generated video of each finished item of
/// the series, so that a person finds it by its names, and removes links there that no current
/// result needs. Links within one folder are relative: the folder can be moved. Changes only
/// symbolic links, each in one step, and skips names that are not paths below FOLDER.
Result<LinkReport> link_results(const report::Query& query, const std::string& series,
                                const std::string& folder);

}  // namespace cox::cli
