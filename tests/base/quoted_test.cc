#include "base/quoted.h"

#include <gtest/gtest.h>

namespace cordwood {
namespace {

std::string Quoted(std::string_view bytes) {
  std::string text = "x=";
  AppendQuoted(text, bytes);
  return text;
}

TEST(Quoted, ShowsEveryByteInPrintableCharacters) {
  EXPECT_EQ(Quoted(""), "x=\"\"");
  EXPECT_EQ(Quoted("plain text ~"), "x=\"plain text ~\"");
  EXPECT_EQ(Quoted("a\"b\\c"), "x=\"a\\\"b\\\\c\"");
  EXPECT_EQ(Quoted("\n\r\t\a\b"), "x=\"\\n\\r\\t\\a\\b\"");
  EXPECT_EQ(Quoted(std::string_view("\0\x1f\x7f\x80\xff", 5)), "x=\"\\x00\\x1f\\x7f\\x80\\xff\"");
}

}  // namespace
}  // namespace cordwood
