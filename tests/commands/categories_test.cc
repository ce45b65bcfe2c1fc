#include "commands/core/categories.h"

#include <gtest/gtest.h>

#include <string>

namespace cordwood::commands {
namespace {

std::string Names(const Command& command) {
  std::string names;
  for (const std::string_view name : CategoryNames(CategoriesOf(command))) {
    names += (names.empty() ? "" : " ") + std::string(name);
  }
  return names;
}

TEST(Categories, FollowFromFlags) {
  EXPECT_EQ(Names({.flags = 0}), "slow");
  EXPECT_EQ(Names({.flags = kFast}), "fast");
  EXPECT_EQ(Names({.flags = kReadOnly | kFast}), "read fast");
  EXPECT_EQ(Names({.flags = kWrite}), "write slow");
  EXPECT_EQ(Names({.flags = kAdmin}), "admin slow dangerous");
  EXPECT_EQ(Names({.flags = kPubSub | kBlocking}), "pubsub slow blocking");
}

TEST(Categories, JoinThoseThatARowLists) {
  EXPECT_EQ(Names({.flags = kWrite | kFast, .categories = kHashCategory}), "write hash fast");
  EXPECT_EQ(Names({.flags = kWrite, .categories = kKeyspaceCategory | kDangerousCategory}),
            "keyspace write slow dangerous");
}

TEST(Categories, ARuleAboutReadsLetsNoScriptThrough) {
  EXPECT_EQ(Names({.flags = kReadOnly, .categories = kScriptingCategory}), "slow scripting");
}

TEST(Categories, HaveNamesInAnyCase) {
  EXPECT_EQ(CategoryNamed("sortedset"), kSortedSetCategory);
  EXPECT_EQ(CategoryNamed("PubSub"), kPubSubCategory);
  EXPECT_EQ(CategoryNamed("@read"), std::nullopt);
  EXPECT_EQ(CategoryNamed(""), std::nullopt);
}

}  // namespace
}  // namespace cordwood::commands
