// What leaves, and in which order.

#include "pipeline/gate/outgoing.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/keyspace/keyspace_rig.h"

namespace cordwood::pipeline {
namespace {

class OutgoingTest : public ::testing::Test {
 protected:
  void Add(storage::Seq dep, char name) {
    outgoing_.Add(dep, 1, [this, name] { left_ += name; });
  }
  storage::Seq visible() { return rig_.keyspace().store().visible(); }
  std::string Left() {
    outgoing_.LetLeave();
    return std::exchange(left_, {});
  }

  keyspace::KeyspaceRig rig_;
  Outgoing outgoing_{rig_.env(), rig_.keyspace()};
  std::string left_;
};

TEST_F(OutgoingTest, WhatDependsOnNothingLeavesInItsOrder) {
  EXPECT_FALSE(outgoing_.due());
  for (const char name : {'a', 'b', 'c'}) Add(0, name);
  EXPECT_TRUE(outgoing_.due());
  EXPECT_EQ(Left(), "abc");
  EXPECT_FALSE(outgoing_.due());
  EXPECT_EQ(outgoing_.bytes(), 0u);
}

TEST_F(OutgoingTest, WhatDependsOnMoreLeavesLater) {
  Add(visible() + 2, 'c');
  Add(visible() + 1, 'a');
  Add(visible() + 1, 'b');
  Add(visible(), 'x');
  EXPECT_EQ(Left(), "x");
  EXPECT_FALSE(outgoing_.due());
  EXPECT_GT(outgoing_.bytes(), 0u);
  while (outgoing_.bytes() > 0) {
    ASSERT_TRUE(rig_.Execute([](keyspace::Transaction& tx) {
      tx.Put("k", "v");
      return Status();
    }));
    rig_.Settle();
    left_ += Left();
  }
  EXPECT_EQ(left_, "abc");
}

TEST_F(OutgoingTest, IsFullByBytesAndEmptyAgain) {
  const storage::Seq never = visible() + 1;
  outgoing_.Add(never, (16 << 20) - 1000, [] {});
  EXPECT_FALSE(outgoing_.full());
  outgoing_.Add(never, 1000, [] {});
  EXPECT_TRUE(outgoing_.full());
}

}  // namespace
}  // namespace cordwood::pipeline
