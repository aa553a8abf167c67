#include "engine/stages/settle.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

#include "engine/tensors/error.h"
#include "record/frame_stride.h"

namespace cox::engine {

namespace {

struct ListedSize {
  double ratio;  ///< of height to width, as the list has it
  PictureSize size;
};

constexpr ListedSize kSizes[] = {
    {0.26, {320, 1216}}, {0.31, {352, 1120}}, {0.38, {384, 1024}}, {0.43, {416, 960}},
    {0.52, {448, 864}},  {0.58, {480, 832}},  {0.67, {512, 768}},  {0.74, {544, 736}},
    {0.86, {576, 672}},  {0.95, {608, 640}},  {1.05, {640, 608}},  {1.17, {672, 576}},
    {1.29, {704, 544}},  {1.35, {736, 544}},  {1.50, {768, 512}},  {1.67, {800, 480}},
    {1.73, {832, 480}},  {2.00, {896, 448}},  {2.31, {960, 416}},  {2.58, {992, 384}},
    {2.75, {1056, 384}}, {3.09, {1088, 352}}, {3.70, {1184, 320}}, {3.80, {1216, 320}},
    {3.90, {1248, 320}}, {4.00, {1280, 320}}};

video::StreamFacts facts_of_file(const std::string& path, video::ColorRule color) {
  const video::ClipOutcome first = video::decode_clip(path, {0, 1, 1}, color);
  if (const auto* fault = std::get_if<video::VideoFault>(&first)) {
    throw EngineError(FailureCause::kData, fault->message, video::fault_name(fault->kind));
  }
  return std::get<video::Clip>(first).facts;
}

}  // namespace

PictureSize nearest_size(PictureSize picture) {
  const double ratio = static_cast<double>(picture.height) / static_cast<double>(picture.width);
  const auto distance = [&](const ListedSize& size) { return std::abs(size.ratio - ratio); };
  return std::min_element(
             std::begin(kSizes), std::end(kSizes),
             [&](const ListedSize& a, const ListedSize& b) { return distance(a) < distance(b); })
      ->size;
}

void settle_by_video(JobPlan& plan, const std::string& path) {
  RunSettings& run = plan.run;
  if (run.frame_rate == 0 && !run.native_size) return;
  const video::StreamFacts facts = facts_of_file(path, run.color);
  if (run.native_size) {
    const PictureSize size = nearest_size({facts.height, facts.width});
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
