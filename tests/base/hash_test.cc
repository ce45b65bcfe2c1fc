#include "base/hash.h"

#include <gtest/gtest.h>

#include <string>

namespace cordwood {
namespace {

TEST(Hash, TheValuesArePartOfTheDiskFormats) {
  EXPECT_EQ(Hash64(""), 0x2d06800538d394c2u);
  EXPECT_EQ(Hash64("", 1), Hash64("", "", 1));
  EXPECT_NE(Hash64("cordwood"), Hash64("cordwood", 1));
}

TEST(Hash, TwoPartsHashLikeTheirJoin) {
  std::string text;
  for (int i = 0; i < 600; ++i) text.push_back(static_cast<char>(i * 7));
  for (size_t cut = 0; cut <= text.size(); cut += 13) {
    const std::string_view whole(text);
    EXPECT_EQ(Hash64(whole.substr(0, cut), whole.substr(cut), 99), Hash64(whole, 99));
  }
}

}  // namespace
}  // namespace cordwood
