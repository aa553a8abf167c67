// Random field values on every message of the wire. Whatever is in it, no message ends or slows the
// coordinator, and the database passes its checks afterwards.

#include <google/protobuf/descriptor.h>
#include <google/protobuf/reflection.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <limits>
#include <random>

#include "coordinator/store/store.h"
#include "tests/unit/service/service_fixture.h"

using namespace cox;        // NOLINT: a test
using namespace cox::test;  // NOLINT

namespace {

namespace pb = google::protobuf;

long from_environment(const char* name, long otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtol(text, nullptr, 10);
}

/// Changes random fields of messages to random values, extreme ones more often than others.
class Mutator {
 public:
  explicit Mutator(unsigned seed) : random_(seed) {}

  int below(int bound) { return std::uniform_int_distribution<int>(0, bound - 1)(random_); }

  /// Changes one field of the message, or of a message in it.
  void mutate(pb::Message& message, int depth = 0) {
    const pb::Descriptor& type = *message.GetDescriptor();
    if (type.field_count() == 0) return;
    const pb::FieldDescriptor& field = *type.field(below(type.field_count()));
    const pb::Reflection& reflection = *message.GetReflection();
    if (below(12) == 0) return reflection.ClearField(&message, &field);
    if (!field.is_repeated()) return set(message, field, depth);
    const int size = reflection.FieldSize(message, &field);
    const bool is_message = field.cpp_type() == pb::FieldDescriptor::CPPTYPE_MESSAGE;
    if (is_message && size > 0 && below(3) > 0 && !field.is_map()) {
      return mutate(*reflection.MutableRepeatedMessage(&message, &field, below(size)), depth + 1);
    }
    const int more = depth < kBroad && below(40) == 0 ? 300 : 1;
    for (int i = 0; i < more; ++i) add(message, field, depth);
  }

