#pragma once

namespace cox::store {

/// Adds one result to the totals of a run on a data set. ?1 run, ?2 data set, ?3 environment, ?4
/// whether a value of it was not finite; from ?5 on the metrics and stages of run_totals in their
/// order, each NULL when the result has none that is finite.
inline constexpr const char* kAddToTotals =
    "INSERT INTO run_totals VALUES (?1, ?2, ?3, 1, ?4, "
    "ifnull(?5, 0.0), ?5 IS NOT NULL, ifnull(?6, 0.0), ?6 IS NOT NULL, "
    "ifnull(?7, 0.0), ?7 IS NOT NULL, ifnull(?8, 0.0), ?8 IS NOT NULL, "
    "ifnull(?9, 0.0), ?9 IS NOT NULL, ifnull(?10, 0.0), ?10 IS NOT NULL, "
    "ifnull(?11, 0.0), ?11 IS NOT NULL, ifnull(?12, 0.0), ?12 IS NOT NULL) "
    "ON CONFLICT (run_id, dataset_id, environment_id) DO UPDATE SET "
    "results = results + 1, nonfinite_results = nonfinite_results + excluded.nonfinite_results, "
    "psnr_sum = psnr_sum + excluded.psnr_sum, psnr_count = psnr_count + excluded.psnr_count, "
    "ssim_sum = ssim_sum + excluded.ssim_sum, ssim_count = ssim_count + excluded.ssim_count, "
    "lpips_sum = lpips_sum + excluded.lpips_sum, lpips_count = lpips_count + excluded.lpips_count, "
    "lpips_random_trunk_sum = lpips_random_trunk_sum + excluded.lpips_random_trunk_sum, "
    "lpips_random_trunk_count = lpips_random_trunk_count + excluded.lpips_random_trunk_count, "
    "train_s_sum = train_s_sum + excluded.train_s_sum, "
    "train_s_count = train_s_count + excluded.train_s_count, "
    "early_stop_s_sum = early_stop_s_sum + excluded.early_stop_s_sum, "
    "early_stop_s_count = early_stop_s_count + excluded.early_stop_s_count, "
    "generate_s_sum = generate_s_sum + excluded.generate_s_sum, "
    "generate_s_count = generate_s_count + excluded.generate_s_count, "
    "total_s_sum = total_s_sum + excluded.total_s_sum, "
    "total_s_count = total_s_count + excluded.total_s_count";

}  // namespace cox::store
