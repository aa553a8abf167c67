#pragma once

#include <algorithm>
#include <utility>
#include <vector>

#include "engine/backbones/adapter.h"

namespace cox::engine {

/// Calls every seam of every member, in their order, except product(), which is the default one.
/// The members must outlive it.
class AdapterChain : public Adapter {
 public:
  explicit AdapterChain(std::vector<const Adapter*> members) : members_(std::move(members)) {}

  at::Tensor time_embedding(at::Tensor t) const override {
    for (const Adapter* member : members_) t = member->time_embedding(std::move(t));
    return t;
  }
  at::Tensor block_time_embedding(int block, at::Tensor t) const override {
    for (const Adapter* member : members_) t = member->block_time_embedding(block, std::move(t));
    return t;
  }
  bool compares_rows() const override {
    return std::any_of(members_.begin(), members_.end(),
                       [](const Adapter* member) { return member->compares_rows(); });
  }
  void begin_pass(const PassContext& pass) const override {
    for (const Adapter* member : members_) member->begin_pass(pass);
  }
  at::Tensor final_time_embedding(at::Tensor t) const override {
    for (const Adapter* member : members_) t = member->final_time_embedding(std::move(t));
    return t;
  }
  at::Tensor block_modulation(int block, at::Tensor m) const override {
    for (const Adapter* member : members_) m = member->block_modulation(block, std::move(m));
    return m;
  }
  at::Tensor text_modulation(int block, at::Tensor m) const override {
    for (const Adapter* member : members_) m = member->text_modulation(block, std::move(m));
    return m;
  }
  at::Tensor block_output(int block, at::Tensor h) const override {
    for (const Adapter* member : members_) h = member->block_output(block, std::move(h));
    return h;
  }
  at::Tensor final_hidden(at::Tensor h) const override {
    for (const Adapter* member : members_) h = member->final_hidden(std::move(h));
    return h;
  }
  at::Tensor linear(const LinearSite& site, const at::Tensor& x, at::Tensor y) const override {
    for (const Adapter* member : members_) y = member->linear(site, x, std::move(y));
    return y;
  }
  bool leaves_product(const LinearSite& site) const override {
    return std::all_of(members_.begin(), members_.end(),
                       [&](const Adapter* member) { return member->leaves_product(site); });
  }
  at::Tensor norm_parameter(const NormSite& site, at::Tensor stored) const override {
    for (const Adapter* member : members_) stored = member->norm_parameter(site, std::move(stored));
    return stored;
  }
  at::Tensor output(at::Tensor v) const override {
    for (const Adapter* member : members_) v = member->output(std::move(v));
    return v;
  }

 private:
  std::vector<const Adapter*> members_;
};

}  // namespace cox::engine
