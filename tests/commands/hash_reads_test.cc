// The reads of whole hashes: HGETALL, HKEYS, HVALS, HSCAN, HRANDFIELD.

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/format.h"
#include "base/hash.h"
#include "commands/core/call.h"
#include "protocol/reply_reader.h"
#include "tests/commands/runner.h"

namespace cordwood::commands {
namespace {

using protocol::Value;

constexpr std::string_view kSyntax = "-ERR syntax error\r\n";
constexpr std::string_view kEmptyArray = "*0\r\n";

Value Parse(std::string_view bytes) {
  protocol::ReplyReader reader;
  reader.Feed(bytes);
  Result<std::optional<Value>> value = reader.Next();
  EXPECT_TRUE(value && *value) << bytes.substr(0, 200);
  EXPECT_EQ(reader.buffered_bytes(), 0u) << "more than one reply";
  return value && *value ? **value : Value();
}

std::vector<std::string> Texts(const Value& array) {
  std::vector<std::string> texts;
  for (const Value& item : array.items) texts.push_back(item.text);
  return texts;
}

std::map<std::string, std::string> Pairs(const Value& flat) {
  std::map<std::string, std::string> pairs;
  EXPECT_EQ(flat.items.size() % 2, 0u);
  for (size_t i = 0; i + 1 < flat.items.size(); i += 2) {
    EXPECT_TRUE(pairs.emplace(flat.items[i].text, flat.items[i + 1].text).second) << "twice";
  }
  return pairs;
}

class HashReads : public testing::Test {
 protected:
  std::string Run(const CommandRunner::Argv& argv) { return runner_.Run(argv); }

  std::map<std::string, std::string> Fill(std::string_view key, int fields) {
    std::map<std::string, std::string> pairs;
    for (int i = 0; i < fields; ++i) {
      const std::string field = Format("field{}", i);
      const std::string value = Format("value{}", i);
      runner_.Execute({"HSET", key, field, value});
      pairs.emplace(field, value);
    }
    return pairs;
  }

  /// All pages of HSCAN; every one is checked to be well formed.
  std::map<std::string, std::string> ScanAll(CommandRunner::Argv options) {
    std::map<std::string, std::string> all;
    std::string cursor = "0";
    do {
      CommandRunner::Argv argv = {"HSCAN", "h", cursor};
      argv.insert(argv.end(), options.begin(), options.end());
      const Value page = Parse(Run(argv));
      EXPECT_EQ(page.items.size(), 2u);
      if (page.items.size() != 2) break;
      cursor = page.items[0].text;
      for (const auto& [field, value] : Pairs(page.items[1])) {
        EXPECT_TRUE(all.emplace(field, value).second) << "twice: " << field;
      }
      ++pages_;
    } while (cursor != "0");
    return all;
  }

