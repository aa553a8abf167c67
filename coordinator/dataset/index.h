#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/status.h"
#include "coordinator/dataset/manifest.h"

namespace cox::dataset {

struct IndexOptions {
  std::string root;    ///< the folder that holds the video files, or the file of prompts
  std::string layout;  ///< one of layout_names()
  std::string name;    ///< the manifest's name; "" = that of the folder or file
  /// panda70m: the published CSV, required. ucf101: a train or test list, "" = every clip.
  std::string list_file;

  /// Draw this many videos: candidates are ranked by a hash of (layout, seed, id) and taken in that
  /// order as far as they are usable, so that a smaller sample begins a larger one. 0 takes all.
  std::uint64_t sample = 0;
  std::uint64_t seed = 42;
  std::int64_t min_frames = 1;  ///< at native rate, undamaged
  bool reject_variable_frame_rate = false;

  /// ucf101: `{class}` is the class in words ("apply eye makeup"), `{joined}` the same without
  /// blanks.
  std::string caption_template = "{class}";
  /// ucf101: lines `Class<TAB>sentence` that replace the template, "" = none.
  std::string caption_file;
  /// folder: a clip without a .txt of the same name gets its file's name as caption.
  bool captions_from_file_names = false;

  std::vector<std::string> dimensions = {};  ///< prompts: what every prompt of the list is for

  // panda70m: what a clip must be by its CSV row, before anything is drawn.
  std::int64_t min_duration_ms = 0;
  std::int64_t max_duration_ms = 0;  ///< 0 = any
  bool desirable_only = false;
  bool single_shot_only = false;
};

struct IndexProgress {
  std::uint64_t examined = 0;
  std::uint64_t accepted = 0;
  std::uint64_t candidates = 0;
  std::string id;      ///< the candidate just examined
  std::string reason;  ///< why it was left out; "" = accepted
};
using ProgressFunction = std::function<void(const IndexProgress&)>;

/// Decodes every candidate to its end and writes down what it is, or why it cannot be used; a list
/// of prompts is read. The
/// result depends on the files and options, never on the order in which a folder lists them. Paths
/// are absolute. An error means that the folder, the list or an option is wrong; unusable videos
/// are entries of `rejected`.
Result<Manifest> index_dataset(const IndexOptions& options, const ProgressFunction& progress);

std::vector<std::string> layout_names();

}  // namespace cox::dataset
