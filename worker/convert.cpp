#include "worker/convert.h"

#include "proto/convert.h"

namespace cox::worker {

Result<JobInput> job_input_of(const v1::LeasedJob& job, const v1::Video& video,
                              const std::string& out) {
  JobInput input;
  input.job_id = job.job_digest();
  input.run_id = job.run().digest();
  input.attempt = job.attempt();
  input.method = job.run().method();
  COX_ASSIGN_OR_RETURN(input.parameters, parameters_from(job.run().parameters()));
  input.model = from_proto<ModelFiles>(job.run().model());
  input.video = from_proto<Video>(video);
  input.prompt = job.prompt();
  input.share = from_proto<ShareKeys>(job.share());
  input.output_directory = out;
  return input;
}

}  // namespace cox::worker
