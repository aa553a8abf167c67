#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/commands/change_jobs.h"

namespace cox::cli {

namespace {

class Pause final : public ChangeJobs {
 public:
  CommandText text() const override {
    return {.name = "pause",
            .summary = "Pause queued jobs; running jobs finish",
            .examples =
                "cox pause demo\n"
                "cox pause 'demo/lora-*' demo/full\n"
                "cox pause demo/adasteer --coordinator 127.0.0.1:7420"};
  }

 private:
  Result<v1::ChangeReply> change(SweepCalls& calls, const v1::SelectRequest& select) override {
    return calls.pause(select);
  }
  std::string done_text(const std::string& changed, std::uint64_t untouched) const override {
    return fmt::format("paused {}; {} were running, finished or already paused", changed,
                       untouched);
  }
};

}  // namespace

CommandPtr make_pause() { return std::make_unique<Pause>(); }

}  // namespace cox::cli
