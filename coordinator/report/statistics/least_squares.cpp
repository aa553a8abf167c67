#include "coordinator/report/statistics/least_squares.h"

#include <cmath>
#include <numeric>

namespace cox::report {

namespace {

/// A column is dependent when no more than this share of its length is new.
constexpr double kLeastNew = 1e-9;

double dot(const Column& a, const Column& b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

/// a -= factor * b
void subtract(Column& a, double factor, const Column& b) {
  for (std::size_t i = 0; i < a.size(); ++i) a[i] -= factor * b[i];
}

}  // namespace

Design::Design(const std::vector<Column>& columns) : dependent_(columns.size(), false) {
  for (std::size_t c = 0; c < columns.size(); ++c) {
    Column rest = columns[c];
    std::vector<double> row(basis_.size() + 1, 0.0);
    for (int pass = 0; pass < 2; ++pass) {
      for (std::size_t b = 0; b < basis_.size(); ++b) {
        const double part = dot(basis_[b], rest);
        subtract(rest, part, basis_[b]);
        row[b] += part;
      }
    }
    const double length = std::sqrt(dot(rest, rest));
    if (length <= kLeastNew * std::sqrt(dot(columns[c], columns[c]))) {
      dependent_[c] = true;
      row.pop_back();
    } else {
      row.back() = length;
      for (double& value : rest) value /= length;
      basis_.push_back(std::move(rest));
    }
    rows_.push_back(std::move(row));
  }
}

std::vector<double> Design::solve(const std::vector<double>& y) const {
  std::vector<double> projected;  // y in terms of the basis
  Column rest = y;
  for (const Column& direction : basis_) {
    projected.push_back(dot(direction, rest));
    subtract(rest, projected.back(), direction);
  }
  std::vector<double> coefficients(rows_.size(), 0.0);
  std::size_t direction = basis_.size();
  for (std::size_t c = rows_.size(); c-- > 0;) {
    if (dependent_[c]) continue;
    --direction;
    coefficients[c] = projected[direction] / rows_[c][direction];
    for (std::size_t b = 0; b < direction; ++b) projected[b] -= coefficients[c] * rows_[c][b];
  }
  return coefficients;
}

}  // namespace cox::report
