#include <fmt/format.h>

#include <chrono>
#include <memory>

#include "cli/sources/query.h"
#include "cli/sources/sweep_calls.h"
#include "cox/v1/sweep.grpc.pb.h"
#include "proto/connection.h"

namespace cox::cli {

namespace {

constexpr std::chrono::milliseconds kQueryDeadline{120'000};

store::Cell cell_of(const v1::Cell& cell) {
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

void append(const v1::QueryReply& reply, store::Table& table) {
  for (const std::string& column : reply.columns()) table.columns.push_back(column);
  for (const v1::QueryRow& row : reply.rows()) {
    store::Row& cells = table.rows.emplace_back();
    for (const v1::Cell& cell : row.cells()) cells.push_back(cell_of(cell));
  }
}

}  // namespace

Result<report::Query> open_coordinator_query(const Endpoint& endpoint,
                                             DatabaseOption database_option) {
  COX_ASSIGN_OR_RETURN(auto opened, Connection<v1::SweepService>::open(endpoint));
  const std::shared_ptr<Connection<v1::SweepService>> connection = std::move(opened);
  const auto ask = [connection, database_option](const std::string& sql) -> Result<store::Table> {
    v1::QueryRequest request;
    request.set_sql(sql);
    store::Table table;
    const Status status =
        connection->read(&v1::SweepService::Stub::Query, request, kQueryDeadline,
                         [&](const v1::QueryReply& reply) { append(reply, table); });
    if (!status.is_ok()) return explained(status, connection->endpoint(), database_option);
    return table;
  };
  return report::Query(ask, fmt::format("coordinator {}", endpoint.address));
}

}  // namespace cox::cli
