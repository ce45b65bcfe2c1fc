#include "base/format.h"

#include <gtest/gtest.h>

#include "base/ascii.h"

namespace cordwood {
namespace {

TEST(Format, FillsItsPlaces) {
  EXPECT_EQ(Format("{} of {:>3}, {:06}.wal", "a", 7, 42), "a of   7, 000042.wal");
}

TEST(Format, Appends) {
  std::string out = "x";
  AppendFormat(out, "{:#x}", 255);
  EXPECT_EQ(out, "x0xff");
}

TEST(Ascii, CaseIsIgnoredForLettersOnly) {
  EXPECT_TRUE(EqualsIgnoreCase("MaxMemory-9", "maxmemory-9"));
  EXPECT_FALSE(EqualsIgnoreCase("maxmemory", "maxmemor"));
  EXPECT_FALSE(EqualsIgnoreCase("@", "`"));
  EXPECT_FALSE(EqualsIgnoreCase("[", "{"));
  EXPECT_FALSE(EqualsIgnoreCase("\xc4", "\xe4"));
  EXPECT_EQ(ToLower("HELLO [Z]"), "hello [z]");
}

TEST(Ascii, SpaceIsWhatCSaysItIs) {
  for (int c = 0; c < 256; ++c) {
    const bool expected = c == ' ' || c == '\t' || c == '\n' || c == '\v' || c == '\f' || c == '\r';
    EXPECT_EQ(IsSpace(static_cast<char>(c)), expected) << c;
  }
}

}  // namespace
}  // namespace cordwood
