#include "coordinator/report/set_metrics/frechet.h"

#include <fmt/format.h>

#include <Eigen/Dense>
#include <cmath>

namespace cox::report {

namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::SelfAdjointEigenSolver;
using Eigen::VectorXd;

/// The eigenvalues of a positive semi-definite matrix, ascending. Rounding makes some that are 0
/// slightly negative.
VectorXd eigenvalues_of(const MatrixXd& matrix) {
  return SelfAdjointEigenSolver<MatrixXd>(matrix, Eigen::EigenvaluesOnly).eigenvalues().cwiseMax(0);
}

MatrixXd square_root(const MatrixXd& matrix) {
  const SelfAdjointEigenSolver<MatrixXd> solver(matrix);
  const VectorXd roots = solver.eigenvalues().cwiseMax(0).cwiseSqrt();
  return solver.eigenvectors() * roots.asDiagonal() * solver.eigenvectors().transpose();
}

/// Tr (S1^1/2 S2 S1^1/2)^1/2 of covariances.
double root_trace(const MatrixXd& s1, const MatrixXd& s2) {
  const MatrixXd root = square_root(s1);
  return eigenvalues_of(root * s2 * root).cwiseSqrt().sum();
}

/// The same for S1 = A^T A and S2 = B^T B when A and B have fewer rows than columns: the sum of the
/// singular values of A B^T, which has as many rows and columns as A and B have rows.
double root_trace_of_rows(const MatrixXd& products) {
  return eigenvalues_of(products * products.transpose()).cwiseSqrt().sum();
}

/// Points as rows, less a common origin: distances do not depend on it, and sums lose no digits.
class Frechet final : public SetStatistic {
 public:
  Frechet(MatrixXd first, MatrixXd second) : first_(std::move(first)), second_(std::move(second)) {
    const Eigen::RowVectorXd origin = (first_.colwise().mean() + second_.colwise().mean()) / 2;
    first_.rowwise() -= origin;
    second_.rowwise() -= origin;
    if (first_.rows() <= first_.cols()) products_ = first_ * second_.transpose();
  }

  std::size_t dimension() const override { return static_cast<std::size_t>(first_.cols()); }
  std::size_t least_videos() const override { return 2; }
  bool is_biased() const override { return true; }

  double value(std::span<const int> times) const override {
    const Resample resample(times);
    const Eigen::RowVectorXd mean1 = resample.mean(first_);
    const Eigen::RowVectorXd mean2 = resample.mean(second_);
    const double traces = resample.trace(first_, mean1) + resample.trace(second_, mean2);
    const double cross = products_.size() > 0 ? of_products(resample) : of_covariances(resample);
    return (mean1 - mean2).squaredNorm() + traces - 2 * cross;
  }

 private:
  /// The videos that count, and how often.
  struct Resample {
    explicit Resample(std::span<const int> times) {
      for (std::size_t i = 0; i < times.size(); ++i) {
        if (times[i] > 0) rows.push_back(static_cast<Index>(i));
      }
      weights.resize(static_cast<Index>(rows.size()));
      for (std::size_t i = 0; i < rows.size(); ++i) {
        weights[static_cast<Index>(i)] = times[static_cast<std::size_t>(rows[i])];
      }
      count = weights.sum();
    }

    Eigen::RowVectorXd mean(const MatrixXd& points) const {
      return weights.transpose() * points(rows, Eigen::all) / count;
    }
    /// Of the covariance.
    double trace(const MatrixXd& points, const Eigen::RowVectorXd& mean) const {
      const VectorXd squares = points(rows, Eigen::all).rowwise().squaredNorm();
      return (weights.dot(squares) - count * mean.squaredNorm()) / (count - 1);
    }
    MatrixXd covariance(const MatrixXd& points) const {
      MatrixXd centered = points(rows, Eigen::all);
      centered.rowwise() -= mean(points);
      const MatrixXd weighted = weights.cwiseSqrt().asDiagonal() * centered;
      return weighted.transpose() * weighted / (count - 1);
    }

    std::vector<Index> rows;
    VectorXd weights;
    double count = 0;
  };

  double of_covariances(const Resample& resample) const {
    return root_trace(resample.covariance(first_), resample.covariance(second_));
  }

  /// The products of centered rows follow from those of the rows as they are.
  double of_products(const Resample& resample) const {
    MatrixXd products = products_(resample.rows, resample.rows);
    const VectorXd of_rows = products * resample.weights / resample.count;
    const Eigen::RowVectorXd of_columns = resample.weights.transpose() * products / resample.count;
    const double of_all = resample.weights.dot(of_rows) / resample.count;
    products.colwise() -= of_rows;
    products.rowwise() -= of_columns;
    products.array() += of_all;
    const VectorXd roots = resample.weights.cwiseSqrt();
    return root_trace_of_rows(roots.asDiagonal() * products * roots.asDiagonal() /
                              (resample.count - 1));
  }

  MatrixXd first_, second_;
  MatrixXd products_;  ///< of every row of the first with every one of the second; or empty
};

MatrixXd rows_of(const FeatureVectors& features, Index from, Index count) {
  MatrixXd points(static_cast<Index>(features.size()), count);
  for (Index row = 0; row < points.rows(); ++row) {
    const std::vector<float>& vector = features[static_cast<std::size_t>(row)];
    for (Index column = 0; column < count; ++column) {
      points(row, column) = vector[static_cast<std::size_t>(from + column)];
    }
  }
  return points;
}

}  // namespace

Result<std::unique_ptr<SetStatistic>> frechet_statistic(const FeatureVectors& features) {
  const std::size_t length = features.empty() ? 0 : features.front().size();
  if (length == 0 || length % 2 != 0) {
    return internal_error(fmt::format(
        "features of a Frechet distance: expected vectors of an even length, got {} of {}",
        features.size(), length));
  }
  const auto half = static_cast<Index>(length / 2);
  return std::unique_ptr<SetStatistic>(
      std::make_unique<Frechet>(rows_of(features, 0, half), rows_of(features, half, half)));
}

}  // namespace cox::report
