#include "tests/pipeline/full_disk_world.h"

#include <gtest/gtest.h>

#include "base/format.h"
#include "base/random.h"

namespace cordwood::pipeline {
namespace {

constexpr uint64_t kNsPerMs = 1'000'000;
constexpr uint64_t kTickNs = 100 * kNsPerMs;
constexpr uint64_t kPatienceMs = 10'000;
// What the file system has where only max-disk is in the way.
constexpr uint64_t kManyTimes = 8;

}  // namespace

FullDiskWorld::FullDiskWorld(const Options& options)
    : options_(options), env_(std::make_unique<support::SimEnv>(options.seed)) {
  const bool own_limit = options.filler == Filler::kMaxDisk;
  env_->SetDiskBytes(own_limit ? kManyTimes * options.disk_bytes : options.disk_bytes);
  if (!options.space_is_known) env_->HideDiskSpace();
}

FullDiskWorld::~FullDiskWorld() { server_.reset(); }

Status FullDiskWorld::Start() {
  storage::StoreOptions store;
  store.log_segment_bytes = options_.segment_bytes;
  store.memtable_bytes = options_.memtable_bytes;
  store.fragment_bytes = options_.fragment_bytes;
  store.block_cache_bytes = 1 << 20;
  if (options_.filler == Filler::kMaxDisk) store.max_disk_bytes = options_.disk_bytes;
  server_ = std::make_unique<SimServer>(*env_, store);
  CW_TRY(server_->Start());
  client_ = server_->Connect();
  ticked_ns_ = env_->MonotonicNs();
  return {};
}

Status FullDiskWorld::Restart() {
  std::unique_ptr<support::SimEnv> next = env_->Kill();
  server_.reset();
  env_ = std::move(next);
  return Start();
}

void FullDiskWorld::TickIfDue() {
  if (env_->MonotonicNs() < ticked_ns_ + kTickNs) return;
  ticked_ns_ = env_->MonotonicNs();
  server_->pipeline().Tick();
  server_->RunLoop();
}

std::string FullDiskWorld::Run(const std::vector<std::string_view>& argv) {
  server_->SendCommand(client_, argv);
  std::string reply = server_->Receive(client_);
  const uint64_t end_ns = env_->MonotonicNs() + 60'000 * kNsPerMs;
  while (reply.empty() && !ended() && env_->MonotonicNs() < end_ns) {
    if (!server_->Step()) env_->AdvanceMs(10);
    TickIfDue();
    reply = server_->Receive(client_);
  }
  TickIfDue();
  return reply;
}

void FullDiskWorld::Rest(uint64_t ms) {
  const uint64_t end_ns = env_->MonotonicNs() + ms * kNsPerMs;
  while (env_->MonotonicNs() < end_ns) {
    if (!server_->Step()) env_->AdvanceMs(10);
    TickIfDue();
  }
}

std::string FullDiskWorld::ValueOf(uint64_t number) const {
  Random random(number);
  std::string value;
  while (value.size() < options_.value_bytes) value += static_cast<char>(random.Next());
  return value;
}

bool FullDiskWorld::Write() {
  const std::string key = Format("key:{:06}", next_key_);
  const std::string reply = Run({"SET", key, ValueOf(next_key_)});
  if (reply == "+OK\r\n") {
    keys_[key] = next_key_++;
    return true;
  }
  EXPECT_TRUE(reply.starts_with("-MISCONF ")) << reply;
  return false;
}

void FullDiskWorld::Fill() {
  const bool by_others = options_.filler == Filler::kOthers;
  while (by_others && env_->UsedDiskBytes() < options_.disk_bytes / 2 && Write()) {
  }
  if (by_others) {
    Rest(5'000);
    env_->SetDiskBytes(env_->UsedDiskBytes());
  }
  int refused = 0;
  while (refused < 20 && !::testing::Test::HasFailure()) {
    refused = Write() ? 0 : refused + 1;
    if (refused > 0) Rest(150);
  }
}

void FullDiskWorld::DeleteOneByOne(size_t keys) {
  for (auto key = keys_.begin(); key != keys_.end() && keys > 0; --keys) {
    std::string reply;
    for (uint64_t waited = 0; reply != ":1\r\n"; waited += 100) {
      reply = Run({"DEL", key->first});
      if (reply == ":1\r\n") break;
      ASSERT_TRUE(reply.starts_with("-MISCONF ")) << reply;
      ASSERT_LT(waited, kPatienceMs) << "deletes are refused for good, " << keys << " to go";
      Rest(100);
    }
    key = keys_.erase(key);
  }
}

void FullDiskWorld::FreeSpaceOutside() {
  if (options_.filler == Filler::kMaxDisk) {
    const std::string more = std::to_string(2 * options_.disk_bytes);
    EXPECT_EQ(Run({"CONFIG", "SET", "max-disk", more}), "+OK\r\n");
  } else {
    env_->SetDiskBytes(2 * options_.disk_bytes);
  }
}

std::optional<uint64_t> FullDiskWorld::MsUntilWritable() {
  const uint64_t start_ns = env_->MonotonicNs();
  while (!Write()) {
    if (env_->MonotonicNs() > start_ns + kPatienceMs * kNsPerMs) return std::nullopt;
    Rest(100);
  }
  return (env_->MonotonicNs() - start_ns) / kNsPerMs;
}

void FullDiskWorld::Verify() {
  for (uint64_t number = 0; number < next_key_; ++number) {
    const std::string key = Format("key:{:06}", number);
    const auto found = keys_.find(key);
    std::string expected = "$-1\r\n";
    if (found != keys_.end()) {
      const std::string value = ValueOf(found->second);
      expected = Format("${}\r\n{}\r\n", value.size(), value);
    }
    ASSERT_TRUE(Run({"GET", key}) == expected) << key << " is not as acknowledged";
  }
}

}  // namespace cordwood::pipeline
