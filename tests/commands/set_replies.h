#pragma once

// What the tests of set commands read out of replies.
//
// Threads: any; no state.

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/reply_reader.h"

namespace cordwood::commands {

inline constexpr std::string_view kWrongTypeReply =
    "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n";

/// The texts of an array or a set, and the only reply there is.
inline std::vector<std::string> TextsOf(std::string_view bytes) {
  protocol::ReplyReader reader;
  reader.Feed(bytes);
  const auto value = reader.Next();
  EXPECT_TRUE(value && *value) << bytes.substr(0, 200);
  EXPECT_EQ(reader.buffered_bytes(), 0U) << "more than one reply";
  std::vector<std::string> texts;
  if (!value || !*value) return texts;
  EXPECT_FALSE((*value)->IsError()) << bytes.substr(0, 200);
  for (const protocol::Value& item : (*value)->items) texts.push_back(item.text);
  return texts;
}

/// The same, none of them twice.
inline std::set<std::string> MembersOf(std::string_view bytes) {
  const std::vector<std::string> texts = TextsOf(bytes);
  std::set<std::string> members(texts.begin(), texts.end());
  EXPECT_EQ(members.size(), texts.size()) << "a member twice";
  return members;
}

}  // namespace cordwood::commands
