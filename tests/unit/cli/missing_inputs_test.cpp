#include "cli/local/missing_inputs.h"

#include <catch2/catch.hpp>
#include <fstream>

#include "tests/support/temporary_directory.h"

using namespace cox;
using namespace cox::cli;

namespace {

service::OpenRun open_run(const std::string& name, const std::string& model,
                          const std::string& lora = "", const std::string& lpips = "") {
  service::OpenRun run{name, {}, 3};
  run.files.directory = model;
  if (!lora.empty()) run.files.loras.push_back({lora, ""});
  if (!lpips.empty()) run.files.metric_weights["lpips"] = {lpips, ""};
  return run;
}

}  // namespace

TEST_CASE("what open jobs need and nobody here can open is refused before anything starts") {
  const test::TemporaryDirectory directory;
  const std::string here = directory.path();
  CHECK(check_inputs({}, "x.db").is_ok());
  CHECK(check_inputs({open_run("s/a", here)}, "x.db").is_ok());

  const std::string gone = directory / "gone";
  const Status refused =
      check_inputs({open_run("s/a", gone), open_run("t/b", here), open_run("s/c", gone)}, "x.db");
  CHECK(refused.code() == StatusCode::kFailedPrecondition);  // exit code 2
  CHECK(refused.message() ==
        "the model directory '" + gone +
            "' cannot be opened, and 6 jobs in 'x.db' need it (s/a, s/c). Nothing was started. "
            "Restore it; or set backbone.model in the sweep file to its new location and run that "
            "again (equal content is the same run); or cancel the jobs: cox cancel s --db x.db");
}

TEST_CASE("LoRA files and LPIPS weights are looked for where a run reads them") {
  const test::TemporaryDirectory directory;
  const std::string here = directory.path();
  const std::string file = directory / "weights";
  std::ofstream(file) << "weights";
  const std::string gone = directory / "gone";
  CHECK(check_inputs({open_run("s/a", here, file)}, "x.db").is_ok());
  CHECK(check_inputs({open_run("s/a", here, gone)}, "x.db").message().find("LoRA file") !=
        std::string::npos);
  CHECK_FALSE(check_inputs({open_run("s/a", file)}, "x.db").is_ok());  // a file is not a directory

  CHECK(check_inputs({open_run("s/a", here, "", file)}, "x.db").is_ok());
  CHECK(check_inputs({open_run("s/a", here, "", gone)}, "x.db")
            .message()
            .find("backbone.weights.lpips") != std::string::npos);
}
