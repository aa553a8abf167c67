#include <chrono>

#include "base/text.h"
#include "cli/sources/result_source.h"
#include "cli/sources/sweep_calls.h"
#include "cox/v1/sweep.grpc.pb.h"
#include "proto/connection.h"

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
  explicit CoordinatorSource(std::unique_ptr<Connection<v1::SweepService>> connection)
      : connection_(std::move(connection)) {}

  Result<Rows> query(const std::string& sql) override {
    v1::QueryRequest request;
    request.set_sql(sql);
    Rows rows;
    const Status status =
        connection_->read(&v1::SweepService::Stub::Query, request, kQueryDeadline,
                          [&](const v1::QueryReply& reply) { append(rows, reply); });
    if (!status.is_ok()) return explained(status, connection_->endpoint());
    return rows;
  }

  std::string description() const override {
    return "coordinator " + connection_->endpoint().address;
  }

 private:
  std::unique_ptr<Connection<v1::SweepService>> connection_;
};

}  // namespace

Result<std::unique_ptr<ResultSource>> open_coordinator_source(const Endpoint& endpoint) {
  COX_ASSIGN_OR_RETURN(auto connection, Connection<v1::SweepService>::open(endpoint));
  return std::unique_ptr<ResultSource>(std::make_unique<CoordinatorSource>(std::move(connection)));
}

Result<std::unique_ptr<ResultSource>> open_source(const Place& place) {
  return place.database.empty() ? open_coordinator_source(place.endpoint)
                                : open_database_source(place.database);
}

}  // namespace cox::cli
