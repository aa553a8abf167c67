#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "base/text.h"

namespace cox {

enum class LogLevel { kDebug, kInfo, kWarning, kError, kOff };

/// One `key=value` of a log line; values with blanks are quoted.
struct LogField {
  template <typename T>
  LogField(std::string_view field_name, const T& field_value)
      : name(field_name), value(concat(field_value)) {}
  std::string_view name;
  std::string value;
};

/// Lines below this level are not written. Starts at COX_LOG (debug, info, warning, error, off), or
/// warning. Thread-safe.
void set_log_level(LogLevel level);

/// Returns true if lines of this level are written, so that callers can skip the work of building
/// fields.
bool log_enabled(LogLevel level);

/// Sends log lines to a file (appended, one write per line) instead of standard error. A file gets
/// lines from level info on, unless COX_LOG names another level.
void set_log_file(const std::string& path);

/// Writes one structured line: time, level, component, message, fields. Thread-safe.
void log(LogLevel level, std::string_view component, std::string_view message,
         std::initializer_list<LogField> fields = {});

}  // namespace cox
