#include "coordinator/sweep/diagnostics.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace cox::sweep {

namespace {

bool continues_character(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

// Returns blanks up to a column, with the line's own tabs, so that the caret is below its
// character.
std::string blanks_before(const std::string& line, int column) {
  std::string blanks;
  int passed = 1;
  for (size_t i = 0; i < line.size() && passed < column; ++i) {
    if (continues_character(line[i])) continue;
    blanks += line[i] == '\t' ? '\t' : ' ';
    ++passed;
  }
  return blanks + std::string(static_cast<size_t>(column - passed), ' ');
}

std::string excerpt(const Position& at) {
  const auto& lines = at.file->lines;
  const auto index = static_cast<size_t>(at.line - 1);
  if (at.line < 1 || index >= lines.size()) return "";
  return "\n    " + lines[index] + "\n    " + blanks_before(lines[index], at.column) + "^";
}

size_t longest_common_substring(std::string_view a, std::string_view b) {
  size_t longest = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    for (size_t j = 0; j < b.size(); ++j) {
      size_t length = 0;
      while (i + length < a.size() && j + length < b.size() && a[i + length] == b[j + length]) {
        ++length;
      }
      longest = std::max(longest, length);
    }
  }
  return longest;
}

// `num_step` is far from `steps` by edit distance, but holds most of it.
std::string most_contained(std::string_view name, const std::vector<std::string>& candidates) {
  constexpr size_t kMinLength = 4;
  constexpr double kMinShare = 0.6;
  std::string best;
  double best_share = 0;
  for (const std::string& candidate : candidates) {
    const size_t length = longest_common_substring(name, candidate);
    const double share = static_cast<double>(length) / static_cast<double>(candidate.size());
    if (length >= kMinLength && share >= kMinShare && share > best_share) {
      best = candidate;
      best_share = share;
    }
  }
  return best;
}

}  // namespace

SourceFile make_source(std::string path, std::string_view text) {
  SourceFile file{std::move(path), split(text, '\n')};
  for (std::string& line : file.lines) {
    if (ends_with(line, "\r")) line.pop_back();
  }
  return file;
}

std::string location(const Position& at) {
  if (at.file == nullptr) return "";
  return fmt::format("{}:{}:{}", at.file->path, at.line, at.column);
}

bool Diagnostics::add(const Position& at, const std::string& message, const std::string& hint) {
  std::string text = at.file == nullptr ? message : location(at) + ": " + message + excerpt(at);
  if (!hint.empty()) text += "\n  " + hint;
  if (!seen_.insert(text).second) return false;
  if (shown_.size() < kMaxShown) shown_.push_back(std::move(text));
  return true;
}

void Diagnostics::error(const Position& at, const std::string& message, const std::string& hint) {
  add(at, message, hint);
}

void Diagnostics::missing(const Position& at, const std::string& message, const std::string& hint) {
  if (add(at, message, hint)) ++missing_;
}

Status Diagnostics::status() const {
  if (ok()) return Status::ok();
  std::string message = join(shown_, "\n");
  if (count() > shown_.size()) {
    message += fmt::format("\n... and {} more errors", count() - shown_.size());
  }
  if (missing_ == count()) return not_found(std::move(message));
  return invalid_argument(std::move(message));
}

std::string nearest_key(std::string_view name, const std::vector<std::string>& candidates) {
  std::string nearest = nearest_name(name, candidates);
  return nearest.empty() ? most_contained(name, candidates) : nearest;
}

std::string did_you_mean(std::string_view name, const std::vector<std::string>& candidates) {
  const std::string nearest = nearest_key(name, candidates);
  return nearest.empty() ? "" : "; did you mean '" + nearest + "'?";
}

}  // namespace cox::sweep
