// Bytes of a server, cut in different ways, must give the same replies and the same error, and a
// reply that was read must be the same when it is written and read again. The first byte chooses
// limits and cuts.

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/format.h"
#include "protocol/reply_reader.h"
#include "protocol/reply_writer.h"
#include "tests/fuzz/fuzz_target.h"

namespace cordwood::fuzz {
namespace {

using protocol::ReplyLimits;
using protocol::ReplyReader;
using protocol::ReplyWriter;
using protocol::RespVersion;
using protocol::Value;

/// What a reader says of some bytes.
struct Replies {
  std::vector<Value> values;
  std::string error;
};

/// Feeds all at once, or segments of 1 to `cut` bytes.
Replies Read(std::string_view bytes, size_t cut, const ReplyLimits& limits) {
  ReplyReader reader(limits);
  Replies replies;
  for (size_t turn = 0; !bytes.empty() && replies.error.empty(); ++turn) {
    const std::string_view segment = bytes.substr(0, cut == 0 ? bytes.size() : 1 + turn * 7 % cut);
    bytes.remove_prefix(segment.size());
    reader.Feed(segment);
    for (;;) {
      Result<std::optional<Value>> value = reader.Next();
      if (!value) {
        replies.error = ErrorCodeName(value.error().code());
        CHECK(!reader.Next());  // it stays that error
        break;
      }
      if (!*value) break;
      replies.values.push_back(*std::move(*value));
    }
  }
  return replies;
}

/// Not ==, for which a reply with nan is unlike itself.
bool Same(const Value& a, const Value& b) { return a.type == b.type && ToText(a) == ToText(b); }

bool Same(const std::vector<Value>& a, const std::vector<Value>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const Value& x, const Value& y) { return Same(x, y); });
}

void Write(ReplyWriter& writer, const Value& value);

void WriteItems(ReplyWriter& writer, const std::vector<Value>& items) {
  for (const Value& item : items) Write(writer, item);
}

void WriteAggregate(ReplyWriter& writer, const Value& value) {
  switch (value.type) {
    case Value::Type::kMap:
      writer.MapHeader(value.items.size() / 2);
      break;
    case Value::Type::kSet:
      writer.SetHeader(value.items.size());
      break;
    case Value::Type::kPush:
      writer.PushHeader(value.items.size());
      break;
    default:
      writer.ArrayHeader(value.items.size());
  }
  WriteItems(writer, value.items);
}

void Write(ReplyWriter& writer, const Value& value) {
  using Type = Value::Type;
  if (!value.attributes.empty()) {
    writer.Raw(Format("|{}\r\n", value.attributes.size() / 2));
    WriteItems(writer, value.attributes);
  }
  switch (value.type) {
    case Type::kSimpleString:
      return writer.Raw("+" + value.text + "\r\n");  // with the zeros that a writer leaves out
    case Type::kError:
      return writer.Raw("-" + value.text + "\r\n");
    case Type::kInteger:
      return writer.Integer(value.integer);
    case Type::kBulk:
      return writer.Bulk(value.text);
    case Type::kNull:
      return writer.Null();
    case Type::kNullArray:
      return writer.Raw("*-1\r\n");  // which RESP3 has no use for
    case Type::kDouble:
      return writer.Double(value.number);
    case Type::kBool:
      return writer.Bool(value.boolean);
    case Type::kBigNumber:
      return writer.Raw(Format("({}\r\n", value.text));
    case Type::kVerbatim:
      return writer.VerbatimString(std::string_view(value.text).substr(4),
                                   std::string_view(value.text).substr(0, 3));
    case Type::kBulkError:
      return writer.Raw(Format("!{}\r\n{}\r\n", value.text.size(), value.text));
    case Type::kArray:
    case Type::kMap:
    case Type::kSet:
    case Type::kPush:
      return WriteAggregate(writer, value);
  }
}

}  // namespace

std::vector<std::string> Corpus() {
  return {
      "0+OK\r\n-ERR no such key\r\n:1000\r\n$5\r\nhello\r\n$-1\r\n*-1\r\n$0\r\n\r\n",
      "0*3\r\n:1\r\n*2\r\n$1\r\na\r\n$-1\r\n+b\r\n",
      "0%2\r\n+a\r\n:1\r\n+b\r\n~2\r\n:1\r\n:2\r\n>2\r\n+message\r\n$2\r\nhi\r\n",
      "0_\r\n#t\r\n#f\r\n,3.25\r\n,inf\r\n,-inf\r\n,nan\r\n(12345678901234567890\r\n",
      "0=7\r\ntxt:abc\r\n!9\r\nERR wrong\r\n|1\r\n+ttl\r\n:3600\r\n$1\r\nv\r\n",
      "1*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n",
      "1$20\r\n01234567890123456789\r\n",
      "1*10\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n",
      "0|1\r\n|1\r\n+a\r\n+b\r\n+k\r\n*1\r\n|1\r\n:1\r\n:2\r\n:3\r\n*0\r\n",
      "0*2\r\n$-1\r\n*1048576\r\n",
  };
}

std::vector<std::string> Dictionary() {
  return {"\r\n",
          "*1\r\n",
          "*0\r\n",
          "*-1\r\n",
          "$-1\r\n",
          "$0\r\n\r\n",
          "%1\r\n",
          "~1\r\n",
          ">1\r\n",
          "|1\r\n",
          "|0\r\n",
          "_\r\n",
          "#t\r\n",
          ",1e5\r\n",
          "(-1\r\n",
          ":1\r\n",
          "=4\r\ntxt:\r\n",
          "!0\r\n\r\n",
          "nan",
          "-nan",
          "inf",
          "9223372036854775807",
          "16777217"};
}

}  // namespace cordwood::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace cordwood::fuzz;
  if (size == 0) return 0;
  const std::string_view bytes = View(data, size).substr(1);
  ReplyLimits limits{.max_elements = 1000};
  if (data[0] & 1) {
    limits = {.max_depth = 3, .max_bulk_bytes = 16, .max_line_bytes = 24, .max_elements = 9};
  }
  const Replies whole = Read(bytes, 0, limits);
  const Replies bytewise = Read(bytes, 1, limits);
  const Replies mixed = Read(bytes, 23, limits);
  CHECK(Same(whole.values, bytewise.values) && whole.error == bytewise.error);
  CHECK(Same(whole.values, mixed.values) && whole.error == mixed.error);

  std::string again;
  ReplyWriter writer(again, RespVersion::kResp3);
  WriteItems(writer, whole.values);
  // Attributes of attributes are written deeper than they were read.
  const Replies reread = Read(again, 0, {.max_depth = 2000});
  CHECK(reread.error.empty() && Same(reread.values, whole.values));
  return 0;
}
