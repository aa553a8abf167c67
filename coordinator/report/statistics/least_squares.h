#pragma once

#include <cstddef>
#include <vector>

namespace cox::report {

/// One column of a design: a value for each observation.
using Column = std::vector<double>;

/// A linear model's columns, decomposed once for many right-hand sides. Gram-Schmidt, twice, which
/// is as accurate as Householder's: Giraud, Langou, Rozložník, "The loss of orthogonality in the
/// Gram-Schmidt orthogonalization process", 2005.
class Design {
 public:
  /// `columns` are of equal length; one that those before it determine is left out.
  explicit Design(const std::vector<Column>& columns);

  /// Whether the column is left out.
  bool is_dependent(std::size_t column) const { return dependent_[column]; }
  /// How many columns are not.
  std::size_t rank() const { return basis_.size(); }

  /// The coefficient of each column that minimizes the sum of squares; 0 where it is left out.
  std::vector<double> solve(const std::vector<double>& y) const;

 private:
  std::vector<Column> basis_;              ///< orthonormal
  std::vector<std::vector<double>> rows_;  ///< column i of the design in terms of the basis
  std::vector<bool> dependent_;
};

}  // namespace cox::report