  CommandRunner runner_;
  int pages_ = 0;
};

TEST_F(HashReads, SmallHashesKeepTheOrderOfInsertion) {
  Run({"HSET", "h", "b", "1", "a", "2", "c", "3"});
  Run({"HSET", "h", "b", "4"});
  EXPECT_EQ(Run({"HGETALL", "h"}), Bulks({"b", "4", "a", "2", "c", "3"}));
  EXPECT_EQ(Run({"HKEYS", "h"}), Bulks({"b", "a", "c"}));
  EXPECT_EQ(Run({"HVALS", "h"}), Bulks({"4", "2", "3"}));
  runner_.UseResp(3);
  EXPECT_EQ(Run({"HGETALL", "h"}), "%3" + Bulks({"b", "4", "a", "2", "c", "3"}).substr(2));
  EXPECT_EQ(Run({"HKEYS", "h"}), Bulks({"b", "a", "c"}));
}

TEST_F(HashReads, MissingKeysAreEmpty) {
  for (const char* command : {"HGETALL", "HKEYS", "HVALS"}) {
    EXPECT_EQ(Run({command, "none"}), kEmptyArray) << command;
  }
  EXPECT_EQ(Run({"HSCAN", "none", "0"}), "*2\r\n" + Bulk("0") + "*0\r\n");
  EXPECT_EQ(Run({"HRANDFIELD", "none"}), kNil);
  EXPECT_EQ(Run({"HRANDFIELD", "none", "5"}), kEmptyArray);
  runner_.UseResp(3);
  EXPECT_EQ(Run({"HGETALL", "none"}), "%0\r\n");
  EXPECT_EQ(Run({"HKEYS", "none"}), kEmptyArray);
  EXPECT_EQ(Run({"HRANDFIELD", "none"}), "_\r\n");
}

TEST_F(HashReads, LargeHashesComeInSlices) {
  const auto pairs = Fill("h", 3000);
  EXPECT_EQ(Pairs(Parse(Run({"HGETALL", "h"}))), pairs);
  EXPECT_GT(runner_.slices(), 5u);
  std::vector<std::string> keys = Texts(Parse(Run({"HKEYS", "h"})));
  std::set<std::string> unique(keys.begin(), keys.end());
  EXPECT_EQ(keys.size(), pairs.size());
  EXPECT_EQ(unique.size(), pairs.size());
  EXPECT_EQ(Texts(Parse(Run({"HVALS", "h"}))).size(), pairs.size());
  EXPECT_EQ(runner_.keyspace().stats().misses.load(), 0u);
}

TEST_F(HashReads, LargeHashesAreReadFromDiskInSlices) {
  const auto pairs = Fill("h", 3000);
  runner_.rig().Compact();
  runner_.rig().Reopen();
  const uint64_t reruns = runner_.rig().reruns();
  EXPECT_EQ(Pairs(Parse(runner_.Read({"HGETALL", "h"}))), pairs);
  EXPECT_GT(runner_.rig().reruns(), reruns);
}

TEST_F(HashReads, ALongReadShowsOneStateWhileOthersWrite) {
  const auto pairs = Fill("h", 2000);
  runner_.rig().Settle();
  const CommandRunner::Argv argv = {"HGETALL", "h"};
  std::string bytes;
  protocol::ReplyWriter reply(bytes, protocol::RespVersion::kResp2);
  const auto at_snapshot = [&](const storage::Snapshot& snapshot, const auto& work) {
    storage::View view = runner_.rig().reader().At(snapshot, storage::Tier::kMayBlock);
    keyspace::Transaction tx(runner_.keyspace(), view, keyspace::Transaction::Mode::kRead,
                             runner_.now_ms());
    work(tx);
  };
  const std::unique_ptr<storage::Snapshot> snapshot = runner_.rig().store().TakeSnapshot();
  std::unique_ptr<LongRead> read;
  at_snapshot(*snapshot, [&](keyspace::Transaction& tx) {
    Call call{.argv = argv,
              .tx = tx,
              .reply = reply,
              .client = runner_.client(),
              .host = runner_.host().services()};
    ASSERT_TRUE(runner_.table().Find("hgetall")->handler(call));
    read = std::move(call.long_read);
    read->FixGeneration(tx.GenerationOf(0));
  });
  ASSERT_NE(read, nullptr);
  bool done = false;
  for (int i = 0; !done; ++i) {
    runner_.Execute({"HSET", "h", Format("later{}", i), "x"});
    runner_.Execute({"HDEL", "h", Format("field{}", i)});
    if (i == 3) runner_.Execute({"DEL", "h"});
    if (i == 5) runner_.rig().Compact();
    at_snapshot(*snapshot, [&](keyspace::Transaction& tx) {
      const Result<bool> step = read->Step(tx, reply);
      ASSERT_TRUE(step) << step.error().message();
      done = *step;
    });
  }
  EXPECT_EQ(Pairs(Parse(bytes)), pairs);
}

TEST_F(HashReads, LargeValuesEndASliceEarly) {
  const std::string large(100'000, 'x');
  for (int i = 0; i < 5; ++i) Run({"HSET", "h", Format("f{}", i), large});
  const uint64_t slices = runner_.slices();
  EXPECT_EQ(Parse(runner_.Read({"HVALS", "h"})).items.size(), 5u);
  EXPECT_GE(runner_.slices(), slices + 5);
}

// --- HSCAN ---

TEST_F(HashReads, HScanGivesSmallHashesWhole) {
  Run({"HSET", "h", "b", "1", "a", "2"});
  EXPECT_EQ(Run({"HSCAN", "h", "0", "COUNT", "1"}),
            "*2\r\n" + Bulk("0") + Bulks({"b", "1", "a", "2"}));
  EXPECT_EQ(Run({"HSCAN", "h", "17"}), "*2\r\n" + Bulk("0") + Bulks({"b", "1", "a", "2"}));
  EXPECT_EQ(Run({"HSCAN", "h", "0", "MATCH", "a*"}), "*2\r\n" + Bulk("0") + Bulks({"a", "2"}));
  EXPECT_EQ(Run({"HSCAN", "h", "0", "MATCH", "x"}), "*2\r\n" + Bulk("0") + "*0\r\n");
}

TEST_F(HashReads, HScanPagesThroughLargeHashes) {
  const auto pairs = Fill("h", 1000);
  EXPECT_EQ(ScanAll({}), pairs);
  EXPECT_GT(pages_, 50);
  pages_ = 0;
  EXPECT_EQ(ScanAll({"COUNT", "300"}), pairs);
  EXPECT_LE(pages_, 5);
  const auto matching = ScanAll({"MATCH", "field99*", "COUNT", "100"});
  EXPECT_EQ(matching.size(), 11u);  // 99 and 990 to 999
}

TEST_F(HashReads, HScanPagesThroughTheDisk) {
  const auto pairs = Fill("h", 1000);
  runner_.rig().Compact();
  runner_.rig().Reopen();
  std::map<std::string, std::string> all;
  std::string cursor = "0";
  do {
    const Value page = Parse(runner_.Read({"HSCAN", "h", cursor, "COUNT", "200"}));
    cursor = page.items.at(0).text;
    const auto found = Pairs(page.items.at(1));
    EXPECT_TRUE(found.size() == 200 || cursor == "0") << found.size();
    all.insert(found.begin(), found.end());
  } while (cursor != "0");
  EXPECT_EQ(all, pairs);
}

TEST(HashReadsOfDeletedFields, GoInSlicesToTheFewThatAreLeft) {
  constexpr int kFields = 30'000;
  // Keeps what is deleted, and learns nothing of it.
  CommandRunner runner({.store = {.memtable_bytes = 64 << 20, .gap_bytes = 0}});
  std::vector<std::string> names;
  for (int i = 0; i < kFields; ++i) names.push_back(Format("field{}", i));
  const std::string left =
      *std::max_element(names.begin(), names.end(), [](const std::string& a, const std::string& b) {
        return Hash64(a) < Hash64(b);  // the last one of a walk
      });
  CommandRunner::Argv set = {"HSET", "h"};
  CommandRunner::Argv remove = {"HDEL", "h"};
  for (const std::string& name : names) {
    set.insert(set.end(), {name, "value"});
    if (name != left) remove.push_back(name);
  }
  runner.Execute(set);
  ASSERT_EQ(runner.Execute(remove), Integer(kFields - 1));

  uint64_t slices = runner.slices();
  EXPECT_EQ(runner.Read({"HGETALL", "h"}), Bulks({left, "value"}));
  EXPECT_GT(runner.slices() - slices, 1u);
  slices = runner.slices();
  EXPECT_EQ(runner.Read({"HRANDFIELD", "h", "-20"}),
            Bulks(std::vector<std::string_view>(20, left)));
  EXPECT_GT(runner.slices() - slices, 1u);
  slices = runner.slices();
  std::vector<std::string_view> pairs;
  for (int i = 0; i < 20; ++i) pairs.insert(pairs.end(), {left, "value"});
  EXPECT_EQ(runner.Read({"HRANDFIELD", "h", "-20", "WITHVALUES"}), Bulks(pairs));
  EXPECT_GT(runner.slices() - slices, 20u) << "each is a draw of its own";
  std::string cursor = "0";
  int pages = 0;
  size_t found = 0;
  do {
    const Value page = Parse(runner.Read({"HSCAN", "h", cursor}));
    ASSERT_EQ(page.items.size(), 2u);
    cursor = page.items[0].text;
    found += page.items[1].items.size();
    ++pages;
  } while (cursor != "0");
  EXPECT_EQ(found, 2u);
  EXPECT_EQ(pages, 1);
}

TEST_F(HashReads, HScanRefusesBadArguments) {
  Run({"HSET", "h", "f", "v"});
  EXPECT_EQ(Run({"HSCAN", "h", "abc"}), "-ERR invalid cursor\r\n");
  EXPECT_EQ(Run({"HSCAN", "h", "18446744073709551616"}), "-ERR invalid cursor\r\n");
  EXPECT_EQ(Run({"HSCAN", "h", " 1"}), "-ERR invalid cursor\r\n");
  EXPECT_EQ(Run({"HSCAN", "h", "0", "COUNT", "0"}), kSyntax);
  EXPECT_EQ(Run({"HSCAN", "h", "0", "COUNT", "abc"}), kNotInt);
  EXPECT_EQ(Run({"HSCAN", "h", "0", "COUNT"}), kSyntax);
  EXPECT_EQ(Run({"HSCAN", "h", "0", "MATCH"}), kSyntax);
  EXPECT_EQ(Run({"HSCAN", "h", "0", "NOVALUES"}), kSyntax);
  // As in Redis, the options of a missing key are not looked at.
  EXPECT_EQ(Run({"HSCAN", "none", "0", "FOO"}), "*2\r\n" + Bulk("0") + "*0\r\n");
}

// --- HRANDFIELD ---

TEST_F(HashReads, HRandFieldRefusesBadCounts) {
  Run({"HSET", "h", "f", "v"});
  const std::string_view range =
      "-ERR value is out of range, value must between -9223372036854775807 and "
      "9223372036854775807\r\n";
  EXPECT_EQ(Run({"HRANDFIELD", "h", "-9223372036854775808"}), range);
  EXPECT_EQ(Run({"HRANDFIELD", "h", "-9223372036854770000", "WITHVALUES"}),
            "-ERR value is out of range\r\n");
  EXPECT_EQ(Run({"HRANDFIELD", "h", "x"}), kNotInt);
  EXPECT_EQ(Run({"HRANDFIELD", "h", "1", "FOO"}), kSyntax);
  EXPECT_EQ(Run({"HRANDFIELD", "h", "1", "WITHVALUES", "x"}), kSyntax);
  EXPECT_EQ(Run({"HRANDFIELD", "h", "0"}), kEmptyArray);
  EXPECT_EQ(Run({"HRANDFIELD", "h", "0", "WITHVALUES"}), kEmptyArray);
}

TEST_F(HashReads, HRandFieldOfOneFieldIsThatField) {
  Run({"HSET", "h", "f", "v"});
  EXPECT_EQ(Run({"HRANDFIELD", "h"}), Bulk("f"));
  EXPECT_EQ(Run({"HRANDFIELD", "h", "3"}), Bulks({"f"}));
  EXPECT_EQ(Run({"HRANDFIELD", "h", "-3"}), Bulks({"f", "f", "f"}));
  EXPECT_EQ(Run({"HRANDFIELD", "h", "-2", "WITHVALUES"}), Bulks({"f", "v", "f", "v"}));
  runner_.UseResp(3);
  EXPECT_EQ(Run({"HRANDFIELD", "h", "-2", "WITHVALUES"}),
            "*2\r\n" + Bulks({"f", "v"}) + Bulks({"f", "v"}));
}

TEST_F(HashReads, HRandFieldGivesDistinctFieldsInBothForms) {
  for (const int size : {100, 1000}) {
    const auto pairs = Fill(Format("h{}", size), size);
    const std::string key = Format("h{}", size);
    for (const size_t count : {size_t{1}, size_t{20}, size_t{90}, size_t{700}, size_t{5000}}) {
      const Value flat =
          Parse(runner_.Read({"HRANDFIELD", key, Format("{}", count), "WITHVALUES"}));
      const auto chosen = Pairs(flat);
      EXPECT_EQ(chosen.size(), std::min(count, pairs.size()));
      for (const auto& [field, value] : chosen) EXPECT_EQ(pairs.at(field), value);
    }
  }
}

TEST_F(HashReads, HRandFieldRepeatsWithANegativeCount) {
  Fill("h", 500);
  const std::vector<std::string> fields = Texts(Parse(runner_.Read({"HRANDFIELD", "h", "-2000"})));
  EXPECT_EQ(fields.size(), 2000u);
  const std::set<std::string> unique(fields.begin(), fields.end());
  EXPECT_LT(unique.size(), 501u);
  EXPECT_GT(unique.size(), 300u);
}

TEST_F(HashReads, HRandFieldReadsItsDrawsFromDisk) {
  const auto pairs = Fill("h", 3000);
  runner_.rig().Compact();
  runner_.rig().Reopen();
  const std::vector<std::string> fields = Texts(Parse(runner_.Read({"HRANDFIELD", "h", "50"})));
  EXPECT_EQ(std::set<std::string>(fields.begin(), fields.end()).size(), 50u);
  for (const std::string& field : fields) EXPECT_TRUE(pairs.contains(field)) << field;
}

}  // namespace
}  // namespace cordwood::commands
