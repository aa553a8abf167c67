#include "coordinator/cluster/site.h"
#include "coordinator/cluster/task.h"
#include "coordinator/cluster/time_text.h"
#include "tests/fuzz/readers/scratch.h"

namespace cox::fuzz {

/// What sinfo, squeue and sacct print.
Reader slurm_answers_reader() {
  return {
      "slurm_answers",
      {"gpu*|up|1-00:00:00|gpu:h200:8(S:0-1)\n", "cpu|down|infinite|(null)\n", "|", "\n",
       "12_3|RUNNING|n1|None|3:59|/out/slurm/cox\n", "12_[4-9%2]|PENDING||Resources|4:00:00|/out\n",
       "12_3|CANCELLED by 0|n1\n", "12_3.batch|COMPLETED|n1\n", "UNLIMITED", "INVALID",
       "gpu:", "(IDX:0,2-7)", "OUT_OF_MEMORY", "NODE_FAIL", "REQUEUED"},
      [](const std::string& input) {
        require_told(cluster::read_site(input).status());
        require_told(cluster::read_queue(input).status());
        require_told(cluster::read_account(input).status());
        const auto limit = cluster::parse_time_limit(input);
        if (!limit) return;
        require(limit->count() > 0, "a time limit of nothing");
        require(cluster::parse_time_limit(cluster::time_limit_text(*limit)) == limit,
                "a time limit is read differently at the second time");
      }};
}

}  // namespace cox::fuzz
