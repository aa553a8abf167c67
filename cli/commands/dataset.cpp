#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>

#include "cli/commands.h"
#include "cli/options.h"
#include "coordinator/dataset/index.h"
#include "coordinator/dataset/notes.h"
#include "coordinator/report/data/words.h"

namespace cox::cli {

namespace {

class DatasetCommand final : public Command {
 public:
  CommandText text() const override {
    return {.name = "dataset",
            .summary = "Freeze a folder's videos, or a list of prompts, in a manifest for sweeps",
            .examples =
                "cox dataset index clips --layout folder -o clips.json\n"
                "cox dataset index panda --layout panda70m --csv panda70m_training.csv \\\n"
                "    --sample 100 --seed 42 -o panda-100.json\n"
                "cox dataset index UCF-101 --layout ucf101 --split testlist01.txt -o "
                "ucf.json\n"
                "cox dataset index prompts.txt --layout prompts -o prompts.json\n"
                "cox dataset index VBench_full_info.json --layout vbench -o vbench.json"};
  }

  void declare(CLI::App& app) override {
    app.require_subcommand(1);
    CLI::App& index =
        declare_verb(app, "index", "cox dataset index clips --layout folder -o clips.json",
                     "Write the manifest of a folder of videos, or of a file of prompts");
    index
        .add_option("PATH", options_.root,
                    "Folder of the video files, or file of prompts (layouts prompts, vbench)")
        ->required()
        ->type_name("");
    index.add_option("--layout", options_.layout, "Layout of the folder or file")
        ->required()
        ->check(CLI::IsMember(dataset::layout_names()));
    index.add_option("-o,--output", manifest_path_, "The manifest to write")
        ->check(not_empty)
        ->required()
        ->type_name("FILE");
    index.add_option("--name", options_.name,
                     "Name of the data set (default: that of the folder or file)");
    index
        .add_option("--csv,--split", options_.list_file,
                    "panda70m: the published CSV; ucf101: a train or test list")
        ->type_name("FILE");
    index.add_option("--sample", options_.sample, "Draw this many usable items; 0 means all")
        ->capture_default_str();
    index
        .add_option("--seed", options_.seed,
                    "Seed of the draw; a larger sample starts with the smaller one")
        ->capture_default_str();
    index.add_option("--min-frames", options_.min_frames, "Leave out videos with fewer frames")
        ->check(above_zero)
        ->capture_default_str();
    declare_layout_options(index);
    output_.declare(index);
  }

  /// Prints the videos that were left out as rows: a person should see each of them.
  Result<ExitCode> run(Session& session) override {
    if (std::error_code error; std::filesystem::is_directory(manifest_path_, error)) {
      return invalid_argument(
          fmt::format("-o {} is a directory: name the file, such as {}", manifest_path_,
                      (std::filesystem::path(manifest_path_) / "clips.json").string()));
    }
    COX_ASSIGN_OR_RETURN(const dataset::Manifest manifest,
                         dataset::index_dataset(options_, [&](const auto& progress) {
                           show_progress(session, progress);
                         }));
    if (session.err_terminal.interactive) session.err << "\r\x1b[K";
    if (!manifest.videos.empty() || !manifest.prompts.empty()) {
      COX_RETURN_IF_ERROR(of_surroundings(dataset::write_manifest(manifest_path_, manifest)));
    }
    if (!manifest.prompts.empty()) return tell_prompts(session, manifest);
    Table rejected{{"video", "reason", "message"}, {}};
    for (const dataset::RejectedVideo& video : manifest.rejected) {
      rejected.rows.push_back({video.id, video.reason, video.message});
    }
    if (!rejected.rows.empty() || output_.json) {
      write_rows(session.out, rejected, output_.layout(session.out_terminal, {"cox-rejected", 1}));
      session.out.flush();
    }
    if (manifest.videos.empty()) {
      session.say(fmt::format("no usable video in '{}', {} left out; '{}' was not written",
                              options_.root, rejected.rows.size(), manifest_path_));
      return kExitFailed;
    }
    session.say(fmt::format("{}: {}, {} left out", manifest_path_,
                            report::counted(manifest.videos.size(), "video"),
                            rejected.rows.size()));
    for (const dataset::ManifestVideo& video : manifest.videos) {
      if (video.remark.empty()) continue;
      session.note(fmt::format("{}: {}", printable(video.id), printable(video.remark)));
    }
    for (const std::string& note : dataset::notes_on(manifest.videos)) session.note(note);
    if (options_.sample > manifest.videos.size()) {
      session.note(fmt::format("--sample {}: there are only {} usable videos", options_.sample,
                               manifest.videos.size()));
    }
    return kExitOk;
  }

 private:
  ExitCode tell_prompts(Session& session, const dataset::Manifest& manifest) const {
    const std::size_t count = manifest.prompts.size();
    session.say(fmt::format("{}: {}", manifest_path_, report::counted(count, "prompt")));
    if (options_.sample > count) {
      session.note(fmt::format("--sample {}: there are only {} prompts", options_.sample, count));
    }
    return kExitOk;
  }

  void declare_layout_options(CLI::App& index) {
    index
        .add_option("--dimension", options_.dimensions,
                    "prompts: a dimension of a benchmark that the list belongs to; repeatable")
        ->type_name("NAME");
    index.add_flag("--reject-variable-frame-rate", options_.reject_variable_frame_rate,
                   "Leave out videos whose frames are not evenly spaced");
    index
        .add_option("--caption-template", options_.caption_template,
                    "ucf101: {class} is the class in words, {joined} the same without spaces")
        ->capture_default_str();
    index
        .add_option("--caption-file", options_.caption_file,
                    "ucf101: lines 'Class<TAB>sentence' instead of the template")
        ->type_name("FILE");
    index.add_flag("--captions-from-file-names", options_.captions_from_file_names,
                   "folder: use the name of a clip as its caption when it has no .txt file");
    index.add_option("--min-duration-ms", options_.min_duration_ms, "panda70m: by the CSV");
    index.add_option("--max-duration-ms", options_.max_duration_ms, "panda70m: by the CSV");
    index.add_flag("--desirable-only", options_.desirable_only, "panda70m: by the CSV");
    index.add_flag("--single-shot-only", options_.single_shot_only, "panda70m: by the CSV");
  }

  static void show_progress(const Session& session, const dataset::IndexProgress& progress) {
    if (!session.err_terminal.interactive) return;
    session.err << "\r\x1b[K" << progress.examined << " of " << progress.candidates << " examined, "
                << progress.accepted << " taken" << std::flush;
  }

  dataset::IndexOptions options_;
  OutputOptions output_;
  std::string manifest_path_;
};

}  // namespace

CommandPtr make_dataset() { return std::make_unique<DatasetCommand>(); }

}  // namespace cox::cli
