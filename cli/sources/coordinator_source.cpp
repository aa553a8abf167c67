#include <chrono>

#include "base/text.h"
#include "cli/sources/result_source.h"
#include "cli/sources/sweep_calls.h"
#include "cox/v1/sweep.grpc.pb.h"
#include "proto/channel.h"

namespace cox::cli {

namespace {

constexpr std::chrono::milliseconds kQueryDeadline{120'000};

Cell cell_of(const v1::Cell& cell) {
  switch (cell.kind_case()) {
    case v1::Cell::kInteger:
      return cell.integer();
    case v1::Cell::kReal:
      return cell.real();
    case v1::Cell::kText:
      return cell.text();
    case v1::Cell::KIND_NOT_SET:
      break;
  }
  return std::monostate{};
}

void append(Rows& rows, const v1::QueryReply& reply) {
  for (const std::string& column : reply.columns()) rows.columns.push_back(column);
  for (const v1::QueryRow& row : reply.rows()) {
    auto& cells = rows.cells.emplace_back();
    for (const v1::Cell& cell : row.cells()) cells.push_back(cell_of(cell));
  }
}

class CoordinatorSource final : public ResultSource {
 public:
  CoordinatorSource(const Endpoint& endpoint, const std::shared_ptr<grpc::Channel>& channel)
      : endpoint_(endpoint), stub_(v1::SweepService::NewStub(channel)) {}

  Result<Rows> query(const std::string& sql) override {
    grpc::ClientContext context;
    prepare(context, endpoint_, kQueryDeadline);
    v1::QueryRequest request;
    request.set_sql(sql);
    const auto reader = stub_->Query(&context, request);
    Rows rows;
    v1::QueryReply reply;
    while (reader->Read(&reply)) append(rows, reply);
    const grpc::Status status = reader->Finish();
    if (!status.ok()) return explained(from_grpc(status), endpoint_);
    return rows;
  }

  std::string description() const override { return "coordinator " + endpoint_.address; }

 private:
  Endpoint endpoint_;
  std::unique_ptr<v1::SweepService::Stub> stub_;
};

}  // namespace

Result<std::unique_ptr<ResultSource>> open_coordinator_source(const Endpoint& endpoint) {
  COX_ASSIGN_OR_RETURN(const auto channel, open_channel(endpoint));
  return std::unique_ptr<ResultSource>(std::make_unique<CoordinatorSource>(endpoint, channel));
}

Result<std::unique_ptr<ResultSource>> open_source(const Place& place) {
  return place.database.empty() ? open_coordinator_source(place.endpoint)
                                : open_database_source(place.database);
}

}  // namespace cox::cli
