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

/// The work that jobs of a bundle share: the adaptation in progress, and generations. At most one
/// method is applied to the model at any time, by this class. Owned by one thread.
class SharedWork {
 public:
  /// `saving.trajectory` names what determines states besides the job: machine and build.
  SharedWork(ModelCache& models, StateSaving saving, std::int64_t max_state_bytes)
      : models_(models), saving_(std::move(saving)), max_state_bytes_(max_state_bytes) {}

  /// Restores the model and forgets the bundle. Throws if the device fails.
  void end();

  /// Prepares for another video: restores the model and clears generations.
  void leave_video();

  /// Announces these jobs; call `end` before. Returns the indices of the jobs in the order in which
  /// they share the most work. A job without an id or share keys, or with invalid parameters, runs
  /// by itself.
  std::vector<std::size_t> expect(const std::vector<JobInput>& jobs);
  bool expects(const JobInput& job) const { return find(job) != nullptr; }

  /// Restores the model unless `job` reads the adaptation in progress. Call it before anything that
  /// may load another model.
  void make_way(const JobInput& job);

  /// Returns the adaptation that `job` reads: the one in progress, or a new one for every expected
  /// job that reads it. Reads the method's own parameters.
  AdaptedModel& enter(const JobInput& job, const JobPlan& plan, const EncodedJob& encoded,
                      Model& model, ParameterReader& parameters);

  /// Call it after `job` has generated. If `job` was the last, restores the model and checks that
  /// it is unchanged; throws EngineError (cause crash) if it is not.
  void leave(const JobInput& job);

  /// Call it after `job` has failed. With a single device (`alone`), shared work is kept unless the
  /// failure may have damaged it. Several devices may each have met the failure at another point,
  /// so they keep only the list of expected jobs.
  void fail(const JobInput& job, const JobFailure& failure, bool alone);

  /// Returns the name of the job's generation from the state after `step`; "" if it is not shared.
  std::string generation_name(const JobInput& job, std::int64_t step) const;
  GenerationCache& generations() { return generations_; }

  /// Returns the other jobs of the bundle that read the job's trajectory, in the order in which
  /// they run.
  std::vector<std::string> companions(const JobInput& job) const;

  /// Records the memory that the adaptation used; returns the largest value of its jobs so far.
  std::int64_t peak_with(std::int64_t bytes);

  /// Returns true if a method is applied to the model.
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

  /// Returns nullptr unless the job is expected and has not run.
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
