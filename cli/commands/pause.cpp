#include "base/text.h"
#include "cli/commands.h"
#include "cli/commands/change_jobs.h"

namespace cox::cli {

namespace {

class Pause final : public ChangeJobs {
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

class Resume final : public ChangeJobs {
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
