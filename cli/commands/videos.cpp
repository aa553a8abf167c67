#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "cli/commands.h"
#include "cli/options.h"
#include "cli/output/video_grid.h"
#include "cli/sources/query.h"
#include "coordinator/report/data/item_results.h"
#include "coordinator/report/data/names.h"
#include "coordinator/web/playable_video.h"
#include "engine/video/write.h"

namespace cox::cli {

namespace {

constexpr int kGridQuality = 12;  ///< visually lossless

/// A kept video with the words above it.
struct KeptVideo {
  std::string label;
  std::string path;
};

class Videos final : public Command {
 public:
  CommandText text() const override {
    return {.name = "videos",
            .summary = "Show where the videos of a run on an item are, or join them side by side",
            .examples =
                "cox videos demo/lora motion_1\n"
                "cox videos demo/lora motion_1 --against demo/none --grid motion_1.mp4"};
  }

  void declare(CLI::App& app) override {
    app.add_option("RUN", run_, "SERIES/RUN, or RUN when only one series has it")
        ->required()
        ->type_name("");
    app.add_option("ITEM", item_, "Item")->required()->type_name("");
    app.add_option("--against", against_, "Run to show before it; repeatable")
        ->type_name("RUN")
        ->allow_extra_args(false);
    app.add_option("--grid", grid_,
                   "MP4 file to write: ground truth and runs side by side, each with its name")
        ->check(not_empty)
        ->type_name("FILE");
    source_.declare(app);
  }

  Result<ExitCode> run(Session& session) override {
    COX_ASSIGN_OR_RETURN(const report::Query query, open_query(source_));
    COX_ASSIGN_OR_RETURN(const std::vector<KeptVideo> videos, kept_videos(query));
    if (grid_.empty()) {
      for (const KeptVideo& video : videos) {
        session.out << video.label << '\t' << video.path << '\n';
      }
      return kExitOk;
    }
    COX_RETURN_IF_ERROR(write_grid(videos));
    session.say(fmt::format("wrote {}", grid_));
    return kExitOk;
  }

 private:
  /// The ground truth of the first run that has one, then each run's video.
  Result<std::vector<KeptVideo>> kept_videos(const report::Query& query) const {
    std::vector<std::string> names = against_;
    names.push_back(run_);
    std::vector<KeptVideo> videos;
    for (const std::string& text : names) {
      COX_ASSIGN_OR_RETURN(const report::RunName name, report::find_run(query, text));
      COX_ASSIGN_OR_RETURN(const auto results,
                           report::load_item_results(query, name.series, item_, {name.run}));
      const report::ItemResult& result = results.front();
      if (result.generated_path.empty()) {
        return not_found(
            fmt::format("run '{}/{}' kept no video of item '{}'", name.series, name.run, item_));
      }
      if (videos.empty() && !result.reference_path.empty()) {
        videos.push_back({"ground truth", result.reference_path});
      }
      videos.push_back({fmt::format("{}/{}", name.series, name.run), result.generated_path});
    }
    return videos;
  }

  Status write_grid(const std::vector<KeptVideo>& videos) const {
    std::vector<LabeledClip> clips;
    video::WriteOptions options;
    options.codec = video::VideoCodec::kH264Mp4;
    options.quality = kGridQuality;
    for (const KeptVideo& video : videos) {
      COX_ASSIGN_OR_RETURN(video::Clip clip, web::whole_clip(video.path));
      options.rate = clip.facts.nominal_rate;
      clips.push_back({video.label, std::move(clip.frames)});
    }
    COX_ASSIGN_OR_RETURN(const std::vector<video::RgbImage> frames, video_grid(clips));
    return of_surroundings(video::write_video(grid_, frames, options));
  }

  std::string run_;
  std::string item_;
  std::vector<std::string> against_;
  std::string grid_;
  SourceOptions source_;
};

}  // namespace

CommandPtr make_videos() { return std::make_unique<Videos>(); }

}  // namespace cox::cli
