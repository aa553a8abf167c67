#include "tools/clips/demo_clips.h"

#include <fmt/format.h>

#include <utility>

#include "base/file.h"
#include "base/text.h"
#include "engine/video/write.h"
#include "tools/clips/demo_scene.h"

namespace cox::video {

namespace {

constexpr int kFrames = 48;
constexpr FrameRate kRate{24, 1};

struct ClipRecipe {
  std::string file;
  std::string caption;
  int width;
  int height;
  Scene scene;
};

constexpr Color kRed{0.85, 0.16, 0.14}, kWhite{0.95, 0.95, 0.93}, kYellow{0.96, 0.80, 0.20},
    kBlue{0.15, 0.30, 0.75}, kGreen{0.20, 0.60, 0.30}, kBlack{0.08, 0.08, 0.10},
    kOrange{0.93, 0.50, 0.13}, kViolet{0.50, 0.28, 0.68}, kGray{0.55, 0.56, 0.58};
constexpr Background kSky{{0.35, 0.55, 0.80}, {0.90, 0.94, 0.98}, 1.5, {0.15, 0}};
constexpr Background kMeadow{{0.16, 0.34, 0.14}, {0.55, 0.72, 0.36}, 4, {0.25, 0.05}};
constexpr Background kSand{{0.62, 0.50, 0.34}, {0.92, 0.84, 0.66}, 3, {-0.2, 0}};
constexpr Background kSea{{0.04, 0.16, 0.30}, {0.22, 0.52, 0.62}, 2.5, {0, -0.2}};
constexpr Background kDusk{{0.16, 0.10, 0.24}, {0.75, 0.42, 0.40}, 1.5, {0.1, 0}};
constexpr Background kStone{{0.30, 0.30, 0.32}, {0.66, 0.65, 0.62}, 5, {0.12, 0.12}};

using Kind = Figure::Kind;

std::vector<ClipRecipe> recipes() {
  return {
      {"ball_in_the_sky.mp4",
       "a red and white striped ball flies to the right under drifting clouds",
       160,
       96,
       {kSky, {{Kind::kDisc, 0.24, {0.25, 0.5}, {0.6, 0}, 0, 0, 2.5, kRed, kWhite, 0.12}}}},
      {"wheel_on_sand.mp4",
       "a black wheel with yellow stripes rolls to the left over sand",
       160,
       96,
       {kSand, {{Kind::kDisc, 0.26, {1.45, 0.66}, {-0.55, 0}, 0, 0, -2.1, kBlack, kYellow, 0.13}}}},
      {"stars_at_dusk.mp4",
       "two bright stars circle each other in a dusky sky",
       160,
       96,
       {kDusk,
        {{Kind::kStar, 0.22, {0.6, 0.5}, {0, 0}, 0.16, 1.6, 0.8, kYellow, {}, 0},
         {Kind::kStar, 0.16, {1.15, 0.5}, {0, 0}, 0.2, -1.6, -1.1, kWhite, {}, 0}}}},
      {"boxes_on_stone.mp4",
       "a blue box and a striped green box slide past each other on stone",
       160,
       96,
       {kStone,
        {{Kind::kBox, 0.26, {0.2, 0.35}, {0.55, 0}, 0, 0, 0.5, kBlue, {}, 0},
         {Kind::kBox, 0.24, {1.45, 0.65}, {-0.55, 0}, 0, 0, -0.7, kGreen, kWhite, 0.09}}}},
      {"ring_over_the_sea.mp4",
       "an orange ring sinks slowly into dark water",
       160,
       96,
       {kSea, {{Kind::kRing, 0.34, {0.83, 0.25}, {0, 0.25}, 0.05, 2, 0.6, kOrange, kWhite, 0.14}}}},
      {"disc_in_the_meadow.mp4",
       "a violet disc swings in a circle above a green meadow",
       320,
       180,
       {kMeadow, {{Kind::kDisc, 0.2, {0.89, 0.5}, {0, 0}, 0.26, 2.2, 1, kViolet, kYellow, 0.1}}}},
      {"star_and_ring.mp4",
       "a white star turns inside an orange ring while the ground moves by",
       320,
       180,
       {kStone,
        {{Kind::kRing, 0.44, {0.89, 0.5}, {0, 0}, 0.03, 1.2, -0.5, kOrange, kRed, 0.2},
         {Kind::kStar, 0.24, {0.89, 0.5}, {0, 0}, 0.03, 1.2, 1.3, kWhite, {}, 0}}}},
      {"kite.avi",
       "a striped red kite climbs through the clouds",
       320,
       240,
       {kSky, {{Kind::kBox, 0.3, {0.35, 0.8}, {0.3, -0.28}, 0.04, 3, 0.35, kRed, kYellow, 0.1}}}},
  };
}

ClipRecipe broken_recipe() {
  return {"broken.mp4",
          "a gray box slides to the right over sand",
          160,
          96,
          {kSand, {{Kind::kBox, 0.25, {0.3, 0.5}, {0.5, 0}, 0, 0, 0.4, kGray, {}, 0}}}};
}

Status write_clip(const std::string& directory, const ClipRecipe& recipe, std::uint64_t seed) {
  std::vector<RgbImage> frames;
  for (int i = 0; i < kFrames; ++i) {
    frames.push_back(render(recipe.scene, recipe.width, recipe.height, i / kRate.value(), seed));
  }
  const bool avi = ends_with(recipe.file, ".avi");
  const WriteOptions options{avi ? VideoCodec::kMpeg4Avi : VideoCodec::kH264Mp4, kRate,
                             avi ? 3 : 18};
  COX_RETURN_IF_ERROR(write_video(directory + "/" + recipe.file, frames, options));
  const std::string stem = recipe.file.substr(0, recipe.file.rfind('.'));
  return write_file_atomically(fmt::format("{}/{}.txt", directory, stem), recipe.caption + "\n");
}

/// What an interrupted encoder leaves: an mp4 writes its index last.
Status cut_short(const std::string& path) {
  COX_ASSIGN_OR_RETURN(const std::string bytes, read_file(path));
  return write_file_atomically(path, bytes.substr(0, bytes.size() / 2));
}

}  // namespace

Result<std::vector<DemoClip>> write_demo_clips(const std::string& directory, std::uint64_t seed) {
  std::vector<DemoClip> clips;
  for (const ClipRecipe& recipe : recipes()) {
    COX_RETURN_IF_ERROR(write_clip(directory, recipe, seed + 1000 * clips.size()));
    clips.push_back({recipe.file, recipe.caption, kFrames});
  }
  const ClipRecipe broken = broken_recipe();
  COX_RETURN_IF_ERROR(write_clip(directory, broken, seed));
  COX_RETURN_IF_ERROR(cut_short(directory + "/" + broken.file));
  clips.push_back({broken.file, broken.caption, 0});
  return clips;
}

}  // namespace cox::video
