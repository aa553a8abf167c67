#include "worker/state_folder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <filesystem>

#include "base/digest.h"
#include "base/file.h"
#include "base/log.h"
#include "base/text.h"

namespace cox::worker {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kMark =
    "cox-state/1 ";  ///< then the content's digest, a line feed, and it
constexpr std::size_t kDigestLength = 64;
constexpr std::string_view kEnding = ".state";
/// A file that was written aside and not renamed by now belongs to a process that was killed.
constexpr std::chrono::hours kLongestWrite{1};

struct StoredFile {
  fs::path path;
  fs::file_time_type used;
  std::uint64_t bytes = 0;
};

/// Skips files that another process deletes meanwhile.
std::vector<StoredFile> files_in(const std::string& folder) {
  std::vector<StoredFile> files;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    std::error_code gone;
    StoredFile file{entry->path(), entry->last_write_time(gone), 0};
    if (!gone && entry->is_regular_file(gone)) file.bytes = entry->file_size(gone);
    if (!gone) files.push_back(std::move(file));
  }
  return files;
}

/// Returns the content of a file that is whole.
std::optional<std::string> content_of(std::string_view file) {
  const std::size_t start = kMark.size() + kDigestLength + 1;
  if (file.size() < start || file.substr(0, kMark.size()) != kMark || file[start - 1] != '\n') {
    return std::nullopt;
  }
  const std::string_view content = file.substr(start);
  if (sha256_of(content) != file.substr(kMark.size(), kDigestLength)) return std::nullopt;
  return std::string(content);
}

}  // namespace

std::string StateFolder::path_of(const std::string& trajectory, std::int64_t step) const {
  return fmt::format("{}/{}.{}{}", folder_, trajectory, step, kEnding);
}

std::vector<std::int64_t> StateFolder::steps(const std::string& trajectory) {
  std::vector<std::int64_t> steps;
  const std::string beginning = trajectory + ".";
  for (const StoredFile& file : files_in(folder_)) {
    const std::string name = file.path.filename().string();
    if (!starts_with(name, beginning) || !ends_with(name, kEnding)) continue;
    const std::string_view number = std::string_view(name).substr(
        beginning.size(), name.size() - beginning.size() - kEnding.size());
    std::int64_t step = 0;
    const auto parsed = std::from_chars(number.data(), number.data() + number.size(), step);
    if (parsed.ec == std::errc() && parsed.ptr == number.data() + number.size()) {
      steps.push_back(step);
    }
  }
  std::sort(steps.begin(), steps.end());
  return steps;
}

std::optional<std::string> StateFolder::load(const std::string& trajectory, std::int64_t step) {
  const std::string path = path_of(trajectory, step);
  const Result<std::string> file = read_file(path);
  if (!file.is_ok()) return std::nullopt;
  std::optional<std::string> content = content_of(*file);
  if (!content) {
    log(LogLevel::kWarning, "worker", "a saved state is damaged; deleting it, its steps run again",
        {{"file", path}});
    std::error_code ignored;
    fs::remove(path, ignored);
    return std::nullopt;
  }
  ::utimensat(AT_FDCWD, path.c_str(), nullptr, 0);  // used now
  return content;
}

void StateFolder::save(const std::string& trajectory, std::int64_t step, std::string_view state) {
  if (!can_save_) return;
  const std::string file = fmt::format("{}{}\n{}", kMark, sha256_of(state), state);
  if (file.size() > max_bytes_) return;
  if (const Status written = write_file_atomically(path_of(trajectory, step), file);
      !written.is_ok()) {
    can_save_ = false;
    log(LogLevel::kWarning, "worker",
        "cannot save states of adaptations: after a crash they begin at their start",
        {{"error", written.to_string()}});
    return;
  }
  make_room();
}

void StateFolder::make_room() const {
  std::vector<StoredFile> files = files_in(folder_);
  std::sort(files.begin(), files.end(),
            [](const StoredFile& a, const StoredFile& b) { return a.used > b.used; });
  const auto now = fs::file_time_type::clock::now();
  std::uint64_t bytes = 0;
  for (const StoredFile& file : files) {
    bytes += file.bytes;
    const bool is_aside = !ends_with(file.path.string(), kEnding);
    const bool is_abandoned = is_aside && now - file.used > kLongestWrite;
    if (!is_abandoned && (is_aside || bytes <= max_bytes_)) continue;
    std::error_code ignored;
    fs::remove(file.path, ignored);
  }
}

}  // namespace cox::worker
