#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <optional>

#include "cli/commands.h"
#include "cli/options.h"
#include "cli/sources/sweep_calls.h"
#include "cli/target.h"
#include "coordinator/report/data/words.h"

namespace cox::cli {

namespace {

class Label final : public Command {
 public:
  CommandText text() const override {
    return {.name = "label",
            .summary = "Give runs tags or a note; they are labels and never change a result",
            .examples =
                "cox label demo/adasteer --tag paper --note 'best on camera motion'\n"
                "cox label 'demo/lora-*' --tag lora --untag draft\n"
                "cox label demo/adasteer --note ''\n"
                "cox results demo --tag paper --columns tags,note,psnr"};
  }

  void declare(CLI::App& app) override {
    app.add_option("TARGET", target_.targets,
                   "SERIES (each of its runs), SERIES/RUN, RUN, part of a run's digest, or a "
                   "pattern of names in quotes: 'demo/lora-*'")
        ->required()
        ->type_name("");
    app.add_option("--tag", add_, "Add this tag; repeatable")
        ->type_name("TAG")
        ->allow_extra_args(false);
    app.add_option("--untag", remove_, "Remove this tag; repeatable")
        ->type_name("TAG")
        ->allow_extra_args(false);
    note_option_ =
        app.add_option("--note", note_, "Replace the note; '' removes it")->type_name("TEXT");
    app.add_flag("--dry-run", target_.dry_run, "Only say how many runs would be changed");
    source_.declare(app);
  }

  Result<ExitCode> run(Session& session) override {
    v1::LabelRequest request;
    for (const std::string& tag : add_) request.add_add_tags(tag);
    for (const std::string& tag : remove_) request.add_remove_tags(tag);
    if (note_option_->count() > 0) request.set_note(note_);
    COX_ASSIGN_OR_RETURN(const Source source, source_.choose());
    COX_ASSIGN_OR_RETURN(const auto calls, open_calls(source));
    const auto label = [&](const v1::SelectRequest& select, bool dry_run) {
      *request.mutable_select() = select;
      request.mutable_select()->set_dry_run(dry_run);
      return calls->label(request);
    };
    COX_ASSIGN_OR_RETURN(const Selects selects, target_.resolve(
                                                    [&](const auto& select) {
                                                      return select.job().empty()
                                                                 ? label(select, true).status()
                                                                 : not_found("a job has no tags");
                                                    },
                                                    runs_only(target_finder(source))));
    std::uint64_t runs = 0;
    for (const v1::SelectRequest& select : selects) {
      COX_ASSIGN_OR_RETURN(const v1::LabelReply reply, label(select, target_.dry_run));
      runs += reply.runs();
    }
    session.say(fmt::format(
        "{}labeled {}", target_.dry_run ? "dry run, nothing changed; the command would say: " : "",
        report::counted(static_cast<std::int64_t>(runs), "run")));
    return kExitOk;
  }

 private:
  /// Only runs have tags and notes: a job is not found.
  static TargetFinder runs_only(TargetFinder finder) {
    const auto matches = [find = finder.matches](const std::string& pattern) -> Result<Selects> {
      COX_ASSIGN_OR_RETURN(Selects selects, find(pattern));
      std::erase_if(selects, [](const auto& select) { return !select.job().empty(); });
      return selects;
    };
    const auto job = [](const std::string& name) -> Result<std::string> {
      return not_found(fmt::format("no run '{}'", name));
    };
    return {job, matches};
  }

  TargetOptions target_;
  SourceOptions source_;
  std::vector<std::string> add_;
  std::vector<std::string> remove_;
  std::string note_;
  CLI::Option* note_option_ = nullptr;
};

}  // namespace

CommandPtr make_label() { return std::make_unique<Label>(); }

}  // namespace cox::cli
