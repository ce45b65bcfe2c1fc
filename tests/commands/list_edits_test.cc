// The commands that edit lists in their middle, and those that search them.

#include <gtest/gtest.h>

#include <algorithm>

#include "base/format.h"
#include "tests/commands/runner.h"

namespace cordwood::commands {
namespace {

/// Each test runs on a list in its record and on one in elements.
class ListEditsTest : public testing::TestWithParam<bool> {
 protected:
  ListEditsTest() {
    if (GetParam()) runner_.keyspace().options().inline_bytes_max = 0;
  }

  std::string Run(const CommandRunner::Argv& argv) { return runner_.Run(argv); }
  std::string All(std::string_view key) { return Run({"LRANGE", key, "0", "-1"}); }
  /// Of numbers.
  static std::string Integers(const std::vector<int64_t>& values) {
    std::string reply = Format("*{}\r\n", values.size());
    for (const int64_t value : values) reply += Integer(value);
    return reply;
  }

  CommandRunner runner_;
};

INSTANTIATE_TEST_SUITE_P(BothForms, ListEditsTest, testing::Bool(),
                         [](const auto& form) { return form.param ? "Elements" : "Inline"; });

TEST_P(ListEditsTest, LTrimCountsFromBothEnds) {
  Run({"RPUSH", "k", "1", "2", "3", "4", "5"});
  EXPECT_EQ(Run({"LTRIM", "k", "0", "-5"}), kOk);
  EXPECT_EQ(All("k"), Bulks({"1"}));
  EXPECT_EQ(Run({"LTRIM", "k", "0", "-6"}), kOk);
  EXPECT_EQ(Run({"EXISTS", "k"}), Integer(0));
  EXPECT_EQ(Run({"LTRIM", "k", "0", "1"}), kOk);
}

TEST_P(ListEditsTest, LTrimBehindTheEndRemovesAll) {
  Run({"LPUSH", "k", "a0", "a1", "a2", "a3", "a4", "a5"});
  EXPECT_EQ(Run({"LTRIM", "k", "6", "-1"}), kOk);
  EXPECT_EQ(Run({"LLEN", "k"}), Integer(0));
  EXPECT_EQ(Run({"EXISTS", "k"}), Integer(0));
}

TEST_P(ListEditsTest, LTrimInTheMiddleThenLRemOfRepeatedElements) {
  Run({"RPUSH", "k", "0", "1", "2", "3", "4", "3", "6", "7", "3", "9"});
  EXPECT_EQ(Run({"LTRIM", "k", "2", "-3"}), kOk);
  EXPECT_EQ(All("k"), Bulks({"2", "3", "4", "3", "6", "7"}));
  EXPECT_EQ(Run({"LREM", "k", "3", "3"}), Integer(2));
  EXPECT_EQ(All("k"), Bulks({"2", "4", "6", "7"}));
}

TEST_P(ListEditsTest, LRemGoesFromTheEndThatItsSignSays) {
  Run({"RPUSH", "k", "a", "x", "b", "x", "c", "x"});
  EXPECT_EQ(Run({"LREM", "k", "-2", "x"}), Integer(2));
  EXPECT_EQ(All("k"), Bulks({"a", "x", "b", "c"}));
  Run({"RPUSH", "k", "x", "x"});
  EXPECT_EQ(Run({"LREM", "k", "1", "x"}), Integer(1));
  EXPECT_EQ(All("k"), Bulks({"a", "b", "c", "x", "x"}));
  EXPECT_EQ(Run({"LREM", "k", "0", "x"}), Integer(2));
  EXPECT_EQ(Run({"LREM", "k", "0", "x"}), Integer(0));
  Run({"RPUSH", "k", "x", "x"});
  EXPECT_EQ(Run({"LREM", "k", "-9223372036854775808", "x"}), Integer(2));
  EXPECT_EQ(Run({"LREM", "none", "0", "x"}), Integer(0));
  EXPECT_EQ(Run({"LREM", "none", "x", "x"}), kNotInt);
  for (const char* element : {"b", "a", "c"}) {
    EXPECT_EQ(Run({"LREM", "k", "0", element}), Integer(1));
  }
  EXPECT_EQ(Run({"DBSIZE"}), Integer(0));
}

TEST_P(ListEditsTest, LInsertTellsTheLengthOrWhatIsMissing) {
  Run({"RPUSH", "l", "a", "c"});
  EXPECT_EQ(Run({"LINSERT", "l", "BEFORE", "x", "b"}), Integer(-1));
  EXPECT_EQ(Run({"LINSERT", "no", "BEFORE", "x", "b"}), Integer(0));
  EXPECT_EQ(Run({"LINSERT", "l", "AFTER", "a", "b"}), Integer(3));
  EXPECT_EQ(All("l"), Bulks({"a", "b", "c"}));
  EXPECT_EQ(Run({"LINSERT", "l", "MIDDLE", "a", "b"}), ErrorReply("ERR syntax error"));
  EXPECT_EQ(Run({"LINSERT", "l", "before", "a", "0"}), Integer(4));
  EXPECT_EQ(Run({"LINSERT", "l", "after", "c", "d"}), Integer(5));
  EXPECT_EQ(Run({"LINSERT", "l", "BEFORE", "c", "b2"}), Integer(6));
  EXPECT_EQ(All("l"), Bulks({"0", "a", "b", "b2", "c", "d"}));
}

TEST_P(ListEditsTest, LSetOverwritesOneElement) {
  EXPECT_EQ(Run({"LSET", "none", "0", "x"}), ErrorReply("ERR no such key"));
  Run({"RPUSH", "l", "a", "b", "c"});
  EXPECT_EQ(Run({"LSET", "l", "0", "A"}), kOk);
  EXPECT_EQ(Run({"LSET", "l", "-1", std::string(200, 'C')}), kOk);
  EXPECT_EQ(Run({"LINSERT", "l", "AFTER", "b", "x"}), Integer(4));
  EXPECT_EQ(Run({"LSET", "l", "2", "X"}), kOk);
  EXPECT_EQ(Run({"LSET", "l", "-4", "AA"}), kOk);
  EXPECT_EQ(All("l"), Bulks({"AA", "b", "X", std::string(200, 'C')}));
  EXPECT_EQ(Run({"LSET", "l", "4", "x"}), ErrorReply("ERR index out of range"));
  EXPECT_EQ(Run({"LSET", "l", "-5", "x"}), ErrorReply("ERR index out of range"));
  EXPECT_EQ(Run({"LSET", "l", "x", "x"}), kNotInt);
}

TEST_P(ListEditsTest, LIndexCountsFromBothEnds) {
  Run({"RPUSH", "l", "a", "b", "d"});
  Run({"LINSERT", "l", "BEFORE", "d", "c"});
  const std::vector<std::string_view> all = {"a", "b", "c", "d"};
  for (int64_t i = 0; i < 4; ++i) {
    const std::string expected = Bulk(all[static_cast<size_t>(i)]);
    EXPECT_EQ(Run({"LINDEX", "l", Format("{}", i)}), expected);
    EXPECT_EQ(Run({"LINDEX", "l", Format("{}", i - 4)}), expected);
  }
  EXPECT_EQ(Run({"LINDEX", "l", "4"}), kNil);
  EXPECT_EQ(Run({"LINDEX", "l", "-5"}), kNil);
  EXPECT_EQ(Run({"LINDEX", "l", "x"}), kNotInt);
  EXPECT_EQ(Run({"LINDEX", "none", "x"}), kNil) << "the key comes first";
}

TEST_P(ListEditsTest, LPosTakesRankCountAndLength) {
  Run({"RPUSH", "k", "x", "y", "x"});
  EXPECT_EQ(Run({"LPOS", "k", "x", "RANK", "-9223372036854775808"}),
            ErrorReply("ERR value is out of range, value must between -9223372036854775807 and "
                       "9223372036854775807"));
  EXPECT_EQ(Run({"LPOS", "k", "x", "RANK", "0"}),
            ErrorReply("ERR RANK can't be zero: use 1 to start from the first match, 2 from the "
                       "second ... or use negative to start from the end of the list"));
  EXPECT_EQ(Run({"LPOS", "k", "x", "RANK", "-1", "COUNT", "0"}), Integers({2, 0}));
  EXPECT_EQ(Run({"LPOS", "k", "x", "MAXLEN", "2", "COUNT", "0"}), Integers({0}));
  EXPECT_EQ(Run({"LPOS", "k", "none", "COUNT", "0"}), Integers({}));
  EXPECT_EQ(Run({"LPOS", "k", "none"}), kNil);
  EXPECT_EQ(Run({"LPOS", "k", "x"}), Integer(0));
  EXPECT_EQ(Run({"LPOS", "k", "x", "RANK", "2"}), Integer(2));
  EXPECT_EQ(Run({"LPOS", "k", "x", "RANK", "-2"}), Integer(0));
  EXPECT_EQ(Run({"LPOS", "k", "x", "RANK", "3"}), kNil);
  EXPECT_EQ(Run({"LPOS", "k", "x", "COUNT", "1"}), Integers({0}));
  EXPECT_EQ(Run({"LPOS", "k", "x", "COUNT", "-1"}), ErrorReply("ERR COUNT can't be negative"));
  EXPECT_EQ(Run({"LPOS", "k", "x", "MAXLEN", "-1"}), ErrorReply("ERR MAXLEN can't be negative"));
  EXPECT_EQ(Run({"LPOS", "none", "x", "COUNT", "1"}), Integers({}));
  EXPECT_EQ(Run({"LPOS", "none", "x"}), kNil);
}

/// A long list, every third of whose elements is "x", with some put between others and some gone.
class LongListTest : public testing::Test {
 protected:
  static constexpr int kElements = 10'000;

