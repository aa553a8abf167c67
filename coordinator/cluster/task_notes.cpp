#include "coordinator/cluster/task_notes.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <charconv>
#include <ctime>
#include <filesystem>

#include "base/file.h"
#include "base/text.h"

namespace cox::cluster {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxNoteBytes = 4'096;
constexpr std::int64_t kClockGraceS = 86'400;

template <typename T>
bool read_number(const std::string& text, T& number) {
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  return error == std::errc() && stop == end;
}

/// Seconds since 1970. Returns now when the file's time cannot be read: reading the file reports
/// why.
std::int64_t written_at(const fs::directory_entry& entry) {
  struct stat facts {};
  return ::stat(entry.path().c_str(), &facts) == 0 ? facts.st_mtime : std::time(nullptr);
}

Status not_a_note(const std::string& path, const std::string& why) {
  return invalid_argument(fmt::format(
      "'{}' is not a note of a task ({}); if you do not need it, delete it", path, why));
}

Status read_line(const std::string& line, TaskNote& note, const std::string& path) {
  const std::size_t space = line.find(' ');
  const std::string key = line.substr(0, space);
  const std::string value = space == std::string::npos ? "" : line.substr(space + 1);
  std::int64_t number = 0;
  if (key == "node") {
    note.node = value;
    return Status::ok();
  }
  if (!read_number(value, number)) return not_a_note(path, "line '" + escaped(line) + "'");
  if (key == "began") note.began = number;
  if (key == "ended") note.ended = number;
  if (key == "exit") note.exit_code = static_cast<int>(number);
  return Status::ok();
}

Result<TaskNote> read_note(const fs::path& path) {
  TaskNote note;
  const std::string name = path.filename().string();
  const std::size_t dot = name.rfind('.');
  if (dot == std::string::npos || !read_number(name.substr(dot + 1), note.restart)) {
    return not_a_note(path.string(), "expected a name such as 1234_5.0");
  }
  note.id = name.substr(0, dot);
  COX_ASSIGN_OR_RETURN(const std::string text, read_text_file(path.string(), kMaxNoteBytes));
  for (const std::string& line : split(text, '\n')) {
    if (!line.empty()) COX_RETURN_IF_ERROR(read_line(line, note, path.string()));
  }
  return note;
}

}  // namespace

Result<std::vector<TaskNote>> read_task_notes(const std::string& folder, std::int64_t since) {
  std::vector<TaskNote> notes;
  std::error_code error;
  fs::directory_iterator entry(fs::path(folder) / "tasks", error);
  if (error == std::errc::no_such_file_or_directory) return notes;
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
    if (entry->path().filename().string().front() == '.') continue;  // being written
    if (written_at(*entry) < since - kClockGraceS) continue;
    if (notes.size() == kMaxTaskNotes) {
      return failed_precondition(fmt::format(
          "'{}/tasks' has more than {} notes; delete the old ones", folder, kMaxTaskNotes));
    }
    COX_ASSIGN_OR_RETURN(TaskNote note, read_note(entry->path()));
    notes.push_back(std::move(note));
  }
  if (!error) return notes;
  return failed_precondition(fmt::format("cannot list '{}/tasks': {}", folder, error.message()));
}

std::string exit_code_meaning(int exit_code) {
  switch (exit_code) {
    case 0:
      return "left in good order";
    case 1:
      return "broke down; its log says why";
    case 2:
      return "refused its options or its output folder; its log says why";
    case 4:
      return "found no coordinator";
    case 75:
      return "its device or output folder could not be used any more";
    case 78:
      return "a file that a job needs is missing on its node";
    case 126:
    case 127:
      return "its node could not start the worker";
    default:
      return exit_code > 128 ? fmt::format("ended by signal {}", exit_code - 128)
                             : fmt::format("ended with exit code {}", exit_code);
  }
}

}  // namespace cox::cluster
