#include "commands/core/key_specs.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/format.h"
#include "commands/all_commands.h"
#include "commands/core/command_table.h"
#include "commands/core/row.h"

namespace cordwood::commands {
namespace {

using Argv = std::vector<std::string_view>;

/// "name name" of the keys that a row of these specs finds; "none" if the arguments make no sense.
std::string Found(const KeySpecs& specs, const Argv& argv) {
  const Command command = {.name = "row", .arity = -1, .keys = specs};
  std::string names;
  const bool sense = ForEachKey(command, argv, [&](size_t i, uint16_t /*access*/) {
    names += (names.empty() ? "" : " ") + std::string(argv[i]);
  });
  return sense ? names : "none";
}

TEST(KeySpecs, FindKeysAtAnIndex) {
  EXPECT_EQ(Found({Key(1, kRO)}, {"row", "a", "b"}), "a");
  EXPECT_EQ(Found({Key(2, kRO)}, {"row", "a"}), "none") << "which a fitting arity rules out";
  EXPECT_EQ(Found({Key(1, kRO), Key(2, kOW)}, {"row", "a", "b", "c"}), "a b");
  EXPECT_EQ(Found({}, {"row", "a"}), "");
}

TEST(KeySpecs, FindKeysInARange) {
  EXPECT_EQ(Found({Keys(1, -1, 1, kRO)}, {"row", "a", "b", "c"}), "a b c");
  EXPECT_EQ(Found({Keys(1, -2, 1, kRO)}, {"row", "a", "b", "timeout"}), "a b");
  EXPECT_EQ(Found({Keys(1, -2, 1, kRO)}, {"row", "timeout"}), "none");
  EXPECT_EQ(Found({Keys(1, -1, 2, kRO)}, {"row", "a", "1", "b", "2"}), "a b");
  EXPECT_EQ(Found({Keys(1, -1, 2, kRO)}, {"row", "a", "1", "b"}), "a b");
  EXPECT_EQ(Found({Keys(1, 1, 1, kRO)}, {"row", "a", "b", "c"}), "a b");
}

TEST(KeySpecs, FindKeysBehindAKeyword) {
  KeySpec streams = Keys(1, -1, 1, kRO | kAccess);
  streams.keyword = "STREAMS";
  streams.limit = 2;
  EXPECT_EQ(Found({streams}, {"row", "COUNT", "2", "streams", "a", "b", "0", "0"}), "a b");
  EXPECT_EQ(Found({streams}, {"row", "STREAMS", "a", "0"}), "a");
  EXPECT_EQ(Found({streams}, {"row", "COUNT", "2"}), "none");
  EXPECT_EQ(Found({streams}, {"row", "STREAMS"}), "none");
  KeySpec from_end = Keys(-2, -1, 1, kRW);
  from_end.keyword = "KEYS";
  EXPECT_EQ(Found({from_end}, {"row", "KEYS", "KEYS", "a", "b"}), "a b") << "the last one counts";
  EXPECT_EQ(Found({from_end}, {"row", "x", "y", "KEYS"}), "none");
  EXPECT_EQ(Found({from_end}, {"keys", "x"}), "none") << "a command's name is no keyword";
}

TEST(KeySpecs, AnOptionThatIsNotThereHasNoKey) {
  const KeySpec store = {.access = kOW, .index = 2, .keyword = "STORE"};
  EXPECT_EQ(Found({Key(1, kRO), store}, {"row", "a", "x", "store", "b"}), "a b");
  EXPECT_EQ(Found({Key(1, kRO), store}, {"row", "a", "x"}), "a");
  EXPECT_EQ(Found({Key(1, kRO), store}, {"row", "a", "x", "STORE"}), "a");
}

TEST(KeySpecs, FindAsManyKeysAsAnArgumentSays) {
  const KeySpec counted = CountedKeys(1, kRO);
  EXPECT_EQ(Found({counted}, {"row", "2", "a", "b", "WEIGHTS"}), "a b");
  for (const char* count : {"0", "-1", "3", "x", "", "9223372036854775807"}) {
    EXPECT_EQ(Found({counted}, {"row", count, "a", "b"}), "none") << count;
  }
  EXPECT_EQ(Found({CountedKeys(2, kRO)}, {"row", "script"}), "none");
  EXPECT_EQ(Found({Key(1, kOW), CountedKeys(2, kRO)}, {"row", "to", "1", "a"}), "to a");
}

TEST(KeySpecs, SkipWhatIsNoKey) {
  EXPECT_EQ(Found({Key(1, kNotKey), Key(2, kRO)}, {"row", "channel", "a"}), "a");
  EXPECT_FALSE(HasKeys({.name = "row", .keys = {Key(1, kNotKey)}}));
  EXPECT_TRUE(HasKeys({.name = "row", .keys = {Key(1, kRO)}}));
}

TEST(KeySpecs, OneThatFindsNothingEndsTheSearchBeforeAnyVisit) {
  const Command command = {.name = "row", .arity = -1, .keys = {Key(1, kOW), CountedKeys(2, kRO)}};
  int visits = 0;
  const Argv argv = {"row", "to", "x"};
  EXPECT_FALSE(ForEachKey(command, argv, [&](size_t, uint16_t) { ++visits; }));
  EXPECT_EQ(visits, 0);
}

TEST(KeySpecs, AFunctionLooksAtTheOptionsOfSet) {
  const CommandTable table(AllCommands());
  const auto access = [&](const Argv& argv) {
    uint16_t found = 0;
    ForEachKey(*table.Find("set"), argv, [&](size_t, uint16_t a) { found = a; });
    return found;
  };
  EXPECT_EQ(access({"SET", "k", "v"}), kOW | kUpdate);
  EXPECT_EQ(access({"SET", "k", "v", "XX", "get"}), kRW | kAccess | kUpdate);
  EXPECT_EQ(access({"SET", "get", "GET"}), kOW | kUpdate);
}

TEST(KeySpecs, BecomeATriple) {
  const auto triple = [](const KeySpecs& specs) {
    const KeyTriple keys = TripleOf(specs);
    return Format("{} {} {}{}", keys.first, keys.last, keys.step, keys.movable ? " movable" : "");
  };
  KeySpec behind_keyword = Keys(1, -1, 1, kRO);
  behind_keyword.keyword = "STREAMS";
  EXPECT_EQ(triple({}), "0 0 0");
  EXPECT_EQ(triple({Key(2, kRO)}), "2 2 1");
  EXPECT_EQ(triple({Keys(1, -1, 2, kOW)}), "1 -1 2");
  EXPECT_EQ(triple({Keys(1, 1, 1, kRO)}), "1 2 1");
  EXPECT_EQ(triple({Key(1, kRO), Key(2, kOW)}), "1 2 1");
  EXPECT_EQ(triple({Key(1, kOW), Keys(2, -1, 1, kRO)}), "1 -1 1");
  EXPECT_EQ(triple({Key(1, kRO), Key(3, kOW)}), "1 1 1 movable") << "with a gap";
  EXPECT_EQ(triple({Key(1, kRO | kIncomplete)}), "1 1 1 movable");
  EXPECT_EQ(triple({CountedKeys(1, kRO)}), "0 0 0 movable");
  EXPECT_EQ(triple({Key(1, kOW), CountedKeys(2, kRO)}), "1 1 1 movable");
  EXPECT_EQ(triple({behind_keyword}), "0 0 0 movable");
}

}  // namespace
}  // namespace cordwood::commands
