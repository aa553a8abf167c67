#include "tests/e2e/study_fixture.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <stdexcept>

namespace cox::test {

namespace {

constexpr const char* kSweep = R"(version: 1
series: {name: tiny, title: Three methods on three clips}
dataset:
  manifest: clips.json
  include: [ball_in_the_sky, wheel_on_sand, stars_at_dusk, broken]
  expected_failures: [broken]
backbone: {name: longcat-video, model: model}
params:
  height: 48
  width: 80
  cond_frames: 5
  total_frames: 9
  gen_start_frame: 17
  inference_steps: 2
  enhance_hf: false
  dtype: fp32
method_params:
  trains:
    steps: 2
    adaptation_window: {total_frames: 17, context_frames: 5}
    early_stop: {enabled: false}
runs:
  - {id: none, method: none}
  - {id: adasteer, method: adasteer}
  - {id: full, method: full}
)";

void must_succeed(const std::vector<std::string>& arguments) {
  const Ended ended = run(arguments, clean());
  if (ended.exit_code == 0) return;
  std::string command;
  for (const std::string& argument : arguments) command += argument + ' ';
  throw std::runtime_error(command + "failed: " + ended.all());
}

}  // namespace

const StudyFixture& StudyFixture::get() {
  static const StudyFixture fixture;
  return fixture;
}

StudyFixture::StudyFixture() {
  must_succeed(
      {program("cox-engine"), "init-model", folder_ / "model", "--preset", "tiny", "--seed", "1"});
  must_succeed({program("cox-engine"), "demo-clips", folder_ / "clips", "--seed", "1"});
  must_succeed({program("cox"), "dataset", "index", folder_ / "clips", "--layout", "folder",
                "--name", "demo", "-o", folder_ / "clips.json"});
  write_text(sweep(), sweep_text());
}

std::string StudyFixture::sweep_text() const { return kSweep; }

Surroundings clean(Surroundings surroundings) {
  for (const char* name : {"COX_DB", "COX_COORDINATOR", "COX_TOKEN", "COX_CA_FILE", "COX_LOG",
                           "COX_FAULT", "NO_COLOR"}) {
    surroundings.environment.emplace(name, "");
  }
  return surroundings;
}

std::string program(const std::string& name) { return std::string(COX_BIN_DIR) + "/" + name; }

std::vector<std::string> cox_command(const std::vector<std::string>& arguments) {
  std::vector<std::string> command = {program("cox")};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return command;
}

Ended run_cox(const std::vector<std::string>& arguments, Surroundings surroundings) {
  return run(cox_command(arguments), clean(std::move(surroundings)));
}

std::string sql(const std::string& database, const std::string& statement) {
  const Ended ended = run_cox({"results", "--db", database, "--format", "csv", "--sql", statement});
  if (ended.exit_code != 0) throw std::runtime_error(statement + ": " + ended.all());
  return ended.out.substr(ended.out.find('\n') + 1);
}

long sql_number(const std::string& database, const std::string& statement) {
  return std::stol(sql(database, statement));
}

std::string result_dump(const std::string& database) {
  return sql(
      database,
      "SELECT run, video, psnr, ssim, per_frame, losses, anchor_losses, steps_run, best_step,"
      " parameter_norm, backbone_checksum, video_digest, reference_digest, job_digest FROM "
      "v_results"
      " ORDER BY series, run, video");
}

std::string file_text(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

void write_text(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

int free_port() {
  const int descriptor = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  bind(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof address);
  getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &length);
  close(descriptor);
  return ntohs(address.sin_port);
}

}  // namespace cox::test
