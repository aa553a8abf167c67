#include "cli/commands.h"
#include "cox_version.h"

namespace cox::cli {

namespace {

class Version final : public Command {
 public:
  CommandText text() const override {
    return {.name = "version",
            .summary = "Print version, commit and kind of build",
            .examples = "cox version"};
  }
  void declare(CLI::App&) override {}
  Result<ExitCode> run(Session& session) override {
    session.out << version_text() << '\n';
    return kExitOk;
  }
};

}  // namespace

std::string version_text() { return std::string("cox ") + COX_BUILD_TEXT; }

CommandPtr make_version() { return std::make_unique<Version>(); }

}  // namespace cox::cli
