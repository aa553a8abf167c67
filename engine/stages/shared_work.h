#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/stages/adapt.h"
#include "engine/stages/generation_cache.h"
#include "engine/stages/model.h"
#include "sharing/plan.h"

namespace cox::engine {

/// What the jobs of a bundle share: the adaptation in progress, and generations. At most one method
/// is in place on the model at any time, and it is this one's. Owned by one thread.
class SharedWork {
 public:
  /// `saving.trajectory` names what states follow from besides the job: machine and build.
  SharedWork(ModelCache& models, StateSaving saving, std::int64_t max_state_bytes)
      : models_(models), saving_(std::move(saving)), max_state_bytes_(max_state_bytes) {}

  /// Puts the model back and forgets the bundle. Throws when the device fails.
  void end();

  /// The video is another one now: puts the model back and forgets generations.
  void leave_video();

  /// Expects these jobs, after `end`. Returns the order in which they share most, as
  /// indices. A job without an id or share keys, and one whose parameters cannot be read, runs by
  /// itself.
  std::vector<std::size_t> expect(const std::vector<JobInput>& jobs);
  bool expects(const JobInput& job) const { return find(job) != nullptr; }

  /// Puts the model back unless `job` reads the adaptation in progress. Comes before anything that
  /// may load another model.
  void make_way(const JobInput& job);

  /// The adaptation that `job` reads: the one in progress, or a new one with every expected job
  /// that reads it too. Reads the method's own parameters.
  AdaptedModel& enter(const JobInput& job, const JobPlan& plan, const EncodedJob& encoded,
                      Model& model, ParameterReader& parameters);

  /// `job` has generated. Puts the model back when it was the last, and makes sure that the model
  /// is as it was loaded: EngineError (cause crash) when it is not.
  void leave(const JobInput& job);

  /// `job` has failed. On a device `alone`, what it shares survives unless the failure may have
  /// hurt it. Of devices that do jobs together each may have met the failure at another moment, so
  /// all keep only what they were told to expect.
  void fail(const JobInput& job, const JobFailure& failure, bool alone);

  /// The job's generation from the state after `step`, by name; "" when it shares none.
  std::string generation_name(const JobInput& job, std::int64_t step) const;
  GenerationCache& generations() { return generations_; }

  /// Other jobs of the bundle that read the job's trajectory, in the order in which they run.
  std::vector<std::string> companions(const JobInput& job) const;

  /// Remembers how much memory the adaptation took; returns the most of any of its jobs so far.
  std::int64_t peak_with(std::int64_t bytes);

  /// Whether a method is in place on the model.
  bool is_in_place() const { return live_ != nullptr; }

 private:
  struct Expected {
    sharing::JobShape shape;  ///< its keys qualified by the item
    std::vector<std::string> companions = {};
    bool open = true;  ///< has not run
  };
  struct Live {
    Live(std::string trajectory, const JobPlan& plan, const EncodedJob& encoded, Model& model,
         ParameterReader& parameters, std::int64_t max_state_bytes, const SharedRaw* raw)
        : key(std::move(trajectory)),
          adapted(plan, encoded, model, parameters, max_state_bytes, raw) {}
    std::string key;
    AdaptedModel adapted;
    std::int64_t peak_bytes = 0;
  };

  /// Nullptr unless the job is expected and has not run.
  const Expected* find(const JobInput& job) const;
  void put_back();
  void gather(const std::string& first);
  StateSaving saving_of(const JobInput& job) const;
  void close(const JobInput& job);

  ModelCache& models_;
  StateSaving saving_;
  std::int64_t max_state_bytes_;
  std::vector<std::string> order_;
  std::map<std::string, Expected> expected_;  ///< by job
  GenerationCache generations_;
  std::optional<RawOutputs> raw_;  ///< of methods that act on the output only
  std::unique_ptr<Live> live_;     ///< refers to raw_
};

}  // namespace cox::engine
