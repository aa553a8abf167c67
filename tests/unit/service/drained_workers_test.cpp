// cox workers: who gets jobs.

#include "coordinator/service/drained_workers.h"

#include <catch2/catch.hpp>

#include "tests/unit/service/service_fixture.h"

using namespace cox;        // NOLINT: a test
using namespace cox::test;  // NOLINT
using Change = v1::ChangeWorkerRequest;

namespace {

Result<v1::ChangeWorkerReply> change(ServiceFixture& test, Change::Change what,
                                     const std::string& name, const std::string& id = "") {
  Change request;
  request.set_change(what);
  request.set_name(name);
  if (!id.empty()) request.add_worker_ids(id);
  return test.coordinator->change_worker(request);
}

bool is_told_to_drain(ServiceFixture& test, const std::string& worker) {
  v1::HeartbeatRequest request;
  request.set_worker_id(worker);
  return must(test.coordinator->heartbeat(request)).drain();
}

}  // namespace

TEST_CASE("A drained worker is told to leave and gets no job, under whatever id it comes") {
  ServiceFixture test;
  test.submit("s1", 1, 4);
  const std::string worker = test.join("w0"), other = test.join("w1");
  const v1::Bundle bundle = test.lease(worker).bundle();
  CHECK_FALSE(is_told_to_drain(test, worker));
  const auto reply = must(change(test, Change::CHANGE_DRAIN, "w0"));
  REQUIRE(reply.drained_size() == 1);
  CHECK(reply.drained(0) == "w0");
  CHECK(is_told_to_drain(test, worker));
  CHECK_FALSE(is_told_to_drain(test, other));
  CHECK(test.accepts(ServiceFixture::result_of(worker, bundle)));  // its job in flight counts
  CHECK(test.lease(worker).idle() == v1::LeaseReply::IDLE_LEAVE);
  CHECK(test.lease(test.join("w0")).idle() == v1::LeaseReply::IDLE_LEAVE);
  CHECK(test.lease(other).has_bundle());

  CHECK(must(change(test, Change::CHANGE_RESUME, "w0")).drained().empty());
  CHECK(test.lease(test.join("w0")).has_bundle());
  CHECK(change(test, Change::CHANGE_RESUME, "w0").status().code() == StatusCode::kNotFound);
}

TEST_CASE("A removed worker's jobs are queued again at once, and its late result does not count") {
  ServiceFixture test;
  test.submit("s1", 1, 1);
  const std::string worker = test.join("w.0");  // a name may hold the separator
  const v1::Bundle bundle = test.lease(worker).bundle();
  must(change(test, Change::CHANGE_REMOVE, "w.0", worker));
  CHECK(test.progress().queued() == 1);
  CHECK_FALSE(test.accepts(ServiceFixture::result_of(worker, bundle)));
  v1::HeartbeatRequest beat;
  beat.set_worker_id(worker);
  CHECK(test.coordinator->heartbeat(beat).status().code() == StatusCode::kNotFound);
  CHECK(test.lease(test.join("w1")).has_bundle());
}

TEST_CASE("Only the named worker is removed, and a change must say what it is") {
  ServiceFixture test;
  test.submit("s1", 1, 1);
  const std::string worker = test.join("w0");
  const v1::Bundle bundle = test.lease(worker).bundle();
  CHECK(change(test, Change::CHANGE_REMOVE, "w1", worker).status().code() ==
        StatusCode::kInvalidArgument);
  CHECK(change(test, Change::CHANGE_UNSPECIFIED, "w0").status().code() ==
        StatusCode::kInvalidArgument);
  CHECK(change(test, Change::CHANGE_DRAIN, "").status().code() == StatusCode::kInvalidArgument);
  CHECK(test.accepts(ServiceFixture::result_of(worker, bundle)));
}
