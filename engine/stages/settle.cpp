#include "engine/stages/settle.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "engine/tensors/error.h"
#include "record/frame_stride.h"

namespace cox::engine {

namespace {

video::StreamFacts facts_of_file(const std::string& path, video::ColorRule color) {
  const video::ClipOutcome first = video::decode_clip(path, {0, 1, 1}, color);
  if (const auto* fault = std::get_if<video::VideoFault>(&first)) {
    throw EngineError(FailureCause::kData, fault->message, video::fault_name(fault->kind));
  }
  return std::get<video::Clip>(first).facts;
}

}  // namespace

PictureSize nearest_size(const std::vector<ListedSize>& list, PictureSize picture) {
  const double ratio = static_cast<double>(picture.height) / static_cast<double>(picture.width);
  const auto nearest =
      std::min_element(list.begin(), list.end(), [&](const ListedSize& a, const ListedSize& b) {
        return std::abs(a.ratio - ratio) < std::abs(b.ratio - ratio);
      });
  return {nearest->height, nearest->width};
}

void settle_by_video(JobPlan& plan, const std::string& path) {
  RunSettings& run = plan.run;
  if (run.frame_rate == 0 && !run.native_size) return;
  const video::StreamFacts facts = facts_of_file(path, run.color);
  if (run.native_size) {
    const PictureSize size =
        nearest_size(plan.family->geometry().sizes, {facts.height, facts.width});
    run.height = size.height;
    run.width = size.width;
  }
  if (run.frame_rate == 0) return;
  if (facts.average_rate.numerator <= 0 || facts.average_rate.denominator <= 0) {
    throw EngineError(FailureCause::kData,
                      fmt::format("video {}: expected a file that states its frame rate, which "
                                  "frame_rate {} needs",
                                  path, run.frame_rate),
                      "frame_rate");
  }
  run.frame_stride = stride_for(facts.average_rate.value(), run.frame_rate);
}

}  // namespace cox::engine
