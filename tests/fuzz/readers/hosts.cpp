#include "coordinator/cluster/hosts.h"

#include "tests/fuzz/readers/scratch.h"

namespace cox::fuzz {

/// A file of hosts, to the scripts that they run.
Reader hosts_reader() {
  const auto scratch = std::make_shared<Scratch>();
  return {"hosts",
          {"worker: w\n", "coordinator: head:7420\n", "out: /data/out\n", "gpus_per_job: 2\n",
           "health_port: 9430\n", "ssh: [ssh, -p, '2222']\n", "worker_options: [--threads, '8']\n",
           "hosts:\n", "  - {name: gpu1, gpus: 8}\n", "  - {name: me@gpu2, workers: 2}\n",
           "name: ", "gpus: ", "workers: ", "{", "}", "- ", "\"a\\nb\"", "'"},
          [scratch](const std::string& input) {
            const auto file = cluster::read_hosts(scratch->file("hosts.yaml", input));
            require_told(file.status());
            if (!file.is_ok()) return;
            for (const cluster::Host& host : file->hosts) {
              require(!worker_names(*file, host).empty(), "a host without workers");
              host_script(*file, host, cluster::HostAct::kUp, std::chrono::seconds(1));
            }
          }};
}

}  // namespace cox::fuzz
