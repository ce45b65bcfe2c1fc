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

TEST(Hash, AStreamHashesLikeTheWhole) {
  std::string text;
  for (int i = 0; i < 5000; ++i) text.push_back(static_cast<char>(i * 7));
  for (const uint64_t seed : {uint64_t{0}, uint64_t{99}}) {
    for (const size_t part : {1, 13, 256, 4096}) {
      Hash64Stream stream(seed);
      for (size_t at = 0; at < text.size(); at += part) stream.Update(text.substr(at, part));
      EXPECT_EQ(stream.Digest(), Hash64(text, seed)) << part;
    }
    EXPECT_EQ(Hash64Stream(seed).Digest(), Hash64("", seed));
  }
}

}  // namespace
}  // namespace cordwood
