#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "coordinator/dataset/candidate.h"
#include "coordinator/dataset/panda_row.h"

namespace cox::dataset {

/// The clip files of a Panda-70M download.
class PandaFiles {
 public:
  /// Finds the clips below `root` in any of these forms:
  ///   ID_CLIP.mp4, ID.CLIP.mp4           flat or in folders
  ///   ID_segment_CLIP.mp4                Open-Sora-Plan
  ///   SSSSSNN_CCCCC.mp4 with .json       video2dataset, as the data set's own downloader writes it
  /// The json of a downloaded clip names its source by `url`, and the clip by the times under
  /// `clips`: its number counts the clips that could be cut, which may be fewer than the row lists.
  /// Without times the number is the clip's. Other video files are ignored. One clip in two files
  /// is an error.
  static Result<PandaFiles> find(const std::string& root);

  /// The file of clip `number` (from 0) of a source, "" when there is none.
  std::string file_of(const std::string& video_id, std::int64_t number,
                      const PandaClip& clip) const;
  /// The names under which file_of finds a clip, for a person.
  static std::string names_of(const std::string& video_id, std::int64_t number);

  const std::vector<RejectedVideo>& rejected() const { return rejected_; }

 private:
  struct Key {
    std::string video_id;
    std::int64_t number = 0;
    std::optional<std::int64_t> start_ms;  ///< from the json; without it, `number` decides
    bool operator<(const Key& other) const;
  };

  static std::optional<Key> key_by_name(const std::string& stem);
  static Result<Key> key_by_sidecar(const std::string& sidecar, const std::string& number);
  Status add(const std::string& path, const std::string& below);

  std::map<Key, std::string> files_;
  std::vector<RejectedVideo> rejected_;
};

}  // namespace cox::dataset
