#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/format.h"
#include "base/number.h"
#include "base/random.h"
#include "commands/core/error_texts.h"
#include "tests/commands/runner.h"
#include "tests/support/seeds.h"

namespace cordwood::commands {
namespace {

/// The bulk strings of a reply, one after the other.
std::vector<std::string> Strings(std::string_view reply) {
  std::vector<std::string> strings;
  while (!reply.empty()) {
    const size_t line_end = reply.find("\r\n");
    const std::string_view line = reply.substr(0, line_end);
    reply.remove_prefix(line_end + 2);
    if (line.front() != '$') continue;
    const size_t size = *ParseUint64(line.substr(1));
    strings.emplace_back(reply.substr(0, size));
    reply.remove_prefix(size + 2);
  }
  return strings;
}

struct Page {
  std::string cursor;
  std::vector<std::string> keys;
};

Page Scan(CommandRunner& runner, std::string_view cursor, const CommandRunner::Argv& options) {
  CommandRunner::Argv argv = {"SCAN", cursor};
  argv.insert(argv.end(), options.begin(), options.end());
  std::vector<std::string> strings = Strings(runner.Read(argv));
  EXPECT_FALSE(strings.empty());
  if (strings.empty()) return {.cursor = "0"};
  return {.cursor = strings.front(), .keys = {strings.begin() + 1, strings.end()}};
}

std::multiset<std::string> ScanAll(CommandRunner& runner, const CommandRunner::Argv& options) {
  std::multiset<std::string> keys;
  std::string cursor = "0";
  do {
    Page page = Scan(runner, cursor, options);
    keys.insert(page.keys.begin(), page.keys.end());
    cursor = page.cursor;
  } while (cursor != "0");
  return keys;
}

using Names = std::multiset<std::string>;

Names Numbered(int count) {
  Names names;
  for (int i = 0; i < count; ++i) names.insert(Format("key:{:05}", i));
  return names;
}

void SetAll(CommandRunner& runner, const Names& names) {
  for (const std::string& name : names) ASSERT_EQ(runner.Run({"SET", name, "v"}), kOk);
}

TEST(Scan, MeetsEveryKeyOnce) {
  CommandRunner runner;
  SetAll(runner, Numbered(100));
  EXPECT_EQ(ScanAll(runner, {}), Numbered(100));
  EXPECT_EQ(ScanAll(runner, {"COUNT", "1"}), Numbered(100));
  const Page page = Scan(runner, "0", {"COUNT", "1000"});
  EXPECT_EQ(page.cursor, "0");
  EXPECT_EQ(page.keys.size(), 100u);
}

TEST(Scan, GetsPastTheEmptyKey) {
  CommandRunner runner;
  SetAll(runner, {"", "a"});
  EXPECT_EQ(ScanAll(runner, {"COUNT", "1"}), (Names{"", "a"}));
}

TEST(Scan, GoesOnInSlicesWithALargeCount) {
  CommandRunner runner;
  SetAll(runner, Numbered(2500));
  const Page page = Scan(runner, "0", {"COUNT", "2200"});
  EXPECT_EQ(page.keys.size(), 2200u);
  EXPECT_NE(page.cursor, "0");
  EXPECT_EQ(runner.slices(), 3u);
  EXPECT_EQ(Scan(runner, page.cursor, {"COUNT", "2200"}).keys.size(), 300u);
  EXPECT_EQ(ScanAll(runner, {"COUNT", "100000"}), Numbered(2500));
}

TEST(Scan, GivesUpTheCursorThatItCameWith) {
  CommandRunner runner;
  SetAll(runner, Numbered(20));
  const Page first = Scan(runner, "0", {});
  const Page second = Scan(runner, first.cursor, {"COUNT", "5"});
  EXPECT_EQ(runner.host().superseded_cursors.back(), ParseUint64(first.cursor));
  EXPECT_EQ(Scan(runner, second.cursor, {"COUNT", "1001"}).cursor, "0");
  EXPECT_EQ(runner.host().superseded_cursors.back(), ParseUint64(second.cursor));
}

TEST(Scan, FiltersByPatternAndType) {
  CommandRunner runner;
  SetAll(runner, {"user:1", "user:2", "item:1"});
  runner.Run({"HSET", "user:h", "f", "v"});
  EXPECT_EQ(ScanAll(runner, {"MATCH", "user:*"}), (Names{"user:1", "user:2", "user:h"}));
  EXPECT_EQ(ScanAll(runner, {"match", "*:1", "count", "1"}), (Names{"item:1", "user:1"}));
  EXPECT_EQ(ScanAll(runner, {"TYPE", "HASH"}), (Names{"user:h"}));
  EXPECT_EQ(ScanAll(runner, {"TYPE", "string", "MATCH", "u*"}), (Names{"user:1", "user:2"}));
  EXPECT_EQ(ScanAll(runner, {"TYPE", "zset"}), Names{});
  EXPECT_EQ(ScanAll(runner, {"TYPE", "foo"}), Names{});
}

TEST(Scan, LooksOnlyAtKeysThatBeginLikeThePattern) {
  CommandRunner runner;
  SetAll(runner, Numbered(500));
  SetAll(runner, {"other:1"});
  const Page page = Scan(runner, "0", {"MATCH", "o*", "COUNT", "5"});
  EXPECT_EQ(page.cursor, "0");
  EXPECT_EQ(page.keys, (std::vector<std::string>{"other:1"}));
}

TEST(Scan, DoesNotReturnExpiredKeys) {
  CommandRunner runner;
  runner.Run({"SET", "gone", "v", "PX", "10"});
  runner.Run({"SET", "stays", "v"});
  runner.AdvanceMs(10);
  EXPECT_EQ(ScanAll(runner, {}), (Names{"stays"}));
  EXPECT_EQ(runner.Run({"KEYS", "*"}), Bulks({"stays"}));
}

TEST(Scan, StartsOverFromACursorThatIsNotKnown) {
  CommandRunner runner;
  SetAll(runner, Numbered(5));
  EXPECT_EQ(Scan(runner, "18446744073709551615", {}).keys.size(), 5u);
}

TEST(Scan, RepliesRedisErrors) {
  CommandRunner runner;
  const std::string invalid = ErrorReply("ERR invalid cursor");
  EXPECT_EQ(runner.Run({"SCAN", "abc"}), invalid);
  EXPECT_EQ(runner.Run({"SCAN", " 1"}), invalid);
  EXPECT_EQ(runner.Run({"SCAN", "18446744073709551616"}), invalid);
  EXPECT_EQ(runner.Run({"SCAN", "0", "COUNT", "0"}), ErrorReply(kSyntaxError));
  EXPECT_EQ(runner.Run({"SCAN", "0", "COUNT", "-5"}), ErrorReply(kSyntaxError));
  EXPECT_EQ(runner.Run({"SCAN", "0", "COUNT", "abc"}), ErrorReply(kNotAnInteger));
  EXPECT_EQ(runner.Run({"SCAN", "0", "COUNT"}), ErrorReply(kSyntaxError));
  EXPECT_EQ(runner.Run({"SCAN", "0", "FOO", "1"}), ErrorReply(kSyntaxError));
}

TEST(Scan, FillsItsPageFromTheDisk) {
  CommandRunner runner;
  const Names names = Numbered(1500);
  SetAll(runner, names);
  runner.rig().Compact();
  runner.rig().Reopen();
  const Page page = Scan(runner, "0", {"COUNT", "1000"});
  EXPECT_EQ(page.keys.size(), 1000u);
  runner.rig().Reopen();
  EXPECT_EQ(ScanAll(runner, {"COUNT", "1000"}), names);
  runner.rig().Reopen();
  EXPECT_EQ(ScanAll(runner, {"COUNT", "5000"}), names);
}

// Redis' guarantee: what is there from the start of a scan to its end is returned.
TEST(Scan, ReturnsWhatIsThereAllTheTime) {
  for (const uint64_t seed : support::Seeds(10, 1000)) {
    SCOPED_TRACE(Format("CORDWOOD_SEED={}", seed));
    CommandRunner runner({.seed = seed});
    Random random(seed);
    Names stays;
    for (int i = 0; i < 100; i += 2) stays.insert(Format("key:{:03}", i));
    SetAll(runner, stays);
    std::map<std::string, int> returned;
    std::string cursor = "0";
    do {
      const Page page = Scan(runner, cursor, {"COUNT", Format("{}", 1 + random.Below(9))});
      for (const std::string& key : page.keys) ++returned[key];
      cursor = page.cursor;
      for (int i = 0; i < 4; ++i) {
        const std::string odd = Format("key:{:03}", 1 + 2 * random.Below(50));
        const std::string even = Format("key:{:03}", 2 * random.Below(50));
        switch (random.Below(4)) {
          case 0:
            runner.Run({"SET", odd, "v"});
            break;
          case 1:
            runner.Run({"DEL", odd});
            break;
          case 2:
            runner.Run({"SET", even, "changed"});
            break;
          default:
            runner.Run({"RENAME", odd, Format("other:{}", random.Below(50))});
        }
      }
      if (random.OneIn(10)) runner.rig().Compact();
    } while (cursor != "0");
    for (const std::string& key : stays) EXPECT_EQ(returned[key], 1) << key;
    for (const auto& [key, times] : returned) EXPECT_LE(times, 1) << key;
  }
}

TEST(Scan, APageIsBounded) {
  CommandRunner runner;
  std::vector<std::string> words = {"MSET"};
  for (const std::string& name : Numbered(10'100)) {
    words.push_back(name);
    words.emplace_back("v");
  }
  ASSERT_EQ(runner.Execute({words.begin(), words.end()}), kOk);
  const Page page = Scan(runner, "0", {"COUNT", "1000000000"});
  EXPECT_EQ(page.keys.size(), 10'000u);
  EXPECT_NE(page.cursor, "0");
}

TEST(Scan, RefusesLongPatterns) {
  CommandRunner runner;
  runner.Run({"SET", "k", "v"});
  runner.Run({"HSET", "h", "f", "v"});
  const std::string refusal = ErrorReply("ERR the pattern is longer than 1024 bytes");
  const std::string pattern(1025, '*');
  EXPECT_EQ(runner.Run({"KEYS", pattern}), refusal);
  EXPECT_EQ(runner.Run({"SCAN", "0", "MATCH", pattern}), refusal);
  EXPECT_EQ(runner.Run({"HSCAN", "h", "0", "MATCH", pattern}), refusal);
  EXPECT_EQ(runner.Run({"KEYS", std::string(1024, '*')}), Bulks({"h", "k"}));
}

TEST(Keys, GoesOnInSlicesWhenThePatternIsDear) {
  CommandRunner runner;
  SetAll(runner, Numbered(500));
  std::string pattern(1000, '*');
  pattern += '9';
  EXPECT_EQ(Strings(runner.Run({"KEYS", pattern})).size(), 50u);
  EXPECT_GE(runner.slices(), 8u);
}

TEST(Keys, MatchesGlobs) {
  CommandRunner runner;
  SetAll(runner, {"one", "two", "three", "four", ""});
  EXPECT_EQ(runner.Run({"KEYS", "*"}), Bulks({"", "four", "one", "three", "two"}));
  EXPECT_EQ(runner.Run({"KEYS", "*o*"}), Bulks({"four", "one", "two"}));
  EXPECT_EQ(runner.Run({"KEYS", "t??"}), Bulks({"two"}));
  EXPECT_EQ(runner.Run({"KEYS", "t[a-h]*"}), Bulks({"three"}));
  EXPECT_EQ(runner.Run({"KEYS", "one"}), Bulks({"one"}));
  EXPECT_EQ(runner.Run({"KEYS", ""}), Bulks({""}));
  EXPECT_EQ(runner.Run({"KEYS", "x*"}), "*0\r\n");
}

TEST(Keys, GoesOnInSlicesWhenThereAreMany) {
  CommandRunner runner;
  const Names names = Numbered(3000);
  SetAll(runner, names);
  std::string expected = "*3000\r\n";
  for (const std::string& name : names) expected += Bulk(name);
  EXPECT_EQ(runner.Run({"KEYS", "*"}), expected);
  EXPECT_GE(runner.slices(), 6u);
  EXPECT_EQ(Strings(runner.Run({"KEYS", "*99"})).size(), 30u);
  runner.rig().Compact();
  runner.rig().Reopen();
  EXPECT_EQ(runner.Run({"KEYS", "*"}), expected);
}

TEST(Keys, ShowsTheConnectionsDatabase) {
  CommandRunner runner;
  runner.Run({"SET", "zero", "v"});
  runner.client().db = 1;
  EXPECT_EQ(runner.Run({"KEYS", "*"}), "*0\r\n");
}

TEST(RandomKey, IsOneOfTheKeysOrNull) {
  CommandRunner runner;
  EXPECT_EQ(runner.Run({"RANDOMKEY"}), kNil);
  SetAll(runner, {"a", "b", "c"});
  std::set<std::string> drawn;
  for (int i = 0; i < 60; ++i) drawn.insert(runner.Execute({"RANDOMKEY"}));
  EXPECT_EQ(drawn, (std::set<std::string>{Bulk("a"), Bulk("b"), Bulk("c")}));
}

// A command that runs again draws the same place, and finds what was fetched for it.
TEST(RandomKey, FindsWhatWasFetchedForIt) {
  CommandRunner runner;
  const std::string value(5000, 'v');  // a block each
  for (const std::string& name : Numbered(300)) runner.Execute({"SET", name, value});
  runner.rig().Compact();
  runner.rig().Reopen();
  const uint64_t before = runner.rig().reruns();
  for (int i = 0; i < 5; ++i) EXPECT_NE(runner.Execute({"RANDOMKEY"}), kNil);
  EXPECT_LE(runner.rig().reruns() - before, 8u);  // one a draw, and those that open tables
}

TEST(RandomKey, IsTheOnlyKeyThatHasNotExpired) {
  CommandRunner runner;
  for (const std::string& name : Numbered(2500)) runner.Execute({"SET", name, "v", "PX", "10"});
  runner.Execute({"SET", "stays", "v"});
  runner.AdvanceMs(10);
  EXPECT_EQ(runner.Run({"RANDOMKEY"}), Bulk("stays"));
}

}  // namespace
}  // namespace cordwood::commands
