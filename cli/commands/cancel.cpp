#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/commands/change_jobs.h"

namespace cox::cli {

namespace {

class Cancel final : public ChangeJobs {
 public:
  CommandText text() const override {
    return {
        .name = "cancel",
        .summary =
            "Cancel jobs that are not finished; results stay, and 'retry' queues the jobs again",
        .examples =
            "cox cancel demo\n"
            "cox cancel 'demo/lora-*' --dry-run\n"
            "cox cancel demo/adasteer --coordinator 127.0.0.1:7420"};
  }

 private:
  Result<v1::ChangeReply> change(SweepCalls& calls, const v1::SelectRequest& select) override {
    return calls.cancel(select);
  }
  std::string done_text(const std::string& changed, std::uint64_t untouched) const override {
    return fmt::format(
        "cancelled {}; {} were finished or cancelled, or belong to another series that asks for "
        "them",
        changed, untouched);
  }
};

}  // namespace

CommandPtr make_cancel() { return std::make_unique<Cancel>(); }

}  // namespace cox::cli
