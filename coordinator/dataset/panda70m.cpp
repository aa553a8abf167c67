#include <fmt/format.h>

#include "base/file.h"
#include "coordinator/dataset/candidate.h"
#include "coordinator/dataset/csv.h"
#include "coordinator/dataset/panda_files.h"
#include "coordinator/dataset/panda_row.h"

namespace cox::dataset {

namespace {

constexpr std::size_t kMaxCsvBytes = std::size_t{8} << 30;  // the full training set has 2.7 GB

bool passes(const PandaClip& clip, const IndexOptions& options) {
  const std::int64_t duration = clip.end_ms - clip.start_ms;
  if (duration < options.min_duration_ms) return false;
  if (options.max_duration_ms > 0 && duration > options.max_duration_ms) return false;
  if (options.desirable_only && clip.desirable != "desirable") return false;
  if (options.single_shot_only && clip.shots != 1) return false;
  return !clip.caption.empty();
}

std::vector<std::string> filters_of(const IndexOptions& options) {
  std::vector<std::string> filters = {"caption is not empty"};
  if (options.min_duration_ms > 0) {
    filters.push_back(fmt::format("duration >= {} ms", options.min_duration_ms));
  }
  if (options.max_duration_ms > 0) {
    filters.push_back(fmt::format("duration <= {} ms", options.max_duration_ms));
  }
  if (options.desirable_only) filters.push_back("desirable");
  if (options.single_shot_only) filters.push_back("single shot");
  return filters;
}

void add_clips(const PandaRow& row, const PandaFiles& files, const IndexOptions& options,
               Listing& listing) {
  for (std::size_t i = 0; i < row.clips.size(); ++i) {
    if (!passes(row.clips[i], options)) continue;
    const auto number = static_cast<std::int64_t>(i);
    Candidate candidate;
    candidate.id = fmt::format("{}_{}", row.video_id, number);
    candidate.path = files.file_of(row.video_id, number, row.clips[i]);
    candidate.looked_for = PandaFiles::names_of(row.video_id, number);
    candidate.caption = row.clips[i].caption;
    candidate.caption_source = "csv";
    candidate.rank_key = fmt::format("{}\t{}", row.video_id, number);
    candidate.source = row.video_id;
    listing.candidates.push_back(std::move(candidate));
  }
}

Status check_filters(const IndexOptions& options,
                     const std::map<std::string, std::size_t>& columns) {
  const auto needs = [&](bool asked, const char* column) {
    return asked && columns.count(column) == 0
               ? invalid_argument(fmt::format(
                     "{}: missing column '{}', which the filter reads; files published since "
                     "October 2024 have it",
                     options.list_file, column))
               : Status::ok();
  };
  COX_RETURN_IF_ERROR(needs(options.desirable_only, "desirable_filtering"));
  return needs(options.single_shot_only, "shot_boundary_detection");
}

}  // namespace

/// Lists the clips of Panda-70M's CSV: one row for each source video, one list entry for each clip.
Result<Listing> list_panda70m(const IndexOptions& options) {
  if (options.list_file.empty()) {
    return invalid_argument("layout panda70m needs its CSV file, as the data set publishes it");
  }
  COX_ASSIGN_OR_RETURN(const PandaFiles files, PandaFiles::find(options.root));
  COX_ASSIGN_OR_RETURN(const std::string text, read_text_file(options.list_file, kMaxCsvBytes));
  CsvReader reader(text, options.list_file);
  COX_ASSIGN_OR_RETURN(auto header, reader.next());
  if (!header) return invalid_argument(fmt::format("{}: the file is empty", options.list_file));
  const auto columns = panda_columns(*header);
  if (!columns.is_ok()) return columns.status().with_context(options.list_file);
  COX_RETURN_IF_ERROR(check_filters(options, *columns));

  Listing listing;
  listing.filters = filters_of(options);
  listing.rejected = files.rejected();
  while (true) {  // ends: each turn consumes a record of a finite file
    COX_ASSIGN_OR_RETURN(const auto record, reader.next());
    if (!record) break;
    const auto row = parse_panda_row(*record, *columns);
    if (row.is_ok()) {
      add_clips(*row, files, options, listing);
    } else {
      listing.rejected.push_back(
          {record->front(), "", "", "", "bad_row",
           fmt::format("{}:{}: {}", options.list_file, reader.line(), row.status().message())});
    }
  }
  return listing;
}

}  // namespace cox::dataset
