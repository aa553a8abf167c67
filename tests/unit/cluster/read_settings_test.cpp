#include <catch2/catch.hpp>
#include <fstream>

#include "coordinator/cluster/settings.h"
#include "tests/support/temporary_directory.h"

using namespace cox::cluster;
using Catch::Matchers::Contains;
using cox::Result;

namespace {

Result<SlurmSettings> read(const std::string& text) {
  const cox::test::TemporaryDirectory folder;
  std::ofstream(folder / "slurm.yaml") << text;
  return read_settings(folder / "slurm.yaml");
}

std::string error_of(const std::string& text) { return read(text).status().message(); }

std::string refused(const SlurmSettings& settings) { return check_settings(settings).message(); }

SlurmSettings valid() {
  SlurmSettings settings;
  settings.time = std::chrono::hours(4);
  settings.worker = "/opt/cox/bin/cox-worker";
  return settings;
}

}  // namespace

TEST_CASE("every setting is read") {
  const auto settings = read(R"(
name: lab
partition: gpu
account: video
qos: long
constraint: h200
reservation: night
time: 1-12:00:00
margin: 90
gpus: 4
gpus_per_job: 2
gpu_type: h200
cpus: 32
memory: 256G
min: 2
max: 16
requeue: false
modules: [cuda/12.4]
setup: ["ulimit -c 0"]
sbatch: [--mail-type=FAIL]
container: {image: cox.sif, options: [--nv, --bind, /data]}
worker: /opt/cox/bin/cox-worker
worker_options: [--threads, "8"]
out: /scratch/me/out
max_idle: 60
coordinator: login:7420
ca_file: server.pem
token_file: work.token
)");
  REQUIRE(settings.is_ok());
  CHECK(settings->name == "lab");
  CHECK(settings->reservation == "night");
  CHECK(settings->time == std::chrono::hours(36));
  CHECK(settings->usable() == std::chrono::hours(36) - std::chrono::seconds(90));
  CHECK(settings->workers_per_task() == 2);
  CHECK(settings->min_tasks == 2);
  CHECK(settings->max_tasks == 16);
  CHECK_FALSE(settings->requeue);
  CHECK(settings->container.options == std::vector<std::string>{"--nv", "--bind", "/data"});
  CHECK(settings->worker_options == std::vector<std::string>{"--threads", "8"});
  CHECK(settings->folder() == "/scratch/me/out/slurm/lab");
  CHECK(check_settings(*settings).is_ok());
}

TEST_CASE("an invalid setting is reported with its line") {
  CHECK_THAT(error_of("partitoin: gpu\n"),
             Contains(":1:1: unknown key 'partitoin'") && Contains("did you mean 'partition'?"));
  CHECK_THAT(error_of("name: a\ntime: 4h\n"), Contains(":2:7: time: expected a time limit"));
  CHECK_THAT(error_of("gpus: 65\n"), Contains("gpus"));
  CHECK_THAT(error_of("container: {img: x}\n"), Contains("unknown key 'img'"));
  CHECK_THAT(error_of("container: x\n"), Contains("a map"));
}

TEST_CASE("settings that contradict each other are refused") {
  CHECK(refused(valid()).empty());
  SlurmSettings settings = valid();
  settings.time = {};
  CHECK_THAT(refused(settings), Contains("time: missing"));
  settings = valid();
  settings.margin = settings.time;
  CHECK_THAT(refused(settings), Contains("leaves nothing after a margin"));
  settings = valid();
  settings.gpu_type = "h200";
  CHECK_THAT(refused(settings), Contains("gpu_type: 'h200' without 'gpus'"));
  settings = valid();
  settings.gpus_per_job = 2;
  CHECK_THAT(refused(settings), Contains("gpus_per_job: expected a divisor of 'gpus' (0), got 2"));
  settings.gpus = 3;
  CHECK_THAT(refused(settings), Contains("gpus_per_job: expected a divisor of 'gpus' (3), got 2"));
  settings.gpus = 4;
  CHECK(refused(settings).empty());
  settings = valid();
  settings.min_tasks = 2;
  CHECK_THAT(refused(settings), Contains("min: expected at most max (1), got 2"));
}

TEST_CASE("an option that the script has already is refused, with the key that sets it") {
  SlurmSettings settings = valid();
  settings.sbatch = {"--mail-type=FAIL", "--array=1-9"};
  CHECK_THAT(
      refused(settings),
      Contains("sbatch: --array is an option of every script of cox slurm; set 'max' instead"));
  settings.sbatch = {"--no-requeue"};
  CHECK_THAT(refused(settings), Contains("set 'requeue' instead"));
  settings.sbatch = {"--output=x"};
  CHECK_THAT(refused(settings), Contains("leave it out"));
  settings.sbatch = {"--mem-per-cpu=1G"};  // begins like one of them
  CHECK(refused(settings).empty());
}

TEST_CASE("no setting can escape its line of the script") {
  for (const char* hostile : {"gpu\n#SBATCH --wrap=x", "a b", "\"", "'", "$(x)", "`x`", ";"}) {
    INFO(hostile);
    SlurmSettings settings = valid();
    settings.partition = hostile;
    CHECK_THAT(refused(settings), Contains("partition"));
    settings = valid();
    settings.out = hostile;
    CHECK_THAT(refused(settings), Contains("out"));
    settings = valid();
    settings.sbatch = {std::string("--x=") + hostile};
    CHECK_THAT(refused(settings), Contains("sbatch"));
  }
  SlurmSettings settings = valid();
  settings.worker_options = {"a\nb"};
  CHECK_THAT(refused(settings), Contains("worker_options: expected one line"));
}
