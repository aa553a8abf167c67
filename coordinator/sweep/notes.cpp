#include "coordinator/sweep/notes.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <tuple>

#include "base/text.h"
#include "coordinator/dataset/notes.h"
#include "record/parameter.h"
#include "record/task.h"

namespace cox::sweep {

namespace {

constexpr std::size_t kMaxNamed = 5;

int side(const Run& run, const char* name) {
  const auto* value = parameter_as<std::int64_t>(run.parameters, name);
  return value == nullptr ? 0 : static_cast<int>(*value);
}

/// How the runs with one picture size and one `fit` change videos of another aspect ratio.
struct Shape {
  int width = 0;
  int height = 0;
  std::string fit;
  bool operator<(const Shape& other) const {
    return std::tie(width, height, fit) < std::tie(other.width, other.height, other.fit);
  }
};

std::string misfits(const Shape& shape, const std::vector<dataset::ManifestVideo>& videos) {
  std::vector<std::string> others;
  for (const dataset::ManifestVideo& video : videos) {
    if (dataset::same_aspect(video.width, video.height, shape.width, shape.height)) continue;
    others.push_back(fmt::format("{} ({}x{})", video.id, video.width, video.height));
  }
  if (others.empty()) return "";
  const char* change = shape.fit == "crop"  ? "cuts"
                       : shape.fit == "pad" ? "pads with black, which is scored too,"
                                            : "distorts";
  return fmt::format("`fit: {}` {} {} of {} videos, whose aspect ratio is not that of {}x{}: {}",
                     shape.fit, change, others.size(), videos.size(), shape.width, shape.height,
                     join_first(others, kMaxNamed));
}

}  // namespace

std::vector<std::string> notes_on(const std::vector<dataset::ManifestVideo>& videos,
                                  const std::vector<Run>& runs) {
  std::vector<std::string> notes = dataset::equal_files(videos);
  const bool read_captions = std::any_of(runs.begin(), runs.end(), [](const Run& run) {
    return parameter_is(run.parameters, "prompt_source", "caption");
  });
  if (std::string note = dataset::missing_captions(videos); read_captions && !note.empty()) {
    notes.push_back(std::move(note));
  }
  std::set<Shape> shapes;
  for (const Run& run : runs) {
    if (!reads_video(task_of(run.parameters))) continue;
    if (parameter_is(run.parameters, "resolution", "native"))
      continue;  // each video has a size near its own
    const Shape shape{side(run, "width"), side(run, "height"),
                      parameter_text(run.parameters, "fit")};
    if (shape.width > 0 && shape.height > 0) shapes.insert(shape);
  }
  for (const Shape& shape : shapes) {
    if (std::string note = misfits(shape, videos); !note.empty()) notes.push_back(std::move(note));
  }
  std::set<std::string> dtypes;
  for (const Run& run : runs) dtypes.insert(parameter_text(run.parameters, "dtype"));
  if (dtypes.contains("fp8")) {
    notes.push_back(fmt::format(
        "`dtype: fp8` rounds the matrix products of generation to 8 bits, to screen settings: its "
        "results are compared with each other only{}",
        dtypes.size() > 1 ? ", and not with the runs of another dtype here" : ""));
  }
  return notes;
}

}  // namespace cox::sweep
