#include "coordinator/report/statistics/distributions.h"

#include <boost/math/distributions/binomial.hpp>
#include <boost/math/distributions/non_central_t.hpp>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>

#include "base/status.h"

namespace cox::report {

namespace bm = boost::math;

double normal_cdf(double x) { return bm::cdf(bm::normal(), x); }

double normal_quantile(double p) {
  COX_CHECK(p > 0 && p < 1, "a probability strictly between 0 and 1");
  return bm::quantile(bm::normal(), p);
}

double student_t_two_sided(double t, double freedom) {
  COX_CHECK(freedom >= 1, "at least one degree of freedom");
  if (std::isinf(t)) return 0;
  return 2 * bm::cdf(bm::complement(bm::students_t(freedom), std::abs(t)));
}

double student_t_bound(double level, double freedom) {
  COX_CHECK(level > 0 && level < 1, "a level strictly between 0 and 1");
  return bm::quantile(bm::complement(bm::students_t(freedom), (1 - level) / 2));
}

double noncentral_t_cdf(double t, double freedom, double noncentrality) {
  COX_CHECK(freedom >= 1, "at least one degree of freedom");
  return bm::cdf(bm::non_central_t(freedom, noncentrality), t);
}

double fair_binomial_cdf(double successes, double trials) {
  COX_CHECK(successes >= 0 && successes <= trials, "successes among the trials");
  return bm::cdf(bm::binomial(trials, 0.5), successes);
}

}  // namespace cox::report
