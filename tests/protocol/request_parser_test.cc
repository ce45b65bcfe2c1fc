#include "protocol/request_parser.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/random.h"
#include "protocol/command_writer.h"
#include "tests/protocol/parser_transcript.h"
#include "tests/support/seeds.h"

namespace cordwood::protocol {
namespace {

using Outcome = RequestParser::Outcome;
using Command = std::vector<std::string>;

constexpr size_t kReadBytes = size_t{16} << 10;

void Feed(RequestParser& parser, std::string_view bytes) {
  while (!bytes.empty()) {
    const std::span<char> space = parser.WritableSpan(kReadBytes);
    const size_t size = std::min({bytes.size(), space.size(), kReadBytes});
    std::memcpy(space.data(), bytes.data(), size);
    parser.Commit(size);
    bytes.remove_prefix(size);
  }
}

Command CopyOf(std::span<const std::string_view> argv) { return {argv.begin(), argv.end()}; }

std::string Encoded(std::initializer_list<std::string_view> argv) {
  std::string out;
  AppendCommand(out, argv);
  return out;
}

/// Requests of all kinds and, with some luck, a broken one at a random place.
std::string RandomStream(Random& random) {
  std::string stream;
  const uint64_t requests = 1 + random.Below(12);
  for (uint64_t i = 0; i < requests; ++i) {
    const std::string large(random.Below(random.OneIn(8) ? 100'000 : 40), 'v');
    switch (random.Below(6)) {
      case 0:
        stream += "set key \"a\\r\\n b\\x00\" 'it\\'s'\r\n";
        break;
      case 1:
        stream += random.OneIn(2) ? "*0\r\n" : "\r\n";
        break;
      case 2:
        AppendCommand(stream, std::vector<std::string_view>(random.Below(300), "x"));
        break;
      default:
        AppendCommand(stream, {"SET", "key", large});
    }
  }
  if (random.OneIn(2)) {
    stream[random.Below(stream.size())] = static_cast<char>(random.Below(256));
  }
  return stream;
}

TEST(RequestParser, GivesCommandsInOrder) {
  RequestParser parser({});
  Feed(parser, Encoded({"SET", "k", "v"}) + Encoded({"GET", "k"}));
  ASSERT_EQ(parser.Next(), Outcome::kCommand);
  EXPECT_EQ(CopyOf(parser.argv()), (Command{"SET", "k", "v"}));
  ASSERT_EQ(parser.Next(), Outcome::kCommand);
  EXPECT_EQ(CopyOf(parser.argv()), (Command{"GET", "k"}));
  EXPECT_EQ(parser.Next(), Outcome::kNeedMore);
  EXPECT_TRUE(parser.argv().empty());
  EXPECT_EQ(parser.buffered_bytes(), 0U);
}

TEST(RequestParser, ArgumentsHoldAnyByte) {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all.push_back(static_cast<char>(byte));
  const Transcript transcript = TranscribeBytewise(Encoded({"SET", all, "\r\n*1\r\n"}));
  ASSERT_EQ(transcript.commands.size(), 1U);
  EXPECT_EQ(transcript.commands[0], (Command{"SET", all, "\r\n*1\r\n"}));
}

TEST(RequestParser, SaysTheSameHoweverTheBytesAreCut) {
  for (const uint64_t seed : support::Seeds(300, 20'000)) {
    SCOPED_TRACE("CORDWOOD_SEED=" + std::to_string(seed));
    Random random(seed);
    const std::string stream = RandomStream(random);
    const Limits limits = {.max_bulk_bytes = 90'000, .max_inline_bytes = 64};
    const Transcript whole = TranscribeWhole(stream, limits);
    EXPECT_TRUE(SameOutcome(whole, TranscribeBytewise(stream, limits)));
    for (const uint64_t segment_max : {3, 50, 5000}) {
      const auto next_segment = [&] { return 1 + random.Below(segment_max); };
      EXPECT_TRUE(SameOutcome(whole, Transcribe(stream, next_segment, limits)));
    }
  }
}

TEST(RequestParser, SaysTheSameForEveryPlaceOfOneCut) {
  const std::string stream = "\r\n" + Encoded({"SET", "key", "", std::string(120, 'v')}) +
                             "echo \"a b\"\r\n*-1\r\n" + Encoded({"PING"}) + "*1\r\n$x\r\n";
  const Transcript whole = TranscribeWhole(stream);
  ASSERT_EQ(whole.commands.size(), 3U);
  ASSERT_TRUE(whole.failed);
  for (size_t cut = 1; cut < stream.size(); ++cut) {
    size_t next = cut;
    const auto next_segment = [&] { return std::exchange(next, stream.size()); };
    EXPECT_TRUE(SameOutcome(whole, Transcribe(stream, next_segment))) << cut;
  }
}

TEST(RequestParser, AllocatesNothingForAnnouncedLengths) {
  for (const std::string_view input :
       {"*1\r\n$536870912\r\n", "*1048576\r\n", "*1048576\r\n$536870912\r\n"}) {
    RequestParser parser({});
    Feed(parser, input);
    EXPECT_EQ(parser.Next(), Outcome::kNeedMore);
    parser.WritableSpan(kReadBytes);
    EXPECT_LT(parser.memory_bytes(), size_t{48} << 10) << input;
  }
}

TEST(RequestParser, MemoryFollowsWhatArrived) {
  const std::string value(1'000'000, 'v');
  const std::string stream = Encoded({"SET", "k", value});
  RequestParser parser({});
  for (size_t fed = 0; fed < stream.size(); fed += 1000) {
    Feed(parser, std::string_view(stream).substr(fed, 1000));
    const Outcome outcome = parser.Next();
    EXPECT_LE(parser.memory_bytes(), 2 * (fed + 1000) + 2 * kReadBytes);
    EXPECT_LE(parser.memory_bytes(), stream.size() + 2 * kReadBytes);
    if (outcome == Outcome::kCommand) {
      EXPECT_EQ(parser.argv()[2], value);
    }
  }
}

TEST(RequestParser, ManyArgumentsGrowTheBufferInFewSteps) {
  RequestParser parser({});
  Feed(parser, "*200\r\n");
  const std::string argument = "$9993\r\n" + std::string(9993, 'v') + "\r\n";
  int moves = 0;
  const char* front = nullptr;
  for (int i = 0; i < 200; ++i) {
    // Cut inside the argument, where its own end is known and the request's is not.
    for (const std::string_view part :
         {std::string_view(argument).substr(0, 5000), std::string_view(argument).substr(5000)}) {
      Feed(parser, part);
      const Outcome outcome = parser.Next();
      const std::span<char> space = parser.WritableSpan(kReadBytes);
      const char* const now = space.data() - parser.buffered_bytes();
      if (outcome == Outcome::kNeedMore && now != front) ++moves;
      front = now;
    }
  }
  EXPECT_LE(moves, 12);
}

TEST(RequestParser, GivesBackALargeBufferOnceItIsEmpty) {
  RequestParser parser({});
  Feed(parser, Encoded({"SET", "k", std::string(3'000'000, 'v')}));
  ASSERT_EQ(parser.Next(), Outcome::kCommand);
  EXPECT_GT(parser.memory_bytes(), 3'000'000U);
  parser.WritableSpan(kReadBytes);
  EXPECT_LT(parser.memory_bytes(), 2 * kReadBytes);
}

TEST(RequestParser, ReleaseMemoryKeepsARequestThatArrivedInPart) {
  RequestParser parser({});
  Feed(parser, "*2\r\n$4\r\nECHO\r\n$2\r\nh");
  EXPECT_EQ(parser.Next(), Outcome::kNeedMore);
  parser.ReleaseMemory();
  Feed(parser, "i\r\n");
  ASSERT_EQ(parser.Next(), Outcome::kCommand);
  EXPECT_EQ(CopyOf(parser.argv()), (Command{"ECHO", "hi"}));
  parser.ReleaseMemory();
  EXPECT_EQ(parser.memory_bytes(), 0U);
  Feed(parser, Encoded({"PING"}));
  EXPECT_EQ(parser.Next(), Outcome::kCommand);
}

TEST(RequestParser, ViewsOfSeveralCommandsHoldUntilTheNextRead) {
  RequestParser parser({});
  Feed(parser, Encoded({"SET", "a", "1"}) + Encoded({"SET", "b", "2"}) + "*1\r\n$4\r\nPI");
  std::vector<std::string_view> views;
  while (parser.Next() == Outcome::kCommand) {
    views.insert(views.end(), parser.argv().begin(), parser.argv().end());
  }
  EXPECT_EQ(CopyOf(views), (Command{"SET", "a", "1", "SET", "b", "2"}));
}

TEST(RequestParser, AnErrorIsFinal) {
  RequestParser parser({});
  Feed(parser, "*x\r\n" + Encoded({"PING"}));
  EXPECT_EQ(parser.Next(), Outcome::kError);
  EXPECT_TRUE(parser.argv().empty());
  Feed(parser, Encoded({"PING"}));
  EXPECT_EQ(parser.Next(), Outcome::kError);
  EXPECT_EQ(parser.failure().reply, "ERR Protocol error: invalid multibulk length");
}

TEST(RequestParser, LimitsCountFromTheNextHeaderOn) {
  RequestParser parser({.authenticated = false});
  Feed(parser, Encoded({"AUTH", "secret"}) + "*11\r\n");
  ASSERT_EQ(parser.Next(), Outcome::kCommand);
  Limits limits = parser.limits();
  limits.authenticated = true;
  parser.SetLimits(limits);
  EXPECT_EQ(parser.Next(), Outcome::kNeedMore);
}

TEST(RequestParser, RefusesARequestAboveTheQueryBufferLimit) {
  const Limits limits = {.max_request_bytes = 1000};
  const std::string fits = Encoded({"SET", "k", std::string(900, 'v')});
  EXPECT_EQ(TranscribeWhole(fits + fits, limits).commands.size(), 2U);

  const Transcript transcript =
      TranscribeWhole("*9\r\n$800\r\n" + std::string(800, 'v') + "\r\n$300\r\n", limits);
  EXPECT_TRUE(transcript.failed);
  EXPECT_EQ(transcript.reply,
            "ERR Protocol error: a request is longer than client-query-buffer-limit");
  EXPECT_EQ(transcript.reason, "a request is longer than client-query-buffer-limit");
}

TEST(RequestParser, ManyArgumentsSurviveTheMovesOfTheBuffer) {
  std::vector<std::string> arguments;
  for (int i = 0; i < 20'000; ++i) arguments.push_back("argument " + std::to_string(i));
  std::string stream = "PING\r\n";
  AppendCommand(stream, std::vector<std::string_view>(arguments.begin(), arguments.end()));
  const Transcript transcript = Transcribe(stream, [] { return size_t{777}; });
  ASSERT_EQ(transcript.commands.size(), 2U);
  EXPECT_EQ(transcript.commands[1], arguments);
}

}  // namespace
}  // namespace cordwood::protocol
