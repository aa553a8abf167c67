#pragma once

#include <filesystem>
#include <string>

#include "cli/options.h"

namespace cox::cli {

/// Where copies of result videos that browsers play are kept: next to the database, or below the
/// working directory's output folder for a coordinator.
inline std::string playable_folder(const Source& source) {
  const std::filesystem::path folder = source.database.empty()
                                           ? std::filesystem::path(kDefaultOutput)
                                           : std::filesystem::path(source.database).parent_path();
  return (folder / "playable").string();
}

}  // namespace cox::cli
