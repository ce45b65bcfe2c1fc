#include "protocol/reply_writer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <string>

namespace cordwood::protocol {
namespace {

using std::string_literals::operator""s;
using Write = std::function<void(ReplyWriter&)>;

std::string Written(RespVersion version, const Write& write) {
  std::string out;
  ReplyWriter writer(out, version);
  write(writer);
  return out;
}

std::string Resp2(const Write& write) { return Written(RespVersion::kResp2, write); }
std::string Resp3(const Write& write) { return Written(RespVersion::kResp3, write); }

void ExpectBoth(const std::string& expected, const Write& write) {
  EXPECT_EQ(Resp2(write), expected);
  EXPECT_EQ(Resp3(write), expected);
}

TEST(ReplyWriter, StringsAndIntegersAreTheSameInBothVersions) {
  ExpectBoth("+OK\r\n", [](ReplyWriter& writer) { writer.Ok(); });
  ExpectBoth("+Background saving started\r\n",
             [](ReplyWriter& writer) { writer.SimpleString("Background saving started"); });
  ExpectBoth("-WRONGTYPE no\r\n", [](ReplyWriter& writer) { writer.Error("WRONGTYPE no"); });
  ExpectBoth("$0\r\n\r\n", [](ReplyWriter& writer) { writer.Bulk({}); });
  ExpectBoth("$5\r\na\r\n\0b\r\n"s, [](ReplyWriter& writer) { writer.Bulk("a\r\n\0b"s); });
  ExpectBoth("$3\r\n-42\r\n", [](ReplyWriter& writer) { writer.BulkInteger(-42); });
  ExpectBoth("*0\r\n*12\r\n", [](ReplyWriter& writer) {
    writer.ArrayHeader(0);
    writer.ArrayHeader(12);
  });
}

TEST(ReplyWriter, IntegersOfEveryLength) {
  int64_t value = 1;
  for (int digits = 1; digits <= 18; ++digits, value *= 10) {
    for (const int64_t number : {value - 1, value, -value}) {
      ExpectBoth(":" + std::to_string(number) + "\r\n",
                 [&](ReplyWriter& writer) { writer.Integer(number); });
    }
  }
  ExpectBoth(":-9223372036854775808\r\n:9223372036854775807\r\n", [](ReplyWriter& writer) {
    writer.Integer(std::numeric_limits<int64_t>::min());
    writer.Integer(std::numeric_limits<int64_t>::max());
  });
}

TEST(ReplyWriter, BulkStringsOfManyLengths) {
  for (const size_t size : {1U, 9U, 10U, 99U, 100U, 999U, 1000U, 70'000U}) {
    const std::string bytes(size, 'x');
    ExpectBoth("$" + std::to_string(size) + "\r\n" + bytes + "\r\n",
               [&](ReplyWriter& writer) { writer.Bulk(bytes); });
  }
}

TEST(ReplyWriter, NullsDependOnTheVersion) {
  const Write null = [](ReplyWriter& writer) { writer.Null(); };
  const Write null_array = [](ReplyWriter& writer) { writer.NullArray(); };
  EXPECT_EQ(Resp2(null), "$-1\r\n");
  EXPECT_EQ(Resp3(null), "_\r\n");
  EXPECT_EQ(Resp2(null_array), "*-1\r\n");
  EXPECT_EQ(Resp3(null_array), "_\r\n");
}

TEST(ReplyWriter, AggregatesBecomeArraysInResp2) {
  const Write headers = [](ReplyWriter& writer) {
    writer.MapHeader(7);
    writer.SetHeader(3);
    writer.PushHeader(2);
  };
  EXPECT_EQ(Resp2(headers), "*14\r\n*3\r\n*2\r\n");
  EXPECT_EQ(Resp3(headers), "%7\r\n~3\r\n>2\r\n");
}

TEST(ReplyWriter, ABulkStringInParts) {
  ExpectBoth("$5\r\nab\r\nc\r\n", [](ReplyWriter& writer) {
    writer.BulkBegin(5);
    writer.Raw("ab\r\n");
    writer.Raw("c");
    writer.BulkEnd();
  });
}

TEST(ReplyWriter, ScalarsOfResp3BecomeBulkStringsInResp2) {
  const Write scalars = [](ReplyWriter& writer) {
    writer.Bool(true);
    writer.Bool(false);
    writer.VerbatimString("a\r\nb");
    writer.VerbatimString("# c", "mkd");
  };
  EXPECT_EQ(Resp2(scalars), ":1\r\n:0\r\n$4\r\na\r\nb\r\n$3\r\n# c\r\n");
  EXPECT_EQ(Resp3(scalars), "#t\r\n#f\r\n=8\r\ntxt:a\r\nb\r\n=7\r\nmkd:# c\r\n");
}

TEST(ReplyWriter, DoublesHaveTheTextsOfRedis) {
  struct Case {
    double value;
    std::string text;
  };
  const double infinity = std::numeric_limits<double>::infinity();
  for (const Case& c :
       {Case{0, "0"}, Case{3, "3"}, Case{0.1, "0.1"}, Case{-1.5, "-1.5"}, Case{1e300, "1e+300"},
        Case{infinity, "inf"}, Case{-infinity, "-inf"}, Case{std::nan(""), "nan"}}) {
    const Write write = [&](ReplyWriter& writer) { writer.Double(c.value); };
    EXPECT_EQ(Resp3(write), "," + c.text + "\r\n");
    EXPECT_EQ(Resp2(write), "$" + std::to_string(c.text.size()) + "\r\n" + c.text + "\r\n");
  }
}

TEST(ReplyWriter, NoTextOfAClientCanEndALine) {
  ExpectBoth("-ERR unknown command 'a  +OK  b ', with args beginning with: \r\n",
             [](ReplyWriter& writer) {
               writer.Error("ERR unknown command 'a\r\n+OK\r\nb\0', with args beginning with: "s);
             });
  ExpectBoth("+a b c \r\n", [](ReplyWriter& writer) { writer.SimpleString("a\rb\nc\0"s); });
}

TEST(ReplyWriter, ADiscardedCommandLeavesNothing) {
  const Write write = [](ReplyWriter& writer) {
    writer.Integer(1);
    const size_t start = writer.size();
    writer.ArrayHeader(2);
    writer.Bulk("half of it");
    writer.Truncate(start);
    writer.Integer(2);
  };
  ExpectBoth(":1\r\n:2\r\n", write);
}

TEST(ReplyWriter, HeadersCanComeLast) {
  const Write write = [](ReplyWriter& writer) {
    writer.Ok();
    const size_t outer = writer.size();
    const size_t inner = writer.size();
    writer.Integer(1);
    writer.Integer(2);
    writer.InsertMapHeader(inner, 1);
    const size_t set = writer.size();
    writer.InsertSetHeader(set, 0);
    writer.InsertArrayHeader(outer, 2);
  };
  EXPECT_EQ(Resp2(write), "+OK\r\n*2\r\n*2\r\n:1\r\n:2\r\n*0\r\n");
  EXPECT_EQ(Resp3(write), "+OK\r\n*2\r\n%1\r\n:1\r\n:2\r\n~0\r\n");
}

TEST(ReplyWriter, ABoundedReplyStopsWhereItWouldBeLonger) {
  const std::vector<Write> appends = {
      [](ReplyWriter& writer) { writer.Raw("+12345678\r\n"); },
      [](ReplyWriter& writer) { writer.SimpleString("12345678"); },
      [](ReplyWriter& writer) { writer.Error("ERR 4567"); },
      [](ReplyWriter& writer) { writer.Integer(12345678); },
      [](ReplyWriter& writer) { writer.Bulk("12345"); },
      [](ReplyWriter& writer) { writer.ArrayHeader(12345678); },
      [](ReplyWriter& writer) { writer.MapHeader(12345678); },
      [](ReplyWriter& writer) { writer.InsertArrayHeader(3, 12345678); },
      [](ReplyWriter& writer) { writer.Double(1.2345678); },
      [](ReplyWriter& writer) { writer.VerbatimString("1"); },
  };
  for (size_t i = 0; i < appends.size(); ++i) {
    for (const RespVersion version : {RespVersion::kResp2, RespVersion::kResp3}) {
      std::string whole = "old";
      ReplyWriter free(whole, version);
      appends[i](free);
      const size_t bytes = whole.size() - 3;
      std::string out = "old";
      ReplyWriter writer(out, version);
      writer.Bound(bytes);
      appends[i](writer);
      EXPECT_FALSE(writer.overflowed()) << i;
      EXPECT_EQ(out, whole) << i;
      EXPECT_EQ(writer.room(), 0u);
      writer.Truncate(3);
      writer.Bound(bytes - 1);
      appends[i](writer);
      EXPECT_TRUE(writer.overflowed()) << i;
      EXPECT_LE(out.size(), 3 + bytes - 1) << i;
      EXPECT_EQ(writer.room(), 0u);
    }
  }
}

TEST(ReplyWriter, WhatComesBehindAnOverflowIsLeftOutUntilTheReplyIsCutBack) {
  std::string out;
  ReplyWriter writer(out, RespVersion::kResp2);
  writer.Bound(10);
  writer.Ok();
  writer.Bulk("too long for it");
  writer.Ok();  // would fit
  EXPECT_EQ(out, "+OK\r\n");
  EXPECT_TRUE(writer.overflowed());
  writer.Truncate(0);
  EXPECT_FALSE(writer.overflowed());
  writer.Integer(1);
  EXPECT_EQ(out, ":1\r\n");
}

TEST(ReplyWriter, HelloChangesTheVersionOfWhatFollows) {
  EXPECT_EQ(Resp2([](ReplyWriter& writer) {
              writer.Null();
              writer.SetVersion(RespVersion::kResp3);
              writer.Null();
            }),
            "$-1\r\n_\r\n");
}

}  // namespace
}  // namespace cordwood::protocol
