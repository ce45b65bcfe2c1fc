#include "keyspace/core/shrunk_objects.h"

#include <gtest/gtest.h>

#include "base/format.h"

namespace cordwood::keyspace {
namespace {

TEST(ShrunkObjects, AreFoundOnceByWhatWalksAddUpTo) {
  ShrunkObjects objects;
  for (int i = 0; i < 7; ++i) EXPECT_FALSE(objects.Note("a", 1024, 1));
  EXPECT_FALSE(objects.Note("b", 1024, 1));
  EXPECT_TRUE(objects.Note("a", 1024, 1));
  EXPECT_FALSE(objects.Note("a", 1024, 1));
}

TEST(ShrunkObjects, AreThoseThatHardlyAnyElementIsLeftOf) {
  ShrunkObjects objects;
  EXPECT_FALSE(objects.Note("a", 8192, 128));
  EXPECT_TRUE(objects.Note("b", 8192, 127));
}

TEST(ShrunkObjects, AreForgottenWhenThereAreTooMany) {
  ShrunkObjects objects;
  EXPECT_FALSE(objects.Note("a", 8191, 0));
  for (int i = 0; i < 1000; ++i) EXPECT_FALSE(objects.Note(Format("b{}", i), 100, 0));
  EXPECT_FALSE(objects.Note("a", 8191, 0));
}

}  // namespace
}  // namespace cordwood::keyspace
