// A small store with every kind of file, every byte of it flipped: the damage is named, with file
// and offset, or it did not matter; never a wrong or a missing answer.

#include <gtest/gtest.h>

#include <algorithm>

#include "base/format.h"
#include "storage/check.h"
#include "storage/file_names.h"
#include "tests/storage/store/store_world.h"
#include "tests/support/seal.h"
#include "tests/support/seeds.h"

namespace cordwood::storage {
namespace {

// A stopped store with several runs on two levels, dead ranges and a log with records in it.
std::unique_ptr<support::SimEnv> MakeStore(bool clean_stop, State* expected) {
  auto env = std::make_unique<support::SimEnv>(11);
  StoreOptions options = TinyOptions();
  options.compress_upper = true;
  options.log_segment_bytes = 32 << 10;
  Result<std::unique_ptr<Store>> store = Store::Open(*env, "data", options);
  EXPECT_TRUE(store);
  Random random(3);
  for (int i = 0; i < 420; ++i) {
    WriteBatch batch;
    const std::string key = Format("key:{:04}", random.Below(160));
    if (random.OneIn(6)) {
      batch.Delete(key);
      expected->erase(key);
    } else {
      const std::string value = Format("{}:{}", i, std::string(random.Below(50), 'v'));
      batch.Put(key, value);
      (*expected)[key] = value;
    }
    if (i % 100 == 99) batch.DropRange("zzz:a", "zzz:b");
    EXPECT_TRUE((*store)->Write(batch));
    (*store)->Kick();
    env->RunUntilIdle();
  }
  EXPECT_GT((*store)->Stats().levels.size(), 1u);
  if (clean_stop) {
    EXPECT_TRUE((*store)->Close());
    store->reset();
    return env;
  }
  std::unique_ptr<support::SimEnv> next = env->Kill();
  store->reset();
  return next;
}

// Empty if every answer of the opened store is right or names the damage.
std::string WrongAnswer(support::SimEnv& env, const State& expected) {
  Result<std::unique_ptr<Store>> store = Store::Open(env, "data", TinyOptions());
  if (!store) {
    const ErrorCode code = store.error().code();
    const bool refused = code == ErrorCode::kCorruption || code == ErrorCode::kUnsupported;
    return refused ? "" : "refused for another reason: " + store.error().message();
  }
  Reader reader(**store);
  View view = reader.Newest(Tier::kMayBlock);
  for (int i = 0; i < 160; ++i) {
    const std::string key = Format("key:{:04}", i);
    const Result<std::optional<std::string_view>> value = view.Get(key);
    if (!value) {
      if (value.error().code() != ErrorCode::kCorruption) return value.error().message();
      continue;
    }
    const auto found = expected.find(key);
    const bool right =
        found == expected.end() ? !value->has_value() : *value && **value == found->second;
    if (!right) return Format("{} reads as {}", key, value->value_or("nothing"));
  }
  return "";
}

struct DamageCount {
  int named = 0;
  int harmless = 0;
};

void FlipEverywhere(bool clean_stop, uint64_t stride, DamageCount* count) {
  State expected;
  const std::unique_ptr<support::SimEnv> sound = MakeStore(clean_stop, &expected);
  const std::unique_ptr<support::SimEnv> untouched = sound->CopyAfterKill();
  ASSERT_EQ(WrongAnswer(*untouched, expected), "");
  for (const std::string& path : sound->Paths("data")) {
    if (path.ends_with("LOCK")) continue;
    const uint64_t size = sound->ReadRaw(path)->size();
    for (uint64_t offset = size % stride; offset < size; offset += stride) {
      const std::unique_ptr<support::SimEnv> damaged = sound->CopyAfterKill();
      ASSERT_TRUE(damaged->FlipBit(path, offset, static_cast<uint32_t>(offset % 8)));
      const Result<CheckReport> report = CheckStore(*damaged, "data", [](const std::string&) {});
      ASSERT_TRUE(report) << path << " at " << offset << ": " << report.error().message();
      const std::string name = path.substr(path.rfind('/') + 1);
      bool named = false;
      for (const std::string& problem : report->problems) {
        named = named || problem.find(name) != std::string::npos ||
                problem.find(name.substr(0, name.find('.'))) != std::string::npos;
      }
      ASSERT_TRUE(named || report->problems.empty())
          << path << " at " << offset << ": " << report->problems.front();
      ++(named ? count->named : count->harmless);
      ASSERT_EQ(WrongAnswer(*damaged, expected), "") << path << ", bit flipped at " << offset;
    }
  }
}

TEST(StoreDamage, AFlippedBitAfterACleanStopIsNamedOrDoesNotMatter) {
  DamageCount count;
  FlipEverywhere(true, support::FullRun() ? 1 : 23, &count);
  EXPECT_GT(count.named, 500);
  RecordProperty("named", count.named);
  RecordProperty("harmless", count.harmless);
}

TEST(StoreDamage, AFlippedBitAfterAKillIsNamedOrDoesNotMatter) {
  DamageCount count;
  FlipEverywhere(false, support::FullRun() ? 1 : 23, &count);
  EXPECT_GT(count.named, 500);
}

// Its records would get seqs that others have.
TEST(StoreDamage, AFrameThatLiesAboutItsNumberOfOperationsIsRefused) {
  support::SimEnv env(1);
  Result<std::unique_ptr<Store>> store = Store::Open(env, "data", TinyOptions());
  ASSERT_TRUE(store);
  WriteBatch batch;
  batch.Put("key", "value");
  ASSERT_TRUE((*store)->Write(batch));
  (*store)->Kick();
  env.RunUntilIdle();
  const std::unique_ptr<support::SimEnv> next = env.Kill();
  store->reset();
  std::string path;
  for (const std::string& each : next->Paths("data")) {
    if (each.ends_with(".wal") && next->ReadRaw(each)->contains("value")) path = each;
  }
  std::string bytes = *next->ReadRaw(path);
  const size_t frame = bytes.find("CWFR");
  bytes[frame + 40] = 2;
  std::fill(bytes.begin() + static_cast<ptrdiff_t>(frame) + 4096, bytes.end(), '\0');
  support::SealSegment(bytes);
  ASSERT_TRUE(next->WriteRaw(path, bytes));
  store = Store::Open(*next, "data", TinyOptions());
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code(), ErrorCode::kCorruption);
  EXPECT_EQ(
      store.error().message(),
      Format("{}: frame at offset {}: 1 operations where 2 should be", path.substr(1), frame));
}

TEST(StoreDamage, AMissingFileIsNoticed) {
  State expected;
  const std::unique_ptr<support::SimEnv> sound = MakeStore(false, &expected);
  // That the newest segments of the log were there nobody else can know: a missing one is noticed
  // when the manifest or a later segment names it.
  std::vector<std::string> segments;
  for (const std::string& path : sound->Paths("data")) {
    if (path.ends_with(".wal")) segments.push_back(path);
  }
  for (const std::string& path : sound->Paths("data")) {
    const bool newest = segments.size() >= 2 && path >= segments[segments.size() - 2];
    if (path.ends_with("LOCK") || (path.ends_with(".wal") && newest)) continue;
    const std::unique_ptr<support::SimEnv> damaged = sound->CopyAfterKill();
    ASSERT_TRUE(damaged->RemoveRaw(path));
    ASSERT_EQ(WrongAnswer(*damaged, expected), "") << path << " is missing";
  }
}

}  // namespace
}  // namespace cordwood::storage
