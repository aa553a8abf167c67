#pragma once

#include <string>
#include <vector>

#include "record/field.h"

namespace cox {

/// One item of a data set: a video, or a prompt, which has no file. Its identity is (id, digest,
/// caption).
struct Video {
  std::string id;
  std::string path;
  std::string digest;
  std::string caption = {};
  std::vector<std::string> dimensions = {};

  bool is_prompt() const { return path.empty(); }

  bool operator==(const Video&) const = default;

  static constexpr auto fields() {
    using V = Video;
    return std::tuple{
        Field{"id", "", "Name in the data set; random draws are keyed by it.", &V::id},
        Field{"path", "", "Absolute path, as the worker opens it; empty for a prompt. A label.",
              &V::path},
        Field{"digest", "", "SHA-256 of the file; empty = not checked, or a prompt.", &V::digest},
        Field{"caption", "", "Description of the video from the manifest; a prompt's words.",
              &V::caption},
        Field{"dimensions", "", "Benchmark dimensions of the item. A label.", &V::dimensions},
    };
  }
};

}  // namespace cox
