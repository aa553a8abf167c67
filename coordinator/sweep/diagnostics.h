#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace cox::sweep {

/// A file as read, kept for as long as positions point into it.
struct SourceFile {
  std::string path;  ///< as messages show it
  std::vector<std::string> lines;
};

SourceFile make_source(std::string path, std::string_view text);

/// A position in a file. Line and column count from 1; columns count characters, not bytes.
struct Position {
  const SourceFile* file = nullptr;
  int line = 0;
  int column = 0;
};

/// `sweeps/a.yaml:14:5`
std::string location(const Position& at);

/// Collects the errors of a file, so that a person sees all of them at once. At most kMaxShown are
/// kept; the others are counted. A repeated message at one position is kept once.
class Diagnostics {
 public:
  static constexpr size_t kMaxShown = 20;

  /// `hint` is printed below the caret line, e.g. the allowed keys.
  void error(const Position& at, const std::string& message, const std::string& hint = "");

  /// Like error(), for a file that does not exist.
  void missing(const Position& at, const std::string& message, const std::string& hint = "");

  bool ok() const { return seen_.empty(); }
  size_t count() const { return seen_.size(); }

  /// Success, or every error: kNotFound when all of them are missing files, else kInvalidArgument.
  ///
  ///     a.yaml:14:5: unknown key 'num_step'; did you mean 'steps'?
  ///         num_step: 5
  ///         ^
  ///       allowed: lr, steps
  Status status() const;

 private:
  bool add(const Position& at, const std::string& message, const std::string& hint);

  std::set<std::string> seen_;
  size_t missing_ = 0;
  std::vector<std::string> shown_;
};

/// Returns the candidate that `name` was probably meant to be, or "".
std::string nearest_key(std::string_view name, const std::vector<std::string>& candidates);

/// Returns `; did you mean 'steps'?`, or "" when no candidate is near.
std::string did_you_mean(std::string_view name, const std::vector<std::string>& candidates);

}  // namespace cox::sweep
