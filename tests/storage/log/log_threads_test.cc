// The log on the real environment with real threads; ThreadSanitizer watches.

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/format.h"
#include "base/posix_env.h"
#include "storage/log/commit_log.h"
#include "storage/log/recovery.h"
#include "storage/write_batch.h"
#include "tests/support/temp_dir.h"

namespace cordwood::storage {
namespace {

struct LogOwner {
  explicit LogOwner(std::string path) : dir(std::move(path)) {}

  Result<RecoveredLog> Recover(Seq& replayed) {
    const auto apply = [&](Seq first, uint32_t count, std::string_view) -> Status {
      EXPECT_EQ(first, replayed + 1);
      replayed = first + count - 1;
      return {};
    };
    return RecoverLog(
        env, {.dir = dir, .segment_bytes = 64 << 10, .allocate = [this] { return ++number; }},
        apply);
  }

  LogOptions Options(Durability durability) {
    return {.dir = dir,
            .segment_bytes = 64 << 10,
            .durability = durability,
            .allocate = [this] { return ++number; },
            .on_progress = [this] { progress.fetch_add(1); }};
  }

  std::string dir;
  std::unique_ptr<Env> env_owner = NewPosixEnv();
  Env& env = *env_owner;
  std::atomic<uint64_t> number = 0;
  std::atomic<uint64_t> progress = 0;
};

TEST(CommitLogThreads, AppendsSyncsReleasesAndRecovers) {
  const support::TempDir dir;
  LogOwner owner(dir.path());
  Seq replayed = 0;
  ASSERT_TRUE(CreateNote(owner.env, dir.path(), 0));
  Result<RecoveredLog> recovered = owner.Recover(replayed);
  ASSERT_TRUE(recovered);
  constexpr Seq kRecords = 3000;
  {
    CommitLog log(owner.env, owner.Options(Durability::kAlways), *std::move(recovered));
    std::atomic<bool> done = false;
    // Another thread watches, ticks and changes the promise.
    std::thread watcher([&] {
      Seq synced = 0;
      for (int i = 0; !done.load(); ++i) {
        const Seq now = log.synced();
        EXPECT_GE(now, synced);
        EXPECT_GE(log.visible(), now);
        synced = now;
        log.Tick();
        log.SetDurability(i % 2 == 0 ? Durability::kEverySecond : Durability::kAlways);
        EXPECT_LE(log.stats().group_ops.total, kRecords);
        EXPECT_TRUE(log.room().AcceptsWrites());
        EXPECT_FALSE(log.room().SyncIsLate());
      }
    });
    WriteBatch batch;
    for (Seq seq = 1; seq <= kRecords; ++seq) {
      batch.Clear();
      batch.Put(Format("key{}", seq), std::string(seq % 400, 'v'));
      log.Append(seq, 1, batch.bytes());
      if (seq % 8 == 0) log.Kick();
      if (seq % 1000 == 0) log.ReleaseThrough(0);
    }
    log.Kick();
    done.store(true);
    watcher.join();
    ASSERT_TRUE(log.Stop());
    EXPECT_EQ(log.synced(), kRecords);
    EXPECT_GT(owner.progress.load(), 0u);
  }
  replayed = 0;
  recovered = owner.Recover(replayed);
  ASSERT_TRUE(recovered) << recovered.error().message();
  EXPECT_EQ(replayed, kRecords);
  EXPECT_EQ(recovered->copied_groups, 0u);
  CommitLog log(owner.env, owner.Options(Durability::kAlways), *std::move(recovered));
  log.ReleaseThrough(kRecords);
  ASSERT_TRUE(log.Stop());
  EXPECT_LE(log.stats().segments, 3u) << "two may be spares";
}

}  // namespace
}  // namespace cordwood::storage
