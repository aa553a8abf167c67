#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/commands/change_jobs.h"

namespace cox::cli {

namespace {

class Resume final : public ChangeJobs {
 public:
  CommandText text() const override {
    return {.name = "resume",
            .summary = "Resume paused jobs",
            .examples =
                "cox resume demo\n"
                "cox resume demo/adasteer --db out/cox.db"};
  }

 private:
  Result<v1::ChangeReply> change(SweepCalls& calls, const v1::SelectRequest& select) override {
    return calls.resume(select);
  }
  std::string done_text(const std::string& changed, std::uint64_t untouched) const override {
    return fmt::format("resumed {}; {} were not paused", changed, untouched);
  }
};

}  // namespace

CommandPtr make_resume() { return std::make_unique<Resume>(); }

}  // namespace cox::cli
