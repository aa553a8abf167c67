// cox-engine: runs every stage of the engine by itself.

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>
#include <iostream>

#include "engine/engine.h"
#include "engine/failure.h"
#include "tools/verbs/verbs.h"

namespace {

using cox::FailureCause;
using cox::JobFailure;

constexpr int kExitFailed = 1;
constexpr int kExitUsage = 2;
constexpr int kExitNotFound = 3;

int exit_code(const JobFailure& failure) {
  if (failure.detail == "not_found") return kExitNotFound;
  return failure.cause == FailureCause::kUser ? kExitUsage : kExitFailed;
}

void add_verbs(CLI::App& app) {
#define COX_VERB(name) cox::engine::add_##name##_verb(app);
#include "tools/verbs/verbs.def"
#undef COX_VERB
}

int run_verb(int argc, char** argv) {
  CLI::App app{"Runs every stage of the Coxswain engine by itself", "cox-engine"};
  app.set_version_flag("--version", cox::engine::engine_build());
  app.require_subcommand(1);
  add_verbs(app);
  try {
    app.parse(argc, argv);
    return 0;
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kExitUsage;
  } catch (const std::exception&) {
    const JobFailure failure = cox::engine::failure_of(std::current_exception());
    std::cerr << "cox-engine: " << failure.message << '\n';
    return exit_code(failure);
  }
}

/// Reports an incomplete standard output, as when its disk is full.
bool output_is_complete() {
  errno = 0;
  const bool flushed = std::fflush(stdout) == 0;
  const int cause = errno;
  if (flushed && std::cout) return true;
  std::cerr << "cox-engine: could not write all of standard output ("
            << (cause == 0 ? "is its disk full?" : std::strerror(cause))
            << "); the output is incomplete\n";
  return false;
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGXFSZ, SIG_IGN);  // a limit on file sizes is then an error of the write
  const int code = run_verb(argc, argv);
  if (output_is_complete()) return code;
  return code == 0 ? kExitFailed : code;
}
