#pragma once

/// What a call of the fake library does.
enum class FakeNcclMode : int { kWorks, kFails, kHangs };

extern "C" {
/// Of making and of freeing communicators, from now on: calls that hang look again.
void fake_nccl_set(FakeNcclMode of_making, FakeNcclMode of_freeing);
int fake_nccl_made();
int fake_nccl_freed();
}
