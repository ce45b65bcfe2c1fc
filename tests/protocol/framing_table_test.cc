// Good and bad framing, row by row, with the exact replies of Redis 7.0.15. Rows marked "ours"
// differ from it on purpose. Each row is sent whole, byte by byte, and behind a long pipeline.

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocol/command_writer.h"
#include "tests/protocol/parser_transcript.h"

namespace cordwood::protocol {
namespace {

using Command = std::vector<std::string>;

enum class End : uint8_t { kOpen, kError, kSilent };

struct Row {
  std::string_view name;
  std::string input;
  std::vector<Command> commands;
  End end = End::kOpen;
  std::string error;  // after "ERR Protocol error: "
};

Row Nothing(std::string_view name, std::string input) {
  return {.name = name, .input = std::move(input)};
}

Row Commands(std::string_view name, std::string input, std::vector<Command> commands) {
  return {.name = name, .input = std::move(input), .commands = std::move(commands)};
}

Row Refused(std::string_view name, std::string input, std::string error,
            std::vector<Command> commands = {}) {
  return {.name = name,
          .input = std::move(input),
          .commands = std::move(commands),
          .end = End::kError,
          .error = std::move(error)};
}

Row Silent(std::string_view name, std::string input, std::vector<Command> commands = {}) {
  return {.name = name,
          .input = std::move(input),
          .commands = std::move(commands),
          .end = End::kSilent};
}

std::vector<Row> ArrayHeaderRows() {
  static constexpr char kInvalid[] = "invalid multibulk length";
  return {
      Nothing("CR LF alone", "\r\n"),
      Nothing("LF alone", "\n"),
      Nothing("empty array", "*0\r\n"),
      Nothing("null array", "*-1\r\n"),
      Nothing("negative array", "*-10\r\n"),
      Refused("count above INT_MAX", "*2147483648\r\n", kInvalid),
      Refused("count above UINT_MAX / 2", "*3000000000\r\n", kInvalid),
      Refused("count above 64 bits", "*99999999999999999999\r\n", kInvalid),
      Refused("count of letters", "*abc\r\n", kInvalid),
      Refused("no count", "*\r\n", kInvalid),
      Refused("count with plus", "*+1\r\n", kInvalid),
      Refused("count with leading zero", "*01\r\n", kInvalid),
      Refused("count behind a space", "* 1\r\n", kInvalid),
      Refused("count before a space", "*1 \r\n", kInvalid),
      Refused("minus zero", "*-0\r\n", kInvalid),
      Nothing("the largest count", "*1048576\r\n"),
      Refused("ours: one more than the largest count", "*1048577\r\n", kInvalid),
      Refused("ours: INT_MAX arguments", "*2147483647\r\n", kInvalid),
      Refused("ours: LF only, at once", "*1\n", kInvalid),
      Refused("ours: LF only, whole command", "*1\n$4\nPING\n", kInvalid),
      Refused("ours: CR without LF after the count", "*1\rX$4\r\nPING\r\n",
              "invalid CRLF in request"),
      Refused("count of 64 KiB without CR", "*" + std::string(65536, '1'),
              "too big mbulk count string"),
      Nothing("count of just under 64 KiB without CR", "*" + std::string(65535, '1')),
      Refused("count of just under 64 KiB", "*" + std::string(65535, '1') + "\r\n", kInvalid),
  };
}

std::vector<Row> BulkRows() {
  static constexpr char kInvalid[] = "invalid bulk length";
  static constexpr char kInvalidCrlf[] = "invalid CRLF in request";
  const std::string one = "*1\r\n";
  return {
      Refused("third argument is a word", "*3\r\n$3\r\nSET\r\n$1\r\nx\r\nfooz\r\n",
              "expected '$', got 'f'"),
      Refused("array in an array", one + "*1\r\n", "expected '$', got '*'"),
      Refused("integer in an array", one + ":5\r\n", "expected '$', got ':'"),
      Refused("simple string in an array", one + "+PING\r\n", "expected '$', got '+'"),
      Refused("null bulk", one + "$-1\r\n", kInvalid),
      Refused("negative bulk", one + "$-10\r\n", kInvalid),
      Refused("bulk of 2 GB", one + "$2000000000\r\n", kInvalid),
      Refused("one byte above proto-max-bulk-len", one + "$536870913\r\n", kInvalid),
      Refused("length of letters", one + "$blabla\r\n", kInvalid),
      Refused("no length", one + "$\r\n", kInvalid),
      Refused("length with leading zero", one + "$04\r\n", kInvalid),
      Refused("length above 64 bits", one + "$9223372036854775808\r\n", kInvalid),
      Nothing("proto-max-bulk-len announced", one + "$536870912\r\n"),
      Commands("empty command name", one + "$0\r\n\r\n", {{""}}),
      Refused("ours: argument longer than announced",
              "*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$5\r\nvalue12345\r\n", kInvalidCrlf),
      Refused("ours: argument not followed by CR LF", one + "$4\r\nPINGXX", kInvalidCrlf),
      Refused("ours: argument followed by CR only", one + "$4\r\nPING\rX", kInvalidCrlf),
      Refused("ours: LF only after the length", one + "$4\nPING\n", kInvalid),
      Refused("ours: CR without LF after the length", one + "$4\rXPING\r\n", kInvalidCrlf),
      Refused("length of 64 KiB without CR", one + "$" + std::string(65536, '1'),
              "too big bulk count string"),
      Refused("a queued transaction, then a bad length",
              "*1\r\n$5\r\nMULTI\r\n*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\n*1\r\n$-5\r\n",
              kInvalid, {{"MULTI"}, {"SET", "k", "v"}}),
      Commands("an empty request between commands",
               "*1\r\n$4\r\nPING\r\n*0\r\n*1\r\n$4\r\nPING\r\n", {{"PING"}, {"PING"}}),
      Commands("an empty array, then an inline request", "*0\r\nPING\r\n", {{"PING"}}),
  };
}

std::vector<Row> InlineRows() {
  using std::string_literals::operator""s;
  return {
      Refused("inline of 64 KiB without LF", std::string(65537, 'a'), "too big inline request"),
      Nothing("inline of just under 64 KiB without LF", std::string(65536, 'a')),
      Refused("quotes that touch", "set \"\"\"k\"\"\" v\r\n", "unbalanced quotes in request"),
      Refused("quote that stays open", "SET \"a b\r\n", "unbalanced quotes in request"),
      Commands("inline with LF", "PING\n", {{"PING"}}),
      Commands("inline with CR LF", "PING\r\n", {{"PING"}}),
      Commands("escaped byte", "ECHO \"\\x41\"\r\n", {{"ECHO", "A"}}),
      Nothing("spaces only", "   \r\n"),
      Refused("ours: NUL in an inline request", "PI\0NG\r\n"s, "invalid inline"),
      Silent("ours: TLS ClientHello", "\x16\x03\x01\x02\0\x01\0"s),
      Commands("0x16 alone is a word", "\x16 a\r\n", {{"\x16", "a"}}),
      Silent("POST", "POST / HTTP/1.1\r\n"),
      Silent("Host:", "hOST: x\r\n"),
      Silent("GET with Host:", "GET / HTTP/1.1\r\nHost: x\r\n", {{"GET", "/", "HTTP/1.1"}}),
      Silent("POST as an array", "*1\r\n$4\r\npost\r\n"),
      Commands("words like POST", "POSTS\r\nHOST\r\n", {{"POSTS"}, {"HOST"}}),
      Commands("RESP3 map", "%1\r\n", {{"%1"}}),
      Commands("RESP3 push", ">1\r\n", {{">1"}}),
      Commands("bulk at the top", "$4\r\nPING\r\n", {{"$4"}, {"PING"}}),
  };
}

std::vector<Row> UnauthenticatedRows() {
  const std::string bulk_of_a(kUnauthenticatedBulkBytes, 'a');
  return {
      Refused("11 arguments", "*11\r\n", "unauthenticated multibulk length"),
      Refused("11 arguments, behind a command", "PING\r\n*11\r\n",
              "unauthenticated multibulk length", {{"PING"}}),
      Refused("bulk of 16385 bytes", "*1\r\n$16385\r\n", "unauthenticated bulk length"),
      Nothing("10 arguments", "*10\r\n"),
      Commands("bulk of 16384 bytes", "*1\r\n$16384\r\n" + bulk_of_a + "\r\n", {{bulk_of_a}}),
      Refused("too many arguments for anybody", "*1048577\r\n", "invalid multibulk length"),
  };
}

void ExpectRow(const Row& row, const Transcript& transcript, size_t commands_before) {
  ASSERT_EQ(transcript.commands.size(), commands_before + row.commands.size());
  for (size_t i = 0; i < row.commands.size(); ++i) {
    EXPECT_EQ(transcript.commands[commands_before + i], row.commands[i]);
  }
  EXPECT_EQ(transcript.failed, row.end != End::kOpen) << transcript.reason;
  const bool replies = row.end == End::kError;
  EXPECT_EQ(transcript.reply, replies ? "ERR Protocol error: " + row.error : "");
  EXPECT_EQ(transcript.reason.empty(), row.end == End::kOpen);
}

void ExpectRows(const std::vector<Row>& rows, const Limits& limits = {}) {
  std::string pipeline;
  for (int i = 0; i < 1000; ++i) {
    AppendCommand(pipeline, {"SET", "key:" + std::to_string(i), "some value"});
  }
  for (const Row& row : rows) {
    SCOPED_TRACE(row.name);
    ExpectRow(row, TranscribeWhole(row.input, limits), 0);
    ExpectRow(row, TranscribeBytewise(row.input, limits), 0);
    const Transcript piped = TranscribeWhole(pipeline + row.input, limits);
    ExpectRow(row, piped, 1000);
    EXPECT_EQ(piped.commands[999], (Command{"SET", "key:999", "some value"}));
  }
}

TEST(FramingTable, ArrayHeaders) { ExpectRows(ArrayHeaderRows()); }

TEST(FramingTable, BulkStrings) { ExpectRows(BulkRows()); }

TEST(FramingTable, InlineRequests) { ExpectRows(InlineRows()); }

TEST(FramingTable, UnauthenticatedClients) {
  ExpectRows(UnauthenticatedRows(), {.authenticated = false});
}

TEST(FramingTable, ErrorsComeAsSoonAsTheBytesShowThem) {
  for (const std::string_view input :
       {"*1\n", "*1\r\nf", "*1\r\n$4\n", "*1\r\n$4\r\nPINGX", "\x16\x03"}) {
    EXPECT_TRUE(TranscribeWhole(input).failed) << input;
  }
}

}  // namespace
}  // namespace cordwood::protocol