  std::string text() {
    static const std::vector<std::string> kTexts = {"",
                                                    "s",
                                                    "run-0",
                                                    "clip-0",
                                                    "psnr",
                                                    "{}",
                                                    "[]",
                                                    "{\"a\":1}",
                                                    "{",
                                                    "null",
                                                    "../../x",
                                                    "/x",
                                                    std::string("a\0b", 3),
                                                    "\x1b[2J",
                                                    "\xff\xfe",
                                                    "\xed\xa0\x80",
                                                    "\xc2\x9b",
                                                    "\n",
                                                    "\r\n",
                                                    "'; DROP TABLE runs; --",
                                                    "SELECT 1",
                                                    "SELECT * FROM v_results",
                                                    "WITH",
                                                    "%s%n",
                                                    std::string(64, 'a'),
                                                    std::string(5'000, 'x'),
                                                    std::string(70'000, 'y'),
                                                    std::string(3'000, '['),
                                                    std::string(2'000, '{'),
                                                    "\xf0\x9f\x98\x80",
                                                    "cuda",
                                                    "failed"};
    if (below(3) > 0)
      return kTexts[static_cast<std::size_t>(below(static_cast<int>(kTexts.size())))];
    std::string bytes(static_cast<std::size_t>(below(40)), ' ');
    for (char& c : bytes) c = static_cast<char>(below(256));
    return bytes;
  }

 private:
  std::int64_t integer() {
    static const std::vector<std::int64_t> kIntegers = {0,
                                                        1,
                                                        -1,
                                                        2,
                                                        63,
                                                        64,
                                                        65,
                                                        255,
                                                        256,
                                                        65'535,
                                                        65'536,
                                                        1'000'000'000'000,
                                                        INT32_MAX,
                                                        INT32_MIN,
                                                        INT64_MAX,
                                                        INT64_MIN,
                                                        INT64_MAX / 1'000,
                                                        UINT32_MAX,
                                                        -5};
    if (below(4) == 0) return static_cast<std::int64_t>(random_());
    return kIntegers[static_cast<std::size_t>(below(static_cast<int>(kIntegers.size())))];
  }

  double real() {
    using Limits = std::numeric_limits<double>;
    static const std::vector<double> kReals = {0,
                                               -0.0,
                                               1,
                                               -1,
                                               1e-320,
                                               Limits::max(),
                                               Limits::lowest(),
                                               Limits::infinity(),
                                               -Limits::infinity(),
                                               Limits::quiet_NaN(),
                                               1.7e308,
                                               1e15,
                                               1e16,
                                               0.1};
    return kReals[static_cast<std::size_t>(below(static_cast<int>(kReals.size())))];
  }

  int enumerator(const pb::FieldDescriptor& field) {
    return below(3) == 0 ? static_cast<int>(integer()) : below(field.enum_type()->value_count());
  }

  void set(pb::Message& message, const pb::FieldDescriptor& field, int depth) {
    const pb::Reflection& reflection = *message.GetReflection();
    switch (field.cpp_type()) {
      case pb::FieldDescriptor::CPPTYPE_STRING:
        return reflection.SetString(&message, &field, text());
      case pb::FieldDescriptor::CPPTYPE_INT32:
        return reflection.SetInt32(&message, &field, static_cast<std::int32_t>(integer()));
      case pb::FieldDescriptor::CPPTYPE_INT64:
        return reflection.SetInt64(&message, &field, integer());
      case pb::FieldDescriptor::CPPTYPE_UINT32:
        return reflection.SetUInt32(&message, &field, static_cast<std::uint32_t>(integer()));
      case pb::FieldDescriptor::CPPTYPE_UINT64:
        return reflection.SetUInt64(&message, &field, static_cast<std::uint64_t>(integer()));
      case pb::FieldDescriptor::CPPTYPE_DOUBLE:
        return reflection.SetDouble(&message, &field, real());
      case pb::FieldDescriptor::CPPTYPE_BOOL:
        return reflection.SetBool(&message, &field, below(2) == 0);
      case pb::FieldDescriptor::CPPTYPE_ENUM:
        return reflection.SetEnumValue(&message, &field, enumerator(field));
      case pb::FieldDescriptor::CPPTYPE_MESSAGE: {
        if (depth < kDeepest) mutate(*reflection.MutableMessage(&message, &field), depth + 1);
        return;
      }
      default:
        FAIL("the wire has a new kind of field: " << field.full_name());
    }
  }

  void add(pb::Message& message, const pb::FieldDescriptor& field, int depth) {
    const pb::Reflection& reflection = *message.GetReflection();
    switch (field.cpp_type()) {
      case pb::FieldDescriptor::CPPTYPE_STRING:
        return reflection.AddString(&message, &field, text());
      case pb::FieldDescriptor::CPPTYPE_DOUBLE:
        return reflection.AddDouble(&message, &field, real());
      case pb::FieldDescriptor::CPPTYPE_FLOAT:
        return reflection.AddFloat(&message, &field, static_cast<float>(real()));
      case pb::FieldDescriptor::CPPTYPE_ENUM:
        return reflection.AddEnumValue(&message, &field, enumerator(field));
      case pb::FieldDescriptor::CPPTYPE_MESSAGE: {
        if (depth >= kDeepest) return;
        pb::Message& added = *reflection.AddMessage(&message, &field);
        // Deep ones get a single change, or lists of lists would grow without end.
        for (int i = depth < kBroad ? 3 : 1; i > 0; --i) mutate(added, depth + 1);
        return;
      }
      default:
        FAIL("the wire has a new kind of list: " << field.full_name());
    }
  }

  static constexpr int kBroad = 3;
  static constexpr int kDeepest = 40;
  std::mt19937_64 random_;
};

/// One coordinator under fire, with honest messages of each kind to start from.
class Target {
 public:
  explicit Target(unsigned seed) : mutator_(seed) {
    test_.submit("s", 2, 3);
    worker_ = test_.join("w");
  }

  /// Sends one message with one to four of its fields changed.
  void fire() {
    switch (mutator_.below(15)) {
      case 14: {
        v1::ChangeWorkerRequest change;
        change.set_name("w");
        change.set_change(v1::ChangeWorkerRequest::CHANGE_DRAIN);
        return send(&service::Coordinator::change_worker, change);
      }
      case 13: {
        v1::LabelRequest label;
        *label.mutable_select() = select();
        label.add_add_tags("paper");
        label.set_note("a note");
        return send(&service::Coordinator::label, label);
      }
      case 0:
        return send(&service::Coordinator::submit, submission());
      case 1:
        return send(&service::Coordinator::cancel, select());
      case 2:
        return send(&service::Coordinator::pause, select());
      case 3:
        return send(&service::Coordinator::resume, select());
      case 4: {
        v1::RetryRequest retry;
        *retry.mutable_select() = select();
        return send(&service::Coordinator::retry, retry);
      }
      case 12: {
        v1::PriorityRequest request;
        *request.mutable_select() = select();
        request.set_priority(3);
        return send(&service::Coordinator::set_priority, request);
      }
      case 5:
        return send(&service::Coordinator::progress, v1::ProgressRequest());
      case 6:
        return query();
      case 7: {
        v1::RegisterRequest request = worker::versioned_identity();
        request.set_name("other");
        return send(&service::Coordinator::register_worker, request);
      }
      case 8:
        return lease();
      case 9:
        return send(&service::Coordinator::heartbeat, heartbeat());
      case 10:
        return report();
      default: {
        v1::LeaveRequest leave;
        leave.set_worker_id("none");
        return send(&service::Coordinator::leave, leave);
      }
    }
  }

  ServiceFixture& test() { return test_; }
  /// The longest wait of a correct client, which defines "slows".
  double honest_seconds() {
    const auto begin = std::chrono::steady_clock::now();
    test_.progress();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  }

 private:
  template <typename Request>
  Request changed(Request request) {
    for (int i = 1 + mutator_.below(4); i > 0; --i) mutator_.mutate(request);
    return request;
  }

  template <typename Request, typename Reply>
  void send(Result<Reply> (service::Coordinator::*call)(const Request&), const Request& honest) {
    Request request = changed(honest);
    if constexpr (requires { request.set_wait_ms(0); }) {
      if (request.wait_ms() > 0) request.set_wait_ms(0);  // waiting does not count as slow
    }
    last_ = request.GetTypeName() + " " + request.ShortDebugString().substr(0, 2'000);
    INFO(last_);
    [[maybe_unused]] const Result<Reply> reply = (test_.coordinator.get()->*call)(request);
    REQUIRE(test_.coordinator->stopped().is_ok());
  }

  v1::SubmitRequest submission() {
    return service::submit_request_of(sample_plan(concat("s", mutator_.below(50)), 1,
                                                  1 + mutator_.below(3), mutator_.below(100)));
  }
  v1::SelectRequest select() {
    v1::SelectRequest request;
    request.set_series(concat("s", mutator_.below(50)));
    return request;
  }
  v1::HeartbeatRequest heartbeat() const {
    v1::HeartbeatRequest request;
    request.set_worker_id(worker_);
    if (bundle_.jobs_size() > 0) {
      request.add_lease_ids(bundle_.lease_id());
      request.mutable_progress()->set_job_digest(bundle_.jobs(0).job_digest());
    }
    return request;
  }
  void query() {
    v1::QueryRequest request;
    request.set_sql("SELECT * FROM v_runs");
    request = changed(request);
    INFO(request.ShortDebugString().substr(0, 2'000));
    [[maybe_unused]] const Status status =
        test_.coordinator->query(request, [](const v1::QueryReply&) { return true; });
    REQUIRE(test_.coordinator->stopped().is_ok());
  }
  void lease() {
    const auto honest = test_.coordinator->lease(ServiceFixture::lease_request(worker_));
    if (!honest.is_ok()) worker_ = test_.join("w");
    if (honest.is_ok() && honest->has_bundle()) bundle_ = honest->bundle();
    send(&service::Coordinator::lease, ServiceFixture::lease_request(worker_));
  }
  void report() {
    if (bundle_.jobs_size() == 0) return lease();
    v1::ReportRequest request = ServiceFixture::result_of(worker_, bundle_);
    if (mutator_.below(3) == 0) {
      request.mutable_reports(0)->mutable_failure()->set_cause(v1::FAILURE_CAUSE_CRASH);
    }
    send(&service::Coordinator::report, request);
  }

  ServiceFixture test_;
  Mutator mutator_;
  std::string worker_;
  v1::Bundle bundle_;
  std::string last_;
};

}  // namespace

// COX_FUZZ=100000 COX_SEED=1 prolongs or repeats it.
TEST_CASE("no message of the wire ends or slows the coordinator, whatever is in it") {
  const long messages = from_environment("COX_FUZZ", 3'000);
  const auto seed = static_cast<unsigned>(from_environment("COX_SEED", std::random_device()()));
  std::cout << "COX_FUZZ=" << messages << " COX_SEED=" << seed << std::endl;
  Target target(seed);
  double slowest = 0;
  for (long i = 0; i < messages; ++i) {
    target.fire();
    if (i % 100 == 0) slowest = std::max(slowest, target.honest_seconds());
  }
  ServiceFixture& test = target.test();
  const std::string jobs = test.query("SELECT count(*) FROM jobs").front();
  const std::string results = test.query("SELECT count(*) FROM results").front();
  const double in_the_end = target.honest_seconds();
  std::cout << messages << " messages: " << jobs << " jobs, " << results << " results; an honest "
            << "call took at most " << slowest << " s, in the end " << in_the_end << " s"
            << std::endl;
  CHECK(slowest < 1.0);
  test.submit("afterwards", 1, 1);
  test.coordinator = nullptr;
  {
    const auto store = must(store::Store::open(test.options.database));
    CHECK(store.integrity_check().to_string() == "ok");
  }
  test.reopen();
  CHECK(test.query("SELECT count(*) FROM v_results").size() == 1);
}
