#include "coordinator/cluster/batch_script.h"

#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>

#include "base/file.h"
#include "base/text.h"
#include "tests/support/command.h"

using namespace cox::cluster;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;
namespace fs = std::filesystem;

namespace {

struct Site {
  cox::test::TemporaryDirectory folder;
  SlurmSettings settings;

  /// `worker` is the source of a program that replaces cox-worker.
  explicit Site(const std::string& worker) {
    settings.time = std::chrono::hours(1);
    settings.out = folder / "out";
    settings.coordinator = "head:7420";
    settings.worker = folder / "worker";
    std::ofstream(settings.worker) << "#!/bin/bash\n" << worker;
    fs::permissions(settings.worker, fs::perms::owner_all);
    fs::create_directories(fs::path(settings.folder()) / "tasks");
    std::ofstream(folder / "script") << batch_script(settings, {});
  }

  cox::test::Surroundings surroundings() const {
    return {.directory = settings.folder(),
            .environment = {{"SLURM_ARRAY_JOB_ID", "12"},
                            {"SLURM_ARRAY_TASK_ID", "3"},
                            {"SLURMD_NODENAME", "n1"},
                            {"COX_TOKEN", "secret"}}};
  }
  std::string note() const { return cox::read_file(settings.folder() + "/tasks/12_3.0").value(); }
};

}  // namespace

TEST_CASE("the script requests what the settings specify") {
  SlurmSettings settings;
  settings.partition = "gpu";
  settings.time = std::chrono::hours(4);
  settings.gpus = 2;
  settings.gpu_type = "h200";
  settings.memory = "64G";
  settings.out = "/scratch/out";
  settings.modules = {"cuda/12.4"};
  settings.container = {"cox.sif", {"--nv"}};
  settings.worker = "/opt/cox/bin/cox-worker";
  settings.token_file = "/home/me/it's a token";
  const std::string script = batch_script(settings, {.tasks = 10,
                                                     .at_once = 4,
                                                     .longest_job = std::chrono::seconds(90),
                                                     .excluded_nodes = {"n7"}});
  CHECK_THAT(script, StartsWith("#!/bin/bash\n#SBATCH --job-name=cox-cox\n"));
  for (const char* line :
       {"#SBATCH --array=0-9%4", "#SBATCH --partition=gpu", "#SBATCH --time=04:00:00",
        "#SBATCH --gres=gpu:h200:2", "#SBATCH --mem=64G", "#SBATCH --requeue",
        "#SBATCH --signal=B:USR1@60", "#SBATCH --exclude=n7",
        "#SBATCH --chdir=/scratch/out/slurm/cox", "module load cuda/12.4",
        "  apptainer exec --nv cox.sif /opt/cox/bin/cox-worker ",
        R"(--token-file '/home/me/it'\''s a token' )", "--job-time 90 ", "devices=(cuda:0 cuda:1)",
        R"(--device "${devices[$1]}")", "for ((i = 0; i < 2; ++i)); do"}) {
    INFO(script);
    CHECK_THAT(script, Contains(line));
  }
}

TEST_CASE("each worker of a task computes on its own GPUs, several per job if required") {
  const int gpus_per_job = GENERATE(1, 2);
  Site site("while [ \"$1\" != --device ]; do shift; done; echo \"$2\" >>devices\n");
  site.settings.gpus = 4;
  site.settings.gpus_per_job = gpus_per_job;
  std::ofstream(site.folder / "script") << batch_script(site.settings, {});
  REQUIRE(cox::test::run({"bash", site.folder / "script"}, site.surroundings()).exit_code == 0);
  const std::string text = cox::read_file(site.settings.folder() + "/devices").value();
  std::vector<std::string> devices = cox::split(cox::trim(text), '\n');
  std::sort(devices.begin(), devices.end());
  CHECK(devices == (gpus_per_job == 1
                        ? std::vector<std::string>{"cuda:0", "cuda:1", "cuda:2", "cuda:3"}
                        : std::vector<std::string>{"cuda:0,cuda:1", "cuda:2,cuda:3"}));
}

TEST_CASE("a task notes where and when it began, and how its worker ended") {
  const Site site("printf '%s\\n' \"$@\" >words; env >environment; exit 78\n");
  const auto end = cox::test::run({"bash", site.folder / "script"}, site.surroundings());
  INFO(end.all());
  CHECK(end.exit_code == 78);
  CHECK_THAT(site.note(), StartsWith("node n1\nbegan ") && Contains("\nexit 78\n"));
  const std::string words = cox::read_file(site.settings.folder() + "/words").value();
  CHECK_THAT(words, StartsWith("--coordinator\nhead:7420\n--out\n"));
  CHECK_THAT(words, Contains("--name\ncox-12_3-0\n--until\n"));
  // The environment contains neither parameters nor secrets.
  const std::string environment = cox::read_file(site.settings.folder() + "/environment").value();
  CHECK_THAT(environment, !Contains("COX_"));
}

TEST_CASE("the worker's end is the task's, less the margin") {
  const Site site("while [ \"$1\" != --until ]; do shift; done; echo \"$2\" >until\n");
  auto surroundings = site.surroundings();
  surroundings.environment["SLURM_JOB_END_TIME"] = "2000000000";
  REQUIRE(cox::test::run({"bash", site.folder / "script"}, surroundings).exit_code == 0);
  CHECK(cox::read_file(site.settings.folder() + "/until").value() == "1999999940\n");
  REQUIRE(cox::test::run({"bash", site.folder / "script"}, site.surroundings()).exit_code == 0);
  const long until = std::stol(cox::read_file(site.settings.folder() + "/until").value());
  const std::string note = site.note();
  const long began = std::stol(note.substr(note.find("began ") + 6));
  CHECK(until == began + 3'600 - 60);
}

TEST_CASE("a signal reaches the worker as SIGTERM, and the task waits until it has left") {
  const int number = GENERATE(SIGTERM, SIGUSR1);
  const Site site(
      "trap 'echo drained; exit 0' TERM\necho ready >&2\nwhile :; do sleep 0.1; done\n");
  cox::test::Running task({"bash", site.folder / "script"}, site.surroundings());
  REQUIRE(task.wait_for_err("ready"));
  task.send(number);
  const auto end = task.wait();
  INFO(end.all());
  CHECK(end.exit_code == 0);
  CHECK(end.out == "drained\n");
  CHECK_THAT(site.note(), Contains("\nexit 0\n"));
}

TEST_CASE("a worker that cannot be started is noted as such") {
  Site site("exit 0\n");
  fs::remove(site.settings.worker);
  const auto end = cox::test::run({"bash", site.folder / "script"}, site.surroundings());
  CHECK(end.exit_code == 127);
  CHECK_THAT(site.note(), Contains("\nexit 127\n"));
}
