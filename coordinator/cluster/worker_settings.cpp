#include "coordinator/cluster/worker_settings.h"

#include "coordinator/cluster/keys.h"
#include "record/limits.h"

namespace cox::cluster {

void declare_worker(Keys& keys, WorkerSettings& settings) {
  keys.text("worker", settings.worker);
  keys.texts("worker_options", settings.worker_options);
  keys.integer("gpus_per_job", 1, kMostGpusOfJob, settings.gpus_per_job);
  keys.text("out", settings.out);
  keys.text("coordinator", settings.coordinator);
  keys.text("ca_file", settings.ca_file);
  keys.text("token_file", settings.token_file);
}

std::vector<std::string> worker_words(const WorkerSettings& settings,
                                      const std::vector<WorkerOption>& options) {
  std::vector<std::string> words = {settings.worker};
  const auto add = [&](const WorkerOption& option) {
    if (!option.value.empty()) words.insert(words.end(), {option.name, option.value});
  };
  add({"--coordinator", settings.coordinator});
  add({"--ca-file", settings.ca_file});
  add({"--token-file", settings.token_file});
  for (const WorkerOption& option : options) add(option);
  words.insert(words.end(), settings.worker_options.begin(), settings.worker_options.end());
  return words;
}

}  // namespace cox::cluster