  LongListTest() {
    for (int i = 0; i < kElements; ++i) elements_.push_back(i % 3 == 0 ? "x" : Format("{}", i));
    for (int i = 0; i < kElements; i += 500) {
      CommandRunner::Argv push = {"RPUSH", "l"};
      push.insert(push.end(), elements_.begin() + i, elements_.begin() + i + 500);
      runner_.Execute(push);
    }
    for (int i = 1; i < kElements; i += 3000) {
      Insert(Format("{}", i), Format("before {}", i));
      runner_.Execute({"LREM", "l", "1", Format("{}", i + 1)});
      std::erase(elements_, Format("{}", i + 1));
    }
  }
  void Insert(const std::string& pivot, const std::string& value) {
    runner_.Execute({"LINSERT", "l", "BEFORE", pivot, value});
    elements_.insert(std::ranges::find(elements_, pivot), value);
  }
  std::string Indexes(const std::vector<size_t>& indexes) const {
    std::string reply = Format("*{}\r\n", indexes.size());
    for (const size_t index : indexes) reply += Integer(static_cast<int64_t>(index));
    return reply;
  }

  CommandRunner runner_;
  std::vector<std::string> elements_;
};

TEST_F(LongListTest, RangesAndIndexesAreFoundFromTheNearerEnd) {
  for (const size_t first : {size_t{0}, size_t{3000}, size_t{4999}, size_t{8000}}) {
    const std::vector<std::string_view> part(
        elements_.begin() + static_cast<ptrdiff_t>(first),
        elements_.begin() + static_cast<ptrdiff_t>(first) + 700);
    EXPECT_TRUE(runner_.Read({"LRANGE", "l", Format("{}", first), Format("{}", first + 699)}) ==
                Bulks(part))
        << first;
    EXPECT_EQ(runner_.Run({"LINDEX", "l", Format("{}", first)}), Bulk(elements_[first]));
    EXPECT_EQ(runner_.Execute({"LSET", "l", Format("{}", first), "set"}), kOk);
    EXPECT_EQ(runner_.Run({"LINDEX", "l", Format("{}", first)}), Bulk("set"));
  }
  EXPECT_GE(runner_.slices(), 10u);
}

TEST_F(LongListTest, LPosFindsAllInSlices) {
  std::vector<size_t> expected;
  for (size_t i = 0; i < elements_.size(); ++i) {
    if (elements_[i] == "x") expected.push_back(i);
  }
  EXPECT_TRUE(runner_.Read({"LPOS", "l", "x", "COUNT", "0"}) == Indexes(expected));
  std::ranges::reverse(expected);
  EXPECT_TRUE(runner_.Read({"LPOS", "l", "x", "COUNT", "0", "RANK", "-1"}) == Indexes(expected));
  EXPECT_EQ(runner_.Read({"LPOS", "l", "x", "RANK", "-3000"}),
            Integer(static_cast<int64_t>(expected[2999])));
  EXPECT_EQ(runner_.Read({"LPOS", "l", "9998"}),
            Integer(static_cast<int64_t>(elements_.size() - 2)));
  EXPECT_EQ(runner_.Read({"LPOS", "l", "9998", "MAXLEN", "9000"}), kNil);
  EXPECT_GE(runner_.slices(), 15u);
}

TEST_F(LongListTest, LongWritesAndColdOnesDoTheSame) {
  runner_.rig().Compact();
  runner_.rig().Reopen();
  EXPECT_EQ(runner_.Execute({"LREM", "l", "-3000", "x"}), Integer(3000));
  for (size_t i = elements_.size(), left = 3000; left > 0; --i) {
    if (elements_[i - 1] != "x") continue;
    elements_.erase(elements_.begin() + static_cast<ptrdiff_t>(i) - 1);
    --left;
  }
  Insert("9001", "between");
  EXPECT_EQ(runner_.Execute({"LTRIM", "l", "100", "-101"}), kOk);
  elements_ = {elements_.begin() + 100, elements_.end() - 100};
  const std::vector<std::string_view> all(elements_.begin(), elements_.end());
  EXPECT_TRUE(runner_.Read({"LRANGE", "l", "0", "-1"}) == Bulks(all));
  EXPECT_EQ(runner_.Run({"LLEN", "l"}), Integer(static_cast<int64_t>(all.size())));
}

// What is written anew in the middle of a transaction is what its later commands work on.
TEST_F(LongListTest, OneExecWritesAListAnewAndGoesOn) {
  std::vector<std::string> texts;
  for (int i = 1; i < 12'000; i += 2) {
    texts.insert(texts.end(), 3, "many");
    texts.push_back(Format("{}", i));
  }
  CommandRunner::Argv push = {"RPUSH", "m"};
  push.insert(push.end(), texts.begin(), texts.end());
  runner_.Execute(push);
  runner_.Execute({"MULTI"});
  runner_.Execute({"LINSERT", "m", "BEFORE", "7", "between"});
  runner_.Execute({"LREM", "m", "0", "many"});
  runner_.Execute({"LPUSH", "m", "first"});
  runner_.Execute({"LPOP", "m", "2"});
  runner_.Execute({"LINSERT", "m", "AFTER", "between", "behind"});
  EXPECT_EQ(runner_.Execute({"EXEC"}), "*5\r\n" + Integer(24'001) + Integer(18'000) +
                                           Integer(6002) + Bulks({"first", "1"}) + Integer(6001));
  const std::string first = Bulks({"3", "5", "between", "behind", "7", "9"});
  EXPECT_EQ(runner_.Run({"LRANGE", "m", "0", "5"}), first);
  runner_.rig().Compact();
  runner_.rig().Reopen();
  EXPECT_EQ(runner_.Run({"LRANGE", "m", "0", "5"}), first);
  EXPECT_EQ(runner_.Run({"LRANGE", "m", "-2", "-1"}), Bulks({"11997", "11999"}));
  EXPECT_EQ(runner_.Run({"LLEN", "m"}), Integer(6001));
}

}  // namespace
}  // namespace cordwood::commands
