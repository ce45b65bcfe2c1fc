// A table that the system cannot read, though it is not damaged: what it holds is answered with an
// error, never with what lies beneath it and never with nothing; all else goes on.

#include <gtest/gtest.h>

#include <algorithm>

#include "base/format.h"
#include "tests/storage/store/damage_rig.h"

namespace cordwood::storage {
namespace {

using support::SimEnv;
using support::SimOp;

std::unique_ptr<Store> OpenUnreadable(SimEnv& env) {
  Result<std::unique_ptr<Store>> store = Store::Open(env, kSampleDir, SampleOptions());
  EXPECT_TRUE(store) << store.error().message();
  return store ? std::move(*store) : nullptr;
}

// Of calls: they are made by relative paths.
std::string NameOf(const std::string& path) { return path.substr(path.rfind('/') + 1); }

std::vector<std::string> TablesOf(const Sample& sample) {
  std::vector<std::string> tables = sample.Paths();
  std::erase_if(tables, [](const std::string& path) { return !path.ends_with(".sst"); });
  return tables;
}

void ExpectErrorsOfOneFile(const Answers& answers, const std::string& path) {
  EXPECT_EQ(answers.wrong, "");
  EXPECT_FALSE(answers.errors.empty()) << "nobody read it";
  for (const std::string& error : answers.errors) EXPECT_TRUE(NamesPlace(error, path)) << error;
}

TEST(StoreUnreadable, ATableIsAnsweredWithErrorsThatNameIt) {
  const Sample sample = MakeSample(Stop::kClean);
  for (const std::string& path : TablesOf(sample)) {
    SCOPED_TRACE(path);
    const std::unique_ptr<SimEnv> env = sample.env->CopyAfterKill();
    std::unique_ptr<Store> store = OpenUnreadable(*env);
    env->RunUntilIdle();
    if (!*env->Exists(path)) continue;  // it was merged
    env->FailNext(SimOp::kRead, NameOf(path), ErrorCode::kIo, true);
    ExpectErrorsOfOneFile(AskOpen(*store, sample), path);
    env->ClearFaults();
    EXPECT_TRUE(AskOpen(*store, sample).untouched()) << "it can be read again";
    store.reset();
  }
}

TEST(StoreUnreadable, ABlockThatCannotBeFetchedIsAnErrorToo) {
  const Sample sample = MakeSample(Stop::kClean);
  const std::unique_ptr<SimEnv> env = sample.env->CopyAfterKill();
  std::unique_ptr<Store> store = OpenUnreadable(*env);
  env->FailNext(SimOp::kRead, ".sst", ErrorCode::kIo, true);
  std::vector<BlockRef> missing;
  {
    Reader reader(*store);
    View view = reader.Visible(Tier::kCacheOnly);
    VisibleIterator it = view.NewIterator();
    it.SeekToFirst();
    missing = view.missing();
  }
  ASSERT_FALSE(missing.empty());
  std::optional<Status> status;
  store->Fetch(missing, [&](Store::FetchedBlocks fetched) { status = std::move(fetched.status); });
  store->AwaitFetches();
  ASSERT_TRUE(status && !*status);
  EXPECT_TRUE(NamesPlace(status->error().message(), ".sst"));
  store.reset();
}

TEST(StoreUnreadable, ATableNeitherStopsTheStoreNorKeepsCompactFromEnding) {
  const Sample sample = MakeSample(Stop::kClean);
  for (const std::string& path : TablesOf(sample)) {
    SCOPED_TRACE(path);
    const std::unique_ptr<SimEnv> env = sample.env->CopyAfterKill();
    std::unique_ptr<Store> store = OpenUnreadable(*env);
    env->RunUntilIdle();
    if (!*env->Exists(path)) continue;
    env->FailNext(SimOp::kRead, NameOf(path), ErrorCode::kIo, true);
    bool compacted = false;
    store->CompactEverything([&] { compacted = true; });
    for (int second = 0; second < 10; ++second) {
      store->Tick();
      env->RunForMs(1001);
    }
    EXPECT_TRUE(compacted);
    EXPECT_TRUE(store->failure());
    EXPECT_TRUE(*env->Exists(path));
    ExpectErrorsOfOneFile(AskOpen(*store, sample), path);
    WriteBatch batch;
    batch.Put("later", "value");
    EXPECT_EQ(store->Admit(batch.bytes().size(), Intent::kAdd), WriteGate::kOpen);
    EXPECT_TRUE(store->Write(batch));
    EXPECT_TRUE(store->Close());
    store.reset();
  }
}

}  // namespace
}  // namespace cordwood::storage
