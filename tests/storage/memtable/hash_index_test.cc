#include "storage/memtable/hash_index.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/hash.h"

namespace cordwood::storage {
namespace {

class HashIndexTest : public testing::Test {
 protected:
  SkipList::Node* Add(const std::string& key, Seq seq) {
    return list_.Insert(key, PackTrailer(seq, Tag{}), "value");
  }

  Arena arena_;
  SkipList list_{&arena_};
  HashIndex index_{&arena_};
};

TEST_F(HashIndexTest, FindsEveryKeyAcrossManyGrowths) {
  std::vector<SkipList::Node*> nodes;
  for (int i = 0; i < 60'000; ++i) {
    const std::string key = std::to_string(i);
    nodes.push_back(Add(key, static_cast<Seq>(i) + 1));
    index_.Put(Hash64(key), nodes.back());
  }
  for (int i = 0; i < 60'000; ++i) {
    const std::string key = std::to_string(i);
    ASSERT_EQ(index_.Find(key, Hash64(key)), nodes[static_cast<size_t>(i)]) << key;
    const std::string absent = "x" + key;
    ASSERT_EQ(index_.Find(absent, Hash64(absent)), nullptr) << absent;
  }
}

TEST_F(HashIndexTest, TheNewestNodeOfAKeyLeadsToTheOlderOnes) {
  SkipList::Node* old_node = Add("k", 5);
  SkipList::Node* new_node = Add("k", 9);
  index_.Put(Hash64("k"), old_node);
  index_.Put(Hash64("k"), new_node);
  EXPECT_EQ(index_.Find("k", Hash64("k")), new_node);
  EXPECT_EQ(new_node->older(), old_node);
  EXPECT_EQ(old_node->older(), nullptr);
}

TEST_F(HashIndexTest, KeysWithTheSameHashAreToldApart) {
  // The hash is the caller's word: here it lies, as a collision would.
  std::vector<SkipList::Node*> nodes;
  for (int i = 0; i < 100; ++i) {
    nodes.push_back(Add(std::to_string(i), 1));
    index_.Put(0xabcdef, nodes.back());
  }
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(index_.Find(std::to_string(i), 0xabcdef), nodes[static_cast<size_t>(i)]);
  }
  EXPECT_EQ(index_.Find("100", 0xabcdef), nullptr);
}

TEST_F(HashIndexTest, TheEmptyIndexAndTheEmptyKeyAreFine) {
  EXPECT_EQ(index_.Find("", Hash64("")), nullptr);
  SkipList::Node* node = Add("", 1);
  index_.Put(Hash64(""), node);
  EXPECT_EQ(index_.Find("", Hash64("")), node);
}

}  // namespace
}  // namespace cordwood::storage
