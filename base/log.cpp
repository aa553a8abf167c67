#include "base/log.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdlib>

#include "base/clock.h"
#include "base/text.h"

namespace cox {

namespace {

constexpr std::array<std::string_view, 5> kLevelNames = {"debug", "info", "warning", "error",
                                                         "off"};

LogLevel level_from_environment() {
  const char* wanted = std::getenv("COX_LOG");
  for (size_t i = 0; wanted != nullptr && i < kLevelNames.size(); ++i) {
    if (kLevelNames[i] == wanted) return static_cast<LogLevel>(i);
  }
  return LogLevel::kWarning;
}

std::atomic<LogLevel>& minimum_level() {
  static std::atomic<LogLevel> level{level_from_environment()};
  return level;
}

std::atomic<int>& log_descriptor() {
  static std::atomic<int> descriptor{STDERR_FILENO};
  return descriptor;
}

std::string quoted_if_needed(const std::string& value) {
  const bool is_plain = !value.empty() && value.find_first_of(" \"=") == std::string::npos &&
                        !first_control_character(value);
  if (is_plain) return value;
  std::string quoted = "\"";
  for (const char c : value) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c == '\n' ? ' ' : c;
  }
  return escaped(quoted + '"');
}

}  // namespace

void set_log_level(LogLevel level) { minimum_level() = level; }

bool log_enabled(LogLevel level) { return level >= minimum_level().load(); }

void set_log_file(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (descriptor < 0) return;
  log_descriptor() = descriptor;
  if (std::getenv("COX_LOG") == nullptr) minimum_level() = LogLevel::kInfo;
}

void log(LogLevel level, std::string_view component, std::string_view message,
         std::initializer_list<LogField> fields) {
  if (!log_enabled(level)) return;
  std::string line = fmt::format("{} {} {}: {}", format_time_utc(SystemClock().now_us()),
                                 kLevelNames.at(static_cast<size_t>(level)), component, message);
  for (const LogField& field : fields) {
    line += fmt::format(" {}={}", field.name, quoted_if_needed(field.value));
  }
  line += '\n';
  // A log line that cannot be written has nowhere to be reported.
  [[maybe_unused]] const ssize_t written = ::write(log_descriptor(), line.data(), line.size());
}

}  // namespace cox
