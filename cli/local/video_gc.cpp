#include "cli/local/video_gc.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <system_error>

#include "base/file.h"
#include "base/text.h"
#include "coordinator/report/data/words.h"

namespace cox::cli {

namespace {

namespace fs = std::filesystem;

constexpr const char* kVideoEnding = ".mkv";
constexpr std::size_t kShortDigest = 12;  ///< of a run, as its folder is named

/// `path` without links and dots, as far as it exists.
fs::path canonical(const std::string& path) {
  std::error_code error;
  fs::path found = fs::weakly_canonical(fs::absolute(path, error), error);
  return error ? fs::path(path).lexically_normal() : found;
}

bool is_below(const fs::path& path, const fs::path& folder) {
  const auto [end, rest] = std::mismatch(folder.begin(), folder.end(), path.begin(), path.end());
  return end == folder.end() && rest != path.end();
}

bool is_video_file(const fs::path& path) {
  std::error_code error;
  return path.extension() == kVideoEnding &&
         fs::symlink_status(path, error).type() == fs::file_type::regular;
}

std::uint64_t bytes_of(const fs::path& path) {
  std::error_code error;
  const std::uintmax_t bytes = fs::file_size(path, error);
  return error ? 0 : bytes;
}

/// The folders that workers write videos to: OUT/reference and OUT/RUN_DIGEST.
bool is_video_folder(const std::string& name) {
  return name == "reference" || (name.size() == kShortDigest &&
                                 name.find_first_not_of("0123456789abcdef") == std::string::npos);
}

Status check_no_worker(const fs::path& out) {
  std::error_code error;
  for (fs::directory_iterator spool(out / "spool", error), end; !error && spool != end;
       spool.increment(error)) {
    const fs::path lock = spool->path() / "lock";
    if (fs::exists(lock)) {
      const Status held = FileLock::acquire(lock.string()).status();
      if (!held.is_ok()) {
        return failed_precondition(
            fmt::format("--orphans: a worker uses '{}' ({}): wait until it has exited",
                        out.string(), held.message()));
      }
    }
    for (fs::directory_iterator file(spool->path(), error), last; !error && file != last;
         file.increment(error)) {
      if (file->path().filename() == "lock" || file->is_directory()) continue;
      return failed_precondition(
          fmt::format("--orphans: the result '{}' is not delivered yet; resume the sweep first, "
                      "which delivers it",
                      file->path().string()));
    }
  }
  return Status::ok();
}

class Planner {
 public:
  Planner(const std::vector<store::VideoFiles>& files, const report::KeptVideos& kept,
          const GcOptions& options)
      : files_(files), kept_(kept), options_(options), out_(canonical(options.output_directory)) {
    plan_.notes = kept.notes;
  }

  Result<GcPlan> plan() {
    for (const store::VideoFiles& file : files_) name_stays(file);
    for (const store::VideoFiles& file : files_) drop(file);
    if (outside_ > 0) {
      plan_.notes.push_back(
          fmt::format("{} outside of '{}' not deleted: name the folder with --out",
                      report::counted(static_cast<std::int64_t>(outside_), "video"),
                      options_.output_directory));
    }
    if (options_.orphans) {
      COX_RETURN_IF_ERROR(check_no_worker(out_));
      COX_RETURN_IF_ERROR(drop_orphans());
    }
    return std::move(plan_);
  }

 private:
  bool stays(const store::VideoFiles& file) const {
    if (!file.is_current) return !options_.superseded;
    return kept_.jobs.contains(file.job_digest);
  }

  /// The files that must stay, and all that any result names.
  void name_stays(const store::VideoFiles& file) {
    for (const std::string& path : {file.generated, file.reference}) {
      if (path.empty()) continue;
      named_.insert(canonical(path));
      if (path == file.reference || stays(file)) staying_.insert(canonical(path));
    }
  }

  void drop(const store::VideoFiles& file) {
    if (file.generated.empty() || stays(file)) return;
    const fs::path path = canonical(file.generated);
    if (staying_.contains(path)) return;
    if (!is_below(path, out_)) {
      ++outside_;
      return;
    }
    std::error_code error;
    const bool exists = fs::exists(fs::symlink_status(path, error));
    if (exists && !is_video_file(path)) {
      plan_.notes.push_back(fmt::format("'{}' is not a video file; not deleted", path.string()));
      return;
    }
    plan_.forget.push_back(file.job);
    if (exists) {
      doom(path, file.is_current ? "its series does not keep it" : "no series names its run");
    }
  }

  Status drop_orphans() {
    std::error_code error;
    for (fs::directory_iterator folder(out_, error), end; !error && folder != end;
         folder.increment(error)) {
      if (folder->is_symlink() || !folder->is_directory() ||
          !is_video_folder(folder->path().filename().string())) {
        continue;
      }
      std::error_code inner;
      for (fs::recursive_directory_iterator file(folder->path(), inner), last;
           !inner && file != last; file.increment(inner)) {
        const fs::path path = file->path().lexically_normal();
        if (is_video_file(path) && !named_.contains(path)) doom(path, "no result names it");
      }
      if (inner) return list_error(folder->path(), inner);
    }
    return error ? list_error(out_, error) : Status::ok();
  }

  static Status list_error(const fs::path& folder, const std::error_code& error) {
    return unavailable(fmt::format("cannot list '{}': {}", folder.string(), error.message()));
  }

  void doom(const fs::path& path, const char* why) {
    if (doomed_.insert(path).second) plan_.videos.push_back({path.string(), bytes_of(path), why});
  }

  const std::vector<store::VideoFiles>& files_;
  const report::KeptVideos& kept_;
  const GcOptions& options_;
  const fs::path out_;
  std::set<fs::path> named_;
  std::set<fs::path> staying_;
  std::set<fs::path> doomed_;
  std::size_t outside_ = 0;
  GcPlan plan_;
};

}  // namespace

Result<GcPlan> plan_gc(const std::vector<store::VideoFiles>& files, const report::KeptVideos& kept,
                       const GcOptions& options) {
  return Planner(files, kept, options).plan();
}

Status run_gc(store::Store& store, const GcPlan& plan, const std::string& output_directory) {
  const fs::path out = canonical(output_directory);
  for (const DoomedVideo& video : plan.videos) {
    std::error_code error;
    fs::remove(video.path, error);
    if (error) {
      return unavailable(fmt::format("cannot delete '{}': {}", video.path, error.message()));
    }
    for (fs::path folder = fs::path(video.path).parent_path(); is_below(folder, out);
         folder = folder.parent_path()) {
      if (!fs::remove(folder, error) || error) break;  // removes only empty folders
    }
  }
  return plan.forget.empty() ? Status::ok() : store.forget_generated(plan.forget);
}

}  // namespace cox::cli
