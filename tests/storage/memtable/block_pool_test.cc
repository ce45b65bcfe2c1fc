#include "storage/memtable/block_pool.h"

#include <gtest/gtest.h>

#include <cstring>
#include <utility>
#include <vector>

#include "storage/memtable/arena.h"
#include "storage/memtable/memtable.h"

namespace cordwood::storage {
namespace {

TEST(BlockPool, KeepsWhatComesBackUpToItsLimit) {
  BlockPool pool;
  pool.SetKept(2 * BlockPool::kBlockBytes + 1);
  std::vector<BlockPool::Block> blocks;
  for (int i = 0; i < 3; ++i) blocks.push_back(pool.Take());
  for (BlockPool::Block& block : blocks) {
    std::memset(block.get(), 'x', BlockPool::kBlockBytes);
    pool.Return(std::move(block));
  }
  EXPECT_EQ(pool.kept(), 2 * BlockPool::kBlockBytes);
  const BlockPool::Block again = pool.Take();
  EXPECT_EQ(again[0], 'x') << "it was in use before";
  EXPECT_EQ(pool.kept(), BlockPool::kBlockBytes);
  pool.SetKept(0);
  EXPECT_EQ(pool.kept(), 0u);
}

TEST(BlockPool, PreparesAFewAndNoMoreThanItKeeps) {
  BlockPool pool;
  EXPECT_FALSE(pool.wants_blocks());
  pool.SetKept(3 * BlockPool::kBlockBytes);
  EXPECT_TRUE(pool.wants_blocks());
  pool.Prepare();
  EXPECT_FALSE(pool.wants_blocks());
  EXPECT_EQ(pool.kept(), 3 * BlockPool::kBlockBytes);
  pool.SetKept(100 * BlockPool::kBlockBytes);
  pool.Prepare();
  EXPECT_LT(pool.kept(), 10 * BlockPool::kBlockBytes);
  const BlockPool::Block taken = pool.Take();
  EXPECT_TRUE(pool.wants_blocks());
}

TEST(BlockPool, AnArenaTakesItsBlocksThereAndReturnsThem) {
  BlockPool pool;
  pool.SetKept(100 * BlockPool::kBlockBytes);
  {
    Arena arena(&pool);
    for (int i = 0; i < 50; ++i) std::memset(arena.Allocate(100 << 10), i, 100 << 10);
    const char* large = arena.Allocate(BlockPool::kBlockBytes / 2);
    EXPECT_NE(large, nullptr);
    EXPECT_EQ(pool.kept(), 0u);
  }
  EXPECT_EQ(pool.kept(), 3 * BlockPool::kBlockBytes)
      << "20 pieces fit in one; a large one needs none";
}

TEST(BlockPool, AMemtableFillsTheBlocksOfTheOneBefore) {
  BlockPool pool;
  pool.SetKept(100 * BlockPool::kBlockBytes);
  for (int round = 0; round < 2; ++round) {
    Memtable memtable({.blocks = &pool});
    for (Seq seq = 1; seq <= 30'000; ++seq) {
      memtable.Add(seq, Tag{}, "key" + std::to_string(seq), std::string(100, 'v'));
    }
    EXPECT_EQ(memtable.Get("key7", kMaxSeq)->value, std::string(100, 'v'));
    EXPECT_FALSE(memtable.Get("key0", kMaxSeq)) << "left by the one before";
  }
  EXPECT_GT(pool.kept(), 0u);
}

}  // namespace
}  // namespace cordwood::storage
