#pragma once

#include <map>
#include <string>

#include "base/status.h"

namespace cox::dataset {

/// "ApplyEyeMakeup" in words: "apply eye makeup". A few classes of UCF-101 that capitals split
/// wrongly are listed.
std::string class_words(const std::string& class_name);

/// The captions of the clips of each class. Immutable.
class ClassCaptions {
 public:
  /// `file` holds lines `Class<TAB>sentence` and, when given, replaces the template.
  static Result<ClassCaptions> read(const std::string& caption_template, const std::string& file);

  /// An error when the file has no line for the class.
  Result<std::string> for_class(const std::string& class_name) const;

  /// For ManifestVideo::caption_source: `class_name`, `template: ...` or `class_file: ...`.
  std::string source() const;

 private:
  std::string template_;
  std::string file_;
  std::map<std::string, std::string> sentences_;  ///< by class in lower case
};

}  // namespace cox::dataset
