#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "base/file.h"

// What adding a field to a record costs: the files that name an existing field of its kind.

namespace cox {
namespace {

bool is_part_of_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

bool names(const std::string& text, const std::string& word) {
  for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) {
    const std::size_t end = at + word.size();
    const bool begins = at == 0 || !is_part_of_word(text[at - 1]);
    if (begins && (end == text.size() || !is_part_of_word(text[end]))) return true;
  }
  return false;
}

/// The files below `folders` that name `word`, without those whose path begins with one of `users`.
std::vector<std::string> files_that_name(const std::string& word,
                                         const std::vector<std::string>& folders,
                                         const std::vector<std::string>& users = {}) {
  const std::string root = COX_SOURCE_DIR "/";
  std::vector<std::string> found;
  for (const std::string& folder : folders) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root + folder)) {
      if (!entry.is_regular_file()) continue;
      const std::string path = entry.path().string().substr(root.size());
      const bool is_user = std::any_of(users.begin(), users.end(), [&](const std::string& user) {
        return path.rfind(user, 0) == 0;
      });
      if (!is_user && names(read_file(entry.path().string()).value(), word)) found.push_back(path);
    }
  }
  std::sort(found.begin(), found.end());
  return found;
}

const std::vector<std::string> kProduct = {"base",   "cli",     "coordinator", "engine", "proto",
                                           "record", "schemas", "tools",       "worker"};
const std::vector<std::string> kPlaces = {"engine/engine_state.cpp", "proto/cox/v1/job.proto", "",
                                          "schemas/sql/0001_initial.sql"};

std::vector<std::string> places(const std::string& record) {
  std::vector<std::string> all = kPlaces;
  all[2] = record;
  return all;
}

TEST_CASE("adding a stage timing changes four files: record, message, table and the stage") {
  // Which stages are the kinds of work that `cox plan` prices.
  const std::vector<std::string> users = {"cli/sources/measured_runs.cpp",
                                          "coordinator/sweep/price."};
  for (const char* stage : {"load_model_s", "decode_s", "latent_decode_s", "write_s"}) {
    INFO(stage);
    CHECK(files_that_name(stage, kProduct, users) == places("record/stage_timings.h"));
  }
}

TEST_CASE("adding a field of provenance changes four files: record, message, table and engine") {
  // Read from LibTorch below engine/device, and worded in the report.
  const std::vector<std::string> users = {"engine/device/", "tools/", "coordinator/report/print/"};
  CHECK(files_that_name("torch_version", kProduct, users) == places("record/provenance.h"));
}

}  // namespace
}  // namespace cox
