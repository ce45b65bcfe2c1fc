#include "tests/keyspace/keyspace_rig.h"

#include <gtest/gtest.h>

#include "base/check.h"

namespace cordwood::keyspace {
namespace {

constexpr int kRerunsMax = 3;

}  // namespace

KeyspaceRig::KeyspaceRig(const RigOptions& options)
    : options_(options),
      env_(std::make_unique<support::SimEnv>(options.seed)),
      now_ms_(env_->WallMs()) {
  Open();
}

KeyspaceRig::~KeyspaceRig() { Close(); }

void KeyspaceRig::Open() {
  auto opened = Keyspace::Open(*env_, "data", options_.store, options_.keyspace);
  if (!opened) ADD_FAILURE() << opened.error().message();
  CHECK(opened.has_value());
  keyspace_ = *std::move(opened);
  reader_.emplace(store());
}

void KeyspaceRig::Close() {
  fetched_ = {};
  reader_.reset();
  keyspace_.reset();
}

void KeyspaceRig::Settle() {
  store().Kick();
  env_->Await([&] { return store().visible() >= store().last_seq(); });
}

void KeyspaceRig::Compact() {
  Settle();
  bool done = false;
  store().CompactEverything([&] { done = true; });
  env_->Await([&] { return done; });
}

void KeyspaceRig::Reopen() {
  Settle();
  Close();
  Open();
}

void KeyspaceRig::LosePower(uint64_t seed) {
  std::unique_ptr<support::SimEnv> next = env_->LosePower(seed);
  Close();
  env_ = std::move(next);
  Open();
}

storage::Tier KeyspaceRig::TierFor(int reruns) {
  return reruns < kRerunsMax ? storage::Tier::kCacheOnly : storage::Tier::kMayBlock;
}

void KeyspaceRig::FetchCold(std::vector<storage::BlockRef> blocks) {
  CHECK(!blocks.empty());
  ++reruns_;
  bool done = false;
  store().Fetch(std::move(blocks), [&](storage::Store::FetchedBlocks fetched) {
    fetched_ = std::move(fetched);
    done = true;
  });
  env_->Await([&] { return done; });
  if (!fetched_.status) ADD_FAILURE() << fetched_.status.error().message();
}

Status KeyspaceRig::Execute(const Work& work) {
  for (int reruns = 0;; ++reruns) {
    std::vector<storage::BlockRef> missing;
    {
      storage::View view = reader_->Newest(TierFor(reruns));
      Transaction tx(*keyspace_, view, Transaction::Mode::kExecute, now_ms_);
      const Status status = work(tx);
      if (status) {
        CW_TRY(tx.Commit());
        store().Kick();
        return {};
      }
      if (status.error().code() == ErrorCode::kLong) break;
      if (status.error().code() != ErrorCode::kCold) return status;
      missing = view.missing();
    }
    FetchCold(std::move(missing));
  }
  RigWaiter waiter(*this);
  return ExecuteWaiting(work, waiter);
}

Status KeyspaceRig::ExecuteWaiting(const Work& work, Waiter& waiter) {
  storage::View view = reader_->Newest(storage::Tier::kCacheOnly);
  Transaction tx(*keyspace_, view, Transaction::Mode::kExecute, now_ms_);
  tx.WaitWith(waiter);
  CW_TRY(work(tx));
  CW_TRY(tx.Commit());
  store().Kick();
  return {};
}

Status KeyspaceRig::Read(const Work& work) {
  Settle();
  for (int reruns = 0;; ++reruns) {
    std::vector<storage::BlockRef> missing;
    {
      storage::View view = reader_->Visible(TierFor(reruns));
      Transaction tx(*keyspace_, view, Transaction::Mode::kRead, now_ms_);
      const Status status = work(tx);
      if (status || status.error().code() != ErrorCode::kCold) return status;
      missing = view.missing();
    }
    FetchCold(std::move(missing));
  }
}

}  // namespace cordwood::keyspace
