#pragma once

#include <string>

#include "coordinator/dataset/index.h"

namespace cox::dataset {

/// A folder of small data set files, removed when the test ends.
class Tree {
 public:
  Tree();
  ~Tree();
  const std::string& root() const { return root_; }

  void text(const std::string& name, const std::string& content) const;
  /// A readable clip; `seed` makes its content its own.
  void clip(const std::string& name, int frames, int seed = 0) const;
  /// A clip cut before its index.
  void truncated_clip(const std::string& name) const;

  /// Indexes the tree; the test fails when that is an error.
  Manifest index(const IndexOptions& options) const;
  /// The message of the error that indexing must be.
  std::string refusal(const IndexOptions& options) const;

 private:
  std::string root_;
};

std::vector<std::string> ids(const Manifest& manifest);
/// `id: reason` of what was left out, in order.
std::vector<std::string> reasons(const Manifest& manifest);

}  // namespace cox::dataset
