#include "coordinator/cluster/hosts.h"

#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "base/file.h"
#include "tests/support/command.h"

using namespace cox::cluster;
using Catch::Matchers::Contains;
using cox::Result;

namespace {

constexpr const char* kFile = R"(
coordinator: head:7420
worker: /opt/cox/bin/cox-worker
gpus_per_job: 2
health_port: 9430
hosts:
  - {name: gpu1, gpus: 4}
  - {name: cpu1, workers: 3}
)";

Result<HostsFile> hosts_of(const std::string& text) {
  const cox::test::TemporaryDirectory folder;
  std::ofstream(folder / "hosts.yaml") << text;
  return read_hosts(folder / "hosts.yaml");
}

std::string fault_of(const std::string& text) { return hosts_of(text).status().message(); }

}  // namespace

TEST_CASE("a file of hosts names a worker for each set of GPUs that computes a job") {
  const auto file = hosts_of(kFile);
  REQUIRE(file.is_ok());
  CHECK(file->health_port == 9'430);
  CHECK(worker_names(*file, file->hosts[0]) == std::vector<std::string>{"gpu1-0", "gpu1-1"});
  CHECK(worker_names(*file, file->hosts[1]) ==
        std::vector<std::string>{"cpu1-0", "cpu1-1", "cpu1-2"});
}

TEST_CASE("an invalid hosts file is reported") {
  CHECK_THAT(
      fault_of("worker: w\ngpus_per_job: 2\nhosts: [{name: a, gpus: 4}, {name: b, gpus: 3}]\n"),
      Contains("gpus_per_job: expected a divisor of the 3 GPUs of host 'b', got 2"));
  CHECK_THAT(fault_of("worker: w\nhealth_port: 65530\nhosts: [{name: a}]\n"),
             Contains("health_port"));
  CHECK_THAT(fault_of("worker: w\nhosts: [{name: a}, {name: a}]\n"), Contains("listed twice"));
  CHECK_THAT(fault_of("hosts: [{name: a}]\n"), Contains("worker: missing"));
}

TEST_CASE("each worker of a host has its GPUs and its port of health") {
  const cox::test::TemporaryDirectory folder;
  const std::string worker = folder / "worker";
  std::ofstream(worker) << "#!/bin/bash\necho \"$*\" >>" << (folder / "words") << "\n";
  std::filesystem::permissions(worker, std::filesystem::perms::owner_all);
  HostsFile file = hosts_of(kFile).value();
  file.worker = worker;
  file.out = folder / "out";
  const std::string script =
      host_script(file, file.hosts[0], HostAct::kUp, std::chrono::seconds(1));
  const auto end = cox::test::run({"bash", "-c", script}, {});
  INFO(end.all());
  CHECK_THAT(end.out, Contains("gpu1-0\tfailed\t") && Contains("gpu1-1\tfailed\t"));
  const std::string words = cox::read_file(folder / "words").value();
  CHECK_THAT(words, Contains("--name gpu1-0 --device cuda:0,cuda:1 --health 127.0.0.1:9430\n"));
  CHECK_THAT(words, Contains("--name gpu1-1 --device cuda:2,cuda:3 --health 127.0.0.1:9431\n"));
}
