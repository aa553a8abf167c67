#include "coordinator/report/data/reuse.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <vector>

#include "base/text.h"
#include "coordinator/report/data/row_reader.h"
#include "coordinator/report/data/words.h"

namespace cox::report {

namespace {

constexpr std::size_t kMaxNamed = 4;

/// Describes the shared work of one result.
struct SharedResult {
  std::string name;  ///< "series/run (job 0123456789ab)"
  std::string trajectory;
  std::string generation;
};

Result<std::vector<std::string>> digests_in(const std::string& json) {
  const auto list = nlohmann::json::parse(json.empty() ? "[]" : json, nullptr, false);
  if (!list.is_array()) return internal_error(fmt::format("shared_with is not a list: {}", json));
  std::vector<std::string> digests;
  for (const auto& digest : list) {
    if (!digest.is_string())
      return internal_error(fmt::format("shared_with is not a list: {}", json));
    digests.push_back(digest.get<std::string>());
  }
  return digests;
}

Result<std::vector<SharedResult>> results_of(const Query& query,
                                             const std::vector<std::string>& digests) {
  if (digests.empty()) return std::vector<SharedResult>();
  std::vector<std::string> quoted;
  for (const std::string& digest : digests) quoted.push_back(sql_text(digest));
  COX_ASSIGN_OR_RETURN(
      const Table table,
      query(fmt::format("SELECT min(series || '/' || run) AS name, job_digest, trajectory,"
                        " generation FROM v_results WHERE job_digest IN ({}) GROUP BY job_digest"
                        " ORDER BY name",
                        join(quoted, ", "))));
  std::vector<SharedResult> results;
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    const RowReader row(table, i);
    results.push_back(
        {fmt::format("{} (job {})", row.text("name"), short_digest(row.text("job_digest"))),
         row.text("trajectory"), row.text("generation")});
  }
  return results;
}

}  // namespace

Result<std::string> reuse_sentence(const Query& query, const std::string& job_digest) {
  COX_ASSIGN_OR_RETURN(
      const Table table,
      query(fmt::format("SELECT trajectory, generation, shared_with, alone_s, spent_s"
                        " FROM v_results WHERE job_digest = {} LIMIT 1",
                        sql_text(job_digest))));
  if (table.rows.empty()) return std::string();
  const RowReader job(table, 0);
  COX_ASSIGN_OR_RETURN(const auto digests, digests_in(job.text("shared_with")));
  COX_ASSIGN_OR_RETURN(const auto others, results_of(query, digests));
  std::vector<std::string> readers;
  std::vector<std::string> same_frames;
  for (const SharedResult& other : others) {
    const bool reads = !other.trajectory.empty() && other.trajectory == job.text("trajectory");
    if (reads) readers.push_back(other.name);
    if (other.generation == job.text("generation")) same_frames.push_back(other.name);
  }
  std::vector<std::string> parts;
  if (!readers.empty()) {
    parts.push_back(fmt::format("the steps of trajectory {}, which {} read too",
                                short_digest(job.text("trajectory")),
                                join_first(readers, kMaxNamed)));
  }
  if (!same_frames.empty()) {
    parts.push_back(fmt::format("the frames of generation {}, equal in {}",
                                short_digest(job.text("generation")),
                                join_first(same_frames, kMaxNamed)));
  }
  if (parts.empty()) return std::string();
  return fmt::format("shared {}; it spent {:.2f} s of the {:.2f} s that it takes by itself",
                     join(parts, ", and "), job.real("spent_s"), job.real("alone_s"));
}

}  // namespace cox::report
