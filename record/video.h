#pragma once

#include <string>

#include "record/field.h"

namespace cox {

/// One item of a data set. Its identity is (id, digest, caption).
struct Video {
  std::string id;
  std::string path;
  std::string digest;
  std::string caption = {};

  bool operator==(const Video&) const = default;

  static constexpr auto fields() {
    using V = Video;
    return std::tuple{
        Field{"id", "", "Name in the data set; random draws are keyed by it.", &V::id},
        Field{"path", "", "Absolute path, as the worker opens it. A label.", &V::path},
        Field{"digest", "", "SHA-256 of the file; empty = not checked.", &V::digest},
        Field{"caption", "", "What the manifest says that the video shows.", &V::caption},
    };
  }
};

}  // namespace cox
