#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "cli/commands.h"
#include "cli/commands/change_jobs.h"

namespace cox::cli {

namespace {

class Priority final : public ChangeJobs {
 public:
  CommandText text() const override {
    return {.name = "priority",
            .summary = "Change the priority of jobs that are not done; higher goes first",
            .examples =
                "cox priority demo 5\n"
                "cox priority demo/adasteer -- -1"};
  }

  void declare(CLI::App& app) override {
    ChangeJobs::declare(app);
    app.get_option("TARGET")->required()->expected(1)->allow_extra_args(false);
    app.add_option("number", priority_, "The priority (default 0 or the sweep's)")
        ->required()
        ->type_name("N");
  }

 private:
  Result<v1::ChangeReply> change(SweepCalls& calls, const v1::SelectRequest& select) override {
    v1::PriorityRequest request;
    *request.mutable_select() = select;
    request.set_priority(priority_);
    return calls.set_priority(request);
  }
  std::string done_text(const std::string& changed, std::uint64_t untouched) const override {
    return fmt::format("priority {} for {}; {} were done or had it already", priority_, changed,
                       untouched);
  }

  std::int32_t priority_ = 0;
};

}  // namespace

CommandPtr make_priority() { return std::make_unique<Priority>(); }

}  // namespace cox::cli
