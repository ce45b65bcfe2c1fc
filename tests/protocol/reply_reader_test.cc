#include "protocol/reply_reader.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "protocol/reply_writer.h"
#include "tests/support/seeds.h"

namespace cordwood::protocol {
namespace {

using std::string_literals::operator""s;

/// What the reader says about `bytes`: replies as text, then the error's code, if any.
std::vector<std::string> Read(std::string_view bytes, size_t segment_bytes,
                              const ReplyLimits& limits = {}) {
  ReplyReader reader(limits);
  std::vector<std::string> texts;
  while (!bytes.empty()) {
    const std::string_view segment = bytes.substr(0, segment_bytes);
    bytes.remove_prefix(segment.size());
    reader.Feed(segment);
    for (;;) {
      const Result<std::optional<Value>> value = reader.Next();
      if (!value) {
        texts.push_back("error: " + std::string(ErrorCodeName(value.error().code())));
        return texts;
      }
      if (!*value) break;
      texts.push_back(ToText(**value));
    }
  }
  return texts;
}

void ExpectRead(std::string_view bytes, const std::vector<std::string>& texts,
                const ReplyLimits& limits = {}) {
  EXPECT_EQ(Read(bytes, bytes.size(), limits), texts) << bytes;
  EXPECT_EQ(Read(bytes, 1, limits), texts) << bytes;
}

const std::string kCorruption = "error: " + std::string(ErrorCodeName(ErrorCode::kCorruption));
const std::string kTooLarge = "error: " + std::string(ErrorCodeName(ErrorCode::kTooLarge));

/// Writes a random reply and returns what a reader must make of it.
Value WriteRandom(ReplyWriter& writer, Random& random, int depth) {
  using Type = Value::Type;
  Value value;
  // Of what replies never have, the bytes.
  if (random.OneIn(10) && writer.resp3()) {
    writer.Raw("|1\r\n");
    value.attributes.push_back(WriteRandom(writer, random, 0));
    value.attributes.push_back(WriteRandom(writer, random, 0));
  }
  const uint64_t kind = random.Below(depth > 0 ? 14 : 10);
  const std::string text(random.Below(random.OneIn(20) ? 5000 : 20), 'x');
  switch (kind) {
    case 0:
      value.type = Type::kSimpleString;
      writer.SimpleString(value.text = text);
      break;
    case 1:
      value.type = Type::kError;
      writer.Error(value.text = "ERR " + text);
      break;
    case 2:
      value.type = Type::kInteger;
      value.integer = static_cast<int64_t>(random.Next()) >> random.Below(64);
      writer.Integer(value.integer);
      break;
    case 3:
    case 4:
      value.type = Type::kBulk;
      writer.Bulk(value.text = text + "\r\n\0"s + text);
      break;
    case 5:
      writer.Null();
      break;
    case 6:
      value.type = Type::kDouble;
      value.number = static_cast<double>(static_cast<int64_t>(random.Next())) / 1e9;
      writer.Double(value.number);
      break;
    case 7:
      value.type = Type::kBool;
      writer.Bool(value.boolean = random.OneIn(2));
      break;
    case 8:
      value.type = Type::kBigNumber;
      value.text = "-123456789012345678901234567890";
      writer.Raw("(" + value.text + "\r\n");
      break;
    case 9:
      value.type = Type::kVerbatim;
      value.text = "txt:" + text;
      writer.VerbatimString(text);
      break;
    default: {
      const uint64_t count = random.Below(5);
      value.type = static_cast<Type>(static_cast<uint64_t>(Type::kArray) + kind - 10);
      if (value.type == Type::kArray) writer.ArrayHeader(count);
      if (value.type == Type::kMap) writer.MapHeader(count);
      if (value.type == Type::kSet) writer.SetHeader(count);
      if (value.type == Type::kPush) writer.PushHeader(count);
      const uint64_t items = value.type == Type::kMap ? 2 * count : count;
      for (uint64_t i = 0; i < items; ++i) {
        value.items.push_back(WriteRandom(writer, random, depth - 1));
      }
    }
  }
  return value;
}

TEST(ReplyReader, ReadsResp2) {
  ExpectRead("+OK\r\n", {"OK"});
  ExpectRead("-ERR no\r\n", {"-ERR no"});
  ExpectRead(":-5\r\n", {":-5"});
  ExpectRead("$3\r\n\"\r\0\r\n"s, {"\"\\\"\\r\\x00\""});
  ExpectRead("$0\r\n\r\n$-1\r\n*-1\r\n*0\r\n", {"\"\"", "nil", "nil", "[]"});
  ExpectRead("*2\r\n*1\r\n:1\r\n$1\r\na\r\n+next\r\n", {"[[:1], \"a\"]", "next"});
}

TEST(ReplyReader, ReadsResp3) {
  ExpectRead("_\r\n#t\r\n#f\r\n", {"nil", "true", "false"});
  ExpectRead(",1.5\r\n,inf\r\n,-inf\r\n,nan\r\n,1e+300\r\n",
             {",1.5", ",inf", ",-inf", ",nan", ",1e+300"});
  ExpectRead("(-123\r\n=5\r\ntxt:a\r\n!5\r\nERR a\r\n", {"(-123", "=\"txt:a\"", "!\"ERR a\""});
  ExpectRead("%2\r\n+a\r\n:1\r\n+b\r\n*0\r\n", {"{a: :1, b: []}"});
  ExpectRead("~1\r\n:1\r\n>2\r\n+x\r\n_\r\n", {"~[:1]", ">[x, nil]"});
  ExpectRead("|1\r\n+ttl\r\n:9\r\n*2\r\n:1\r\n|1\r\n+a\r\n+b\r\n:2\r\n",
             {"|{ttl: :9} [:1, |{a: b} :2]"});
}

TEST(ReplyReader, RefusesWhatIsNotAReply) {
  for (const std::string_view bytes : {"x\r\n",
                                       "\r\n",
                                       "+a\nb\r\n",
                                       "+a\rb\r\n",
                                       "\n",
                                       ":\r\n",
                                       ":1x\r\n",
                                       ":+1\r\n",
                                       ":9223372036854775808\r\n",
                                       "$-2\r\n",
                                       "$x\r\n",
                                       "$1\r\nabc\r\n",
                                       "*-2\r\n",
                                       "%-1\r\n",
                                       "~-1\r\n",
                                       "#x\r\n",
                                       "_x\r\n",
                                       ",\r\n",
                                       ",x\r\n",
                                       "(\r\n",
                                       "(1x\r\n",
                                       "=3\r\nabc\r\n",
                                       "=4\r\nabcd\r\n",
                                       "!-1\r\n",
                                       "$?\r\n",
                                       "*1\r\nx\r\n"}) {
    ExpectRead(bytes, {kCorruption});
  }
}

TEST(ReplyReader, AnErrorIsFinal) {
  ReplyReader reader;
  reader.Feed("?\r\n");
  EXPECT_FALSE(reader.Next().has_value());
  reader.Feed("+OK\r\n");
  EXPECT_FALSE(reader.Next().has_value());
}

TEST(ReplyReader, BoundsDepthElementsAndLengths) {
  const ReplyLimits limits = {
      .max_depth = 3, .max_bulk_bytes = 5, .max_line_bytes = 10, .max_elements = 6};
  ExpectRead("*1\r\n*1\r\n*1\r\n:1\r\n", {"[[[:1]]]"}, limits);
  ExpectRead("*1\r\n*1\r\n*1\r\n*1\r\n", {kTooLarge}, limits);
  ExpectRead("*7\r\n", {kTooLarge}, limits);
  ExpectRead("%4\r\n", {kTooLarge}, limits);
  ExpectRead("*9223372036854775807\r\n",
             {
                 kTooLarge,
             },
             {});
  ExpectRead("%4611686018427387904\r\n", {kTooLarge}, {});
  ExpectRead("*3\r\n*4\r\n", {kTooLarge}, limits);
  ExpectRead("*6\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n*1\r\n:1\r\n",
             {"[:1, :1, :1, :1, :1, :1]", "[:1]"}, limits);
  ExpectRead("$6\r\n", {kTooLarge}, limits);
  ExpectRead("+123456789\r\n", {"123456789"}, limits);
  ExpectRead("+1234567890", {kTooLarge}, limits);
}

TEST(ReplyReader, ReadsBackWhatTheWriterWrote) {
  for (const uint64_t seed : support::Seeds(200, 20'000)) {
    SCOPED_TRACE("CORDWOOD_SEED=" + std::to_string(seed));
    Random random(seed);
    std::string bytes;
    ReplyWriter writer(bytes, RespVersion::kResp3);
    std::vector<Value> expected;
    for (int i = 0; i < 10; ++i) expected.push_back(WriteRandom(writer, random, 4));

    ReplyReader reader;
    std::vector<Value> read;
    for (size_t fed = 0; fed < bytes.size();) {
      const size_t segment = 1 + random.Below(200);
      reader.Feed(std::string_view(bytes).substr(fed, segment));
      fed += segment;
      for (;;) {
        Result<std::optional<Value>> value = reader.Next();
        ASSERT_TRUE(value.has_value()) << value.error().message();
        if (!*value) break;
        read.push_back(**std::move(value));
      }
    }
    ASSERT_EQ(read.size(), expected.size());
    for (size_t i = 0; i < read.size(); ++i) {
      EXPECT_EQ(read[i], expected[i]) << ToText(read[i]) << "\n" << ToText(expected[i]);
    }
    EXPECT_EQ(reader.buffered_bytes(), 0U);
  }
}

TEST(ReplyReader, SaysTheSameHoweverTheBytesAreCut) {
  for (const uint64_t seed : support::Seeds(200, 20'000)) {
    SCOPED_TRACE("CORDWOOD_SEED=" + std::to_string(seed));
    Random random(seed);
    std::string bytes;
    ReplyWriter writer(bytes, RespVersion::kResp3);
    for (int i = 0; i < 3; ++i) WriteRandom(writer, random, 3);
    bytes[random.Below(bytes.size())] = static_cast<char>(random.Below(256));
    ExpectRead(bytes, Read(bytes, 7));
  }
}

TEST(ReplyValue, KnowsItsKind) {
  EXPECT_TRUE(Value{.type = Value::Type::kBulkError}.IsError());
  EXPECT_TRUE(Value{}.IsNull());
  EXPECT_TRUE(Value{.type = Value::Type::kPush}.IsAggregate());
  EXPECT_FALSE(Value{.type = Value::Type::kBulk}.IsAggregate());
}

}  // namespace
}  // namespace cordwood::protocol
