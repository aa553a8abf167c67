#include <CLI/CLI.hpp>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "cli/output/number.h"
#include "cli/sources/sweep_calls.h"
#include "cli/target.h"

namespace cox::cli {

namespace {

/// `pause` and `resume` differ in a call and in words.
class Hold : public Command {
 public:
  void declare(CLI::App& app) override {
    target_.declare(app);
    place_.declare(app);
  }

  Result<ExitCode> run(Session& session) override {
    COX_ASSIGN_OR_RETURN(const v1::SelectRequest select, target_.select());
    COX_ASSIGN_OR_RETURN(const Place place, place_.choose());
    COX_ASSIGN_OR_RETURN(const auto calls, open_calls(place));
    COX_ASSIGN_OR_RETURN(const v1::ChangeReply reply, change(*calls, select));
    session.say(done_text(counted(reply.changed_jobs(), "job"), reply.untouched_jobs()));
    return kExitOk;
  }

 private:
  virtual Result<v1::ChangeReply> change(SweepCalls& calls, const v1::SelectRequest& select) = 0;
  virtual std::string done_text(const std::string& changed, std::uint64_t untouched) const = 0;

  TargetOptions target_;
  PlaceOptions place_;
};

class Pause final : public Hold {
 public:
  CommandText text() const override {
    return {.name = "pause",
            .summary = "Hold queued jobs back; those with workers are finished",
            .examples =
                "cox pause demo\n"
                "cox pause demo/adasteer --coordinator 127.0.0.1:7420"};
  }

 private:
  Result<v1::ChangeReply> change(SweepCalls& calls, const v1::SelectRequest& select) override {
    return calls.pause(select);
  }
  std::string done_text(const std::string& changed, std::uint64_t untouched) const override {
    return concat("paused ", changed, "; ", untouched,
                  " were with workers, finished or paused already");
  }
};

class Resume final : public Hold {
 public:
  CommandText text() const override {
    return {.name = "resume",
            .summary = "Let paused jobs go on",
            .examples =
                "cox resume demo\n"
                "cox resume demo/adasteer --db out/cox.db"};
  }

 private:
  Result<v1::ChangeReply> change(SweepCalls& calls, const v1::SelectRequest& select) override {
    return calls.resume(select);
  }
  std::string done_text(const std::string& changed, std::uint64_t untouched) const override {
    return concat("resumed ", changed, "; ", untouched, " were not paused");
  }
};

}  // namespace

CommandPtr make_pause() { return std::make_unique<Pause>(); }
CommandPtr make_resume() { return std::make_unique<Resume>(); }

}  // namespace cox::cli
